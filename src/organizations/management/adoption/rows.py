"""How many rows an adoption is about, and which of them want a look. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections, router
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Count, Exists, OuterRef

from .survey import Plan

__all__ = ["Rows", "count"]

#: Rows that are named, at most.
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Rows:
    """Figures of this database; another one may have others."""

    organizations: int
    members: int
    #: Organizations that share their name with an earlier one.
    namesakes: int
    #: Keys of organizations without any member; they stay without an owner.
    memberless: list[str]
    #: Keys of organizations whose named owner is no member; they stay without one too.
    owner_elsewhere: list[str]
    #: Keys of an organization and a user of which there are several memberships.
    doubles: list[tuple[str, str]]


def count(plan: Plan, state: Any, leaf: str) -> Rows | None:
    """Count the rows; None if the database is not at the migration that the plan starts from."""
    organization = state.apps.get_model(plan.label)
    member = state.apps.get_model(plan.app_label, plan.member)
    using = router.db_for_read(organization) or "default"
    try:
        if (plan.app_label, leaf) not in MigrationRecorder(connections[using]).applied_migrations():
            return None
        return _count(
            plan, organization._base_manager.using(using), member._base_manager.using(using)
        )
    except DatabaseError:
        return None


def _count(plan: Plan, organizations: Any, members: Any) -> Rows:
    old = {new: name for name, new in plan.organization_renames.items()}
    name = old.get("name", "name")
    keys = {new: name for name, new in plan.member_renames.items()}
    key, user = keys.get("organization", "organization"), keys.get("user", "user")
    names = organizations.order_by().values(name).distinct().count()
    total = organizations.count()
    own = members.filter(**{key: OuterRef("pk")})
    elsewhere: list[Any] = []
    if plan.owner_rule is not None and plan.owner_rule.model == "organization":
        account = plan.owner_rule.field
        rows = organizations.filter(**{f"{account}__isnull": False})
        elsewhere = _keys(rows.exclude(Exists(own.filter(**{user: OuterRef(account)}))))
    pairs = (
        members.filter(**{f"{key}__isnull": False, f"{user}__isnull": False})
        .order_by()
        .values_list(f"{key}_id", f"{user}_id")
        .annotate(rows=Count("pk"))
        .filter(rows__gt=1)
    )
    return Rows(
        organizations=total,
        members=members.count(),
        namesakes=total - names,
        memberless=_keys(organizations.filter(~Exists(own))),
        owner_elsewhere=elsewhere,
        doubles=[(str(first), str(second)) for first, second, _rows in pairs[:SHOWN]],
    )


def _keys(rows: Any) -> list[str]:
    return [str(key) for key in rows.order_by("pk").values_list("pk", flat=True)]
