"""The documented mount: our pages and, behind them under the same prefix, Django's own."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("accounts/", include("organizations.urls")),
    path("accounts/", include("django.contrib.auth.urls")),
    path("admin/", admin.site.urls),
]
