"""Links: for one person whose address nobody needs to know, or for many.

A link's secret is shown once, when the link is made. Whoever holds it and is signed in may use
it. Somebody without an account proves an address first: a mail brings an offer of the same
terms, and the account is made by the link in that mail.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from .. import signals
from ..exceptions import InvitationNotForYou, JoinRefused, OrganizationsError
from ..families import family_of, key_text
from ..mail_domains import plain
from ..states import InvitationKind
from ..words import gettext_lazy as _
from . import _endings, _offers, _records, addresses, limits, members, seats
from ._admission import BY_LINK, domain_of
from ._async import make_async
from ._locks import lock_organization, verb
from ._offers import Deliver, Terms
from .ceiling import authority

__all__ = ["acreate", "amail_offer", "create", "mail_offer", "normalise_domain"]

DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def normalise_domain(text: str) -> str:
    """Return a mail domain in the form in which addresses are stored.

    Raises:
        OrganizationsError: the text is no domain.
    """
    domain = plain(text)
    if not DOMAIN.fullmatch(domain):
        raise OrganizationsError(_("Enter a mail domain such as example.com."))
    return domain


@verb
def create(
    organization: Any,
    *,
    actor: Any,
    now: datetime,
    invited_by: Any = None,
    max_uses: int | None = 1,
    shared: bool = False,
    domain: str = "",
    needs_approval: bool = False,
    lifetime: timedelta | None = None,
    **terms: Any,
) -> Any:
    """Make a link by which people join, and return the invitation that it is.

    Its ``secret`` attribute holds the secret until the row is read again; nothing else does.

    Args:
        actor: the user who invites, by their own rights; None for code that vouches for it.
        invited_by: the user whom the link names; the actor if None.
        shared: whether several people may use it. One for a single person reserves a seat.
        max_uses: of a shared link: how many people, None for any number.
        domain: only people with a proven address there; empty for everybody.
        needs_approval: whether somebody who may invite approves each person.
        lifetime: how long it can be used, 1 to 30 days; None for the organization's own.
        terms: as for ``invitations.invite``.
    Raises:
        NotAllowed: the actor may not invite, or would offer more than they have.
        SeatsFull, LimitReached: there is no seat, or too many are open.
        OrganizationsError: a term is not possible here.
    Locks: the organization. Signals: invitation_created.
    """
    lock_organization(organization)
    may = authority(organization, actor)
    offered = _offers.clean_terms(organization, now=now, **terms)
    _offers.may_offer(may, offered)
    if shared and max_uses is not None and max_uses < 1:
        raise OrganizationsError(_("A link is for one person at least."))
    _offers.require_room(organization, actor=actor, now=now)
    limits.invitation(organization, inviter=actor, address="", now=now)
    link = _offers.new(organization, kind=InvitationKind.SHARED if shared else InvitationKind.LINK)
    if not shared:
        seats.require(organization, now=now)
    link.invited_by = invited_by or actor
    link.on_own_authority = actor is not None
    link.max_uses = max_uses if shared else 1
    link.domain = normalise_domain(domain) if domain else ""
    link.needs_approval = needs_approval
    offered.write(link)
    _offers.renew(link, now=now, deliver=None, lifetime=lifetime)
    _endings.tell(signals.invitation_created, link, actor=actor)
    return link


@verb
def mail_offer(
    link: Any, *, address: str, now: datetime, proof: str, deliver: Deliver | None = None
) -> Any:
    """Send the holder of a link an offer to an address, so that the address gets proven.

    Return the offer, or None if no mail goes out: the address is that of a member, or has an
    open offer already. The caller says the same in every case.

    Raises:
        NotAnAddress: the text is no address.
        InvitationNotForYou: the proof is not that of the link.
        InvitationStateError: the link cannot be used.
        JoinRefused: the link is for addresses of another domain.
        LimitReached: the address has been sent too many mails, or the link has sent too many.
        InviterNotEntitled: whoever made the link could not make it now.
        OrganizationsError: the organization is not in use.
    Locks: the organization, then the link. Signals: invitation_created, or invitation_resent
    for one that came by the same link.
    """
    address = addresses.normalise(address)
    link = _offers.lock(link)
    organization = link.organization
    if link.kind not in BY_LINK or not _offers.opens(link, proof):
        raise InvitationNotForYou
    _offers.state_after(link, "use", now=now)
    _offers.require_in_use(organization)
    if link.domain and domain_of(address) != link.domain:
        raise JoinRefused(
            _("This link is for people with an address at %(domain)s.") % {"domain": link.domain}
        )
    _offers.authority_behind(link)
    model = family_of(organization).invitation
    open_key = _offers.key_of(address)
    offer = _records.find(model, organization=organization, open_key=open_key)
    by_this_link = offer is not None and offer.parent_key == key_text(link)
    # Before the look at who belongs: the limits must not tell one address from another.
    limits.spend("link", type(link)._meta.label_lower, link.pk, now=now)
    limits.mail_to(address, now=now)
    if offer is not None and not by_this_link:
        return None
    try:
        _offers.refuse_member(organization, address)
    except members.AlreadyMember:
        return None
    signal = signals.invitation_resent if offer else signals.invitation_created
    if offer is None:
        offer = _offers.new(organization, kind=InvitationKind.MAIL, address=address)
        offer.open_key = open_key
        offer.parent_key = key_text(link)
    offer.invited_by = link.invited_by
    offer.on_own_authority = link.on_own_authority
    Terms.of(link).write(offer)
    _offers.renew(offer, now=now, deliver=deliver)
    _endings.tell(signal, offer, actor=None)
    return offer


acreate = make_async(create)
amail_offer = make_async(mail_offer)
