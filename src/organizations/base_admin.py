"""Admin classes to build on for a project's own family."""

from __future__ import annotations

from typing import Any

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
    list_display: Any = ["name", "is_active"]
    prepopulated_fields: Any = {"slug": ("name",)}
    search_fields: Any = ["name"]
    list_filter: Any = ("is_active",)


class BaseOrganizationUserAdmin(admin.ModelAdmin):
    list_display: Any = ["user", "organization", "is_admin"]
    raw_id_fields: Any = ("user", "organization")


class BaseOrganizationOwnerAdmin(admin.ModelAdmin):
    raw_id_fields: Any = ("organization_user", "organization")
