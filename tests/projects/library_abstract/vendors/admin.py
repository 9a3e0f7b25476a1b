from django.contrib import admin

from organizations.base_admin import BaseOrganizationAdmin, BaseOwnerInline

from .models import Vendor, VendorOwner


class OwnerInline(BaseOwnerInline):
    model = VendorOwner


@admin.register(Vendor)
class VendorAdmin(BaseOrganizationAdmin):
    inlines = [OwnerInline]
