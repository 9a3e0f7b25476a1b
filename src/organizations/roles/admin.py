"""Roles in Django's admin: every change goes through the same verbs as the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils.translation import gettext_lazy as _

from organizations.backends.forms import validate_name
from organizations.base_admin import BaseVerbAdmin
from organizations.exceptions import OrganizationsError
from organizations.services.preview import preview

from . import services
from .models import Role, RoleAssignment

__all__ = ["RoleAdmin", "RoleAssignmentAdmin"]


class VerbForm(forms.ModelForm):
    """Asks the verb, without effect, while the form can still show what it refuses."""

    request: Any = None

    def rehearse(self, verb: Any, subject: Any, **values: Any) -> None:
        try:
            preview(verb, subject, actor=self.request.user, **values)
        except (OrganizationsError, ObjectDoesNotExist) as error:
            raise ValidationError(str(error)) from error


class RoleForm(VerbForm):
    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            validate_name(name)
        return name

    def clean(self) -> Any:
        data = super().clean() or {}
        if self.errors:
            return data
        values = {name: data[name] for name in ("name", "description", "permissions")}
        if self.instance.pk:
            self.rehearse(services.change, self.instance, **values)
        else:
            self.rehearse(services.create, data["organization"], **values)
        return data

    def _post_clean(self) -> None:
        # The verb fills in a row of its own; this one keeps what is stored, for the rehearsal.
        """Nothing: the verb has checked it all."""


class AssignmentForm(VerbForm):
    def clean(self) -> Any:
        data = super().clean() or {}
        if self.errors:
            return data
        if self.instance.pk:
            self.rehearse(services.set_end, self.instance, ends_at=data["ends_at"])
        else:
            if data["role"].organization_id != data["member"].organization_id:
                raise ValidationError(_("The role belongs to another organization."))
            self.rehearse(
                services.assign, data["member"], role=data["role"], ends_at=data["ends_at"]
            )
        return data

    def _post_clean(self) -> None:
        """Nothing: the verb has checked it all."""


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

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        data = dict(form.cleaned_data)
        if change:
            services.change(obj, actor=request.user, **data)
            return
        role = services.create(data.pop("organization"), actor=request.user, **data)
        obj.pk, obj._state.adding = role.pk, False
        obj.name = role.name

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

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        data = form.cleaned_data
        if change:
            services.set_end(obj, ends_at=data["ends_at"], actor=request.user)
            return
        found = services.assign(
            data["member"], data["role"], ends_at=data["ends_at"], actor=request.user
        )
        obj.pk, obj.role, obj._state.adding = found.pk, found.role, False

    def delete_model(self, request: Any, obj: Any) -> None:
        services.unassign(obj, actor=request.user)
