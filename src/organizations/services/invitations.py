"""Invitations: one offer, sent to one address, accepted by whoever proves to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import mail, permissions, signals, states, tokens
from ..conf import get_settings
from ..exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    InviterNotEntitled,
    NotAllowed,
    NotAnAddress,
    OrganizationsError,
)
from ..families import family_of
from ..grants import names_of, standing_of
from ..states import InvitationStatus
from . import _records, addresses, members, registration
from ._async import make_async
from ._locks import lock_organization, lock_organization_key, lock_row, verb
from .ceiling import Authority, authority

__all__ = [
    "aaccept",
    "aactivate",
    "accept",
    "activate",
    "adecline",
    "ainvite",
    "aregister_and_accept",
    "aresend",
    "arevoke",
    "by_proof",
    "decline",
    "fits",
    "invite",
    "open_for",
    "proof_of",
    "register_and_accept",
    "resend",
    "revoke",
    "unanswered",
    "with_life",
]

#: Where the versions of ``add_user`` stand that only call ``members.add``.
OUR_ADD_USER = ("organizations.abstract", "organizations.base")

#: Sends an invitation: takes the invitation and its secret, runs after the commit.
Deliver = Callable[[Any, str], Any]


@verb
def invite(
    organization: Any,
    *,
    address: str,
    actor: Any,
    now: datetime,
    is_admin: bool = False,
    deliver: Deliver | None = None,
    invited_by: Any = None,
) -> Any:
    """Offer a membership to the reader of an address and return the invitation.

    A second invitation of the same address renews the open one: new role, new secret, new
    expiry. The row's ``secret`` attribute holds the secret until the row is read again.

    Args:
        address: any spelling; normalised here.
        actor: the user who invites, by their own rights; None for code that vouches for it.
        now: aware.
        deliver: sends the mail after the commit; None sends nothing.
        invited_by: the user whom the invitation names; the actor if None.
    Raises:
        NotAnAddress: the text is no address.
        AlreadyMember: a member has the address.
        NotAllowed: the actor may not invite, or would offer more than they have; also if an
            open offer to the address that would be changed holds more.
    Locks: the organization. Signals: invitation_created or invitation_resent.
    """
    address = addresses.normalise(address)
    lock_organization(organization)
    model = family_of(organization).invitation
    open_key = key_of(address)
    invitation = _records.find(model, organization=organization, open_key=open_key)
    # Before the look at the members: who may not invite must not learn who belongs.
    _may_offer(authority(organization, actor), is_admin, invitation)
    _refuse_member(organization, address)
    signal = signals.invitation_resent if invitation else signals.invitation_created
    if invitation is None:
        invitation = _records.new(model, organization=organization, invitee_identifier=address)
        invitation.open_key = open_key
    invitation.invited_by = invited_by or actor
    invitation.on_own_authority = actor is not None
    invitation.is_admin = is_admin
    _renew(invitation, now=now, deliver=deliver)
    signal.send(sender=model, organization=organization, invitation=invitation, actor=actor)
    return invitation


@verb
def resend(invitation: Any, *, actor: Any, now: datetime, deliver: Deliver | None = None) -> Any:
    """Send an open or expired invitation again: new secret, new expiry, the old link dies.

    The actor stands for it from now on.

    Raises:
        InvitationStateError: it was used, declined, withdrawn or replaced.
        NotAllowed: the actor may not invite, or the offer holds more than they have.
    Locks: the organization, then the invitation. Signals: invitation_resent.
    """
    invitation = _lock(invitation)
    _may_offer(authority(invitation.organization, actor), invitation.is_admin)
    _state_after(invitation, "resend", now=now)
    if actor is not None:
        invitation.invited_by = actor
        invitation.on_own_authority = True
    _renew(invitation, now=now, deliver=deliver)
    signals.invitation_resent.send(
        sender=type(invitation),
        organization=invitation.organization,
        invitation=invitation,
        actor=actor,
    )
    return invitation


@verb
def revoke(invitation: Any, *, actor: Any, now: datetime) -> Any:
    """Withdraw an open or expired invitation.

    Raises:
        InvitationStateError: it was used, declined, withdrawn or replaced.
        NotAllowed: the actor may not invite, or the offer holds more than they have.
    Locks: the organization, then the invitation. Signals: invitation_revoked.
    """
    invitation = _lock(invitation)
    _may_offer(authority(invitation.organization, actor), invitation.is_admin)
    _close(invitation, _state_after(invitation, "revoke", now=now))
    signals.invitation_revoked.send(
        sender=type(invitation),
        organization=invitation.organization,
        invitation=invitation,
        actor=actor,
    )
    return invitation


@verb
def accept(invitation: Any, *, user: Any, now: datetime, proof: str | None = None) -> Any:
    """Join the organization and return the member.

    The user must have proven the invited address. Holding the link proves it for the user
    whose own row has that address, since the link was mailed there.

    Accepting twice is harmless: the same user gets the same member back.

    Args:
        proof: what ``proof_of`` gave for the link, if the user came by it.
    Raises:
        InvitationNotForYou: the user has not proven the address, or cannot sign in.
        InvitationStateError: the invitation is not open.
        OrganizationsError: the organization is not in use.
        InviterNotEntitled: who invites may no longer do so, or offers more than they have now.
    Locks: the organization, then the invitation.
    Signals: those of ``members.add``, and invitation_accepted.
    """
    invitation = _lock(invitation)
    organization = invitation.organization
    if invitation.status == InvitationStatus.ACCEPTED and invitation.invitee_id == user.pk:
        member = _member(organization, user)
        if member is not None:
            return member
    state = _state_after(invitation, "accept", now=now)
    if not organization.is_active:
        raise OrganizationsError(_("This organization is not in use at the moment."))
    if not fits(invitation, user, proof=proof):
        raise InvitationNotForYou
    may = _authority_behind(invitation)
    addresses.verify(user, invitation.invitee_identifier)
    member = _member(organization, user)
    if member is None:
        member = _join(invitation, user)
        _refuse_more(may, member)
    invitation.invitee = user
    _close(invitation, state)
    signals.invitation_accepted.send(sender=invitation)
    return member


@verb
def register_and_accept(invitation: Any, *, user: Any, now: datetime, proof: str) -> Any:
    """Save a new person's account and join; return the member. All of it or nothing.

    Args:
        user: unsaved, or a pending account, with names and password set.
        proof: what ``proof_of`` gave for the link, which verifies the address.
    Raises:
        InvitationNotForYou: the link is not this invitation's.
        as ``accept``.
    """
    if not _opens(invitation, proof):
        raise InvitationNotForYou
    _state_after(invitation, "accept", now=now)
    setattr(user, user.get_email_field_name(), invitation.invitee_identifier)
    if user.pk is None:
        user.is_active = True
        user.save(force_insert=True)
    else:
        registration.activate(user, model=family_of(invitation).organization)
    return accept(invitation, user=user, now=now, proof=proof)


@verb
def decline(invitation: Any, *, user: Any, now: datetime, proof: str | None = None) -> Any:
    """Say no to an invitation.

    Args:
        user: who declines; may be None for the holder of the link.
        proof: what ``proof_of`` gave for the link, if there is one.
    Raises:
        InvitationNotForYou: neither the link nor the address is the user's.
        InvitationStateError: the invitation is not open.
    Locks: the organization, then the invitation. Signals: invitation_declined.
    """
    invitation = _lock(invitation)
    state = _state_after(invitation, "decline", now=now)
    if not (_opens(invitation, proof) or (user and fits(invitation, user))):
        raise InvitationNotForYou
    _close(invitation, state)
    signals.invitation_declined.send(
        sender=type(invitation),
        organization=invitation.organization,
        invitation=invitation,
        actor=user,
    )
    return invitation


@verb
def activate(invitation: Any, user: Any) -> Any:
    """Make the user a member by the word of the calling code, and return the member.

    This is ``invitation.activate(user)``: no address is compared. Doors use ``accept``.

    Raises:
        AlreadyMember: the user is a member already.
        InvitationStateError: the invitation was used, declined, withdrawn or replaced.
    Locks: the organization. Signals: those of ``add_user``, and invitation_accepted.
    """
    organization = invitation.organization
    lock_organization(organization)
    invitation.refresh_from_db()
    if invitation.invitee_id is not None:
        raise InvitationStateError(status=InvitationStatus.ACCEPTED, verb="accept")
    if not apps.is_installed("organizations"):
        # A project that uses the abstract classes alone keeps no life of invitations.
        member = organization.add_user(user, **invitation.activation_kwargs())
        invitation.invitee = user
        invitation.save()
    else:
        _records.load(invitation)
        # The caller's word stands in for the time as well: an expired one may be used.
        state = states.after(invitation.status, "accept", expires_at=None, now=timezone.now())
        member = organization.add_user(user, **invitation.activation_kwargs())
        invitation.invitee = user
        _close(invitation, state)
    signals.invitation_accepted.send(sender=invitation)
    return member


def proof_of(secret: str) -> str:
    """Return the digest of a link's secret: the proof that its holder had the link.

    A session may keep it: it opens the page of the invitation, but is no link.
    """
    usable = 0 < len(secret) <= tokens.MAX_LENGTH and secret.isascii()
    return tokens.digest(secret, purpose="invitation") if usable else ""


def by_proof(model: Any, proof: str) -> Any:
    """Return the invitation a proof belongs to, in whatever state, or None. Queries: 0 to 1."""
    if not proof:
        return None
    return _records.find(model, token_digest=proof)


def open_for(user: Any, *, model: Any, now: datetime) -> Any:
    """Return the open invitations to the user's verified addresses, newest first."""
    return _records.open_rows(
        model,
        unexpired_at=now,
        invitee_identifier__in=addresses.verified_addresses(user),
        organization__is_active=True,
    )


