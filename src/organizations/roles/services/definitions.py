"""Roles are made, copied, changed and deleted.

Whoever touches a role needs every right that is in it before and after, and takes nothing from
somebody who has more. The owner loses nothing by a role, so a role that the owner has, too, can be
changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from organizations import signals
from organizations.grants import names_of
from organizations.permissions import Standing, grantable
from organizations.services import _writes
from organizations.services._async import make_async
from organizations.services._locks import lock_organization, verb
from organizations.services.ceiling import Authority, authority

from ..exceptions import RoleNameInvalid, RoleNameTaken
from ..grants import effective
from ..models import Role, RoleAssignment
from ..permissions import MANAGE_ROLES
from ._shared import (
    RoleOrName,
    Target,
    assignments_in,
    check_losses,
    is_later,
    own_member_reached,
    stored,
    target,
)

__all__ = ["achange", "acopy", "acreate", "adelete", "change", "copy", "create", "delete"]


@verb
def create(
    organization: Any,
    *,
    name: str,
    permissions: Iterable[str],
    description: str = "",
    actor: Any,
) -> Role:
    """Make a role and return it.

    Args:
        permissions: names; they must be declared, and not bound to a standing.
        actor: a user, or None for code that acts by its own word.
    Raises:
        RoleNameInvalid, RoleNameTaken: by the name, compared without upper and lower case.
        UnknownPermission, NotGrantable: by a permission.
        NotAllowed: the actor may not manage roles, or lacks a right that would be in it.
    Queries: 3, and 1 with an actor. Locks: the organization. Signals: role_created.
    """
    lock_organization(organization)
    may = authority(organization, actor)
    may.require(MANAGE_ROLES)
    names = grantable(permissions)
    may.may_give(names)
    values: dict[str, Any] = {"permissions": names, "description": description.strip()}
    role = Role(organization_id=organization.pk, name=_free_name(organization, name), **values)
    _writes.insert(role)
    signals.role_created.send(sender=Role, organization=organization, role=role, actor=actor)
    return role


@verb
def copy(
    organization: Any,
    source: RoleOrName | Standing,
    *,
    name: str,
    description: str = "",
    actor: Any,
) -> Role:
    """Make a role with the permissions of another one and return it.

    Args:
        source: a role of the organization, the name of one in code, or a standing.
    Raises:
        DoesNotExist, UnknownRole: there is no such source.
        as ``create``.
    Locks and signals: as ``create``.
    """
    lock_organization(organization)
    if isinstance(source, Standing):
        names = effective(names_of(source))
    else:
        names = target(organization, source).permissions
    return create(organization, name=name, permissions=names, description=description, actor=actor)


@verb
def change(
    role: Role,
    *,
    actor: Any,
    name: str | None = None,
    description: str | None = None,
    permissions: Iterable[str] | None = None,
) -> Role:
    """Change what a role is called and holds; return the fresh row. None leaves a value.

    Raises:
        as ``create``; the actor needs the rights that the role had, too, and all that somebody
            has who loses something.
        RaisesOwnRights: the actor has the role and would put something into it.
        DoesNotExist: the role is gone.
    Locks: the organization. Signals: role_changed, if anything changed.
    """
    organization = role.organization
    role, old, may = _enter(role, actor)
    new: dict[str, Any] = {}
    if permissions is not None:
        new["permissions"] = grantable(permissions)
        may.may_give(new["permissions"])
        if new["permissions"] - old.permissions and (own := own_member_reached(may, old)):
            may.may_raise(own)
        check_losses(may, old, old.permissions - new["permissions"])
    if name is not None and name != role.name:
        new["name"] = _free_name(organization, name, besides=role)
    if description is not None:
        new["description"] = description.strip()
    changes = {
        field: (getattr(role, field), value)
        for field, value in new.items()
        if getattr(role, field) != value
    }
    if changes:
        for field, (_before, after) in changes.items():
            setattr(role, field, after)
        _writes.save(role)
        signals.role_changed.send(
            sender=Role, organization=organization, role=role, actor=actor, changes=changes
        )
    return role


@verb
def delete(role: Role, *, replacement: RoleOrName | None, actor: Any) -> None:
    """Delete a role; whoever has it gets the replacement.

    Ends are kept. Whoever has the replacement already keeps the later of the two ends.

    Args:
        replacement: another role of the organization, the name of one in code, or None:
            those who have the role get nothing for it.
    Raises:
        NotAllowed: the actor may not manage roles, lacks a right of one of the two, would take
            something from somebody who has more, or has the role and would get more by the
            replacement.
        DoesNotExist, UnknownRole: the role or the replacement is not there.
        ValueError: the role would replace itself.
    Locks: the organization. Signals: role_deleted; before it one of role_unassigned and
        assignment_changed for each assignment, and assignment_changed where an end is moved.
    """
    organization = role.organization
    role, old, may = _enter(role, actor)
    new = None
    if replacement is not None:
        new = target(organization, replacement)
        if new.role == role:
            raise ValueError("A role cannot replace itself.")
        may.may_give(new.permissions)
        if new.permissions - old.permissions and (own := own_member_reached(may, old)):
            may.may_raise(own)
    check_losses(may, old, old.permissions - (new.permissions if new else frozenset()))
    for assignment in assignments_in(organization).filter(role=role).order_by("pk"):
        if new is None:
            _take(organization, assignment, actor)
        else:
            _move(organization, assignment, old, new, actor)
    signals.role_deleted.send(
        sender=Role,
        organization=organization,
        role=role,
        actor=actor,
        replacement=new and (new.role or new.role_name),
    )
    _writes.delete(Role._base_manager.filter(pk=role.pk))


def _enter(role: Role, actor: Any) -> tuple[Role, Target, Authority]:
    """Lock the organization; return the fresh role, what it gives, and what the actor may do."""
    organization = role.organization
    lock_organization(organization)
    may = authority(organization, actor)
    may.require(MANAGE_ROLES)
    role = stored(organization, role)
    old = Target(role, "", effective(role.permissions))
    may.may_give(old.permissions)
    return role, old, may


def _take(organization: Any, assignment: RoleAssignment, actor: Any) -> None:
    signals.role_unassigned.send(
        sender=RoleAssignment, organization=organization, assignment=assignment, actor=actor
    )
    _writes.delete(RoleAssignment._base_manager.filter(pk=assignment.pk))


def _move(
    organization: Any, assignment: RoleAssignment, old: Target, new: Target, actor: Any
) -> None:
    """Let an assignment give the new role, or give its end to the one that does so already."""
    same_holder = {
        name: getattr(assignment, name) for name in ("member_id", "group_kind", "group_key")
    }
    there = assignments_in(organization).filter(**same_holder, **new.lookup).first()
    changes: dict[str, Any] = {}
    if there is None:
        changes["role"] = (old.role, new.role or new.role_name)
        assignment.role, assignment.role_name = new.role, new.role_name
        there = assignment
    else:
        if is_later(assignment.ends_at, there.ends_at):
            changes["ends_at"] = (there.ends_at, assignment.ends_at)
            there.ends_at, there.reminded_at = assignment.ends_at, assignment.reminded_at
        _take(organization, assignment, actor)
    if changes:
        _writes.save(there)
        signals.assignment_changed.send(
            sender=RoleAssignment,
            organization=organization,
            assignment=there,
            actor=actor,
            changes=changes,
        )


def _free_name(organization: Any, name: str, *, besides: Role | None = None) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 100:
        raise RoleNameInvalid
    rows = Role._base_manager.filter(organization_id=organization.pk)
    if besides is not None:
        rows = rows.exclude(pk=besides.pk)
    if rows.alias(same=Lower("name")).filter(same=Lower(Value(name))).exists():
        raise RoleNameTaken
    return name


acreate = make_async(create)
acopy = make_async(copy)
achange = make_async(change)
adelete = make_async(delete)
