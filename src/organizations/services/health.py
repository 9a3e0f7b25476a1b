"""What is odd in the tables: rows that the rules would not let in today.

They come from older releases, raw SQL or another program. Nothing here changes a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import F
from django.utils import timezone

from ..families import Family, default_family
from ..states import InvitationStatus

__all__ = ["Finding", "odd_rows"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One odd row: what it is, what is wrong with it, and what mends it."""

    code: str
    subject: str
    problem: str
    mend: str


def odd_rows(family: Family | None = None) -> Iterator[Finding]:
    """Yield every odd row of a family, the project's default one if none is given.

    Queries: 6, whatever the number of rows; they are read in chunks.
    """
    family = family or default_family()
    yield from _ownerless(family)
    yield from _bad_owners(family)
    yield from _unanchored(family)
    yield from _invitations(family)


def _ownerless(family: Family) -> Iterator[Finding]:
    rows = family.organization._base_manager.filter(owner__isnull=True).order_by("pk")
    for organization in rows.iterator():
        yield Finding(
            "ownerless",
            _name(organization),
            "has no owner",
            f"manage.py organizations_transfer {organization.pk} ADDRESS-OF-THE-OWNER",
        )


def _bad_owners(family: Family) -> Iterator[Finding]:
    owners = family.owner._base_manager.select_related(
        "organization", "organization_user__user"
    ).order_by("pk")
    transfer = "manage.py organizations_transfer {} ADDRESS-OF-THE-OWNER"
    for row in owners.exclude(organization_user__organization_id=F("organization_id")).iterator():
        yield Finding(
            "owner_elsewhere",
            _name(row.organization),
            "is owned by a member of another organization",
            transfer.format(row.organization_id),
        )
    inactive = owners.filter(organization_user__user__is_active=False)
    for row in inactive.filter(organization__is_active=True).iterator():
        yield Finding(
            "owner_inactive",
            _name(row.organization),
            f"is owned by {row.organization_user.user}, whose account is switched off",
            transfer.format(row.organization_id),
        )
    if family.has_field("member", "is_admin"):
        for row in owners.filter(organization_user__is_admin=False).iterator():
            yield Finding(
                "owner_no_admin",
                _name(row.organization),
                f"is owned by {row.organization_user.user}, who is no admin",
                "tick 'is admin' at the member in Django's admin",
            )


def _unanchored(family: Family) -> Iterator[Finding]:
    if family.organization._meta.label != "organizations.Organization":
        return
    anchors = apps.get_model("organizations", "OwnerAnchor")._base_manager
    rows = family.owner._base_manager.exclude(organization_id__in=anchors.values("pk"))
    for row in rows.select_related("organization").order_by("pk").iterator():
        yield Finding(
            "owner_unanchored",
            _name(row.organization),
            "has an owner row that was not written by Django, so not every database keeps it",
            "save the row once in Django's admin (organization owners)",
        )


def _invitations(family: Family) -> Iterator[Finding]:
    if family.invitation is None or not family.has_field("invitation", "status"):
        return
    rows = family.invitation._base_manager.filter(
        status=InvitationStatus.PENDING, expires_at__lte=timezone.now()
    ).select_related("organization")
    for row in rows.order_by("pk").iterator():
        yield Finding(
            "invitation_expired",
            _name(row.organization),
            f"has an unanswered invitation to {row.invitee_identifier}, expired "
            f"on {row.expires_at:%Y-%m-%d}",
            "send it again or withdraw it on the members page",
        )


def _name(organization: Any) -> str:
    return f"{organization} ({organization.pk})"