def unanswered(organization: Any) -> Any:
    """Return the pending invitations of an organization, expired ones too, newest first.

    Give the rows of a page to ``with_life`` before you show their state.
    """
    model = family_of(organization).invitation
    return _records.open_rows(model, organization_id=organization.pk)


def fits(invitation: Any, user: Any, *, proof: str | None = None) -> bool:
    """Return whether the invitation is for this user. Queries: 0 or 1 per address source."""
    if user.pk is None or not user.is_active:
        return False
    if _opens(invitation, proof) and addresses.same(
        addresses.address_of(user), invitation.invitee_identifier
    ):
        return True
    try:
        # Invitations of older releases keep whatever was typed, or no address at all.
        address = addresses.normalise(invitation.invitee_identifier)
    except NotAnAddress:
        return False
    return addresses.is_verified(user, address)


def key_of(address: str) -> str:
    """Return the key that allows one open invitation per organization and address."""
    return hashlib.sha256(address.encode()).hexdigest()


def _opens(invitation: Any, proof: str | None) -> bool:
    return bool(proof) and proof == invitation.token_digest


def _lock(invitation: Any) -> Any:
    """Lock the organization, then the invitation; return the fresh invitation."""
    family = family_of(invitation)
    lock_organization_key(family.organization, invitation.organization_id, invitation)
    return _records.load(lock_row(invitation))


