from django.contrib import admin
from django.urls import include, path

from organizations.backends.defaults import InvitationBackend

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("organizations.urls")),
    path("accounts/", include("organizations.auth_urls")),
    path("old/", include((InvitationBackend(namespace="old").get_urls(), "old"))),
]
