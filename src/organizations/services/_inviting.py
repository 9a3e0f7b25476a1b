"""Who may be invited, and what becomes of the offer: decided here for one and for many alike."""

from __future__ import annotations

import json
from collections.abc import Container
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from .. import permissions, signals
from ..exceptions import LimitReached, OrganizationsError, SeatsFull
from ..states import InvitationKind, InvitationStatus
from . import _offers, limits, members, seats
from ._offers import Terms
from .ceiling import authority

__all__ = ["Inviting", "holds_a_seat"]


def holds_a_seat(invitation: Any, *, now: datetime) -> bool:
    """Return whether an offer has a seat reserved, so that another one takes none."""
    return (
        invitation.kind in seats.RESERVING
        and not invitation.parent_key
        and invitation.status == InvitationStatus.PENDING
        and _offers.is_open(invitation, now=now)
    )


class Inviting:
    """Somebody who invites, under the lock of the organization.

    What is asked once for all addresses is asked late and kept: rights, seats, room, lifetime.
    Each offer spends from it, so the hundredth gets the answer that it would get alone.

    Raises:
        PermissionMissing: the actor may not invite.
    """

    def __init__(
        self,
        organization: Any,
        *,
        actor: Any,
        now: datetime,
        invited_by: Any = None,
        lifetime: timedelta | None = None,
        mailed: bool = True,
    ) -> None:
        self.organization = organization
        self.actor = actor
        self.now = now
        self.invited_by = invited_by or actor
        self.lifetime = lifetime
        self.mailed = mailed
        self.may = authority(organization, actor)
        # Before the look at the members: who may not invite must not learn who belongs.
        self.may.require(permissions.INVITE_MEMBER)
        self._cleaned: dict[str, Terms | OrganizationsError] = {}
        self._allowed: dict[str, OrganizationsError | None] = {}

    @cached_property
    def expires_at(self) -> datetime:
        return self.now + _offers.lifetime_of(self.organization, self.lifetime)

    @cached_property
    def room(self) -> int | None:
        return _offers.room_of(self.organization, actor=self.actor, now=self.now)

    @cached_property
    def seats(self) -> int | None:
        return seats.free_of(self.organization, now=self.now)

    def clean(self, given: dict[str, Any]) -> Terms:
        """Return the terms; see ``_offers.clean_terms``. Equal ones are looked at once."""
        key = json.dumps(given, sort_keys=True, default=repr) if given else ""
        if key not in self._cleaned:
            try:
                found = _offers.clean_terms(self.organization, now=self.now, **given)
            except OrganizationsError as error:
                self._cleaned[key] = error
            else:
                self._cleaned[key] = found
        answer = self._cleaned[key]
        if isinstance(answer, OrganizationsError):
            raise answer
        return answer

    def offer(
        self,
        address: str,
        terms: Terms,
        *,
        found: Any,
        of_members: Container[str] | None = None,
        sated: Container[str] = (),
    ) -> tuple[Any, signals.VerbSignal]:
        """Return the offer to a normalised address, ready to be saved, and the signal of it.

        Args:
            found: the offer to the address that is open or has expired, or None.
            of_members: the addresses of members among those that are asked for, if they have
                been looked up.
            sated: the addresses that ``limits.have_had_theirs`` names.
        Raises:
            what ``invitations.invite`` raises but for ``NotAnAddress``.
        """
        self._require_right(terms)
        if found is not None:
            self._require_right(Terms.of(found))
        if of_members is None:
            of_members = _offers.of_members(self.organization, [address])
        if address in of_members:
            raise members.AlreadyMember
        is_open = found is not None and _offers.is_open(found, now=self.now)
        takes_seat = found is None or not holds_a_seat(found, now=self.now)
        if found is None and self.room is not None and self.room < 1:
            raise _offers.no_room()
        if takes_seat and self.seats is not None and self.seats < 1:
            raise SeatsFull
        if address in sated:
            raise LimitReached(str(limits.REASONS["recipient"]), limit="recipient")
        if not is_open and self.room is not None:
            self.room -= 1
        if takes_seat and self.seats is not None:
            self.seats -= 1
        signal = signals.invitation_resent
        if found is None:
            signal = signals.invitation_created
            found = _offers.new(self.organization, kind=InvitationKind.MAIL, address=address)
            found.open_key = _offers.key_of(address)
        elif found.status == InvitationStatus.PROPOSED:
            signal = signals.invitation_approved
        # By whichever way the offer came, it is the inviter's own now.
        found.parent_key = ""
        found.invited_by = self.invited_by
        found.on_own_authority = self.actor is not None
        terms.write(found)
        _offers.open_until(found, self.expires_at, mailed=self.mailed)
        return found, signal

    def _require_right(self, terms: Terms) -> None:
        key = f"{terms.is_admin} "
        if terms.presets:
            key += json.dumps(terms.presets, sort_keys=True, default=repr)
        if key not in self._allowed:
            try:
                _offers.may_offer(self.may, terms)
            except OrganizationsError as error:
                self._allowed[key] = error
            else:
                self._allowed[key] = None
        refusal = self._allowed[key]
        if refusal is not None:
            raise refusal
