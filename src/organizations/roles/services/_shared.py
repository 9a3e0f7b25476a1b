"""What the verbs share: a role of either sort, the moment it ends, and whom it reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from organizations.families import default_family
from organizations.grants import groups
from organizations.permissions import Grant
from organizations.services.access import rights_of_members
from organizations.services.ceiling import Authority

from .. import registry
from ..exceptions import EndsInThePast
from ..grants import effective
from ..models import Role, RoleAssignment
from ..registry import CodeRole

__all__ = [
    "RoleOrName",
    "Target",
    "assignments_in",
    "check_end",
    "check_losses",
    "group_kind_of",
    "is_later",
    "own_member_reached",
    "stored",
    "target",
    "target_of",
]

#: A row, a role in code, or its name.
RoleOrName = Role | CodeRole | str


@dataclass(frozen=True, slots=True)
class Target:
    """A role as assignments know it: a row, or the name of one in code."""

    role: Role | None
    role_name: str
    permissions: frozenset[str]

    @property
    def label(self) -> str:
        """What grants call it."""
        if self.role is not None:
            return self.role.name
        known = {code.name: str(code) for code in registry.declared()}
        return known.get(self.role_name, self.role_name)

    @property
    def lookup(self) -> dict[str, Any]:
        """The conditions on assignments that have the role."""
        return {"role": self.role, "role_name": self.role_name}


def target(organization: Any, role: RoleOrName) -> Target:
    """Return a role, read anew; call it under the lock.

    Raises:
        DoesNotExist: the organization has no such role (any more).
        UnknownRole: nobody declared the name.
    """
    if isinstance(role, Role):
        row = stored(organization, role)
        return Target(row, "", effective(row.permissions))
    code = registry.get(role.name if isinstance(role, CodeRole) else role)
    return Target(None, code.name, effective(code.permissions))


def target_of(assignment: RoleAssignment) -> Target:
    """Return the role of an assignment; one that has left the code gives nothing."""
    if assignment.role_id is not None:
        rows = Role._base_manager.filter(organization_id=assignment.organization_id)
        row = rows.filter(pk=assignment.role_id).first()
        return Target(row, "", effective(row.permissions if row else ()))
    known = {code.name: code for code in registry.declared()}
    code = known.get(assignment.role_name)
    return Target(None, assignment.role_name, effective(code.permissions if code else ()))


def stored(organization: Any, role: Role) -> Role:
    """Return the row anew, if it belongs to the organization."""
    return Role._base_manager.get(pk=role.pk, organization_id=organization.pk)


def assignments_in(organization: Any) -> Any:
    """Return the assignments of an organization as a queryset."""
    return RoleAssignment._base_manager.filter(organization_id=organization.pk)


def check_end(ends_at: datetime | None) -> datetime | None:
    """Return the moment if it is still to come.

    Raises:
        EndsInThePast: it has passed.
    """
    if ends_at is not None and ends_at <= timezone.now():
        raise EndsInThePast
    return ends_at


def is_later(one: datetime | None, other: datetime | None) -> bool:
    """Return whether the first end comes after the second; None is never."""
    if other is None:
        return False
    return one is None or one > other


def own_member_reached(may: Authority, found: Target) -> Any:
    """Return the actor's member if it has the role now, by itself or by a group, else None.

    Queries: 1, or 0 for an actor without a member.
    """
    member = may.access.member if may.access is not None else None
    if member is None:
        return None
    rows = RoleAssignment.objects.reaching(member.pk, member.organization_id)
    return member if rows.live(timezone.now()).filter(**found.lookup).exists() else None


def check_losses(
    may: Authority, found: Target, lost: frozenset[str], assignment: RoleAssignment | None = None
) -> None:
    """Refuse to take rights of a role from members who have more than the actor.

    The owner loses nothing. What somebody has from elsewhere, too, and as long, is not lost.

    Args:
        found: the role that gives less, or nothing any more.
        lost: what it no longer gives.
        assignment: the only one that is concerned; None for all of the role.
    Queries: 2, or 0 if nothing is lost or code acts by its own word.
    Raises:
        ExceedsOwnRights: somebody with more than the actor would lose something.
    """
    if may.access is None or not lost:
        return
    organization = may.organization
    rows = RoleAssignment.objects.reaching(OuterRef("pk"), OuterRef("organization"))
    rows = rows.live(timezone.now()).filter(**found.lookup)
    if assignment is not None:
        rows = rows.filter(pk=assignment.pk)
    members = default_family().member._base_manager.filter(organization_id=organization.pk)
    users = list(members.filter(Exists(rows)).values_list("user_id", flat=True))
    for access in rights_of_members(organization, users).values():
        if may.is_self(access.member):
            continue
        kept = [grant for grant in access.grants if not grant.ended]
        gone = [grant for grant in kept if _is_of(found, grant)]
        if assignment is not None:
            end = _aware(assignment.ends_at)
            gone = [grant for grant in gone if grant.via and grant.until == end][:1]
        for grant in gone:
            kept.remove(grant)
        # All of these members have the role; whose grant is not found is not let through.
        if not gone or any(lost - _lasting(kept, grant.until) for grant in gone):
            may.may_give(access.permissions)


def _is_of(found: Target, grant: Grant) -> bool:
    # Another role may be called the same; one that also gives the same is as good.
    of_role = grant.kind == "role" and grant.name == found.label
    return of_role and grant.permissions == found.permissions


def _lasting(grants: Iterable[Grant], until: datetime | None) -> frozenset[str]:
    """Return what the grants give together as long as one that ends at that moment."""
    lasting = (each for each in grants if not is_later(until, each.until))
    return frozenset().union(*(each.permissions for each in lasting))


def _aware(moment: datetime | None) -> datetime | None:
    """Return a moment in the form in which grants have it."""
    if moment is None or timezone.is_aware(moment):
        return moment
    return timezone.make_aware(moment, timezone.get_default_timezone())


def group_kind_of(holder: Any) -> Any:
    """Return the registered kind of a group row, or None for a member.

    Raises:
        TypeError: it is neither.
    """
    model = type(holder)._meta.concrete_model
    if model is default_family().member:
        return None
    for kind in groups():
        if kind.model is model:
            return kind
    raise TypeError(
        f"{model._meta.label} is no member of the project's organizations and no kind of group "
        "that an app has registered, so it cannot have roles."
    )
