"""As the README of django-organizations says, beside Django's own pages."""

from django.contrib import admin
from django.urls import include, path

from organizations.backends import invitation_backend, registration_backend

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("accounts/", include("organizations.urls")),
    path("register/", include(registration_backend().get_urls())),
    path("invitations/", include(invitation_backend().get_urls())),
]
