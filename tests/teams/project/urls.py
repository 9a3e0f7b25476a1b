from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("organizations.urls")),
    path("accounts/", include("organizations.auth_urls")),
]
