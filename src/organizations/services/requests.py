"""Joining that somebody of the organization decides on: requests and members' proposals.

A request is made by the person who wants to join, a proposal by a member who may not invite.
Both are offers in the state "proposed"; who may invite approves or declines them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .. import permissions, signals
from ..exceptions import InvitationStateError, JoinRefused
from ..families import family_of, side_label
from ..states import InvitationKind, InvitationStatus
from ..words import gettext_lazy as _
from . import _endings, _offers, _records, _sides, addresses, limits, members, seats
from ._admission import Announce, admit, announce_to, deciders, wait_for_approval
from ._async import make_async
from ._locks import lock_organization, verb
from ._offers import Deliver, Terms
from .ceiling import authority

__all__ = [
    "aapprove",
    "aask",
    "accepts_requests",
    "adecline",
    "approve",
    "apropose",
    "ask",
    "deciders",
    "decline",
    "propose",
    "proposed_by",
    "waiting",
    "waiting_in",
    "waiting_of",
]


@verb
def propose(
    organization: Any,
    *,
    address: str,
    actor: Any,
    now: datetime,
    note: str = "",
    announce: Announce | None = None,
) -> Any:
    """Propose to invite the reader of an address as a plain member; return the proposal.

    Nothing is sent before somebody approves. An open offer to the address stays as it is.

    Args:
        actor: the member who proposes.
        note: a word to who decides, where notes are allowed.
        announce: tells one person who decides of a new proposal, after the commit.
    Raises:
        NotAnAddress: the text is no address.
        AlreadyMember: a member has the address.
        NotAllowed: the actor may not propose.
        LimitReached: too many offers are open, or it is done too often.
    Locks: the organization. Signals: invitation_proposed, if it is new.
    """
    address = addresses.normalise(address)
    lock_organization(organization)
    authority(organization, actor).require(permissions.PROPOSE_MEMBER)
    terms = _offers.clean_terms(organization, now=now, note=note)
    _offers.refuse_member(organization, address)
    model = family_of(organization).invitation
    open_key = _offers.key_of(address)
    found = _records.find(model, organization=organization, open_key=open_key)
    if found is not None and _offers.is_open(found, now=now):
        return found
    if found is not None:
        _endings.supersede(found, actor=actor)
    _offers.require_room(organization, actor=actor, now=now)
    if actor is not None:
        # Nothing goes to the address yet. Each one is told to those who decide.
        limits.spend("inviter", actor.pk, now=now)
        label = side_label(type(organization))
        limits.spend("recipient", "proposal", label, organization.pk, address, now=now)
    proposal = _offers.new(organization, kind=InvitationKind.MAIL, address=address)
    proposal.status = InvitationStatus.PROPOSED
    proposal.open_key = open_key
    proposal.invited_by = actor
    proposal.expires_at = now + _offers.LONGEST_WAIT
    terms.write(proposal)
    _records.save(proposal)
    _endings.tell(signals.invitation_proposed, proposal, actor=actor)
    announce_to(proposal, announce=announce, now=now)
    return proposal


def accepts_requests(organization: Any) -> bool:
    """Return whether people may ask to join. Queries: 1."""
    record = _sides.record_of(organization)
    return record is not None and bool(record.accepts_requests)


@verb
def ask(
    organization: Any,
    *,
    user: Any,
    now: datetime,
    note: str = "",
    announce: Announce | None = None,
) -> Any:
    """Ask to join, and return the request; an open one is returned as it is.

    Args:
        user: an active user with a proven address, so that the others know who asks.
        note: a word to who decides, where notes are allowed.
        announce: tells one person who decides of a new request, after the commit.
    Raises:
        JoinRefused: the organization takes no requests, or the user has no proven address.
        OrganizationsError: the organization is not in use.
        AlreadyMember: the user is a member.
        LimitReached: too many requests are open, or the user asks too often.
    Locks: the organization. Signals: invitation_proposed, if it is new.
    """
    lock_organization(organization)
    _offers.require_in_use(organization)
    if not _offers.is_present(organization, user) or not accepts_requests(organization):
        raise JoinRefused
    if _offers.member_of(organization, user) is not None:
        raise members.AlreadyMember
    terms = _offers.clean_terms(organization, now=now, note=note)
    return wait_for_approval(organization, user=user, now=now, note=terms.note, announce=announce)


@verb
def approve(
    invitation: Any, *, actor: Any, now: datetime, deliver: Deliver | None = None, **terms: Any
) -> Any:
    """Let somebody in who asked, or send the invitation that a member proposed.

    The actor stands for it from now on.

    Args:
        actor: the user who decides, by their own rights; None for code.
        deliver: sends the mail of an invitation after the commit.
        terms: what is offered in place of what was asked for, as for ``invitations.invite``.
    Returns:
        The new member for a request, the invitation for a proposal.
    Raises:
        InvitationStateError: nothing waits here any more.
        NotAllowed: the actor may not invite, or would give more than they have.
        SeatsFull, LimitReached: no seat is left, or people are invited too often.
        JoinRefused: a policy says no, or the account that asked is switched off.
        AlreadyMember: a member has the address that was proposed.
        InviterNotEntitled: the person would have more than the actor.
        OrganizationsError: the organization is not in use, or a term is not possible here.
    Locks: the organization, then the invitation. Signals: invitation_approved; for a request
    those of ``invitations.accept``.
    """
    invitation = _offers.lock(invitation)
    organization = invitation.organization
    may = authority(organization, actor)
    may.require(permissions.INVITE_MEMBER)
    offered = _offers.clean_terms(organization, now=now, **terms) if terms else Terms.of(invitation)
    _offers.may_offer(may, offered)
    _offers.state_after(invitation, "approve", now=now)
    link = _records.parent_of(invitation)
    if actor is not None:
        invitation.invited_by = actor
    elif invitation.invited_by is None:
        raise InvitationStateError(status=invitation.status, verb="approve")
    invitation.on_own_authority = actor is not None
    offered.write(invitation)
    if invitation.kind != InvitationKind.REQUEST:
        seats.require(organization, now=now)
        _offers.refuse_member(organization, invitation.invitee_identifier)
        limits.invitation(
            organization, inviter=actor, address=invitation.invitee_identifier, now=now
        )
        _offers.renew(invitation, now=now, deliver=deliver)
        _endings.tell(signals.invitation_approved, invitation, actor=actor)
        return invitation
    _offers.require_in_use(organization)
    user = invitation.invitee
    if not user.is_active:
        raise JoinRefused(_("The account that asked is switched off."))
    _endings.tell(signals.invitation_approved, invitation, actor=actor)
    return admit(invitation, user=user, now=now, link=link, may=may, approved_by=actor or user)


@verb
def decline(invitation: Any, *, actor: Any, now: datetime) -> Any:
    """Say no to a request or a proposal.

    Raises:
        InvitationStateError: nothing waits here any more.
        NotAllowed: the actor may not invite.
    Locks: the organization, then the invitation. Signals: invitation_declined.
    """
    invitation = _offers.lock(invitation)
    authority(invitation.organization, actor).require(permissions.INVITE_MEMBER)
    if invitation.status != InvitationStatus.PROPOSED:
        raise InvitationStateError(status=invitation.state, verb="decline")
    _endings.close(invitation, _offers.state_after(invitation, "decline", now=now))
    _endings.tell(signals.invitation_declined, invitation, actor=actor)
    return invitation


def waiting(organization: Any, *, now: datetime) -> Any:
    """Return the requests and proposals that wait for a decision, newest first, as a queryset."""
    return waiting_in(organization.pk, model=family_of(organization).invitation, now=now)


def waiting_in(organization: Any, *, model: Any, now: Any) -> Any:
    """Return as ``waiting``, by an organization's key and a moment, or expressions for them."""
    return _records.rows_in(
        model,
        organization_id=organization,
        statuses=[InvitationStatus.PROPOSED],
        unexpired_at=now,
    )


def waiting_of(user: Any, *, model: Any, now: datetime) -> Any:
    """Return the requests of somebody that wait for a decision, newest first, as a queryset.

    Args:
        model: the invitation model.
    """
    return _records.rows_in(
        model,
        invitee_id=user.pk,
        organization__is_active=True,
        statuses=[InvitationStatus.PROPOSED],
        unexpired_at=now,
        life={"kind": InvitationKind.REQUEST.value},
    )


def proposed_by(user: Any, organization: Any, *, now: datetime) -> Any:
    """Return a member's own proposals that wait for a decision, newest first, as a queryset."""
    return _records.rows_in(
        family_of(organization).invitation,
        organization_id=organization.pk,
        invited_by_id=user.pk,
        statuses=[InvitationStatus.PROPOSED],
        unexpired_at=now,
        life={"kind": InvitationKind.MAIL.value},
    )


apropose = make_async(propose)
aask = make_async(ask)
aapprove = make_async(approve)
adecline = make_async(decline)
