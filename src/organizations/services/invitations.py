"""Invitations: an offer is made, sent again, withdrawn, and answered by whoever it is for.

Here are offers to an address, and the answer to offers of every kind. Links stand in
``links``, requests and proposals in ``requests``, the ownership in ``handover``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone

from .. import permissions, presets, signals, states, tokens
from ..exceptions import InvitationNotForYou, InvitationStateError, NotAnAddress
from ..families import family_of
from ..permissions import Access
from ..states import InvitationKind, InvitationStatus
from . import _endings, _offers, _records, addresses, handover, limits, registration, seats
from ._admission import BY_LINK, Announce, admit, require_live
from ._async import make_async
from ._inviting import Inviting, holds_a_seat
from ._locks import lock_organization, verb
from ._offers import Deliver, Terms
from .ceiling import authority

__all__ = [
    "Deliver",
    "Terms",
    "aaccept",
    "aactivate",
    "accept",
    "activate",
    "adecline",
    "ainvite",
    "amail_to_reader",
    "aregister_and_accept",
    "aresend",
    "arevoke",
    "by_proof",
    "decline",
    "fits",
    "invite",
    "mail_to_reader",
    "of_organization",
    "open_for",
    "proof_of",
    "refuse_inactive",
    "register_and_accept",
    "resend",
    "revoke",
    "unanswered",
    "unanswered_of",
    "was_mailed",
    "with_life",
    "within_reach",
]

#: Kinds that get a new secret when they are sent again.
RENEWABLE = (InvitationKind.MAIL, *BY_LINK)


@verb
def invite(
    organization: Any,
    *,
    address: str,
    actor: Any,
    now: datetime,
    deliver: Deliver | None = None,
    invited_by: Any = None,
    lifetime: timedelta | None = None,
    mailed: bool = True,
    **terms: Any,
) -> Any:
    """Offer a membership to the reader of an address and return the invitation.

    A second invitation of the same address renews the open one, or approves what a member has
    proposed: new terms, new secret, new expiry. The row's ``secret`` attribute holds the secret
    until the row is read again.

    Args:
        address: any spelling; normalised here.
        actor: the user who invites, by their own rights; None for code that vouches for it.
        now: aware.
        deliver: sends the mail after the commit; None sends nothing.
        invited_by: the user whom the invitation names; the actor if None.
        lifetime: how long it stays open, 1 to 30 days; None for the organization's own.
        mailed: whether the secret goes to the address by mail and nowhere else. False where it
            is shown to somebody: then the link proves no address, see ``mail_to_reader``.
        terms: what is offered: ``is_admin``, ``presets``, ``member_until``, ``locale`` and
            ``note``, as in ``Terms``.
    Raises:
        NotAnAddress: the text is no address.
        AlreadyMember: a member has the address.
        NotAllowed: the actor may not invite, or would offer more than they have; also if an
            open offer to the address that would be changed holds more.
        SeatsFull, LimitReached: there is no seat, too many are open, or it is done too often.
        OrganizationsError: a term is not possible here.
    Locks: the organization. Signals: invitation_created, invitation_resent or
    invitation_approved.
    """
    address = addresses.normalise(address)
    lock_organization(organization)
    model = family_of(organization).invitation
    found = _records.find(model, organization=organization, open_key=_offers.key_of(address))
    inviting = Inviting(
        organization,
        actor=actor,
        now=now,
        invited_by=invited_by,
        lifetime=lifetime,
        mailed=mailed,
    )
    offered = inviting.clean(terms)
    invitation, signal = inviting.offer(address, offered, found=found)
    recipient = address if mailed else ""
    limits.invitation(organization, inviter=actor, address=recipient, now=now)
    _records.save(invitation)
    _offers.send(invitation, deliver=deliver, now=now)
    _endings.tell(signal, invitation, actor=actor)
    return invitation


@verb
def resend(
    invitation: Any,
    *,
    actor: Any,
    now: datetime,
    deliver: Deliver | None = None,
    mailed: bool = True,
) -> Any:
    """Send an open or expired invitation again: new secret, new expiry, the old link dies.

    The actor stands for it from now on. For a link it is the way to get a new one.

    Args:
        mailed: as for ``invite``.

    Raises:
        InvitationStateError: it was used, declined, withdrawn or replaced, or waits for a
            decision.
        NotAllowed: the actor may not invite, or the offer holds more than they have.
        SeatsFull, LimitReached: as ``invite``.
    Locks: the organization, then the invitation. Signals: invitation_resent.
    """
    invitation = _offers.lock(invitation)
    _offers.may_offer(authority(invitation.organization, actor), Terms.of(invitation))
    state = _offers.state_after(invitation, "resend", now=now)
    if invitation.kind not in RENEWABLE:
        raise InvitationStateError(status=state, verb="resend")
    is_open = _offers.is_open(invitation, now=now)
    if not is_open or invitation.parent_key:
        _offers.require_room(invitation.organization, actor=actor, now=now)
    if invitation.kind in seats.RESERVING and not holds_a_seat(invitation, now=now):
        seats.require(invitation.organization, now=now)
    if actor is not None:
        recipient = invitation.invitee_identifier if mailed else ""
        limits.invitation(invitation.organization, inviter=actor, address=recipient, now=now)
        # By whichever way the offer came, it is the actor's own now.
        invitation.parent_key = ""
        invitation.invited_by = actor
        invitation.on_own_authority = True
    _offers.renew(invitation, now=now, deliver=deliver, mailed=mailed)
    _endings.tell(signals.invitation_resent, invitation, actor=actor)
    return invitation


@verb
def mail_to_reader(
    invitation: Any, *, proof: str, now: datetime, deliver: Deliver | None = None
) -> Any:
    """Mail an invitation whose link was handed out to its address, so that the mail proves it.

    For the holder of the link, who learns nothing by it. The link that was handed out dies; the
    end stays as it is.

    Raises:
        InvitationNotForYou: the proof is not that of the link.
        InvitationStateError: the invitation is not open.
        LimitReached: the address has been sent too many mails.
    Locks: the organization, then the invitation. Signals: invitation_resent.
    """
    invitation = _offers.lock(invitation)
    if invitation.kind != InvitationKind.MAIL or not _offers.opens(invitation, proof):
        raise InvitationNotForYou
    _offers.state_after(invitation, "resend", now=now)
    if not _offers.is_open(invitation, now=now):
        raise InvitationStateError(status=invitation.state, verb="accept")
    limits.mail_to(invitation.invitee_identifier, now=now)
    _offers.open_until(invitation, invitation.expires_at)
    _records.save(invitation)
    _offers.send(invitation, deliver=deliver, now=now)
    _endings.tell(signals.invitation_resent, invitation, actor=None)
    return invitation


@verb
def revoke(invitation: Any, *, actor: Any, now: datetime) -> Any:
    """Withdraw an open or expired invitation. A link that is withdrawn opens nothing any more.

    Raises:
        InvitationStateError: it was used, declined, withdrawn or replaced.
        NotAllowed: the actor may not invite, or the offer holds more than they have. Whoever
            proposed, asked or offered the ownership may take it back.
    Locks: the organization, then the invitation. Signals: invitation_revoked.
    """
    invitation = _offers.lock(invitation)
    may = authority(invitation.organization, actor)
    if invitation.kind == InvitationKind.OWNERSHIP:
        may.require(permissions.TRANSFER_ORGANIZATION)
    elif not _is_own(invitation, actor):
        _offers.may_offer(may, Terms.of(invitation))
    _endings.close(invitation, _offers.state_after(invitation, "revoke", now=now))
    _endings.tell(signals.invitation_revoked, invitation, actor=actor)
    return invitation


@verb
def accept(
    invitation: Any,
    *,
    user: Any,
    now: datetime,
    proof: str | None = None,
    announce: Announce | None = None,
) -> Any:
    """Take an offer, and return the member.

    An offer to an address needs a user who has proven that address. Holding the link proves it
    for the user whose own row has that address, since the link was mailed there. A link that
    was not mailed brings whoever holds it.

    Where the organization approves everybody who comes by a link, there is no member yet: a
    request waits instead, and the answer is None.

    Accepting twice is harmless: the same user gets the same member back.

    Args:
        proof: what ``proof_of`` gave for the link, if the user came by it.
        announce: tells one person who decides of a new request, after the commit.
    Raises:
        InvitationNotForYou: the user has not proven the address, or cannot sign in.
        InvitationStateError: the invitation is not open, or its link is used up.
        OrganizationsError: the organization is not in use.
        InviterNotEntitled: who invites may no longer do so, or offers more than they have now.
        JoinRefused: the link is for addresses of another domain, or a policy says no; as
            MembershipInactive: the user is a member who has no access at the moment.
        SeatsFull: no seat is left.
        as ``ownership.transfer``: for an offer of the ownership.
    Locks: the organization, then the invitation.
    Signals: those of ``members.add``, invitation_accepted and invitation_fulfilled, and
    invitation_superseded for other offers to the user; or invitation_proposed. For the
    ownership those of ``ownership.transfer``.
    """
    invitation = _offers.lock(invitation)
    organization = invitation.organization
    if member := _joined_by(invitation, user, proof=proof):
        require_live(member, now=now)
        return member
    is_shared = invitation.kind == InvitationKind.SHARED
    _offers.state_after(invitation, "use" if is_shared else "accept", now=now)
    _offers.require_in_use(organization)
    if not fits(invitation, user, proof=proof):
        raise InvitationNotForYou
    if invitation.kind == InvitationKind.OWNERSHIP:
        return handover.take_over(invitation, user=user)
    may = _offers.authority_behind(invitation)
    if invitation.kind == InvitationKind.MAIL:
        addresses.verify(user, invitation.invitee_identifier)
    link = invitation if invitation.kind in BY_LINK else _records.parent_of(invitation)
    if invitation.parent_key and link is None:
        # Its link was deleted, with its conditions: as if it had been withdrawn.
        raise InvitationStateError(status=InvitationStatus.REVOKED, verb="accept")
    return admit(invitation, user=user, now=now, link=link, may=may, announce=announce)


def _joined_by(invitation: Any, user: Any, *, proof: str | None) -> Any:
    """Return the member that a user became by an offer before, or None."""
    used = invitation.status == InvitationStatus.ACCEPTED and invitation.invitee_id == user.pk
    again = invitation.kind in BY_LINK and _offers.opens(invitation, proof)
    return _offers.member_of(invitation.organization, user) if used or again else None


@verb
def register_and_accept(
    invitation: Any,
    *,
    user: Any,
    now: datetime,
    proof: str,
    announce: Announce | None = None,
) -> Any:
    """Save a new person's account and join; return the member, or None as ``accept``.

    All of it or nothing.

    Args:
        user: unsaved, or a pending account, with names and password set.
        proof: what ``proof_of`` gave for the link, which verifies the address.
        announce: as for ``accept``.
    Raises:
        InvitationNotForYou: the link is not this invitation's, or was never mailed.
        as ``accept``.
    """
    proven = _offers.proves_address(invitation, proof)
    if invitation.kind != InvitationKind.MAIL or not proven:
        raise InvitationNotForYou
    _offers.state_after(invitation, "accept", now=now)
    setattr(user, user.get_email_field_name(), invitation.invitee_identifier)
    if user.pk is None:
        user.is_active = True
        user.save(force_insert=True)
    else:
        registration.activate(user, model=family_of(invitation).organization)
    return accept(invitation, user=user, now=now, proof=proof, announce=announce)


@verb
def decline(invitation: Any, *, user: Any, now: datetime, proof: str | None = None) -> Any:
    """Say no to an invitation.

    Args:
        user: who declines; may be None for the holder of the link.
        proof: what ``proof_of`` gave for the link, if there is one.
    Raises:
        InvitationNotForYou: neither the link nor the address is the user's.
        InvitationStateError: the invitation is not open, or is a link that others use too.
    Locks: the organization, then the invitation. Signals: invitation_declined.
    """
    invitation = _offers.lock(invitation)
    state = _offers.state_after(invitation, "decline", now=now)
    if invitation.kind == InvitationKind.SHARED:
        # It is for others, too: who does not want it leaves it alone.
        raise InvitationStateError(status=invitation.status, verb="decline")
    if invitation.status != InvitationStatus.PENDING:
        raise InvitationNotForYou  # what is asked for is decided by the organization
    if not (_offers.opens(invitation, proof) or (user and fits(invitation, user))):
        raise InvitationNotForYou
    _endings.close(invitation, state)
    _endings.tell(signals.invitation_declined, invitation, actor=user)
    return invitation


@verb
def activate(invitation: Any, user: Any) -> Any:
    """Make the user a member by the word of the calling code, and return the member.

    This is ``invitation.activate(user)``: no address is compared. Doors use ``accept``.

    Raises:
        AlreadyMember: the user is a member already.
        InvitationStateError: the invitation was used, declined, withdrawn or replaced.
    Locks: the organization. Signals: those of ``add_user``, invitation_accepted and
    invitation_fulfilled.
    """
    organization = invitation.organization
    lock_organization(organization)
    invitation.refresh_from_db()
    if not apps.is_installed("organizations"):
        # A project that uses the abstract classes alone keeps no life of invitations.
        if invitation.invitee_id is not None:
            raise InvitationStateError(status=InvitationStatus.ACCEPTED, verb="accept")
        member = organization.add_user(user, **invitation.activation_kwargs())
        invitation.invitee = user
        invitation.save()
    else:
        _records.load(invitation)
        if invitation.kind != InvitationKind.MAIL:
            raise InvitationStateError(status=invitation.status, verb="accept")
        # The caller's word stands in for the time as well: an expired one may be used.
        state = states.after(invitation.status, "accept", expires_at=None, now=timezone.now())
        member = organization.add_user(user, **invitation.activation_kwargs())
        invitation.invitee = user
        _endings.close(invitation, state)
    signals.invitation_accepted.send(sender=invitation)
    _endings.tell(signals.invitation_fulfilled, invitation, member=member, actor=user)
    return member


def proof_of(secret: str) -> str:
    """Return the digest of a link's secret: the proof that its holder had the link.

    A session may keep it: it opens the page of the invitation, but is no link.
    """
    usable = 0 < len(secret) <= tokens.MAX_LENGTH and secret.isascii()
    return tokens.digest(secret, purpose="invitation") if usable else ""


def was_mailed(invitation: Any) -> bool:
    """Return whether the present link has gone to the address by mail, so that it proves it."""
    return bool(invitation.send_count > 0)


def by_proof(model: Any, proof: str) -> Any:
    """Return the invitation a proof belongs to, in whatever state, or None. Queries: 0 to 1."""
    if not proof:
        return None
    return _records.find(model, token_digest=proof)


def open_for(user: Any, *, model: Any, now: datetime) -> Any:
    """Return the open offers to a user, newest first, as a queryset.

    Those are invitations to the user's verified addresses, and offers of an ownership.

    Queries: 0 until it is read, or 1 per source of addresses where there are several.
    """
    return open_to(
        addresses.has_verified("invitee_identifier", user), user.pk, model=model, now=now
    )


def open_to(is_to_them: Any, user: Any, *, model: Any, now: Any) -> Any:
    """Return as ``open_for``, by a user's key and a moment, or expressions for them.

    Args:
        is_to_them: the condition that an invitation is to one of the user's verified addresses.
    """
    in_use: dict[str, Any] = {"unexpired_at": now, "organization__is_active": True}
    invited = _records.open_rows(model, **in_use).filter(is_to_them)
    offered = _records.rows_in(
        model,
        statuses=[InvitationStatus.PENDING],
        life={"kind": InvitationKind.OWNERSHIP.value},
        invitee_id=user,
        **in_use,
    )
    return invited | offered


def of_organization(
    organization: Any, *, state: str | None = None, now: datetime | None = None
) -> Any:
    """Return the offers of an organization, newest first, as a queryset.

    Single uses of a shared link stand behind their link. Give the rows of a page to
    ``with_life`` before you show their state.

    Args:
        state: only those in one state at the moment ``now``; None for every state.
        now: aware; the present if it is not given.
    """
    mine = {"model": family_of(organization).invitation, "organization_id": organization.pk}
    if state is None:
        return _records.rows_in(**mine, statuses=InvitationStatus)
    now = now or timezone.now()
    wanted = InvitationStatus(state)
    if wanted in states.OPEN:
        return _records.rows_in(**mine, statuses=[wanted], unexpired_at=now)
    if wanted is InvitationStatus.EXPIRED:
        running = _records.rows_in(**mine, statuses=states.OPEN, unexpired_at=now)
        return _records.rows_in(**mine, statuses=states.OPEN).exclude(
            pk__in=running.order_by().values("pk")
        )
    return _records.rows_in(**mine, statuses=[wanted])


def within_reach(invitations: Iterable[Any], organization: Any, access: Access) -> set[Any]:
    """Return the keys of those offers that somebody with this access may change.

    As the verbs decide it.

    Args:
        invitations: of the organization, with their lives, see ``with_life``.
    Queries: 0 for offers without presets and for somebody with every permission, else those of
        ``presets.permissions_of`` for one offer.
    """
    if not access.has(permissions.INVITE_MEMBER):
        return set()
    offered = {each.pk: Terms.of(each) for each in invitations}
    if access.permissions >= {permission.name for permission in permissions.declared()}:
        return set(offered)
    given = presets.permissions_of_all(organization, [each.presets for each in offered.values()])
    return {
        key
        for (key, terms), names in zip(offered.items(), given, strict=True)
        if terms.rights_of_standing() | names <= access.permissions
    }


def refuse_inactive(organization: Any, user: Any, *, now: datetime) -> None:
    """Refuse somebody whom no offer helps: a member who has no access, as ``accept`` does.

    Raises:
        MembershipInactive: the membership is suspended or has ended.
    Queries: 1.
    """
    require_live(_offers.member_of(organization, user), now=now)


def unanswered(organization: Any) -> Any:
    """Return the pending invitations to addresses, expired ones too, newest first.

    Give the rows of a page to ``with_life`` before you show their state.
    """
    model = family_of(organization).invitation
    return unanswered_of(model).filter(organization_id=organization.pk)


def unanswered_of(model: Any) -> Any:
    """Return as ``unanswered``, but of all organizations. Narrow it down."""
    return _records.open_rows(model)


def fits(invitation: Any, user: Any, *, proof: str | None = None) -> bool:
    """Return whether the invitation is for this user, whatever its state.

    Args:
        invitation: with its life, see ``with_life``.
    Queries: 0 or 1 per address source.
    """
    if user.pk is None or not user.is_active:
        return False
    if invitation.kind in BY_LINK:
        return _offers.opens(invitation, proof)
    if invitation.kind != InvitationKind.MAIL:
        # To an account, not to an address; what somebody asks for is no offer to them.
        is_offer = invitation.kind == InvitationKind.OWNERSHIP
        return is_offer and bool(invitation.invitee_id == user.pk)
    if _offers.proves_address(invitation, proof) and addresses.same(
        addresses.address_of(user), invitation.invitee_identifier
    ):
        return True
    try:
        # Invitations of older releases keep whatever was typed, or no address at all.
        address = addresses.normalise(invitation.invitee_identifier)
    except NotAnAddress:
        return False
    return addresses.is_verified(user, address)


def _is_own(invitation: Any, actor: Any) -> bool:
    """Return whether somebody takes back what they have proposed or asked for."""
    if actor is None:
        return False
    if invitation.kind == InvitationKind.REQUEST:
        return bool(invitation.invitee_id == actor.pk)
    waits = invitation.status == InvitationStatus.PROPOSED
    return waits and bool(invitation.invited_by_id == actor.pk)


#: ``with_life(invitations)``: the rows of one model, each with its state, expiry and the rest.
with_life = _records.load_all

ainvite = make_async(invite)
aresend = make_async(resend)
amail_to_reader = make_async(mail_to_reader)
arevoke = make_async(revoke)
aaccept = make_async(accept)
aactivate = make_async(activate)
aregister_and_accept = make_async(register_and_accept)
adecline = make_async(decline)
