"""What stands on a page beside its rows and comes along with the viewer's own member row.

That row is fetched in any case, since it says what the viewer may do. Each function here adds
columns to it, by a moment and a user's key or by expressions for them; see
``services.access.access_at``. Where there is no such row, as for a superuser who is no member and
on pages without an organization, the same is a query of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import OuterRef
from django.http import HttpRequest
from django.template import TemplateDoesNotExist, loader
from django.utils import timezone

from .backends import invitation_backend
from .conf import get_settings
from .doors import is_part
from .expressions import CountOf, RowsOf
from .families import Family, default_family, family_of
from .keyset import COUNTED
from .managers import ActiveOrgManager, of_member
from .services import addresses, invitations, requests
from .services.access import Columns, is_plain
from .services.organizations import accent_columns

__all__ = [
    "Choices",
    "OpenInvitations",
    "accent",
    "can_bring_invitations",
    "choices",
    "choices_of",
    "choices_on",
    "columns_for",
    "count_open_invitations",
    "count_waiting",
    "has_all",
    "offers",
    "open_invitations",
    "open_invitations_of",
    "source_of",
    "waiting",
]

#: Organizations in the menu of a page.
MOST_CHOICES = 20
#: Open invitations beside the members.
MOST_INVITATIONS = 25


@dataclass(frozen=True)
class Choices:
    """Where somebody can switch to.

    Attributes:
        organizations: at most ``MOST_CHOICES``, in the order of their model.
        pending: how many offers wait for an answer.
    """

    organizations: list[Any]
    pending: int


@dataclass(frozen=True)
class OpenInvitations:
    """Who has not answered yet.

    Attributes:
        rows: the newest ``MOST_INVITATIONS``, with their lives.
        count: of all; ``keyset.COUNTED`` + 1 for any number above.
    """

    rows: list[Any]
    count: int


def columns_for(request: HttpRequest, family: Family) -> tuple[Columns, ...]:
    """Return what every page of an organization shows, as columns of member rows."""
    is_page = request.method in {"GET", "HEAD"} and not is_part(request)
    layout = get_settings().BASE_TEMPLATE or "organizations/layout.html"
    if not (is_page and has_menu(layout) and can_bring_choices(family)):
        return (accent,)
    return (accent, choices, offers) if can_bring_offers(family) else (accent, choices)


@cache
def has_menu(layout: str) -> bool:
    """Return whether pages in a layout have the menu.

    Where that takes it from another template, the menu asks by itself.
    """
    base = source_of("organizations_base.html")
    # A project's own file of that name is the layout.
    return "org_switcher" in (source_of(layout) if "base_template" in base else base)


def source_of(name: str) -> str:
    """Return the text of a template, or nothing."""
    try:
        found: Any = loader.get_template(name)
    except TemplateDoesNotExist:
        return ""  # check E009 says it
    return str(getattr(getattr(found, "template", None), "source", ""))


def accent(family: Family, *, now: Any, user: Any) -> dict[str, Any]:
    """The colour of the organization's pages."""
    return accent_columns(family.organization, key="organization_id")


def choices(family: Family, *, now: Any, user: Any) -> dict[str, Any]:
    """The organizations of ``choices_of``. Ask ``can_bring_choices`` first."""
    rows = of_member(_in_use(family), family, user, now=now)
    return {"_org_choices": RowsOf(rows[:MOST_CHOICES])}


def offers(family: Family, *, now: Any, user: Any) -> dict[str, Any]:
    """The number of ``choices_of``. Ask ``can_bring_offers`` first."""
    is_to_them = addresses.has_recorded("invitee_identifier", user)
    rows = invitations.open_to(is_to_them, user, model=family.invitation, now=now)
    return {"_org_offers": CountOf(rows.order_by().values("pk"))}


def can_bring_offers(family: Family) -> bool:
    """Return whether member rows of a family can bring ``offers``."""
    return _asks(family) and addresses.are_recorded() and is_plain(family.invitation._base_manager)


def can_bring_choices(family: Family) -> bool:
    """Return whether member rows of a family can bring ``choices``.

    The menu shows organizations of the default family, as the project's manager gives them, and a
    manager of the project's own may give others for each request.
    """
    return (
        family == default_family()
        and is_plain(family.organization._default_manager)
        and RowsOf.travels(family.organization)
    )


