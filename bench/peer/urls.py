"""The pages of django-organizations."""

from django.urls import include, path

from organizations.backends import invitation_backend

urlpatterns = [
    path("accounts/", include("organizations.urls")),
    path("invitations/", include(invitation_backend().get_urls())),
]
