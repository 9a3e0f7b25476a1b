"""What is odd in the tables: rows that the rules would not let in today.

They come from older releases, raw SQL or another program. Looking changes nothing; ``mend``
changes the rows of one kind, and only those that it can mend without a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.contrib.auth.hashers import identify_hasher, make_password
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from .. import slugs
from ..conf import is_reserved
from ..exceptions import NotAnAddress, OrganizationsError
from ..families import Family, default_family
from ..states import InvitationStatus
from . import addresses, invitations, members, ownership
from ._async import make_async
from ._locks import database_of

__all__ = ["MENDABLE", "Finding", "amend", "mend", "odd_rows", "register"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One odd row: what it is, what is wrong with it, and the command that mends it."""

    code: str
    subject: str
    problem: str
    mend: str


_further: dict[str, Callable[[], Iterator[Finding]]] = {}


def register(name: str, find: Callable[[], Iterator[Finding]]) -> None:
    """Let an optional app look for odd rows of its own; a second one of a name replaces it."""
    _further[name] = find


def odd_rows(family: Family | None = None) -> Iterator[Finding]:
    """Yield every odd row of a family, the project's default one if none is given.

    And those that the optional apps know of, whatever family they belong to. Queries: 10,
    whatever the number of rows, and theirs; rows are read in chunks.
    """
    family = family or default_family()
    yield from _ownerless(family)
    yield from _owned_from_elsewhere(family)
    yield from _owned_by_inactive(family)
    for code, rows in ROWS.items():
        for subject, problem, _row in rows(family):
            yield Finding(code, subject, problem, f"manage.py organizations_doctor --mend {code}")
    for find in _further.values():
        yield from find()


def mend(code: str, family: Family | None = None) -> int:
    """Mend every row of one kind, and return how many were mended.

    Args:
        code: one of ``MENDABLE``; what the others need is a choice.
        family: the project's default one if none is given.
    Signals: those of the verbs.
    """
    family = family or default_family()
    mended = 0
    for row in [row for _subject, _problem, row in ROWS[code](family)]:
        try:
            with transaction.atomic(using=database_of(row)):
                MENDS[code](row)
        except OrganizationsError:
            continue  # somebody else has changed it since; the next look tells
        mended += 1
    return mended


def _recover(organization: Any) -> str:
    return f"manage.py organizations_recover {organization.pk}"


def _ownerless(family: Family) -> Iterator[Finding]:
    rows = family.organization._base_manager.filter(owner__isnull=True).order_by("pk")
    for organization in rows.iterator():
        yield Finding("ownerless", _name(organization), "has no owner", _recover(organization))


def _owners(family: Family) -> Any:
    return family.owner._base_manager.select_related(
        "organization", "organization_user__user"
    ).order_by("pk")


def _owned_from_elsewhere(family: Family) -> Iterator[Finding]:
    rows = _owners(family).exclude(organization_user__organization_id=F("organization_id"))
    for row in rows.iterator():
        yield Finding(
            "owner_elsewhere",
            _name(row.organization),
            "is owned by a member of another organization",
            _recover(row.organization),
        )


def _owned_by_inactive(family: Family) -> Iterator[Finding]:
    rows = _owners(family).filter(organization__is_active=True)
    for row in rows.exclude(_may_own(family)).iterator():
        member = row.organization_user
        problem = "whose account is switched off"
        if member.user.is_active:
            problem = "who is suspended, or whose membership has an end"
        yield Finding(
            "owner_inactive",
            _name(row.organization),
            f"is owned by {member.user}, {problem}",
            _recover(row.organization),
        )


def _may_own(family: Family) -> Q:
    """Return what ``ownership.may_own`` says of members, for owner rows."""
    return Q(organization_user__in=family.member._base_manager.filter(ownership.may_own(family)))


#: Subject, problem and row.
Odd = Iterator[tuple[str, str, Any]]


def _owner_no_admin(family: Family) -> Odd:
    if not family.has_field("member", "is_admin"):
        return
    # A member of another organization must not become an admin there.
    rows = _owners(family).filter(
        organization_user__is_admin=False, organization_user__organization_id=F("organization_id")
    )
    for row in rows.iterator():
        problem = f"is owned by {row.organization_user.user}, who is no admin"
        yield _name(row.organization), problem, row.organization_user


def _owner_unanchored(family: Family) -> Odd:
    if family.organization._meta.label != "organizations.Organization":
        return
    anchors = apps.get_model("organizations", "OwnerAnchor")._base_manager
    rows = family.owner._base_manager.exclude(organization_id__in=anchors.values("pk"))
    for row in rows.select_related("organization").order_by("pk").iterator():
        problem = "has an owner row that was not written by Django, so not every database keeps it"
        yield _name(row.organization), problem, row


