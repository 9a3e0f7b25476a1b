"""Mails about an ownership that is offered, taken or declined.

Each goes to one person alone. The links lead to pages behind the sign-in: no mail holds a secret.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.urls import reverse

from . import mail
from .backends.defaults import site_name
from .converters import url_part
from .families import family_of
from .mail import LinkBase
from .services import addresses, ownership

__all__ = ["declined", "offered", "tell_declined", "tell_transferred", "transferred"]


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
        old, new: the members; there may have been no old one.
    """
    part = "new" if user == new.user else "old" if old and user == old.user else "other"
    return _message(
        "ownership_transferred",
        user,
        page="organization_detail",
        organization=organization,
        base=base,
        part=part,
        old_name=mail.display_name(old.user) if old else "",
        new_name=mail.display_name(new.user),
    )


def tell_transferred(organization: Any, *, old: Any, new: Any, base: LinkBase) -> None:
    """Tell both owners and the other admins, after the commit. Queries: 1."""
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
            mail.after_commit(
                partial(_send, transferred, organization, old=old, new=new, user=user, base=base)
            )


def tell_declined(offer: Any, *, base: LinkBase) -> None:
    """Tell the owner, and whoever else has made the offer, after the commit. Queries: 1."""
    owner = ownership.owner_of(offer.organization)
    people = {offer.invited_by_id: offer.invited_by}
    if owner is not None:
        people[owner.user_id] = owner.user
    for user in people.values():
        if user is not None and user != offer.invitee and addresses.address_of(user):
            mail.after_commit(partial(_send, declined, offer, owner=user, base=base))


def _send(message: Any, *args: Any, **kwargs: Any) -> None:
    message(*args, **kwargs).send()


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
