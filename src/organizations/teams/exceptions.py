"""The errors of this app; see ``organizations.exceptions`` for what they have in common."""

from __future__ import annotations

from django.db import IntegrityError

from organizations.words import gettext_lazy as _
from organizations.words import ngettext_lazy

from ..exceptions import OrganizationsError

__all__ = ["AlreadyInTeam", "TeamCycle", "TeamNameInvalid", "TeamNameTaken", "TeamTooDeep"]


class TeamNameTaken(OrganizationsError):
    """Another team of the organization has the name, in upper or lower case."""

    code = "team_name_taken"
    status_hint = 409
    message = _("There is a team of this name already. Choose another name.")


class TeamNameInvalid(OrganizationsError):
    """The name of a team is empty or too long."""

    code = "team_name_invalid"
    message = _("A team needs a name of at most 100 characters.")


class TeamCycle(OrganizationsError):
    """A team would be moved into itself or into one of the teams below it."""

    code = "team_cycle"
    status_hint = 409
    message = _("A team cannot be moved into itself or into a team below it.")


class TeamTooDeep(OrganizationsError):
    """Teams would be nested deeper than the setting allows; ``levels`` is that number."""

    code = "team_too_deep"
    status_hint = 409

    def __init__(self, levels: int) -> None:
        self.levels = levels
        text = ngettext_lazy(
            "Teams can have %(levels)d level here. Choose a place higher up.",
            "Teams can have %(levels)d levels here. Choose a place higher up.",
            "levels",
        )
        super().__init__(text % {"levels": levels})


class AlreadyInTeam(OrganizationsError, IntegrityError):
    """The member is in the team already."""

    code = "already_in_team"
    status_hint = 409
    message = _("This person is in the team already.")
