"""Roles are given and taken, with an end if need be.

Roles of a member belong to whoever may change members, roles of a group to whoever manages
roles, since they reach people who are not named. Everybody may give up a role of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from organizations import signals
from organizations.dates import as_stored
from organizations.grants import groups
from organizations.permissions import CHANGE_MEMBER
from organizations.services import _writes
from organizations.services._async import make_async
from organizations.services._locks import lock_organization, verb
from organizations.services.ceiling import Authority, authority

from .. import registry
from ..models import RoleAssignment
from ..permissions import MANAGE_ROLES
from ._shared import RoleOrName, check_end, check_losses, group_kind_of, is_later, target, target_of

__all__ = [
    "aassign",
    "aset_end",
    "aset_roles",
    "assign",
    "assignments_of",
    "aunassign",
    "forget_group",
    "set_end",
    "set_roles",
    "unassign",
]


def assignments_of(holder: Any) -> Any:
    """Return the roles that a member or group has itself, as a queryset, ended ones among them.

    Raises:
        TypeError: the row is neither a member nor a group.
    """
    return _held_by(holder).select_related("role")


@verb
def assign(
    holder: Any, role: RoleOrName, *, ends_at: datetime | None = None, actor: Any
) -> RoleAssignment:
    """Give a role, or change the end of one that was given; return the assignment.

    Args:
        holder: a member, or a row of a registered kind of group.
        role: a role of the organization, or the name of one in code.
        ends_at: an aware moment to come, after which the role gives nothing; None for never.
        actor: a user, or None for code that acts by its own word.
    Raises:
        NotAllowed: the actor may not change members (or manage roles, for a group), lacks a
            right of the role, would touch somebody who has more, or would gain by it.
        EndsInThePast: by ``ends_at``.
        DoesNotExist, UnknownRole: the holder or the role is not there.
    Locks: the organization. Signals: role_assigned or assignment_changed, if anything changed.
    """
    lock_organization(holder.organization)
    holder = _fresh(holder)
    organization = holder.organization
    found = target(organization, role)
    there = _held_by(holder).filter(**found.lookup).first()
    if there is not None:
        return _change_end(organization, there, ends_at, actor)
    assignment = RoleAssignment(
        organization_id=organization.pk,
        **found.lookup,
        **_holder_fields(holder),
        ends_at=check_end(as_stored(ends_at)),
        assigned_by=actor,
    )
    may = authority(organization, actor)
    _may_change(may, assignment)
    if (own := _own_member_of(may, assignment)) is not None:
        may.may_raise(own)
    _writes.insert(assignment)
    signals.role_assigned.send(
        sender=RoleAssignment, organization=organization, assignment=assignment, actor=actor
    )
    return assignment


@verb
def unassign(assignment: RoleAssignment, *, actor: Any) -> None:
    """Take a role from whoever has it by this assignment.

    Raises:
        NotAllowed: as ``assign``. Everybody may give up a role of their own.
        DoesNotExist: the assignment is gone.
    Locks: the organization. Signals: role_unassigned.
    """
    lock_organization(assignment.organization)
    assignment = _fresh(assignment)
    organization = assignment.organization
    may = authority(organization, actor)
    if not _is_own(may, assignment):
        _may_change(may, assignment)
        _may_lessen(may, assignment)
    signals.role_unassigned.send(
        sender=RoleAssignment, organization=organization, assignment=assignment, actor=actor
    )
    _writes.delete(RoleAssignment._base_manager.filter(pk=assignment.pk))


@verb
def set_end(assignment: RoleAssignment, *, ends_at: datetime | None, actor: Any) -> RoleAssignment:
    """Change when a role ends and return the fresh row; None for never.

    Raises:
        NotAllowed, EndsInThePast: as ``assign``. Everybody may shorten a role of their own.
        DoesNotExist: the assignment is gone.
    Locks: the organization. Signals: assignment_changed, if anything changed.
    """
    lock_organization(assignment.organization)
    assignment = _fresh(assignment)
    return _change_end(assignment.organization, assignment, ends_at, actor)


@verb
def set_roles(
    member: Any, roles: Mapping[Any, datetime | None], *, actor: Any
) -> list[RoleAssignment]:
    """Let a member have these roles itself, each until its end, and no others.

    What the member has already with the same end is left alone, and nothing is asked about it.

    Args:
        member: a member, or a row of a registered kind of group.
        roles: role rows and names of roles in code, each with its end or None.
    Returns:
        The assignments, in the order in which they were made.
    Raises:
        as ``assign`` and ``unassign``; then nothing is changed.
    Locks: the organization. Signals: as ``assign`` and ``unassign``.
    """
    lock_organization(member.organization)
    member = _fresh(member)
    wanted = {
        tuple(found.lookup.values()): (role, ends_at)
        for role, ends_at in roles.items()
        for found in [target(member.organization, role)]
    }
    known = {code.name for code in registry.declared()}
    for assignment in assignments_of(member):
        if assignment.role_name and assignment.role_name not in known:
            continue  # not shown anywhere, so nobody has decided about it
        if (assignment.role, assignment.role_name) not in wanted:
            unassign(assignment, actor=actor)
    for role, ends_at in wanted.values():
        assign(member, role, ends_at=ends_at, actor=actor)
    return list(assignments_of(member))


def forget_group(*, organization_id: Any, kind: str, key: Any, **kwargs: Any) -> None:
    """Receiver of ``group_deleted``: a group that is gone has no roles."""
    for assignment in RoleAssignment._base_manager.filter(
        organization_id=organization_id, group_kind=kind, group_key=key
    ):
        signals.role_unassigned.send(
            sender=RoleAssignment,
            organization=assignment.organization,
            assignment=assignment,
            actor=None,
        )
        _writes.delete(RoleAssignment._base_manager.filter(pk=assignment.pk))


def _change_end(
    organization: Any, assignment: RoleAssignment, ends_at: datetime | None, actor: Any
) -> RoleAssignment:
    """Change the end under the lock; the assignment is fresh."""
    ends_at = as_stored(ends_at)
    if assignment.ends_at == ends_at:
        return assignment
    may = authority(organization, actor)
    is_longer = is_later(ends_at, assignment.ends_at)
    if is_longer or not _is_own(may, assignment):
        _may_change(may, assignment)
    if not is_longer:
        _may_lessen(may, assignment)
    if is_longer and (own := _own_member_of(may, assignment)) is not None:
        may.may_raise(own)
    check_end(ends_at)
    changes = {"ends_at": (assignment.ends_at, ends_at)}
    assignment.ends_at, assignment.reminded_at = ends_at, None
    _writes.save(assignment, "ends_at", "reminded_at")
    signals.assignment_changed.send(
        sender=RoleAssignment,
        organization=organization,
        assignment=assignment,
        actor=actor,
        changes=changes,
    )
    return assignment


def _may_change(may: Authority, assignment: RoleAssignment) -> None:
    """Ask the ceiling about an assignment that is to be made, changed or taken away."""
    of_member = assignment.member_id is not None
    may.require(CHANGE_MEMBER if of_member else MANAGE_ROLES)
    may.may_give(target_of(assignment).permissions)
    if of_member:
        may.may_touch(assignment.member)


def _may_lessen(may: Authority, assignment: RoleAssignment) -> None:
    """Ask the ceiling for all whom a group's role reaches; members were asked for already."""
    if assignment.member_id is None:
        found = target_of(assignment)
        check_losses(may, found, found.permissions, assignment)


