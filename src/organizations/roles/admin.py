"""Roles in Django's admin: every change goes through the same verbs as the pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from organizations.backends.forms import validate_name
from organizations.base_admin import BaseVerbAdmin, BaseVerbForm
from organizations.exceptions import OrganizationMismatch
from organizations.words import gettext_lazy as _

from . import services
from .models import Role, RoleAssignment

__all__ = ["RoleAdmin", "RoleAssignmentAdmin"]


class RoleForm(BaseVerbForm):
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            validate_name(name)
        return name

    def step(self, data: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        values = {name: data[name] for name in ("name", "description", "permissions")}
        if self.instance.pk:
            return services.change, self.instance, values
        return services.create, data["organization"], values


class AssignmentForm(BaseVerbForm):
    def step(self, data: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        values = {"ends_at": data["ends_at"]}
        if self.instance.pk:
            return services.set_end, self.instance, values
        if data["role"].organization_id != data["member"].organization_id:
            raise OrganizationMismatch(_("The role belongs to another organization."))
        return services.assign, data["member"], {**values, "role": data["role"]}


@admin.register(Role)
class RoleAdmin(BaseVerbAdmin):
    form = RoleForm
    list_display = ("name", "organization", "modified")
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    raw_id_fields = ("organization",)
    fields = ("organization", "name", "description", "permissions")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return ("organization",) if obj is not None else ()

    def delete_model(self, request: Any, obj: Any) -> None:
        services.delete(obj, replacement=None, actor=request.user)


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(BaseVerbAdmin):
    form = AssignmentForm
    list_display = ("__str__", "organization", "member", "group_kind", "group_key", "ends_at")
    list_select_related = ("organization", "member__user", "role")
    search_fields = ("role__name", "role_name", "organization__name")
    raw_id_fields = ("member", "role")
    fixed = ("role", "role_name", "member", "group_kind", "group_key", "assigned_by")

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        return (*self.fixed, "ends_at") if obj is not None else ("member", "role", "ends_at")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return self.fixed if obj is not None else ()

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name in ("member", "role"):
            if name in form.base_fields:
                form.base_fields[name].required = True
        return form

    def delete_model(self, request: Any, obj: Any) -> None:
        services.unassign(obj, actor=request.user)
