"""The built-in grants: which permissions a standing brings."""

from __future__ import annotations

from .permissions import Standing, declared

__all__ = ["names_of", "standing_of"]


def standing_of(*, is_owner: bool, is_admin: bool) -> Standing:
    """Return the standing of a member from the two facts that the tables hold."""
    if is_owner:
        return Standing.OWNER
    return Standing.ADMIN if is_admin else Standing.MEMBER


def names_of(standing: Standing) -> frozenset[str]:
    """Return the names of the permissions that come with a standing."""
    return frozenset(
        permission.name for permission in declared() if standing in permission.default_for
    )
