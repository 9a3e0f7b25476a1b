from django.contrib import admin

from organizations.base_admin import BaseOrganizationAdmin, BaseOwnerInline
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)

from .models import Account, AccountUser

admin.site.unregister(Organization)
admin.site.unregister(OrganizationUser)
admin.site.unregister(OrganizationInvitation)


class OwnerInline(BaseOwnerInline):
    model = OrganizationOwner


class AccountUserInline(admin.TabularInline):
    model = AccountUser
    raw_id_fields = ("user",)
    extra = 0


@admin.register(Account)
class AccountAdmin(BaseOrganizationAdmin):
    inlines = [OwnerInline, AccountUserInline]
    search_fields = ["name", "slug"]
    fields = ("name", "slug", "is_active")

    def get_readonly_fields(self, request, obj=None):
        return ("is_active",) if obj is None else ()

    def get_search_results(self, request, queryset, search_term):
        rows, distinct = super().get_search_results(request, queryset, search_term)
        return rows.filter(is_active=True), distinct

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        form.instance.name += "!"
        form.instance.save()


@admin.register(AccountUser)
class AccountUserAdmin(admin.ModelAdmin):
    pass
