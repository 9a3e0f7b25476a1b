"""Roles as pages show them: standings, roles in code and roles of the organization, in one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.http import Http404
from django.utils import timezone

from organizations import permissions
from organizations.converters import as_key
from organizations.families import family_of, live
from organizations.grants import names_of
from organizations.permissions import Permission, Standing
from organizations.words import gettext_lazy as _

from . import registry
from .exceptions import UnknownRole
from .grants import effective
from .models import Role, RoleAssignment
from .registry import CodeRole

__all__ = ["Column", "columns", "find_role", "permission_groups", "rows", "shown_role"]

STANDINGS = {
    Standing.OWNER: (_("Owner"), _("Has every right. There is exactly one.")),
    Standing.ADMIN: (_("Admin"), _("Manages the settings and the people.")),
    Standing.MEMBER: (_("Member"), _("Everybody in the organization has this.")),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One role of any sort.

    Attributes:
        key: what names it in addresses: a number, the name in code, or the standing.
        kind: standing, code or own.
        role: the row or the role in code; None for a standing.
        people: how many members have it themselves, now.
        groups: how many groups have it, now.
    """

    key: str
    kind: str
    label: Any
    description: Any
    permissions: frozenset[str]
    role: Role | CodeRole | None = None
    people: int = 0
    groups: int = 0


def columns(organization: Any) -> list[Column]:
    """Return the standings, the roles in code and those of the organization. Queries: 3."""
    family = family_of(organization)
    counts = _counts(organization)
    standings = _standing_counts(organization, has_admins=family.has_field("member", "is_admin"))
    found = [
        Column(
            key=standing.value,
            kind="standing",
            label=label,
            description=description,
            permissions=names_of(standing),
            people=standings[standing],
        )
        for standing, (label, description) in STANDINGS.items()
        if standing in standings
    ]
    own = Role._base_manager.filter(organization_id=organization.pk).order_by("name", "pk")
    roles: list[Role | CodeRole] = [*registry.declared(), *own]
    for role in roles:
        people, groups = counts.get(key_of(role), (0, 0))
        found.append(shown_role(role, people=people, groups=groups))
    return found


def shown_role(role: Role | CodeRole, **counts: int) -> Column:
    """Return one role as a column."""
    is_code = isinstance(role, CodeRole)
    return Column(
        key=key_of(role),
        kind="code" if is_code else "own",
        label=role.label if isinstance(role, CodeRole) else role.name,
        description=role.description,
        permissions=effective(role.permissions),
        role=role,
        **counts,
    )


def key_of(role: Role | CodeRole) -> str:
    """Return what names a role in addresses and forms."""
    return role.name if isinstance(role, CodeRole) else str(role.pk)


def find_role(organization: Any, key: str) -> Role | CodeRole:
    """Return the role that a key names.

    Raises:
        Http404: the organization has no such role.
    """
    if not key[:1].isdigit():
        try:
            return registry.get(key)
        except UnknownRole:
            raise Http404 from None
    number = as_key(Role, key)
    role = None
    if number is not None:
        role = Role._base_manager.filter(organization_id=organization.pk, pk=number).first()
    if role is None:
        raise Http404
    return role


def _counts(organization: Any) -> dict[str, tuple[int, int]]:
    now = timezone.now()
    # Who is suspended, or whose membership has ended, keeps the role and has nothing by it.
    is_there = Q(member__isnull=False) & live(family_of(organization), now, prefix="member__")
    rows = (
        RoleAssignment.objects.live(now)
        .filter(
            Q(role__isnull=True) | Q(role__organization=F("organization")),
            organization_id=organization.pk,
        )
        .order_by()
        .values_list("role_id", "role_name")
        .annotate(people=Count("member", filter=is_there), groups=Count("group_key"))
    )
    return {str(role_id or name): (people, groups) for role_id, name, people, groups in rows}


def _standing_counts(organization: Any, *, has_admins: bool) -> dict[Standing, int]:
    family = family_of(organization)
    is_owner = Q(**{f"{family.owner_lookup}__isnull": False})
    wanted = {"members": Count("pk"), "owners": Count("pk", filter=is_owner)}
    if has_admins:
        wanted["admins"] = Count("pk", filter=Q(is_admin=True) & ~is_owner)
    members = family.member._base_manager.filter(
        live(family, timezone.now()), organization_id=organization.pk
    )
    found = members.aggregate(**wanted)
    counts = {Standing.OWNER: found["owners"], Standing.MEMBER: found["members"]}
    if has_admins:
        counts[Standing.ADMIN] = found["admins"]
    return counts


def permission_groups() -> list[tuple[Any, list[Permission]]]:
    """Return every declared permission under the label of its group."""
    groups: dict[str, tuple[Any, list[Permission]]] = {}
    for each in permissions.declared():
        groups.setdefault(str(each.group), (each.group, []))[1].append(each)
    return list(groups.values())


def rows(shown: list[Column]) -> list[tuple[Any, list[tuple[Permission, list[bool]]]]]:
    """Return the matrix: under each group, each permission with a yes or no for each column."""
    return [
        (
            label,
            [(each, [each.name in column.permissions for column in shown]) for each in members],
        )
        for label, members in permission_groups()
    ]
