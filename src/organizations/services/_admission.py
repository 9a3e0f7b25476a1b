"""The last step of every offer: somebody becomes a member, or waits for an approval."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import F

from .. import grants, mail, permissions, presets, signals
from ..exceptions import JoinRefused, MembershipInactive
from ..families import family_of, is_live, key_text, side_label
from ..states import InvitationKind, InvitationStatus
from ..words import gettext_lazy as _
from . import _endings, _offers, _records, _writes, addresses, joining, limits, members, seats
from .ceiling import Authority

__all__ = [
    "BY_LINK",
    "Announce",
    "admit",
    "announce_to",
    "deciders",
    "domain_of",
    "wait_for_approval",
]

#: Tells one person who decides that a request or a proposal waits: takes the row and the user,
#: runs after the commit.
Announce = Callable[[Any, Any], Any]

#: How many people are told of one request.
MOST_TOLD = 20

#: Where the versions of ``add_user`` stand that only call ``members.add``.
OUR_ADD_USER = ("organizations.abstract", "organizations.base")

#: Kinds whose link brings whoever holds it.
BY_LINK = (InvitationKind.LINK, InvitationKind.SHARED)


def admit(
    invitation: Any,
    *,
    user: Any,
    now: datetime,
    link: Any = None,
    may: Authority | None = None,
    approved_by: Any = None,
    announce: Announce | None = None,
) -> Any:
    """Make the user of an open offer a member and close the offer; return the member.

    Where a link asks for an approval that nobody has given, a request waits and the answer is
    None. Call it under the lock, once the offer's own conditions are met.

    Args:
        link: the link that the person came by, held as well; the offer itself may be it.
        may: what carries the offer; None for whoever made it.
        approved_by: who lets the person in, where somebody had to.
        announce: tells one person who decides of a new request, after the commit.
    Raises:
        InviterNotEntitled, InvitationStateError, JoinRefused, SeatsFull: as ``accept``.
    """
    organization = invitation.organization
    may = may or _offers.authority_behind(invitation)
    if link is not None and approved_by is None:
        _refuse_other_domain(link, user)
    member = _offers.member_of(organization, user)
    require_live(member, now=now)
    if approved_by is not None and link is not None and not _offers.is_open(link, now=now):
        link = None  # whoever approves stands for it, whatever has become of the link
    if member is None and link is not None:
        if link is not invitation:
            _offers.state_after(link, "use", now=now)
        if approved_by is None and _needs_approval(link, user):
            wait_for_approval(organization, user=user, link=link, now=now, announce=announce)
            if link is not invitation:
                invitation.invitee = user
                _endings.close(invitation, InvitationStatus.ACCEPTED)
            return None
        _count_use(link, user)
        if invitation is link and link.kind == InvitationKind.SHARED:
            invitation = _use_of(link, user, now=now)
    if member is None:
        has_seat = invitation.kind in seats.RESERVING and not invitation.parent_key
        has_seat = has_seat or (link is not None and link.kind == InvitationKind.LINK)
        with joining.by_offer(invitation, now=now, has_seat=has_seat):
            member = _join(invitation, user, actor=approved_by or user)
        _offers.refuse_more(may, member)
    invitation.invitee = user
    _endings.close(invitation, InvitationStatus.ACCEPTED)
    signals.invitation_accepted.send(sender=invitation)
    _endings.tell(
        signals.invitation_fulfilled, invitation, member=member, actor=approved_by or user
    )
    _offers.supersede_others(organization, user, but=invitation, actor=user)
    return member


def require_live(member: Any, *, now: datetime) -> None:
    """Refuse somebody who belongs to the organization and has no access to it.

    Raises:
        MembershipInactive: there is a member row, and it is suspended or has ended.
    """
    if member is not None and not is_live(member, now):
        raise MembershipInactive


def wait_for_approval(
    organization: Any,
    *,
    user: Any,
    now: datetime,
    link: Any = None,
    note: str = "",
    announce: Announce | None = None,
) -> Any:
    """Return the request of somebody who needs an approval; the open one, if there is one.

    Args:
        announce: tells one person who decides of a new request, after the commit.
    Raises:
        JoinRefused: the user has proven no address, so nobody would know who asks.
        LimitReached: too many requests are open, or the user asks too often.
    Signals: invitation_proposed, if it is new.
    """
    model = family_of(organization).invitation
    open_key = _offers.key_of_person(user, InvitationKind.REQUEST)
    found = _records.find(model, organization=organization, open_key=open_key)
    if found is not None and _offers.is_open(found, now=now):
        return found
    if not addresses.verified_addresses(user):
        raise JoinRefused(_("Confirm your e-mail address first, so that they know who asks."))
    if found is not None:
        _endings.supersede(found, actor=user)
    _offers.require_room(organization, actor=user, now=now, requests=True)
    # Each one is told to those who decide.
    label = side_label(type(organization))
    limits.spend("recipient", "request", label, organization.pk, user.pk, now=now)
    request = _offers.new(
        organization,
        kind=InvitationKind.REQUEST,
        address=addresses.verified_addresses(user)[0],
        user=user,
    )
    request.status = InvitationStatus.PROPOSED
    request.invited_by = user
    # Nobody's rights carry it until somebody approves.
    request.on_own_authority = True
    request.open_key = open_key
    request.expires_at = now + _offers.LONGEST_WAIT
    request.note = note
    if link is not None:
        _offers.Terms.of(link).write(request)
        request.note = note
        request.parent_key = key_text(link)
    _records.save(request)
    _endings.tell(signals.invitation_proposed, request, actor=user)
    announce_to(request, announce=announce, now=now)
    return request


def deciders(organization: Any, *, now: datetime) -> list[Any]:
    """Return the active users who may invite, the owner first, at most ``MOST_TOLD``.

    Queries: 1.
    """
    family = family_of(organization)
    rows = family.member._base_manager.filter(
        grants.members_with(family, permissions.INVITE_MEMBER, now=now),
        organization_id=organization.pk,
        user__is_active=True,
    )
    # A source may join many rows, so that the same member comes more than once.
    rows = family.member._base_manager.filter(pk__in=rows.values("pk"))
    owner_first = F(f"{family.owner_lookup}__pk").asc(nulls_last=True)
    found = rows.select_related("user").order_by(owner_first, "pk")[:MOST_TOLD]
    return [row.user for row in found]


def announce_to(invitation: Any, *, announce: Announce | None, now: datetime) -> None:
    """Tell those who decide of a new request or proposal, each by a mail of their own.

    Queries: 0 or 1.
    """
    if announce is None:
        return
    for user in deciders(invitation.organization, now=now):
        mail.after_commit(partial(announce, invitation, user))


def domain_of(address: str) -> str:
    """Return the domain of a normalised address."""
    return address.rpartition("@")[2]


def _needs_approval(link: Any, user: Any) -> bool:
    """Return whether somebody decides: as the link says, or since the user was here before."""
    is_shared = link.kind == InvitationKind.SHARED
    return link.needs_approval or (is_shared and bool(_offers.was_here([link.organization], user)))


def _refuse_other_domain(link: Any, user: Any) -> None:
    if not link.domain:
        return
    if link.domain in map(domain_of, addresses.verified_addresses(user)):
        return
    raise JoinRefused(
        _(
            "This link is for people with an address at %(domain)s. Sign in with an account "
            "that has confirmed such an address, or let a link be sent to yours."
        )
        % {"domain": link.domain}
    )


def _count_use(link: Any, user: Any) -> None:
    link.use_count += 1
    if link.max_uses is not None and link.use_count >= link.max_uses:
        if link.kind == InvitationKind.LINK:
            link.invitee = user
        _endings.close(link, InvitationStatus.ACCEPTED)
    else:
        _records.save(link)


def _use_of(link: Any, user: Any, *, now: datetime) -> Any:
    """Return the offer that one use of a shared link is."""
    use = _offers.new(
        link.organization,
        kind=InvitationKind.SHARED,
        address=addresses.address_of(user),
        user=user,
    )
    _offers.Terms.of(link).write(use)
    use.invited_by = link.invited_by
    use.on_own_authority = link.on_own_authority
    use.parent_key = key_text(link)
    use.expires_at = now
    return use


def _join(invitation: Any, user: Any, *, actor: Any) -> Any:
    organization = invitation.organization
    family = family_of(organization)
    values = dict(invitation.activation_kwargs())
    own = type(organization).add_user.__module__ not in OUR_ADD_USER
    if family.has_field("member", "is_admin") and (invitation.is_admin or not own):
        values.setdefault("is_admin", invitation.is_admin)
    if own:
        # What the arguments of a project's own ``add_user`` mean is its own affair. It may write
        # the row by itself, past the question that is asked here.
        joining.check(organization, user, actor=actor, fields=values)
        member = organization.add_user(user, **values)
    else:
        member = members.join(organization, user, actor=actor, **values)
    if invitation.member_until is not None and not members.owns(member):
        # The first member of all owns the organization, and an owner has no end.
        member.ends_at = invitation.member_until
        _writes.save(member, "ends_at")
    presets.apply(member, organization, invitation.presets)
    return member
