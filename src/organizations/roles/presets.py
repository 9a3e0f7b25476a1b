"""Roles in offers: somebody who joins has them from the first moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from organizations.exceptions import OrganizationsError
from organizations.words import gettext_lazy as _

from . import registry
from .grants import effective
from .models import Role
from .services.assignments import assign

__all__ = ["RolePreset"]


class RolePreset:
    """The preset ``roles``. A value is the key of a role, or the name of one in code."""

    name = "roles"
    label: Any = _("Roles")

    def choices(self, organization: Any) -> list[tuple[str, str]]:
        """Return the roles in code, then those of the organization by name. Queries: 1."""
        found = [(role.name, str(role)) for role in registry.declared()]
        return [*found, *((str(role.pk), role.name) for role in _stored(organization))]

    def clean(self, organization: Any, values: Iterable[Any]) -> list[str]:
        known = dict(self.choices(organization))
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise OrganizationsError(_("Roles are given as a list."))
        found = list(values)
        for value in found:
            if not isinstance(value, str) or value not in known:
                raise OrganizationsError(
                    _("This organization has no role %(value)r (any more). Choose another one.")
                    % {"value": str(value)[:100]}
                )
        return list(dict.fromkeys(found))

    def permissions_by_value(
        self, organization: Any, values: Iterable[str]
    ) -> dict[str, frozenset[str]]:
        """Return what each role gives. Queries: 0 or 1."""
        wanted = set(values)
        codes = {role.name: role.permissions for role in registry.declared()}
        own = {str(role.pk): role.permissions for role in _stored(organization, wanted)}
        return {key: effective(names) for key, names in {**codes, **own}.items() if key in wanted}

    def apply(self, member: Any, values: list[str]) -> None:
        organization = member.organization
        codes = [role.name for role in registry.declared() if role.name in values]
        for role in (*codes, *_stored(organization, values)):
            assign(member, role, actor=None)


def _stored(organization: Any, values: Iterable[str] | None = None) -> Any:
    """Return the organization's own roles; with values, those among them that still exist."""
    rows = Role._base_manager.filter(organization_id=organization.pk).order_by("name", "pk")
    if values is None:
        return rows
    keys = {value for value in values if value.isdecimal()}
    return [role for role in rows if str(role.pk) in keys] if keys else []
