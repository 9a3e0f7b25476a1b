"""How many members an organization has, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, DateTimeField, Q
from django.utils import timezone

from ..families import family_of

__all__ = ["MONTHS", "RECENT", "Growth", "Month", "growth_of"]

#: How many months are counted, this one among them.
MONTHS = 12

#: How long somebody counts as new.
RECENT = timedelta(days=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Month:
    """A month in the life of an organization.

    Attributes:
        first: its first day.
        joined: how many of today's members joined in it.
        total: how many of them there were at its end.
    """

    first: date
    joined: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """The members of an organization in numbers.

    Those who have left are not counted: nothing keeps when they did.

    Attributes:
        count: all of them, suspended ones as well.
        recent: who joined within ``RECENT``; None where members have no ``created``.
        admins: None where members have no ``is_admin``.
        months: the last ``MONTHS``, oldest first; empty where members have no ``created``, or
            all joined in this month.
    """

    count: int
    recent: int | None = None
    admins: int | None = None
    months: tuple[Month, ...] = ()


def growth_of(organization: Any, *, now: datetime) -> Growth:
    """Count the members of an organization by the month in which they joined.

    Args:
        now: aware; months begin at midnight in the current time zone.
    Queries: 1, which reads the organization's members once.
    """
    family = family_of(organization)
    counts = {"count": Count("pk")}
    if family.has_field("member", "is_admin"):
        counts["admins"] = Count("pk", filter=Q(is_admin=True))
    begins = _begins(now)
    has_dates = family.has_field("member", "created") and isinstance(
        family.member._meta.get_field("created"), DateTimeField
    )
    if has_dates:
        counts["recent"] = Count("pk", filter=Q(created__gt=now - RECENT))
        for number, begin in enumerate(begins):
            joined = Q(created__gte=begin)
            if number + 1 < MONTHS:
                joined &= Q(created__lt=begins[number + 1])
            counts[f"month_{number}"] = Count("pk", filter=joined)
    rows = family.member._default_manager.filter(organization_id=organization.pk)
    found = rows.aggregate(**counts)
    joins = [found.pop(f"month_{number}") for number in range(MONTHS)] if has_dates else []
    return Growth(**found, months=_months(begins, joins, found["count"]))


def _begins(now: datetime) -> list[datetime]:
    """Return the first moment of each month, oldest first."""
    today = timezone.localtime(now)
    last = today.year * 12 + today.month - 1
    firsts = (divmod(number, 12) for number in range(last - MONTHS + 1, last + 1))
    return [timezone.make_aware(datetime(year, month + 1, 1)) for year, month in firsts]


def _months(begins: list[datetime], joins: list[int], count: int) -> tuple[Month, ...]:
    if not joins or joins[-1] == count:
        return ()  # one bar says nothing
    months = []
    for begin, joined in zip(reversed(begins), reversed(joins), strict=True):
        months.append(Month(first=begin.date(), joined=joined, total=count))
        count -= joined
    return tuple(reversed(months))
