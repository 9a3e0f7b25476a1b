"""Roles that a project declares in code: the same in every organization, and locked there.

A project declares them in ``<app>/permissions.py``, behind the permissions they hold::

    from organizations.roles import registry

    CASHIER = registry.declare(
        "cashier", label=_("Cashier"), permissions=["shop.view_order", "shop.refund_order"]
    )
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from organizations.permissions import Standing

from .exceptions import UnknownRole

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["CodeRole", "declare", "declared", "get"]

# It begins with a letter, since stored roles go by a number.
NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}", re.ASCII)
#: Words that say something else in addresses and in explanations.
RESERVED = {*Standing, "superuser", "add"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeRole:
    """A role that stands in code."""

    name: str
    label: str | _StrPromise
    permissions: frozenset[str]
    description: str | _StrPromise

    def __str__(self) -> str:
        return str(self.label)


_registry: dict[str, CodeRole] = {}


def declare(
    name: str,
    *,
    label: str | _StrPromise,
    permissions: Iterable[str],
    description: str | _StrPromise = "",
) -> str:
    """Declare a role and return its name, to be kept as a constant.

    Args:
        name: small letters, digits, - and _; it is stored with those who have the role.
        label: what people call it.
        permissions: names of permissions; a check tells which of them nobody declares.
        description: what the role is for.
    Raises:
        ImproperlyConfigured: the name is no such word, is taken or is reserved.
    """
    if not NAME.fullmatch(name) or name in RESERVED:
        raise ImproperlyConfigured(
            f"{name!r} cannot be the name of a role: use small letters, digits, - and _, begin "
            f"with a letter, and none of {', '.join(sorted(map(str, RESERVED)))}."
        )
    if name in _registry:
        raise ImproperlyConfigured(f"The role {name!r} is declared twice.")
    if isinstance(permissions, str):
        raise ImproperlyConfigured(f"The role {name!r} needs a list of permissions, not a text.")
    _registry[name] = CodeRole(
        name=name, label=label, permissions=frozenset(permissions), description=description
    )
    return name


def get(name: str) -> CodeRole:
    """Return the declaration of a role.

    Raises:
        UnknownRole: nobody declared the name; the message has the nearest ones.
    """
    try:
        return _registry[name]
    except (KeyError, TypeError):
        raise UnknownRole(name, _registry) from None


def declared() -> tuple[CodeRole, ...]:
    """Return every declared role, in the order of declaration."""
    return tuple(_registry.values())
