"""The permission of this app."""

from __future__ import annotations

from organizations.permissions import ADMINS, Risk, declare
from organizations.words import gettext_lazy as _

__all__ = ["MANAGE_ROLES"]

MANAGE_ROLES = declare(
    "organizations.manage_roles",
    label=_("Manage roles"),
    help=_("Make, change and delete roles, and give them to whole groups."),
    group=_("Members"),
    risk=Risk.HIGH,
    default_for=ADMINS,
)