def _is_own(may: Authority, assignment: RoleAssignment) -> bool:
    return assignment.member_id is not None and may.is_self(assignment.member)


def _own_member_of(may: Authority, assignment: RoleAssignment) -> Any:
    """Return the actor's member if the assignment reaches it, itself or by a group, else None."""
    own = may.access.member if may.access is not None else None
    if own is None or assignment.member_id == own.pk:
        return own
    for kind in groups():
        if kind.kind == assignment.group_kind:
            rows = kind.model._base_manager.filter(pk=assignment.group_key)
            return own if rows.filter(pk__in=kind.reaching(own.pk)).exists() else None
    return None


def _fresh(row: Any) -> Any:
    rows = type(row)._base_manager.select_related("organization")
    return rows.get(pk=row.pk, organization_id=row.organization_id)


def _holder_fields(holder: Any) -> dict[str, Any]:
    kind = group_kind_of(holder)
    if kind is None:
        return {"member": holder}
    return {"group_kind": kind.kind, "group_key": holder.pk}


def _held_by(holder: Any) -> Any:
    rows = RoleAssignment._base_manager.filter(organization_id=holder.organization_id)
    return rows.filter(**_holder_fields(holder)).order_by("pk")


aassign = make_async(assign)
aunassign = make_async(unassign)
aset_end = make_async(set_end)
aset_roles = make_async(set_roles)
