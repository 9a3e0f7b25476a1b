"""A membership pauses, goes on, and ends at a day: the row stays, with all that hangs on it.

A member who is suspended, or whose end has come, has no access (``families.live``). Standing,
roles and teams stay in their tables and count again as soon as the member is live again. Nothing
has to run for that: who has access is asked of the columns, every time.

The members of a project need the columns: ``abstract.MemberLifecycle``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from .. import permissions, signals
from ..dates import as_stored
from ..exceptions import (
    LifecycleMissing,
    MembershipEndsInThePast,
    OwnershipRequired,
    RaisesOwnRights,
)
from ..families import family_of, is_live
from ..words import gettext_lazy as _
from . import _writes, seats
from ._async import make_async
from ._locks import lock_organization, verb
from .ceiling import Authority, authority
from .members import owns

__all__ = ["areinstate", "aset_end", "asuspend", "reinstate", "set_end", "suspend"]


@verb
def suspend(member: Any, *, actor: Any, now: datetime) -> Any:
    """Take a member's access away for the time being; return the fresh row.

    A member who is suspended already stays so since then.

    Args:
        actor: the user who suspends; None for code that acts by its own word.
    Raises:
        LifecycleMissing: members of this project cannot be suspended.
        OwnershipRequired: the member owns the organization.
        NotAllowed: the actor may not suspend members, the member has more than the actor, or is
            the actor.
        DoesNotExist: the member is gone.
    Locks: the organization. Signals: member_suspended, if anything changed.
    """
    member, may = _enter(member, actor, permissions.SUSPEND_MEMBER)
    if owns(member):
        raise OwnershipRequired(
            _("The owner cannot be suspended. Transfer the ownership to another member first.")
        )
    if may.is_self(member):
        raise RaisesOwnRights(_("Nobody suspends themselves. Leave the organization instead."))
    if member.suspended_at is None:
        member.suspended_at = as_stored(now)
        _writes.save(member)
        _tell(signals.member_suspended, member, actor)
    return member


@verb
def reinstate(member: Any, *, actor: Any) -> Any:
    """Give a suspended member the access back, with all that the member had; return the fresh row.

    A membership that has ended meanwhile stays ended; see ``set_end``.

    Raises:
        LifecycleMissing: members of this project cannot be suspended.
        NotAllowed: the actor may not suspend members, the member has more than the actor, or is
            the actor.
        SeatsFull: the seat has been taken meanwhile.
        DoesNotExist: the member is gone.
    Locks: the organization. Signals: member_reinstated, if anything changed.
    """
    member, may = _enter(member, actor, permissions.SUSPEND_MEMBER)
    may.may_raise(member)
    if member.suspended_at is not None:
        now = timezone.now()
        was_live, member.suspended_at = is_live(member, now), None
        _require_seat(member, was_live=was_live, now=now)
        _writes.save(member)
        _tell(signals.member_reinstated, member, actor)
    return member


@verb
def set_end(member: Any, ends_at: datetime | None, *, actor: Any, now: datetime) -> Any:
    """Let a membership end at a moment to come, or never; return the fresh row.

    A membership that has ended goes on again by a later end, or none.

    Args:
        ends_at: an aware moment, at which the access ends; None for never.
        actor: as for ``suspend``.
    Raises:
        LifecycleMissing: memberships of this project do not end by themselves.
        MembershipEndsInThePast: by ``ends_at``.
        OwnershipRequired: the member owns the organization.
        NotAllowed: the actor may not change members, the member has more than the actor, or is
            the actor.
        SeatsFull: the membership has ended, and the seat has been taken meanwhile.
        DoesNotExist: the member is gone.
    Locks: the organization. Signals: member_changed, if anything changed.
    """
    member, may = _enter(member, actor, permissions.CHANGE_MEMBER)
    ends_at = as_stored(ends_at)
    if ends_at is not None and owns(member):
        raise OwnershipRequired(
            _("An owner's membership has no end. Transfer the ownership to another member first.")
        )
    if member.ends_at == ends_at:
        return member
    if may.is_self(member):
        raise RaisesOwnRights(
            _(
                "Nobody changes the end of their own membership. "
                "You can leave the organization at any time."
            )
        )
    if ends_at is not None and ends_at <= now:
        raise MembershipEndsInThePast
    was_live = is_live(member, now)
    before, member.ends_at = member.ends_at, ends_at
    _require_seat(member, was_live=was_live, now=now)
    _writes.save(member)
    _tell(signals.member_changed, member, actor, changes={"ends_at": (before, ends_at)})
    return member


def _enter(member: Any, actor: Any, permission: str) -> tuple[Any, Authority]:
    """Lock the organization; return the fresh member, and what the actor may do."""
    if not family_of(member).has_member_lifecycle:
        raise LifecycleMissing(type(member)._meta.label)
    lock_organization(member.organization)
    fresh = type(member)._base_manager.select_related("organization", "user").get(pk=member.pk)
    may = authority(fresh.organization, actor)
    may.require(permission)
    may.may_touch(fresh)
    return fresh, may


def _require_seat(member: Any, *, was_live: bool, now: datetime) -> None:
    """A member who is not live has no seat; who becomes live again needs one."""
    if is_live(member, now) and not was_live:
        seats.require(member.organization, now=now)


def _tell(signal: Any, member: Any, actor: Any, **values: Any) -> None:
    signal.send(
        sender=type(member), organization=member.organization, member=member, actor=actor, **values
    )


asuspend = make_async(suspend)
areinstate = make_async(reinstate)
aset_end = make_async(set_end)
