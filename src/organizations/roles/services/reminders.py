"""A mail before a role ends. The end itself needs no job: the grant looks at the clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone

from organizations import mail
from organizations.conf import get_settings
from organizations.converters import url_part
from organizations.families import default_family, live
from organizations.services import addresses
from organizations.services._async import make_async
from organizations.services._locks import lock_organization, verb
from organizations.words import gettext as _

from .. import registry
from ..models import RoleAssignment

__all__ = ["aremind", "due_reminders", "remind"]


def due_reminders(*, now: datetime, within: timedelta) -> Any:
    """Return the assignments whose members have to be told of the end, as a queryset.

    They are those of members themselves, that end after ``now`` and at most ``within`` later,
    and of whose present end nobody has been told. Members who cannot sign in, or have no
    access, are left out.
    """
    return _to_be_told(now).filter(ends_at__lte=now + within).order_by("ends_at", "pk")


def _to_be_told(now: datetime) -> Any:
    return RoleAssignment._base_manager.filter(
        live(default_family(), now, prefix="member__"),
        member__isnull=False,
        member__user__is_active=True,
        organization__is_active=True,
        ends_at__gt=now,
        reminded_at__isnull=True,
    )


@verb
def remind(assignment: RoleAssignment, *, now: datetime) -> bool:
    """Tell a member by mail that a role ends, once for each end; return whether a mail leaves.

    None does if the member has been told, has no address, or need not be told any more: the role
    was taken, has ended or has no end now, or the account or the organization was switched off,
    or the member was suspended.

    Raises:
        ImproperlyConfigured: ``LINK_BASE`` is not set.
    Locks: the organization. The mail leaves after the commit; if it does not, that is logged, and
    the member counts as not told.
    """
    lock_organization(assignment.organization)
    rows = _to_be_told(now).select_related("organization", "role", "member__user")
    found = rows.filter(pk=assignment.pk, organization_id=assignment.organization_id).first()
    address = addresses.address_of(found.member.user) if found is not None else ""
    if found is None or not address:
        return False
    message = _message(found, address)
    found.reminded_at = now
    found.save(update_fields=["reminded_at"])
    mail.after_commit(partial(_send, message, found))
    return True


def _send(message: Any, assignment: RoleAssignment) -> None:
    try:
        message.send()
    except Exception:
        told = RoleAssignment._base_manager.using(assignment._state.db).filter(
            pk=assignment.pk, reminded_at=assignment.reminded_at
        )
        told.update(reminded_at=None)
        raise


def _message(assignment: RoleAssignment, address: str) -> Any:
    organization, base = assignment.organization, mail.configured_base()
    known = {code.name: code for code in registry.declared()}
    path = reverse("organization_detail", kwargs={"organization_pk": url_part(organization)})
    context = {
        "organization": organization,
        "role": str(known.get(assignment.role_name) or assignment),
        "ends_at": assignment.ends_at,
        "url": base.url(path),
        "site_name": get_settings().SITE_NAME or base.name,
        "recipient": address,
    }
    folder = "organizations_roles/email"
    return mail.message(
        address, f"{folder}/ending_subject.txt", f"{folder}/ending_body.html", context
    )


def sample_of_ending() -> dict[str, Any]:
    """Return what the mail needs to be looked at, without any row."""
    return {"role": _("Treasurer"), "ends_at": timezone.now() + timedelta(days=7)}


aremind = make_async(remind)
