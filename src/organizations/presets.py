"""What an offer carries besides the standing: roles, teams and whatever apps add.

An app registers a preset. Offers store the values by the preset's name, as plain JSON, and give
them to the new member in the step in which somebody joins::

    {"roles": ["3", "7"], "teams": ["12"]}

Values are references that are checked when the offer is made. One that is gone by the time
somebody joins gives nothing, so an offer never gives more than was offered.

Presets know the project's default family; offers of other families carry the standing alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ImproperlyConfigured

from .families import default_family, family_of
from .permissions import declared

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = [
    "Preset",
    "apply",
    "clean",
    "labels_of",
    "permissions_by_value",
    "permissions_of",
    "permissions_of_all",
    "presets_for",
    "register",
]


class Preset(Protocol):
    """Something that a new member gets at once, such as roles."""

    #: One word, under which offers store the values; registering it again replaces the preset.
    name: str
    #: What people call the values, in the plural.
    label: str | _StrPromise

    def choices(self, organization: Any) -> list[tuple[str, str]]:
        """Return what can be offered: values, each with its name for people."""

    def clean(self, organization: Any, values: Iterable[Any]) -> list[str]:
        """Return the values as they are stored, or raise ``OrganizationsError`` for a wrong one."""

    def permissions_by_value(
        self, organization: Any, values: Iterable[str]
    ) -> Mapping[str, frozenset[str]]:
        """Return the names of the permissions that each value brings; nothing for one that is gone.

        Lists ask it once for all their offers, so its queries must not grow with the values.
        """

    def apply(self, member: Any, values: list[str]) -> None:
        """Give the values to a new member, those that still exist."""


_presets: dict[str, Preset] = {}

Given = Mapping[str, Iterable[Any]] | None


def register(preset: Preset) -> None:
    """Let offers carry a preset. Call it in ``AppConfig.ready``."""
    _presets[preset.name] = preset


def presets_for(subject: Any) -> tuple[Preset, ...]:
    """Return the presets that offers of an organization (row or model) may carry."""
    if not _presets:
        return ()
    try:
        same = family_of(subject) == default_family()
    except ImproperlyConfigured:
        return ()  # check E002 tells about it
    return tuple(_presets.values()) if same else ()


def clean(organization: Any, given: Given) -> dict[str, list[str]]:
    """Return the values as offers store them, without empty ones.

    Raises:
        ImproperlyConfigured: nothing of that name is registered.
        OrganizationsError: a value is not one of the organization's.
    """
    known = {preset.name: preset for preset in presets_for(organization)}
    found = {}
    for name, values in (given or {}).items():
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise ImproperlyConfigured(
                f"Offers of {type(organization).__name__} carry no {name!r}. Known: {names}."
            )
        found[name] = known[name].clean(organization, values)
    return {name: values for name, values in found.items() if values}


def permissions_of(organization: Any, stored: Given) -> frozenset[str]:
    """Return the names of the permissions that stored values bring."""
    return permissions_of_all(organization, [stored])[0]


def permissions_of_all(organization: Any, offers: Iterable[Given]) -> list[frozenset[str]]:
    """Return as ``permissions_of`` for many offers, in order. Queries: as for one."""
    each = [dict(_stored(organization, stored)) for stored in offers]
    wanted: dict[str, set[str]] = {}
    for found in each:
        for preset, values in found.items():
            wanted.setdefault(preset.name, set()).update(values)
    brought = {
        preset.name: permissions_by_value(organization, preset, sorted(wanted[preset.name]))
        for preset in presets_for(organization)
        if preset.name in wanted
    }
    return [
        frozenset().union(
            *(
                brought[preset.name].get(value, ())
                for preset, values in found.items()
                for value in values
            )
        )
        for found in each
    ]


def permissions_by_value(
    organization: Any, preset: Preset, values: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Return the names of the permissions that each value of a preset brings.

    A name that is declared no longer gives nothing to anybody, and is left out.
    """
    known = {permission.name for permission in declared()}
    found = preset.permissions_by_value(organization, values)
    return {value: names & known for value, names in found.items()}


def labels_of(organization: Any, stored: Given) -> list[tuple[Any, list[str]]]:
    """Return each preset's label with what people call its stored values."""
    found = []
    for preset, values in _stored(organization, stored):
        names = dict(preset.choices(organization))
        found.append((preset.label, [names[value] for value in values if value in names]))
    return found


def apply(member: Any, organization: Any, stored: Given) -> None:
    """Give stored values to a new member."""
    for preset, values in _stored(organization, stored):
        preset.apply(member, values)


def _stored(organization: Any, stored: Given) -> list[tuple[Preset, list[str]]]:
    if not stored:
        return []
    # What an app brought that is not installed any more is passed over.
    return [
        (preset, list(stored[preset.name]))
        for preset in presets_for(organization)
        if preset.name in stored
    ]
