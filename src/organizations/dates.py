"""Days that people choose and moments that are stored: the last day, and the end behind it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from .words import gettext

__all__ = ["DayField", "as_stored", "clean_day", "day_of", "end_of", "last_day"]


def last_day(moment: datetime | None) -> date | None:
    """Return the last day before an end, as the viewer's calendar has it."""
    if moment is None:
        return None
    return day_of(moment - timedelta(microseconds=1))


def day_of(moment: datetime) -> date:
    """Return the day of a moment, as the viewer's calendar has it."""
    return (timezone.localtime(moment) if timezone.is_aware(moment) else moment).date()


def end_of(day: date | None) -> datetime | None:
    """Return the end of a day, as the viewer's calendar has it."""
    if day is None:
        return None
    midnight = datetime.combine(day + timedelta(days=1), time.min)
    return timezone.make_aware(midnight)


def clean_day(day: date | None) -> date | None:
    """Return a day that has not passed.

    Raises:
        ValidationError: it has.
    """
    if day is not None and day < day_of(timezone.now()):
        raise ValidationError(gettext("This day has passed. Choose today or a later day."))
    return day


def as_stored(moment: datetime | None) -> datetime | None:
    """Return a moment in the form in which the project stores it.

    Raises:
        ValueError: it has no time zone in a project that uses them.
    """
    if moment is None or timezone.is_aware(moment) == settings.USE_TZ:
        return moment
    if settings.USE_TZ:
        raise ValueError("ends_at needs a time zone.")
    return timezone.make_naive(moment, timezone.get_default_timezone())


class DayField(forms.DateField):
    """A last day, today or later."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **kwargs)

    def to_python(self, value: Any) -> Any:
        day = super().to_python(value)
        if day is not None and not date(1970, 1, 1) <= day <= date(9000, 1, 1):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day
