"""Who may do what: the one list of permissions, and ``Access``, the answer for one person.

A permission is a Django permission string, declared once before it is asked for. Which
standing has it from the start is part of the declaration; what else may give it (roles, teams)
registers in ``grants``. A project declares its own in ``<app>/permissions.py``, which is found
at start-up::

    from organizations import permissions

    REFUND = permissions.declare(
        "shop.refund_order", label=_("Refund orders"), group=_("Billing"), risk="high"
    )
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from .exceptions import NotGrantable, PermissionMissing, UnknownPermission
from .words import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = [
    "CHANGE_MEMBER",
    "CHANGE_ORGANIZATION",
    "DELETE_ORGANIZATION",
    "INVITE_MEMBER",
    "MANAGE_BILLING",
    "PROPOSE_MEMBER",
    "REMOVE_MEMBER",
    "SUSPEND_MEMBER",
    "TRANSFER_ORGANIZATION",
    "VIEW_MEMBER",
    "VIEW_ORGANIZATION",
    "Access",
    "Grant",
    "Permission",
    "Risk",
    "Standing",
    "declare",
    "declared",
    "get",
    "grantable",
]


class Standing(StrEnum):
    """What a member is by the built-in rules; exactly one member is the owner."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


EVERYBODY = frozenset(Standing)
ADMINS = frozenset({Standing.OWNER, Standing.ADMIN})
OWNER = frozenset({Standing.OWNER})