def _state_after(invitation: Any, verb_name: str, *, now: datetime) -> InvitationStatus:
    return states.after(invitation.status, verb_name, expires_at=invitation.expires_at, now=now)


def _renew(invitation: Any, *, now: datetime, deliver: Deliver | None) -> None:
    secret = tokens.make_secret()
    invitation.status = InvitationStatus.PENDING
    invitation.token_digest = tokens.digest(secret, purpose="invitation")
    invitation.expires_at = now + get_settings().INVITATION_LIFETIME
    invitation.sent_at = None
    invitation.send_count += 1
    _records.save(invitation)
    invitation.secret = secret
    if deliver is not None:
        mail.after_commit(lambda: _deliver(invitation, secret, deliver=deliver, now=now))


def _deliver(invitation: Any, secret: str, *, deliver: Deliver, now: datetime) -> None:
    deliver(invitation, secret)
    # Without this mark the list of invitations says that the mail did not leave.
    _records.stamp(invitation, sent_at=now)


def _close(invitation: Any, state: InvitationStatus) -> None:
    invitation.status = state
    invitation.open_key = None
    _records.save(invitation)


def _join(invitation: Any, user: Any) -> Any:
    organization = invitation.organization
    values = dict(invitation.activation_kwargs())
    own = type(organization).add_user.__module__ not in OUR_ADD_USER
    if family_of(organization).has_field("member", "is_admin") and (invitation.is_admin or not own):
        values.setdefault("is_admin", invitation.is_admin)
    if own:
        # What the arguments of a project's own ``add_user`` mean is its own affair.
        return organization.add_user(user, **values)
    return members.join(organization, user, **values)


def _member(organization: Any, user: Any) -> Any:
    rows = family_of(organization).member._base_manager
    return rows.filter(organization_id=organization.pk, user_id=user.pk).first()


def _may_offer(may: Authority, is_admin: bool, existing: Any = None) -> None:
    """Refuse an actor who may not offer this standing, or not change the offer that is open."""
    may.require(permissions.INVITE_MEMBER)
    for admin in {is_admin, is_admin if existing is None else existing.is_admin}:
        may.may_give(names_of(standing_of(is_owner=False, is_admin=admin)))


def _authority_behind(invitation: Any) -> Authority:
    """Return what carries an offer: the rights of who made it, or the word of the project's code.

    Raises:
        InviterNotEntitled: whoever made it could not make it now, or is gone.
    """
    if not invitation.on_own_authority:
        return authority(invitation.organization, None)
    # Where accounts can leave their offers behind, nobody's offer is not the code's.
    if invitation.invited_by is None:
        raise InviterNotEntitled
    may = authority(invitation.organization, invitation.invited_by)
    try:
        _may_offer(may, invitation.is_admin)
    except NotAllowed as error:
        raise InviterNotEntitled from error
    return may


def _refuse_more(may: Authority, member: Any) -> None:
    """Compare what the new member really has: fields and sources may give more than the offer."""
    try:
        may.may_touch(member)
    except NotAllowed as error:
        raise InviterNotEntitled from error


def _refuse_member(organization: Any, address: str) -> None:
    """A member's own address or a verified one is not invited again."""
    rows = family_of(organization).member._base_manager.filter(organization_id=organization.pk)
    users = [user.pk for user in addresses.find_users(address)]
    users += addresses.holders(address)
    if users and rows.filter(user_id__in=users).exists():
        raise members.AlreadyMember


#: ``with_life(invitations)``: the rows of one model, each with its state, expiry and the rest.
with_life = _records.load_all

ainvite = make_async(invite)
aresend = make_async(resend)
arevoke = make_async(revoke)
aaccept = make_async(accept)
aactivate = make_async(activate)
aregister_and_accept = make_async(register_and_accept)
adecline = make_async(decline)
