"""What the first page of an organization shows beside its people: figures, growth, next steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import permissions
from ..backends import invitation_backend
from ..permissions import Access
from ..plots import Plot, plot
from ..services import domains
from ..services.growth import Growth
from ..services.organizations import accent_of
from ..words import gettext_lazy as _
from .base import org_url

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["Stat", "Step", "growth_plot", "stats", "steps"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stat:
    """A figure and what it counts; with a page if the viewer may open one."""

    label: str | _StrPromise
    value: int
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Something that belongs to setting an organization up."""

    label: str | _StrPromise
    url: str
    is_done: bool


def stats(organization: Any, access: Access, growth: Growth, *, pending: int) -> list[Stat]:
    """Return at most four figures; none while there is one person alone. Queries: 0."""
    if growth.count < 2 and not pending:
        return []
    members_url = ""
    if access.has(permissions.VIEW_MEMBER):
        members_url = org_url("organization_user_list", organization)
    found = [Stat(label=_("Members"), value=growth.count, url=members_url)]
    if access.has(permissions.INVITE_MEMBER) and invitation_backend().requires_acceptance:
        url = f"{members_url}#invitations" if members_url and pending else ""
        found.append(Stat(label=_("Open invitations"), value=pending, url=url))
    if growth.recent is not None:
        found.append(Stat(label=_("Joined in the last 30 days"), value=growth.recent))
    return found


def steps(organization: Any, access: Access, growth: Growth, *, pending: int) -> list[Step]:
    """Return what the viewer may do to set the organization up; nothing once all is done.

    Queries: 0; 1 for who may change the organization, where people are asked to join.
    """
    found = []
    if access.has(permissions.INVITE_MEMBER):
        found.append(
            Step(
                label=_("Invite somebody"),
                url=org_url("organization_user_add", organization),
                is_done=growth.count > 1 or pending > 0,
            )
        )
    may_see = access.has(permissions.VIEW_MEMBER)
    if may_see and access.has(permissions.CHANGE_MEMBER) and growth.admins is not None:
        found.append(
            Step(
                label=_("Make a second person an admin"),
                url=org_url("organization_user_list", organization),
                is_done=growth.admins > 1,
            )
        )
    if access.has(permissions.CHANGE_ORGANIZATION):
        found.append(
            Step(
                label=_("Choose a colour"),
                url=org_url("organization_edit", organization),
                is_done=bool(accent_of(organization)),
            )
        )
        if invitation_backend().requires_acceptance:
            found.append(
                Step(
                    label=_("Say who may join without an invitation"),
                    url=org_url("organization_joining", organization),
                    is_done=domains.has_way_in(organization),
                )
            )
    return found if any(not step.is_done for step in found) else []


def growth_plot(growth: Growth) -> Plot | None:
    """Return the months of a growth as a plot; None if there is nothing to see."""
    if not growth.months:
        return None
    return plot([each.joined for each in growth.months], [each.total for each in growth.months])
