"""The settings of this app: one dictionary, ``ORGANIZATIONS_TEAMS``, typed and read late."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = ["TeamsSettings", "get_settings"]

NAME = "ORGANIZATIONS_TEAMS"


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamsSettings:
    """Every setting with its type, unit and default."""

    #: How many levels of teams there may be, 1 to 32; 1 is no team within a team.
    MAX_DEPTH: int = 8

    def __post_init__(self) -> None:
        depth = self.MAX_DEPTH
        # True is an int, too.
        if type(depth) is not int or not 1 <= depth <= 32:
            raise ImproperlyConfigured(
                f"{NAME}['MAX_DEPTH'] is {depth!r}; it must be a whole number from 1 to 32."
            )


@cache
def get_settings() -> TeamsSettings:
    """Return the settings now in force.

    Raises:
        ImproperlyConfigured: an unknown key, a wrong type or a value out of range.
    """
    given: Any = getattr(settings, NAME, {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"The setting {NAME} must be a dictionary.")
    known = [field.name for field in fields(TeamsSettings)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known keys: {', '.join(known)}."
            raise ImproperlyConfigured(f"{NAME} has no key {name!r}.{hint}")
    return TeamsSettings(**given)


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == NAME:
        get_settings.cache_clear()
