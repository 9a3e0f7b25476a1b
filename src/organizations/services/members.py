"""Members come and go, and become admins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from .. import permissions, signals
from ..conf import get_settings
from ..exceptions import OrganizationsError, OwnershipRequired
from ..families import Family, family_of, is_live, live
from ..grants import names_of, standing_of
from ..words import gettext_lazy as _
from . import _endings, _writes, joining
from ._async import make_async
from ._locks import lock_organization, verb
from .ceiling import Authority, authority

__all__ = [
    "Addition",
    "AlreadyMember",
    "aadd",
    "aadd_many",
    "add",
    "add_many",
    "aget_or_add",
    "aleave",
    "aremove",
    "aset_admin",
    "belongs",
    "get_or_add",
    "is_admin",
    "is_member",
    "leave",
    "owns",
    "remove",
    "set_admin",
]


class AlreadyMember(OrganizationsError, IntegrityError):
    """The user is a member already.

    It is an ``IntegrityError`` too, because that is what ``add_user`` has always promised.
    """

    code = "already_member"
    status_hint = 409
    message = _("This person is a member of the organization already.")


@verb
def add(
    organization: Any,
    user: Any,
    *,
    actor: Any = None,
    first_owns: bool = True,
    **fields: Any,
) -> Any:
    """Make a user a member and return the member.

    Args:
        actor: the user who adds; None for code that acts by its own word.
        first_owns: whether the first member of all becomes admin and owner.
        fields: further values of the member row, ``is_admin`` among them.
    Raises:
        AlreadyMember: there is a membership already.
        NotAllowed: the actor may not invite, or would give more than they have.
        SeatsFull, JoinRefused: no seat is left, or a policy of the project says no.
    Queries: 4, or 5 with the owner row; 2 more with an actor. Locks: the organization.
    Signals: user_added, member_added.
    """
    lock_organization(organization)
    may = _may_add(organization, actor, fields)
    if _members(organization).filter(user_id=user.pk).exists():
        raise AlreadyMember
    return _insert(organization, user, actor=actor, first_owns=first_owns, fields=fields, may=may)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """What became of one user of many.

    Attributes:
        member: the new member; None where an error stands.
        error: ``AlreadyMember``, ``SeatsFull``, or what a policy of the project raised.
    """

    user: Any
    member: Any = None
    error: OrganizationsError | None = None


@verb
def add_many(
    organization: Any,
    users: Iterable[Any],
    *,
    actor: Any = None,
    first_owns: bool = True,
    **fields: Any,
) -> list[Addition]:
    """Make many users members in a few statements, and return one answer for each, in order.

    Who cannot join gets an error in the answer; the others join. Django's ``pre_save`` and
    ``post_save`` are not sent.

    Args:
        fields: as for ``add``, the same for all.
    Raises:
        NotAllowed: the actor may not invite, or would give more than they have. Nobody joins.
    Queries: 3 on PostgreSQL, whatever the number; 2 more with an actor, 2 with a limit of seats,
    2 where the first of all becomes the owner. With ``JOIN_POLICIES`` 1 for each who joins, right
    after they were asked, beside what the policies ask.
    Locks: the organization.
    Signals: user_added and member_added for each, after all are inserted.
    """
    lock_organization(organization)
    may = _may_add(organization, actor, fields)
    _refuse_fixed(fields)
    users = list(users)
    seen = set(_members(organization).values_list("user_id", flat=True))
    becomes_owner = first_owns and not seen
    answers: dict[int, Addition] = {}
    wanted = []
    for place, user in enumerate(users):
        if user.pk in seen:
            answers[place] = Addition(user=user, error=AlreadyMember())
        else:
            seen.add(user.pk)
            wanted.append((place, user))
    checked = joining.check_many(
        organization, [user for _place, user in wanted], actor=actor, fields=fields
    )
    member_model = family_of(organization).member
    rows: dict[int, Any] = {}
    new: list[Any] = []
    waiting: list[Any] = []
    for (place, user), (_user, error) in zip(wanted, checked, strict=True):
        if error is not None:
            answers[place] = Addition(user=user, error=error)
        elif becomes_owner and not rows:
            rows[place] = _write(organization, user, fields, becomes_owner=True)
            new.append(rows[place])
        else:
            rows[place] = member_model(organization=organization, user=user, **fields)
            waiting.append(rows[place])
        if get_settings().JOIN_POLICIES:
            # The next one that is asked may count the members.
            new += _writes.insert_new(waiting, unique=("user", "organization"))
            waiting = []
    new += _writes.insert_new(waiting, unique=("user", "organization"))
    may.may_touch_all(new)
    inserted = {id(row) for row in new}
    for place, row in rows.items():
        if id(row) in inserted:
            answers[place] = Addition(user=users[place], member=row)
        else:
            # Somebody wrote the row without the lock.
            answers[place] = Addition(user=users[place], error=AlreadyMember())
    for row in new:
        _tell_of(organization, row, actor=actor)
    return [answers[place] for place in range(len(users))]


@verb
def get_or_add(organization: Any, user: Any, *, actor: Any = None, **fields: Any) -> Any:
    """Return ``(member, created)``; an existing member is left as it is.

    Raises:
        NotAllowed: as ``add``, also if there is one.
    Queries: 2 if there is one, else as ``add``. Signals: as ``add``, only if created.
    """
    lock_organization(organization)
    may = _may_add(organization, actor, fields)
    member = _members(organization).filter(user_id=user.pk).first()
    if member is not None:
        return member, False
    member = _insert(organization, user, actor=actor, first_owns=True, fields=fields, may=may)
    return member, True


@verb
def remove(organization: Any, user: Any, *, actor: Any = None) -> None:
    """End a user's membership.

    Raises:
        DoesNotExist: the user is no member.
        OwnershipRequired: the user owns the organization.
        NotAllowed: the actor may not remove members, or the member has more than the actor.
            Everybody may leave.
    The open offers that stand on the member's rights are withdrawn.

    Locks: the organization. Signals: user_removed, member_removed, invitation_revoked.
    """
    lock_organization(organization)
    member = _members(organization).get(user_id=user.pk)
    may = authority(organization, actor)
    if not may.is_self(member):
        may.require(permissions.REMOVE_MEMBER)
        may.may_touch(member)
    if owns(member):
        raise OwnershipRequired
    _writes.delete_row(member)
    _endings.void_offers_of(organization, user, actor=actor)
    signals.user_removed.send(sender=organization, user=user)
    signals.member_removed.send(
        sender=type(member), organization=organization, member=member, actor=actor
    )


@verb
def leave(organization: Any, user: Any) -> None:
    """End one's own membership; as ``remove``, with the user as the actor."""
    remove(organization, user, actor=user)


