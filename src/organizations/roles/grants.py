"""What roles give: one share in the one query for member rows, read in both directions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import JSONObject

from organizations import permissions
from organizations.expressions import moment_in_json
from organizations.grants import JSONRows, groups
from organizations.permissions import Grant

from . import registry
from .managers import is_live
from .models import RoleAssignment

__all__ = ["RoleGrants", "effective"]

#: What the annotation is called on member rows.
LINES = "organizations_role_lines"


def effective(names: Iterable[str]) -> frozenset[str]:
    """Return those of the names that a role can still give: declared, and not fixed since."""
    known = {each.name for each in permissions.declared() if each.grantable}
    return frozenset(names) & known


class RoleGrants:
    """The source ``role``."""

    name = "role"
    is_fixed = True

    def annotate(self, members: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
        lines = RoleAssignment.objects.reaching(OuterRef("pk"), OuterRef("organization")).order_by(
            "pk"
        )
        line = JSONObject(
            role=F("role_name"),
            name=F("role__name"),
            permissions=F("role__permissions"),
            via=_name_of_group(),
            until=F("ends_at"),
            live=Case(
                When(is_live(now), then=Value(True)),
                default=Value(False),
                output_field=BooleanField(),
            ),
        )
        rows = JSONRows(lines.annotate(line=line).values("line"))
        annotated: QuerySet[Any] = members.annotate(**{LINES: rows})
        return annotated

    def grants_from(self, row: Any) -> Iterable[Grant]:
        codes = {role.name: role for role in registry.declared()}
        for line in getattr(row, LINES):
            code = codes.get(line["role"])
            if line["role"] and code is None:
                continue  # the project has taken the role out of its code
            names = code.permissions if code else line["permissions"].split()
            yield Grant(
                kind=self.name,
                permissions=effective(names),
                name=str(code or line["name"]),
                via=line["via"],
                until=moment_in_json(line["until"], connections[row._state.db]),
                ended=not line["live"],
            )

    def given_to(
        self, organization: Any, *, kind: str, keys: Collection[int], now: datetime
    ) -> dict[int, frozenset[str]]:
        """Return what live roles of groups give, by group. Queries: 1."""
        rows = RoleAssignment._base_manager.filter(
            is_live(now),
            Q(role__isnull=True) | Q(role__organization=F("organization")),
            organization_id=organization.pk,
            group_kind=kind,
            group_key__in=keys,
        )
        codes = {role.name: role.permissions for role in registry.declared()}
        found: dict[int, frozenset[str]] = {}
        for row in rows.select_related("role"):
            role = row.role
            names = role.permissions if role is not None else codes.get(row.role_name, ())
            key = int(row.group_key or 0)  # asked for above, so it is there
            found[key] = found.get(key, frozenset()) | effective(names)
        return found

    def members_with(self, permission: str, *, now: datetime) -> Q:
        if not effective([permission]):
            return Q(pk__in=())
        codes = [role.name for role in registry.declared() if permission in role.permissions]
        found = RoleAssignment.objects.reaching(OuterRef("pk"), OuterRef("organization")).filter(
            is_live(now),
            Q(role__permissions__has=permission) | Q(role__isnull=True, role_name__in=codes),
        )
        return Q(Exists(found))


def _name_of_group() -> Any:
    names = [
        When(group_kind=kind.kind, then=Subquery(kind.name_of(OuterRef("group_key"))))
        for kind in groups()
    ]
    return Case(*names, default=Value(""), output_field=TextField())