def has_all(manager: Any) -> bool:
    """Return whether a manager gives the organizations that the menu shows."""
    model = default_family().organization
    is_ours = type(manager) is ActiveOrgManager and manager.model is model
    return is_ours and is_plain(model._default_manager)


def choices_of(user: Any) -> Choices:
    """Return where a signed-in user can switch to.

    Queries: 1; 2 for somebody who is in no organization, and 1 more for each source of verified
    addresses where there are several.
    """
    family, now = default_family(), timezone.now()
    rows = of_member(_in_use(family), family, user.pk, now=now)
    if not _asks(family):
        return Choices(list(rows[:MOST_CHOICES]), 0)
    waits = invitations.open_for(user, model=family.invitation, now=now)
    found = list(rows.annotate(_org_offers=CountOf(waits.order_by().values("pk")))[:MOST_CHOICES])
    return Choices(found, found[0]._org_offers if found else waits.count())


def choices_on(member: Any) -> Choices | None:
    """Return what a member row has brought of ``choices_of`` for its user, or None.

    Queries: 0, or for offers that could not come along those of ``invitations.open_for`` and 1.
    """
    if not hasattr(member, "_org_choices"):
        return None
    family = default_family()
    if not _asks(family):
        return Choices(member._org_choices, 0)
    if hasattr(member, "_org_offers"):
        return Choices(member._org_choices, member._org_offers)
    waits = invitations.open_for(member.user, model=family.invitation, now=timezone.now())
    return Choices(member._org_choices, waits.count())


def can_bring_invitations(family: Family) -> bool:
    """Return whether member rows of a family can bring ``open_invitations`` and ``waiting``."""
    model = family.invitation
    return _asks(family) and is_plain(model._base_manager) and RowsOf.travels(model)


def open_invitations(family: Family, *, now: Any, user: Any) -> dict[str, Any]:
    """What ``open_invitations_of`` returns. Ask ``can_bring_invitations`` first."""
    rows = invitations.unanswered_of(family.invitation)
    rows = rows.filter(organization_id=OuterRef("organization_id"))
    return {
        "_org_invitations": RowsOf(rows[:MOST_INVITATIONS]),
        "_org_invitation_count": CountOf(rows.order_by().values("pk")[: COUNTED + 1]),
    }


def open_invitations_of(organization: Any, member: Any = None) -> OpenInvitations:
    """Return who has been invited and has not answered, the expired ones among them.

    Nobody where people are not asked before they join: rows that another backend has left behind
    cannot be answered or sent again.

    Args:
        member: a member row of the organization, which may have brought them along.
    Queries: 0 if it has, else 2; 1 more where invitations keep their lives in records.
    """
    family = family_of(organization)
    if not _asks(family):
        return OpenInvitations([], 0)
    if hasattr(member, "_org_invitations"):
        rows, count = member._org_invitations, member._org_invitation_count
        for row in rows:
            row.organization = organization
    else:
        found = invitations.unanswered(organization)
        rows, count = list(found[:MOST_INVITATIONS]), found[: COUNTED + 1].count()
    return OpenInvitations(invitations.with_life(rows), count)


def count_open_invitations(organization: Any) -> int:
    """Return how many have not answered, the expired ones among them. Queries: 0 or 1."""
    return invitations.unanswered(organization).count() if _asks(family_of(organization)) else 0


def waiting(family: Family, *, now: Any, user: Any) -> dict[str, Any]:
    """What ``count_waiting`` returns. Ask ``can_bring_invitations`` first."""
    rows = requests.waiting_in(OuterRef("organization_id"), model=family.invitation, now=now)
    return {"_org_waiting": CountOf(rows.order_by().values("pk"))}


def count_waiting(organization: Any, member: Any = None) -> int:
    """Return how many requests and proposals wait for a decision.

    Args:
        member: a member row of the organization, which may have brought it along.
    Queries: 0 if it has, else 1.
    """
    found = getattr(member, "_org_waiting", None)
    if found is None:
        return int(requests.waiting(organization, now=timezone.now()).count())
    return int(found)


def _asks(family: Family) -> bool:
    """Return whether people are asked before they join."""
    return family.invitation is not None and bool(invitation_backend().requires_acceptance)


def _in_use(family: Family) -> Any:
    return family.organization._default_manager.filter(is_active=True)