@verb
def set_admin(member: Any, is_admin: bool, *, actor: Any = None) -> Any:
    """Make a member an admin, or an admin a plain member; return the fresh row.

    Raises:
        TypeError: ``is_admin`` is neither True nor False.
        OwnershipRequired: the owner stays an admin.
        NotAllowed: the actor may not change members, would give more than they have, would
            touch somebody who has more, or would raise themselves. Everybody may step down.
    Locks: the organization. Signals: member_changed, if anything changed.
    """
    if not isinstance(is_admin, bool):
        raise TypeError(f"is_admin must be True or False, not {is_admin!r}.")
    lock_organization(member.organization)
    member = type(member)._base_manager.get(pk=member.pk)
    may = authority(member.organization, actor)
    if is_admin or not may.is_self(member):
        may.require(permissions.CHANGE_MEMBER)
        may.may_touch(member)
        if is_admin and not member.is_admin:
            may.may_raise(member)
            may.may_give(names_of(permissions.Standing.ADMIN))
    if not is_admin and owns(member):
        raise OwnershipRequired(
            _("The owner is always an admin. Transfer the ownership to another member first.")
        )
    if member.is_admin != is_admin:
        member.is_admin = is_admin
        _writes.save(member)
        if is_admin:
            # What sources give to admins counts as well; it can be read only now.
            may.may_touch(member)
        signals.member_changed.send(
            sender=type(member),
            organization=member.organization,
            member=member,
            actor=actor,
            changes={"is_admin": (not is_admin, is_admin)},
        )
    return member


def belongs(organization: Any, user: Any) -> bool:
    """Return whether there is a membership, a suspended or ended one too. Queries: 1."""
    return bool(_members(organization).filter(user_id=user.pk).exists())


