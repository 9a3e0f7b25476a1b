"""Who may do what: the one list of permissions, and ``Access``, the answer for one person.

A permission is a Django permission string, declared once before it is asked for. Which
standing has it by default is part of the declaration; nothing else decides it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from .exceptions import PermissionMissing, UnknownPermission

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = [
    "CHANGE_MEMBER",
    "CHANGE_ORGANIZATION",
    "DELETE_ORGANIZATION",
    "INVITE_MEMBER",
    "REMOVE_MEMBER",
    "TRANSFER_ORGANIZATION",
    "VIEW_MEMBER",
    "VIEW_ORGANIZATION",
    "Access",
    "Permission",
    "Standing",
    "declare",
    "declared",
    "get",
]


class Standing(StrEnum):
    """What a member is by the built-in rules; exactly one member is the owner."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


EVERYBODY = frozenset(Standing)
ADMINS = frozenset({Standing.OWNER, Standing.ADMIN})
OWNER = frozenset({Standing.OWNER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """One declared right: ``name`` is ``app_label.codename``."""

    name: str
    label: str | _StrPromise
    default_for: frozenset[Standing]


_registry: dict[str, Permission] = {}


def declare(name: str, *, label: str | _StrPromise, default_for: Iterable[Standing]) -> str:
    """Declare a permission and return its name, to be kept as a constant.

    Args:
        name: ``app_label.codename``, as in Django.
        label: what the right lets a person do, for people.
        default_for: the standings that have it from the start.
    Raises:
        ImproperlyConfigured: the name has no dot, or is declared twice.
    """
    if name.count(".") != 1:
        raise ImproperlyConfigured(
            f"The permission {name!r} must be written as 'app_label.codename'."
        )
    if name in _registry:
        raise ImproperlyConfigured(f"The permission {name!r} is declared twice.")
    _registry[name] = Permission(name=name, label=label, default_for=frozenset(default_for))
    return name


def get(name: str) -> Permission:
    """Return the declaration of a permission.

    Raises:
        UnknownPermission: nobody declared the name; the message has the nearest ones.
    """
    try:
        return _registry[name]
    except KeyError:
        raise UnknownPermission(name, _registry) from None


def declared() -> tuple[Permission, ...]:
    """Return every declared permission, in the order of declaration."""
    return tuple(_registry.values())


VIEW_ORGANIZATION = declare(
    "organizations.view_organization", label=_("View the organization"), default_for=EVERYBODY
)
VIEW_MEMBER = declare(
    "organizations.view_member", label=_("View the members"), default_for=EVERYBODY
)
CHANGE_ORGANIZATION = declare(
    "organizations.change_organization", label=_("Change the settings"), default_for=ADMINS
)
INVITE_MEMBER = declare("organizations.invite_member", label=_("Invite people"), default_for=ADMINS)
CHANGE_MEMBER = declare(
    "organizations.change_member", label=_("Change what members may do"), default_for=ADMINS
)
REMOVE_MEMBER = declare(
    "organizations.remove_member", label=_("Remove members"), default_for=ADMINS
)
TRANSFER_ORGANIZATION = declare(
    "organizations.transfer_organization", label=_("Transfer the ownership"), default_for=OWNER
)
DELETE_ORGANIZATION = declare(
    "organizations.delete_organization", label=_("Delete the organization"), default_for=OWNER
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What one user may do in one organization: a value to pass around, not to ask again.

    Attributes:
        organization_id: key of the organization.
        user_id: key of the user, None for somebody who is not signed in.
        member: the row that makes the user a member, or None.
        standing: owner, admin or member; None for everybody else.
        permissions: names of all the permissions the user has here.
        is_superuser: access comes from Django's superuser flag.
    """

    organization_id: Any
    user_id: Any = None
    member: Any = None
    standing: Standing | None = None
    permissions: frozenset[str] = frozenset()
    is_superuser: bool = False

    @property
    def is_member(self) -> bool:
        return self.standing is not None

    @property
    def is_admin(self) -> bool:
        return self.standing in ADMINS

    @property
    def is_owner(self) -> bool:
        return self.standing is Standing.OWNER

    @property
    def may_enter(self) -> bool:
        """Whether the organization exists at all for this user."""
        return self.is_member or self.is_superuser

    def has(self, permission: str) -> bool:
        """Return whether the user has the permission; an undeclared name raises."""
        return get(permission).name in self.permissions

    def require(self, permission: str) -> None:
        """Do nothing if the user has the permission, else raise ``PermissionMissing``."""
        if not self.has(permission):
            raise PermissionMissing(permission)
