"""The app config: joins the tables to the project's family and makes teams known as groups."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from organizations.words import gettext_lazy as _

__all__ = ["TeamsConfig"]


class TeamsConfig(AppConfig):
    name = "organizations.teams"
    label = "organizations_teams"
    verbose_name = _("Teams")
    default_auto_field = "django.db.models.BigAutoField"
    organization_urls = "organizations.teams.urls"

    def ready(self) -> None:
        from .. import families, grants, pages, presets
        from ..permissions import VIEW_MEMBER
        from . import permissions  # noqa: F401  # declared in every process
        from .checks import check_settings
        from .grants import TeamGroups
        from .models import Team, TeamAncestor, TeamMember
        from .presets import TeamPreset

        families.link(Team, "organization", related_name="organizations_teams", db_index=False)
        families.link(TeamAncestor, "organization", related_name="+")
        families.link(TeamMember, "organization", related_name="+")
        families.link(TeamMember, "member", related_name="organizations_team_memberships")
        grants.register_groups(TeamGroups())
        presets.register(TeamPreset())
        pages.register(
            pages.Link(
                place="organization",
                url_name="organization_teams",
                label=_("Teams"),
                permission=VIEW_MEMBER,
            )
        )
        checks.register(check_settings, "organizations")
