"""Mails about an ownership that is offered, taken or declined.

Each goes to one person alone. The links lead to pages behind the sign-in: no mail holds a secret.
Where the project has a queue, a worker sends them.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from . import jobs, mail
from .backends.defaults import site_name
from .converters import url_part
from .families import family_of
from .mail import LinkBase
from .services import addresses, ownership
from .services._sending import mark_sent
from .services.access import access_of
from .states import InvitationStatus

__all__ = [
    "HandoverMails",
    "declined",
    "offered",
    "tell_declined",
    "tell_offered",
    "tell_transferred",
    "transferred",
]


def offered(offer: Any, *, base: LinkBase) -> Any:
    """Return the unsent mail that tells a member of the offer."""
    return _message(
        "ownership_offered",
        offer.invitee,
        page="organization_handover_answer",
        organization=offer.organization,
        base=base,
        sender=offer.invited_by,
        expires_at=offer.expires_at,
    )


def declined(offer: Any, *, owner: Any, base: LinkBase) -> Any:
    """Return the unsent mail that tells the owner (a user) of the answer."""
    return _message(
        "ownership_declined",
        owner,
        page="organization_transfer",
        organization=offer.organization,
        base=base,
        sender=offer.invitee,
    )


def transferred(organization: Any, *, old: Any, new: Any, user: Any, base: LinkBase) -> Any:
    """Return the unsent mail that tells a user that the organization has another owner.

    Args:
        old, new: the users who own it no more and now; there may have been no old one.
    """
    part = "new" if user == new else "old" if user == old else "other"
    return _message(
        "ownership_transferred",
        user,
        page="organization_detail",
        organization=organization,
        base=base,
        part=part,
        old_name=mail.display_name(old) if old else "",
        new_name=mail.display_name(new),
    )


def tell_transferred(organization: Any, *, old: Any, new: Any, base: LinkBase) -> None:
    """Tell both owners and the other admins, after the commit. Queries: 1.

    Args:
        old, new: the members; there may have been no old one.
    """
    if old == new:
        return  # somebody has clicked twice
    people = {member.user_id: member.user for member in (old, new) if member is not None}
    family = family_of(organization)
    if family.has_field("member", "is_admin"):
        admins = family.member._base_manager.filter(
            organization_id=organization.pk, is_admin=True, user__is_active=True
        )
        people |= {member.user_id: member.user for member in admins.select_related("user")}
    for user in people.values():
        if addresses.address_of(user):
            jobs.mail_after_commit(
                HandoverMails(),
                "send_transferred",
                user,
                organization=organization,
                old=old.user if old else None,
                new=new.user,
                base=base,
            )


def tell_declined(offer: Any, *, base: LinkBase) -> None:
    """Tell the owner, and whoever else has made the offer, after the commit. Queries: 1."""
    owner = ownership.owner_of(offer.organization)
    people = {offer.invited_by_id: offer.invited_by}
    if owner is not None:
        people[owner.user_id] = owner.user
    for user in people.values():
        if user is not None and user != offer.invitee and addresses.address_of(user):
            jobs.mail_after_commit(HandoverMails(), "send_declined", offer, owner=user, base=base)


def tell_offered(offer: Any, *, base: LinkBase) -> Any:
    """Tell the member to whom it is offered; for ``handover.offer``, after the commit."""
    pending = InvitationStatus.PENDING
    return jobs.send(HandoverMails(), "send_offered", offer, while_it_is=pending, base=base)


class HandoverMails:
    """What ``jobs`` calls, here or in a worker, which may come late: each looks once more."""

    def __init__(self, **options: Any) -> None:
        """Take what backends of invitations take; there is nothing to choose."""

    def send_offered(self, offer: Any, **context: Any) -> None:
        if offer.sent_at is not None:
            return  # some queues run a task again if they have not heard of its end
        offered(offer, **context).send()
        mark_sent(offer, now=timezone.now())

    def send_declined(self, offer: Any, **context: Any) -> Any:
        return declined(offer, **context).send()

    def send_transferred(
        self, user: Any, *, organization: Any, old: Any, new: Any, base: LinkBase
    ) -> Any:
        """Tell one person; False if the organization has passed on since, or the person left.

        The old owner is told wherever they are now: it may be news to them.
        """
        owner = ownership.owner_of(organization)
        if owner is None or owner.user_id != new.pk:
            return False
        if user not in (old, new) and not access_of(user, organization).is_admin:
            return False
        return transferred(organization, old=old, new=new, user=user, base=base).send()


def _message(
    kind: str, user: Any, *, page: str, organization: Any, base: LinkBase, **context: Any
) -> Any:
    path = reverse(page, kwargs={"organization_pk": url_part(organization)})
    sender = context.pop("sender", None)
    return mail.message(
        addresses.address_of(user),
        f"organizations/email/{kind}_subject.txt",
        f"organizations/email/{kind}_body.html",
        {
            **context,
            "organization": organization,
            "recipient": addresses.address_of(user),
            "user": user,
            "domain": base,
            "site_name": site_name({"domain": base}),
            "url": base.url(path),
        },
        sender=sender,
    )