def _slug_reserved(family: Family) -> Odd:
    if not family.has_field("organization", "slug"):
        return
    rows = family.organization._base_manager.order_by("pk")
    for organization in rows.iterator():
        if is_reserved(organization.slug or ""):
            problem = (
                f"has the short name {organization.slug!r}, which is reserved, "
                "so its address is its key"
            )
            yield _name(organization), problem, organization


def _guid_twice(family: Family) -> Odd:
    if family.invitation is None or not family.has_field("invitation", "guid"):
        return
    manager = family.invitation._base_manager
    twice = manager.values("guid").annotate(rows=Count("pk")).filter(rows__gt=1).values("guid")
    rows = manager.filter(guid__in=twice).select_related("organization").order_by("guid", "pk")
    previous = None
    for row in rows.iterator():
        if row.guid == previous:
            problem = (
                f"has an invitation to {_short(row.invitee_identifier)} ({row.pk}) whose page "
                "shows an older one, since both have the same guid"
            )
            yield _name(row.organization), problem, row
        previous = row.guid


def _pending(family: Family) -> Iterator[tuple[Any, bool]]:
    """Yield every unanswered invitation, and whether it is addressed to an address."""
    if family.invitation is None or not family.has_field("invitation", "status"):
        return
    rows = family.invitation._base_manager.filter(status=InvitationStatus.PENDING)
    for row in rows.select_related("organization").order_by("pk").iterator():
        try:
            addresses.normalise(row.invitee_identifier)
        except NotAnAddress:
            yield row, False
        else:
            yield row, True


def _invitation_no_address(family: Family) -> Odd:
    for row, is_address in _pending(family):
        if not is_address:
            problem = (
                f"has an invitation to {_short(row.invitee_identifier)} ({row.pk}), which is no "
                "e-mail address, so nobody can accept it; mending withdraws it"
            )
            yield _name(row.organization), problem, row


def _invitation_expired(family: Family) -> Odd:
    now = timezone.now()
    for row, is_address in _pending(family):
        if is_address and row.expires_at is not None and row.expires_at <= now:
            problem = (
                f"has an unanswered invitation to {row.invitee_identifier}, expired on "
                f"{row.expires_at:%Y-%m-%d}; send it again on the members page, or withdraw it"
            )
            yield _name(row.organization), problem, row


def _password_raw(family: Family) -> Odd:
    user = family.member._meta.get_field("user").related_model
    try:
        user._meta.get_field("password")
    except FieldDoesNotExist:
        return
    rows = user._base_manager.filter(pk__in=family.member._base_manager.values("user_id"))
    # Nearly every hash has a dollar sign; the rest is looked at one by one.
    rows = rows.exclude(Q(password__startswith="!") | Q(password__contains="$"))  # noqa: S106
    for row in rows.order_by("pk").iterator():
        try:
            identify_hasher(row.password)
        except ValueError:
            problem = (
                "has text in place of a password's hash; mending empties it, which also ends "
                "open activation links"
            )
            yield f"{row} ({row.pk})", problem, row


#: What is odd and can be mended without a choice, by the code of the finding.
ROWS: dict[str, Callable[[Family], Odd]] = {
    "owner_no_admin": _owner_no_admin,
    "owner_unanchored": _owner_unanchored,
    "slug_reserved": _slug_reserved,
    "guid_twice": _guid_twice,
    "invitation_no_address": _invitation_no_address,
    "invitation_expired": _invitation_expired,
    "password_raw": _password_raw,
}
MENDABLE = tuple(ROWS)


def _make_admin(member: Any) -> None:
    members.set_admin(member, True)


def _anchor(owner: Any) -> None:
    anchors = apps.get_model("organizations", "OwnerAnchor")._base_manager
    key = owner.organization_id
    anchors.using(database_of(owner)).bulk_create(
        [anchors.model(organization_id=key, owner_id=key)], ignore_conflicts=True
    )


def _free_slug(organization: Any) -> None:
    using = database_of(organization)
    slug = slugs.free(type(organization), organization.slug, but=organization, using=using)
    # Not through save(): a project's slug field may make another one from the name.
    type(organization)._base_manager.using(using).filter(pk=organization.pk).update(slug=slug)


def _new_guid(invitation: Any) -> None:
    invitation.guid = uuid4()
    invitation.save(update_fields=["guid"])


def _withdraw(invitation: Any) -> None:
    invitations.revoke(invitation, actor=None, now=timezone.now())


def _no_password(user: Any) -> None:
    # Not through save(): the account itself stays as it is, switched off or not.
    rows = type(user)._base_manager.using(database_of(user)).filter(pk=user.pk)
    rows.update(password=make_password(None))


MENDS: dict[str, Callable[[Any], None]] = {
    "owner_no_admin": _make_admin,
    "owner_unanchored": _anchor,
    "slug_reserved": _free_slug,
    "guid_twice": _new_guid,
    "invitation_no_address": _withdraw,
    "invitation_expired": _withdraw,
    "password_raw": _no_password,
}


def _name(organization: Any) -> str:
    return f"{organization} ({organization.pk})"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


amend = make_async(mend)
