from django.contrib import admin

from organizations.base_admin import (
    BaseOrganizationAdmin,
    BaseOrganizationOwnerAdmin,
    BaseOrganizationUserAdmin,
    BaseOwnerInline,
)

from .models import Account, AccountOwner, AccountUser


class OwnerInline(BaseOwnerInline):
    model = AccountOwner


@admin.register(Account)
class AccountAdmin(BaseOrganizationAdmin):
    inlines = [OwnerInline]


@admin.register(AccountUser)
class AccountUserAdmin(BaseOrganizationUserAdmin):
    search_fields = ["job_title"]


@admin.register(AccountOwner)
class AccountOwnerAdmin(BaseOrganizationOwnerAdmin):
    pass
