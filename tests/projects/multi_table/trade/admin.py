from django.contrib import admin

from organizations.base_admin import BaseOrganizationAdmin, BaseOwnerInline
from organizations.models import OrganizationOwner

from .models import Client, ServiceProvider


class OwnerInline(BaseOwnerInline):
    model = OrganizationOwner


class Exporting(admin.ModelAdmin):
    """Stands for the mixins of import and export packages."""

    export_formats = ("csv",)


@admin.register(ServiceProvider)
class ServiceProviderAdmin(Exporting, BaseOrganizationAdmin):
    inlines = [OwnerInline]


@admin.register(Client)
class ClientAdmin(BaseOrganizationAdmin, Exporting):
    inlines = [OwnerInline]
    list_display = [*BaseOrganizationAdmin.list_display, "monthly_subscription"]
