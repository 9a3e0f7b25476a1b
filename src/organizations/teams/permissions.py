"""The right that this app adds, and the one rule about leads."""

from __future__ import annotations

from organizations.words import gettext_lazy as _

from ..permissions import ADMINS, VIEW_MEMBER, declare, get

__all__ = ["MANAGE_TEAMS"]

MANAGE_TEAMS = declare(
    "organizations.manage_teams",
    label=_("Manage teams"),
    help=_("Make, change, move and delete teams, and choose who is in them and leads them."),
    group=get(VIEW_MEMBER).group,
    risk="high",
    default_for=ADMINS,
)
