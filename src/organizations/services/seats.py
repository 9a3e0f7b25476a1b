"""Seats: how many members an organization may have, open offers included.

An offer to one person reserves a seat while it is open; accepting turns the reservation into
a member; an answer, a withdrawal or the end of its time frees it. Verbs count under the lock of
the organization and write in the same transaction, so the limit holds in any race.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ..conf import get_settings
from ..exceptions import SeatsFull
from ..families import family_of, live
from ..states import InvitationKind, InvitationStatus
from . import _records
from ._async import make_async

__all__ = ["Seats", "acount", "count", "limit_of", "require"]

#: Kinds of offers that hold a seat for one person while they are pending.
RESERVING = (InvitationKind.MAIL.value, InvitationKind.LINK.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seats:
    """How full an organization is.

    Attributes:
        limit: None for as many as come.
        members: those who have access.
        reserved: open offers to one person each.
    """

    limit: int | None
    members: int
    reserved: int

    @property
    def used(self) -> int:
        return self.members + self.reserved

    @property
    def free(self) -> int | None:
        """How many more may be invited or join, at least 0; None for any number."""
        return None if self.limit is None else max(self.limit - self.used, 0)


def limit_of(organization: Any) -> int | None:
    """Return how many members the organization may have, or None for any number.

    Raises:
        ImproperlyConfigured: the setting names no callable, or that gives no number.
    """
    seats = get_settings().SEATS
    if not isinstance(seats, str):
        return seats
    try:
        limit = import_string(seats)(organization)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"ORGANIZATIONS['SEATS'] names {seats!r}, which cannot be imported: {error}"
        ) from error
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise ImproperlyConfigured(f"{seats} must return a whole number or None, not {limit!r}.")
    return limit


def count(organization: Any, *, now: datetime) -> Seats:
    """Return how full an organization is. Queries: 2."""
    return Seats(
        limit=limit_of(organization),
        members=_members(organization, now),
        reserved=_reserved(organization, now),
    )


def require(organization: Any, *, now: datetime, reserved: bool = False) -> None:
    """Refuse a step for which there is no seat. Call it under the lock of the organization.

    Args:
        reserved: the step turns the reservation of an open offer into a member.
    Raises:
        SeatsFull: all are taken.
    Queries: 0 without a limit, else 1 or 2.
    """
    free = free_of(organization, now=now, reserved=reserved)
    if free is not None and free < 1:
        raise SeatsFull


def free_of(organization: Any, *, now: datetime, reserved: bool = False) -> int | None:
    """Return how many seats there are for a step, below 0 if too many are taken; None for any.

    Args: as ``require``. Queries: 0 without a limit, else 1 or 2.
    """
    limit = limit_of(organization)
    if limit is None:
        return None
    taken = _members(organization, now)
    if not reserved:
        taken += _reserved(organization, now)
    return limit - taken


def _members(organization: Any, now: datetime) -> int:
    family = family_of(organization)
    rows = family.member._base_manager.filter(organization_id=organization.pk)
    return int(rows.filter(live(family, now)).count())


def _reserved(organization: Any, now: datetime) -> int:
    model = family_of(organization).invitation
    if model is None:
        return 0
    rows = _records.rows_in(
        model,
        organization_id=organization.pk,
        statuses=[InvitationStatus.PENDING],
        unexpired_at=now,
        # What came by a link has its seat from the link.
        life={"kind__in": RESERVING, "parent_key": ""},
    )
    return int(rows.count())


acount = make_async(count)
