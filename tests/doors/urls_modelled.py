"""The tests' URLs in a project that has chosen the backend with invitation rows."""

from django.contrib import admin
from django.urls import include, path

from tests.doors.support import MODELLED, urls_with

urlpatterns = [
    path("accounts/", include(urls_with(MODELLED))),
    path("accounts/", include("organizations.auth_urls")),
    path("admin/", admin.site.urls),
]
