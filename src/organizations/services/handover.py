"""The ownership as an offer: the owner offers it to a member, who takes it or not.

``ownership.transfer`` is the step itself, for code and for operators. The pages go this way, so
that nobody becomes an owner by somebody else's form.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from .. import mail, permissions, signals, states
from ..exceptions import (
    InvitationNotForYou,
    InviterNotEntitled,
    NotAllowed,
    OrganizationMismatch,
    OwnerMustBeActive,
)
from ..families import family_of
from ..states import InvitationKind, InvitationStatus
from ..words import gettext_lazy as _
from . import _endings, _offers, _records, addresses, ownership
from ._async import make_async
from ._locks import lock_organization, verb
from .ceiling import authority

__all__ = [
    "aoffer",
    "can_offer",
    "offer",
    "offer_to",
    "open_offer",
    "standing_offer",
    "take_over",
]


def can_offer(organization: Any) -> bool:
    """Return whether the organization keeps offers; without them only ``transfer`` is left."""
    return family_of(organization).invitation is not None


@verb
def offer(
    organization: Any,
    member: Any,
    *,
    actor: Any,
    now: datetime,
    deliver: Callable[[Any], Any] | None = None,
) -> Any:
    """Offer the ownership to a member and return the offer; an open one is replaced.

    The member takes it with ``invitations.accept`` or says no with ``invitations.decline``; the
    owner takes it back with ``invitations.revoke``. It ends by itself when its time is up, when
    the member leaves, and when the organization gets another owner.

    Args:
        member: the member (not the user) who is to take over.
        actor: the owner, or a superuser with access; None for code.
        deliver: tells the member, after the commit; it is called with the offer.
    Raises:
        OrganizationMismatch: the member belongs to another organization, or is gone.
        OwnerMustBeActive: the member's account is switched off, or the member owns it already.
        NotAllowed: the actor does not own the organization.
        OrganizationsError: the organization keeps no offers.
    Locks: the organization. Signals: invitation_created; invitation_superseded for an offer
    that was open.
    """
    lock_organization(organization)
    authority(organization, actor).require(permissions.TRANSFER_ORGANIZATION)
    family = family_of(organization)
    rows = family.member._base_manager.select_related("user")
    fresh = rows.filter(pk=member.pk, organization_id=organization.pk).first()
    if fresh is None:
        raise OrganizationMismatch
    owner = ownership.owner_of(organization)
    owns = owner is not None and owner.pk == fresh.pk
    if owns or not fresh.user.is_active or not ownership.lasts(fresh):
        raise OwnerMustBeActive
    before = open_offer(organization)
    if before is not None:
        _endings.supersede(before, actor=actor)
    made = _offers.new(
        organization,
        kind=InvitationKind.OWNERSHIP,
        address=addresses.address_of(fresh.user),
        user=fresh.user,
    )
    made.open_key = _open_key()
    made.invited_by = actor or (owner.user if owner is not None else fresh.user)
    made.on_own_authority = actor is not None
    made.status = InvitationStatus.PENDING
    made.expires_at = now + _offers.lifetime_of(organization)
    made.send_count = 1
    _records.save(made)
    _endings.tell(signals.invitation_created, made, actor=actor)
    if deliver is not None:
        mail.after_commit(lambda: _deliver(made, deliver=deliver, now=now))
    return made


def _deliver(made: Any, *, deliver: Callable[[Any], Any], now: datetime) -> None:
    if deliver(made) is not mail.WAITING:
        _records.stamp(made, sent_at=now)


def open_offer(organization: Any) -> Any:
    """Return the offer of the ownership that stands, expired or not, or None. Queries: 1 or 2."""
    model = family_of(organization).invitation
    if model is None:
        return None
    return _records.find(model, organization=organization, open_key=_open_key())


def standing_offer(organization: Any, *, now: datetime) -> Any:
    """Return the offer that waits for an answer, or None. Queries: as ``open_offer``."""
    found = open_offer(organization)
    if found is None:
        return None
    state = states.current(found.status, expires_at=found.expires_at, now=now)
    return found if state is InvitationStatus.PENDING else None


def offer_to(organization: Any, user: Any, *, now: datetime) -> Any:
    """Return the offer that a user may answer, or None. Queries: as ``open_offer``."""
    found = standing_offer(organization, now=now)
    return found if found is not None and found.invitee_id == user.pk else None


def take_over(invitation: Any, *, user: Any) -> Any:
    """Make the user of an open offer the owner and return the member; for ``accept``."""
    organization = invitation.organization
    _refuse_without_owner_behind(invitation)
    member = _offers.member_of(organization, user)
    if member is None:
        raise InvitationNotForYou
    # Before the step, which ends whatever offer is still open.
    _endings.close(invitation, InvitationStatus.ACCEPTED)
    member = ownership.hand_to(organization, member, actor=user)
    _endings.tell(signals.invitation_fulfilled, invitation, member=member, actor=user)
    return member


def _refuse_without_owner_behind(invitation: Any) -> None:
    """Refuse an offer whose maker could not make it now.

    What code has offered stands as long as the owner is the one of then.
    """
    organization, maker = invitation.organization, invitation.invited_by
    refusal = InviterNotEntitled(
        _("The person who offered the ownership does not own the organization any more.")
    )
    if not invitation.on_own_authority:
        owner = ownership.owner_of(organization)
        if owner is not None and owner.user_id != invitation.invited_by_id:
            raise refusal
        return
    # Where accounts can leave their offers behind, nobody's offer is not the code's.
    if maker is None:
        raise refusal
    try:
        authority(organization, maker).require(permissions.TRANSFER_ORGANIZATION)
    except NotAllowed as error:
        raise refusal from error


def _open_key() -> str:
    return _offers.key_of(InvitationKind.OWNERSHIP)


aoffer = make_async(offer)
