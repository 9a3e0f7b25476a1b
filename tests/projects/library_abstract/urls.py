from django.contrib import admin
from django.urls import include, path
from vendors.backends import VendorInvitations

urlpatterns = [
    path("admin/", admin.site.urls),
    path("invitations/", include(VendorInvitations().get_urls())),
]
