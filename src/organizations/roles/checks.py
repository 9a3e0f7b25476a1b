"""System checks of this app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.checks import CheckMessage, Error

from organizations import permissions
from organizations.exceptions import NotGrantable, UnknownPermission

from . import registry

__all__ = ["ALL_CHECKS"]


def check_code_roles(**kwargs: Any) -> list[CheckMessage]:
    """E001: a role in code has a permission that nobody declares. E002: one of a standing."""
    found: list[CheckMessage] = []
    for role in registry.declared():
        for name in sorted(role.permissions):
            try:
                permissions.grantable([name])
            except UnknownPermission as error:
                found.append(
                    Error(
                        f"The role {role.name!r} holds a permission that is unknown. {error}",
                        hint="Correct the name, or declare the permission before the role.",
                        id="organizations_roles.E001",
                    )
                )
            except NotGrantable:
                found.append(
                    Error(
                        f"The role {role.name!r} holds {name!r}, which comes with a standing "
                        "alone.",
                        hint="Take it out of the role.",
                        id="organizations_roles.E002",
                    )
                )
    return found


ALL_CHECKS: tuple[Callable[..., list[CheckMessage]], ...] = (check_code_roles,)