class Risk(StrEnum):
    """How much harm a right can do in the wrong hands."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True, slots=True)
class Permission:
    """One declared right: ``name`` is ``app_label.codename``."""

    name: str
    label: str | _StrPromise
    help: str | _StrPromise
    group: str | _StrPromise
    risk: Risk
    default_for: frozenset[Standing]
    grantable: bool


# What Django allows in an app label and what reads well in a codename. No spaces: sets of names
# are stored as words.
NAME = re.compile(r"[A-Za-z_]\w*\.[A-Za-z_]\w*", re.ASCII)

_registry: dict[str, Permission] = {}


def declare(
    name: str,
    *,
    label: str | _StrPromise,
    default_for: Iterable[Standing] = (),
    help: str | _StrPromise = "",
    group: str | _StrPromise | None = None,
    risk: Risk | str = Risk.MEDIUM,
    grantable: bool = True,
) -> str:
    """Declare a permission and return its name, to be kept as a constant.

    Args:
        name: ``app_label.codename``, as in Django.
        label: what the right lets a person do, for people.
        default_for: the standings that have it from the start. Who stands above them has it
            too, so the owner has every permission.
        help: a sentence more, where the label is not enough.
        group: the heading it stands under in lists; None for the app's name.
        risk: low, medium or high.
        grantable: False for a right that stays with its standing and goes into no role.
    Raises:
        ImproperlyConfigured: the name is no permission name, is declared twice, or differs
            from another one in upper and lower case alone; the risk is unknown.
    """
    if not NAME.fullmatch(name):
        raise ImproperlyConfigured(
            f"The permission {name!r} must be written as 'app_label.codename'."
        )
    same = [known for known in _registry if known.lower() == name.lower()]
    if same:
        as_what = "twice" if same == [name] else f"already, as {same[0]!r}"
        raise ImproperlyConfigured(f"The permission {name!r} is declared {as_what}.")
    try:
        known_risk = Risk(risk)
    except ValueError:
        raise ImproperlyConfigured(
            f"The permission {name!r} has the risk {risk!r}; it must be low, medium or high."
        ) from None
    _registry[name] = Permission(
        name=name,
        label=label,
        help=help,
        # Compared with None: a translation must not be looked up at import.
        group=name.partition(".")[0].replace("_", " ").capitalize() if group is None else group,
        risk=known_risk,
        default_for=_with_those_above(frozenset(map(Standing, default_for))),
        grantable=grantable,
    )
    return name


def _with_those_above(standings: frozenset[Standing]) -> frozenset[Standing]:
    if Standing.MEMBER in standings:
        return EVERYBODY
    return ADMINS if Standing.ADMIN in standings else OWNER


def get(name: str) -> Permission:
    """Return the declaration of a permission.

    Raises:
        UnknownPermission: nobody declared the name; the message has the nearest ones.
    """
    try:
        return _registry[name]
    except (KeyError, TypeError):
        raise UnknownPermission(name, _registry) from None


def declared() -> tuple[Permission, ...]:
    """Return every declared permission, in the order of declaration."""
    return tuple(_registry.values())


def grantable(names: Iterable[str]) -> frozenset[str]:
    """Return the names as a set that a role may hold.

    Raises:
        UnknownPermission: a name is not declared.
        NotGrantable: a right stays with its standing.
    """
    found = frozenset(get(name).name for name in names)
    fixed = sorted(name for name in found if not _registry[name].grantable)
    if fixed:
        raise NotGrantable(fixed[0])
    return found


_ORGANIZATION = _("Organization")
_MEMBERS = _("Members")

VIEW_ORGANIZATION = declare(
    "organizations.view_organization",
    label=_("View the organization"),
    group=_ORGANIZATION,
    risk=Risk.LOW,
    default_for=EVERYBODY,
)
CHANGE_ORGANIZATION = declare(
    "organizations.change_organization",
    label=_("Change the settings"),
    help=_("The name, the short name in addresses, and what the project adds."),
    group=_ORGANIZATION,
    default_for=ADMINS,
)
MANAGE_BILLING = declare(
    "organizations.manage_billing",
    label=_("Manage billing"),
    help=_("Plans, payment and invoices, where the project has them."),
    group=_ORGANIZATION,
    risk=Risk.HIGH,
    default_for=OWNER,
)
DELETE_ORGANIZATION = declare(
    "organizations.delete_organization",
    label=_("Delete the organization"),
    group=_ORGANIZATION,
    risk=Risk.HIGH,
    default_for=OWNER,
)
TRANSFER_ORGANIZATION = declare(
    "organizations.transfer_organization",
    label=_("Transfer the ownership"),
    help=_("Only the owner can give the organization into other hands."),
    group=_ORGANIZATION,
    risk=Risk.HIGH,
    default_for=OWNER,
    grantable=False,
)
VIEW_MEMBER = declare(
    "organizations.view_member",
    label=_("View the members"),
    group=_MEMBERS,
    risk=Risk.LOW,
    default_for=EVERYBODY,
)
INVITE_MEMBER = declare(
    "organizations.invite_member", label=_("Invite people"), group=_MEMBERS, default_for=ADMINS
)
PROPOSE_MEMBER = declare(
    "organizations.propose_member",
    label=_("Propose people"),
    help=_("Somebody who may invite decides."),
    group=_MEMBERS,
    risk=Risk.LOW,
    default_for=EVERYBODY,
)
CHANGE_MEMBER = declare(
    "organizations.change_member",
    label=_("Change what members may do"),
    help=_("Within one's own rights: nobody gives or takes more than they have."),
    group=_MEMBERS,
    risk=Risk.HIGH,
    default_for=ADMINS,
)
SUSPEND_MEMBER = declare(
    "organizations.suspend_member",
    label=_("Suspend members"),
    help=_("A suspended member keeps standing, roles and teams, but has no access."),
    group=_MEMBERS,
    risk=Risk.HIGH,
    default_for=ADMINS,
)
REMOVE_MEMBER = declare(
    "organizations.remove_member",
    label=_("Remove members"),
    group=_MEMBERS,
    risk=Risk.HIGH,
    default_for=ADMINS,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Grant:
    """Permissions that one person has, and from where.

    Attributes:
        kind: owner, admin, member, superuser, or the word of a source such as role.
        permissions: the names it brings.
        name: what people call the source; empty for a standing.
        via: the group of members through which it comes; empty if it is the person's own.
        until: when it ends, aware; None for never.
        ended: that moment has passed, so it brings nothing any more.
    """

    kind: str
    permissions: frozenset[str]
    name: str = ""
    via: str = ""
    until: datetime | None = None
    ended: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """What one user may do in one organization: a value to pass around, not to ask again.

    Attributes:
        organization_id: key of the organization.
        user_id: key of the user, None for somebody who is not signed in.
        member: the row that makes the user a member, or None.
        standing: owner, admin or member; None for everybody else.
        permissions: names of all the permissions the user has here.
        grants: where they come from, those that have ended among them.
        is_superuser: access comes from Django's superuser flag.
    """

    organization_id: Any
    user_id: Any = None
    member: Any = None
    standing: Standing | None = None
    permissions: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
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

    def sources_of(self, permission: str) -> tuple[Grant, ...]:
        """Return the grants that bring a permission, or brought it; an undeclared name raises."""
        name = get(permission).name
        return tuple(grant for grant in self.grants if name in grant.permissions)

    def require(self, permission: str) -> None:
        """Do nothing if the user has the permission, else raise ``PermissionMissing``."""
        if not self.has(permission):
            raise PermissionMissing(permission)
