"""Forms: what a role holds, who gets it and until which day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import escape, format_html

from organizations.backends.forms import validate_name
from organizations.dates import DayField, clean_day, end_of, last_day
from organizations.fields import PermissionSetFormField
from organizations.grants import groups
from organizations.permissions import Permission
from organizations.words import gettext
from organizations.words import gettext_lazy as _

from . import services
from .exceptions import RoleNameTaken
from .grants import effective
from .matrix import Column, find_role, permission_groups
from .models import Role, RoleAssignment
from .registry import CodeRole

__all__ = ["MemberRolesForm", "RoleDeleteForm", "RoleForm", "RoleGiveForm", "RoleTakeForm"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """A permission to tick."""

    permission: Permission
    id: str
    is_ticked: bool
    is_locked: bool


class RoleForm(forms.Form):
    """A new role, or a role that is changed.

    Permissions that the person lacks are shown and cannot be ticked.
    """

    name = forms.CharField(label=_("Name"), max_length=100, validators=[validate_name])
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        help_text=_("What the role is for. Everybody here can read it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    permissions = PermissionSetFormField(label=_("Permissions"), required=False)

    def __init__(
        self,
        request: Any,
        organization: Any,
        *args: Any,
        access: Any,
        role: Role | None = None,
        **kwargs: Any,
    ) -> None:
        self.request, self.organization = request, organization
        self.access, self.role = access, role
        if role is not None:
            own = {
                "name": role.name,
                "description": role.description,
                "permissions": effective(role.permissions),
            }
            kwargs["initial"] = {**own, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        rows = Role._base_manager.filter(organization_id=self.organization.pk, name__iexact=name)
        if self.role is not None:
            rows = rows.exclude(pk=self.role.pk)
        if rows.exists():
            raise ValidationError(str(RoleNameTaken()))
        return name

    def simple_fields(self) -> list[Any]:
        """The fields that look as everywhere."""
        return [self["name"], self["description"]]

    def groups(self) -> list[tuple[Any, list[Box]]]:
        """The permissions that a role may hold, under their headings."""
        ticked = frozenset(self["permissions"].value() or ())
        return [
            (label, boxes)
            for label, members in permission_groups()
            if (boxes := [self._box(each, ticked) for each in members if each.grantable])
        ]

    def _box(self, permission: Permission, ticked: frozenset[str]) -> Box:
        return Box(
            permission=permission,
            id=f"id_permissions_{permission.name.replace('.', '-')}",
            is_ticked=permission.name in ticked,
            is_locked=permission.name not in self.access.permissions,
        )

    def save(self) -> Role:
        if self.role is None:
            return services.create(self.organization, actor=self.request.user, **self.cleaned_data)
        return services.change(self.role, actor=self.request.user, **self.cleaned_data)


class RoleDeleteForm(forms.Form):
    """What those get who have a role that is deleted."""

    NOTHING = "-"

    replacement = forms.ChoiceField(
        label=_("What do those get who have it?"), widget=forms.RadioSelect
    )

    def __init__(
        self,
        request: Any,
        organization: Any,
        *args: Any,
        role: Role,
        others: list[Column],
        is_held: bool,
        **kwargs: Any,
    ) -> None:
        self.request, self.organization, self.role = request, organization, role
        super().__init__(*args, **kwargs)
        if not is_held:
            del self.fields["replacement"]
            return
        field: Any = self.fields["replacement"]
        field.choices = [
            (self.NOTHING, _("Nothing: what the role gave ends")),
            *((column.key, column.label) for column in others),
        ]

    def chosen(self) -> Role | CodeRole | None:
        key = self.cleaned_data.get("replacement", self.NOTHING)
        return None if key == self.NOTHING else find_role(self.organization, key)

    def save(self) -> None:
        services.delete(self.role, replacement=self.chosen(), actor=self.request.user)


class RoleGiveForm(forms.Form):
    """Gives a role to a group of members."""

    group = forms.ChoiceField(label=_("To whom"))
    until = DayField(label=_("Last day"), help_text=_("Leave it empty for no end."))

    def __init__(
        self, request: Any, organization: Any, *args: Any, role: Role | CodeRole, **kwargs: Any
    ) -> None:
        self.request, self.organization, self.role = request, organization, role
        super().__init__(*args, **kwargs)
        self.rows = {
            f"{kind.kind}:{row.pk}": row
            for kind in groups()
            for row in kind.model._default_manager.filter(organization_id=organization.pk)
        }
        field: Any = self.fields["group"]
        field.choices = [(key, str(row)) for key, row in self.rows.items()]

    def clean_until(self) -> Any:
        return clean_day(self.cleaned_data["until"])

    def arguments(self) -> tuple[Any, ...]:
        """What the verb is called with."""
        return self.rows[self.cleaned_data["group"]], self.role

    def save(self) -> RoleAssignment:
        ends_at = end_of(self.cleaned_data["until"])
        return services.assign(*self.arguments(), ends_at=ends_at, actor=self.request.user)


class RoleTakeForm(forms.Form):
    """Takes a role away; there is nothing to fill in."""

    def __init__(
        self,
        request: Any,
        organization: Any,
        *args: Any,
        assignment: RoleAssignment,
        **kwargs: Any,
    ) -> None:
        self.request, self.assignment = request, assignment
        super().__init__(*args, **kwargs)

    def save(self) -> None:
        services.unassign(self.assignment, actor=self.request.user)


class MemberRolesForm(forms.Form):
    """The roles that a member has itself, each with its last day.

    Roles beyond the rights of the person who looks are shown and stay as they are.
    """

    def __init__(
        self,
        request: Any,
        member: Any,
        *args: Any,
        access: Any,
        offered: list[Column],
        **kwargs: Any,
    ) -> None:
        self.request, self.member, self.offered = request, member, offered
        super().__init__(*args, **kwargs)
        self.held = {
            str(row.role_id or row.role_name): row for row in services.assignments_of(member)
        }
        is_own = member.user_id == access.user_id and not (access.is_owner or access.is_superuser)
        for column in offered:
            row = self.held.get(column.key)
            is_locked = not column.permissions <= access.permissions or (is_own and row is None)
            self.fields[f"has_{column.key}"] = forms.BooleanField(
                label=format_html("<bdi>{}</bdi>", column.label),
                help_text=escape(column.description),  # pages show help as HTML
                required=False,
                disabled=is_locked,
                initial=row is not None,
            )
            self.fields[f"until_{column.key}"] = DayField(
                label=format_html(
                    gettext("Last day of %(role)s") % {"role": "<bdi>{}</bdi>"}, column.label
                ),
                disabled=is_locked,
                initial=last_day(row.ends_at) if row else None,
            )

    def rows(self) -> list[dict[str, Any]]:
        """The fields of each role, for the page."""
        now = timezone.now()
        return [
            {
                "column": column,
                "has": self[f"has_{column.key}"],
                "until": self[f"until_{column.key}"],
                "is_ended": bool(row and row.ends_at and row.ends_at <= now),
            }
            for column in self.offered
            for row in [self.held.get(column.key)]
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for column in self.offered:
            name = f"until_{column.key}"
            if data.get(f"has_{column.key}") and name in self.changed_data and name in data:
                try:
                    clean_day(data[name])
                except ValidationError as error:
                    self.add_error(name, error)
        return data

    def roles(self) -> dict[Any, datetime | None]:
        """Return the roles that the member shall have, with their ends."""
        wanted: dict[Any, datetime | None] = {}
        for column in self.offered:
            if not self.cleaned_data[f"has_{column.key}"]:
                continue
            row, name = self.held.get(column.key), f"until_{column.key}"
            # An end that was set by code to the second stays as it is.
            is_kept = row is not None and name not in self.changed_data
            wanted[column.role] = (
                row.ends_at if row and is_kept else end_of(self.cleaned_data[name])
            )
        return wanted

    def save(self) -> list[RoleAssignment]:
        return services.set_roles(self.member, self.roles(), actor=self.request.user)
