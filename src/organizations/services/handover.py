"""The ownership as an offer: the owner offers it to a member, who takes it or not.

``ownership.transfer`` is the step itself, for code and for operators. The pages go this way, so
that nobody becomes an owner by somebody else's form.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from .. import permissions, signals
from ..exceptions import (
    InvitationNotForYou,
    InviterNotEntitled,
    NotAllowed,
    OrganizationMismatch,
    OwnerMustBeActive,
)
from ..families import family_of
from ..states import InvitationKind, InvitationStatus
from . import _offers, _records, addresses, ownership
from ._async import make_async
from ._locks import lock_organization, verb
from .ceiling import authority

__all__ = ["aoffer", "offer", "open_offer", "take_over"]


@verb
def offer(organization: Any, member: Any, *, actor: Any, now: datetime) -> Any:
    """Offer the ownership to a member and return the offer; an open one is replaced.

    Args:
        member: the member (not the user) who is to take over.
        actor: the owner, or a superuser with access; None for code.
    Raises:
        OrganizationMismatch: the member belongs to another organization, or is gone.
        OwnerMustBeActive: the member's account is switched off, or the member owns it already.
        NotAllowed: the actor does not own the organization.
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
    if not fresh.user.is_active or (owner is not None and owner.pk == fresh.pk):
        raise OwnerMustBeActive
    before = open_offer(organization)
    if before is not None:
        _offers.close(before, InvitationStatus.SUPERSEDED)
        _offers.tell(signals.invitation_superseded, before, actor=actor)
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
    _records.save(made)
    _offers.tell(signals.invitation_created, made, actor=actor)
    return made


def open_offer(organization: Any) -> Any:
    """Return the offer of the ownership that stands, expired or not, or None. Queries: 1."""
    model = family_of(organization).invitation
    return _records.find(model, organization=organization, open_key=_open_key())


def take_over(invitation: Any, *, user: Any) -> Any:
    """Make the user of an open offer the owner and return the member; for ``accept``."""
    organization = invitation.organization
    may = authority(organization, invitation.invited_by if invitation.on_own_authority else None)
    try:
        may.require(permissions.TRANSFER_ORGANIZATION)
    except NotAllowed as error:
        raise InviterNotEntitled(
            _("The person who offered the ownership does not own the organization any more.")
        ) from error
    member = _offers.member_of(organization, user)
    if member is None:
        raise InvitationNotForYou
    member = ownership.transfer(organization, member, actor=None)
    _offers.close(invitation, InvitationStatus.ACCEPTED)
    _offers.tell(signals.invitation_fulfilled, invitation, member=member, actor=user)
    return member


def _open_key() -> str:
    return _offers.key_of(InvitationKind.OWNERSHIP)


aoffer = make_async(offer)
