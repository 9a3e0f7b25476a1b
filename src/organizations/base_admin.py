"""Admin classes to build on for a project's own family."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured

from .families import family_of

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

    def get_deleted_objects(self, objs: Any, request: Any) -> Any:
        to_delete, counts, missing, protected = super().get_deleted_objects(objs, request)
        # An owner row is never deleted by itself; with its organization it goes.
        with suppress(ImproperlyConfigured):
            missing.discard(family_of(self.model).owner._meta.verbose_name)
        return to_delete, counts, missing, protected


class BaseOrganizationUserAdmin(admin.ModelAdmin):
    list_display = ["user", "organization", "is_admin"]
    raw_id_fields = ("user", "organization")


class BaseOrganizationOwnerAdmin(admin.ModelAdmin):
    raw_id_fields = ("organization_user", "organization")
