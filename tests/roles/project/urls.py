from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("yards/", include("organizations.urls")),
    path("yards/", include("organizations.auth_urls")),
]