def is_member(organization: Any, user: Any) -> bool:
    """Return whether the user is a live member, that is one with access.

    Queries: 1, or 0 with prefetched members. Prefetched users say who is none; whether one of
    them is suspended takes the query, where members can be.
    """
    if user is None or user.pk is None:
        return False
    now = timezone.now()
    loaded = _loaded(organization, "organization_users")
    if loaded is not None:
        return any(member.user_id == user.pk and is_live(member, now) for member in loaded)
    family = family_of(organization)
    loaded = _loaded(organization, "users")
    if loaded is not None:
        found = any(each.pk == user.pk for each in loaded)
        if not found or not family.has_member_lifecycle:
            return found
    return bool(_members(organization).filter(live(family, now), user_id=user.pk).exists())


def is_admin(organization: Any, user: Any) -> bool:
    """Return whether the user is a live member and an admin. Queries: as ``is_member``."""
    if user is None or user.pk is None:
        return False
    now = timezone.now()
    loaded = _loaded(organization, "organization_users")
    if loaded is not None:
        return any(
            member.user_id == user.pk and member.is_admin and is_live(member, now)
            for member in loaded
        )
    condition = live(family_of(organization), now)
    return bool(_members(organization).filter(condition, user_id=user.pk, is_admin=True).exists())


def _loaded(organization: Any, relation: str) -> Any:
    return getattr(organization, "_prefetched_objects_cache", {}).get(relation)


def owns(member: Any) -> bool:
    """Return whether the member owns the organization. Queries: 1."""
    owners = family_of(member).owner._base_manager
    return bool(owners.filter(organization_user_id=member.pk).exists())


def _members(organization: Any) -> Any:
    return family_of(organization).member._base_manager.filter(organization_id=organization.pk)


def join(
    organization: Any, user: Any, *, actor: Any, first_owns: bool = True, **fields: Any
) -> Any:
    """Make a user a member without asking for the actor's rights; see ``add``.

    Call it under the lock of the organization, after something else has allowed it: an offer,
    or that the actor is an operator.
    """
    return _insert(organization, user, actor=actor, first_owns=first_owns, fields=fields)


def _may_add(organization: Any, actor: Any, fields: dict[str, Any]) -> Authority:
    may = authority(organization, actor)
    may.require(permissions.INVITE_MEMBER)
    may.may_give(names_of(standing_of(is_owner=False, is_admin=bool(fields.get("is_admin")))))
    return may


def _insert(
    organization: Any,
    user: Any,
    *,
    actor: Any,
    first_owns: bool,
    fields: dict[str, Any],
    may: Authority | None = None,
) -> Any:
    _refuse_fixed(fields)
    joining.check(organization, user, actor=actor, fields=fields)
    becomes_owner = first_owns and not _members(organization).exists()
    member = _write(organization, user, fields, becomes_owner=becomes_owner)
    if may is not None:
        # What further fields and sources give counts as well; it can be read only now.
        may.may_touch(member)
    _tell_of(organization, member, actor=actor)
    return member


def _write(organization: Any, user: Any, fields: dict[str, Any], *, becomes_owner: bool) -> Any:
    family = family_of(organization)
    if becomes_owner and family.has_field("member", "is_admin"):
        fields = {**fields, "is_admin": True}
    member = _writes.insert(family.member(organization=organization, user=user, **fields))
    if becomes_owner:
        make_owner(family, organization, member)
    return member


def _refuse_fixed(fields: dict[str, Any]) -> None:
    if fixed := {"organization_id", "user_id"} & fields.keys():
        # Django would take the key and forget the row that was checked.
        raise TypeError(f"The member's {' and '.join(sorted(fixed))} cannot be set by a field.")


def _tell_of(organization: Any, member: Any, *, actor: Any) -> None:
    signals.user_added.send(sender=organization, user=member.user)
    signals.member_added.send(
        sender=type(member), organization=organization, member=member, actor=actor
    )


def make_owner(family: Family, organization: Any, member: Any) -> Any:
    """Insert the owner row of an organization that has none."""
    return _writes.insert(family.owner(organization=organization, organization_user=member))


aadd = make_async(add)
aadd_many = make_async(add_many)
aget_or_add = make_async(get_or_add)
aremove = make_async(remove)
aleave = make_async(leave)
aset_admin = make_async(set_admin)
