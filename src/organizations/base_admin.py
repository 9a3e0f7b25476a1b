"""Admin classes to build on for a project's own family."""

from __future__ import annotations

from django.contrib import admin

__all__ = [
    "BaseOrganizationAdmin",
    "BaseOrganizationOwnerAdmin",
    "BaseOrganizationUserAdmin",
    "BaseOwnerInline",
]


class BaseOwnerInline(admin.StackedInline):
    raw_id_fields = ("organization_user",)


class BaseOrganizationAdmin(admin.ModelAdmin):
    list_display = ["name", "is_active"]
    prepopulated_fields = {"slug": ("name",)}
    search_fields = ["name"]
    list_filter = ("is_active",)


class BaseOrganizationUserAdmin(admin.ModelAdmin):
    list_display = ["user", "organization", "is_admin"]
    raw_id_fields = ("user", "organization")


class BaseOrganizationOwnerAdmin(admin.ModelAdmin):
    raw_id_fields = ("organization_user", "organization")
