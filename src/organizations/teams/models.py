"""Teams, who is in them, and what stands above what.

The ancestor table is the only truth about the order of teams: there is no column for the
parent. So nothing can disagree, one look answers for any depth, and the database itself refuses
a cycle. The foreign keys to the project's own organization and member are added in
``TeamsConfig.ready``.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Greatest, Least, Lower

from organizations.words import gettext_lazy as _

from ..fields import AutoCreatedField, AutoLastModifiedField
from .managers import TeamMemberQuerySet, TeamQuerySet

__all__ = ["Team", "TeamAncestor", "TeamMember"]


class Team(models.Model):
    """A named subset of the members of one organization."""

    organization: Any
    organization_id: Any

    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), max_length=300, blank=True)
    created = AutoCreatedField()
    modified = AutoLastModifiedField()

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = [Lower("name"), "pk"]
        constraints = [
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                name="organizations_team_name_once",
                violation_error_message=_("There is a team of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TeamAncestor(models.Model):
    """A team that stands above another one, or the team itself.

    ``distance`` is 0 for the team itself, 1 for its parent, and so on. Each team has a row for
    itself and for every team above it.
    """

    organization: Any
    organization_id: Any

    # A constraint begins with it, so it needs no index of its own.
    team = models.ForeignKey(Team, models.CASCADE, related_name="ancestor_rows", db_index=False)
    ancestor = models.ForeignKey(Team, models.CASCADE, related_name="descendant_rows")
    distance = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("team above a team")
        verbose_name_plural = _("teams above teams")
        constraints = [
            models.UniqueConstraint(
                fields=["team", "ancestor"], name="organizations_teamancestor_once"
            ),
            # One parent, one grandparent, ...
            models.UniqueConstraint(
                fields=["team", "distance"], name="organizations_teamancestor_one_each"
            ),
            models.CheckConstraint(
                condition=models.Q(distance=0, team=models.F("ancestor"))
                | models.Q(distance__gt=0) & ~models.Q(team=models.F("ancestor")),
                name="organizations_teamancestor_self",
            ),
            # Of two teams, one is above the other or the other above the one, never both.
            models.UniqueConstraint(
                Least("team", "ancestor"),
                Greatest("team", "ancestor"),
                condition=models.Q(distance__gt=0),
                name="organizations_teamancestor_no_cycle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} < {self.ancestor_id}"


class TeamMember(models.Model):
    """A member who is in a team."""

    organization: Any
    organization_id: Any
    member: Any
    member_id: Any

    # A constraint begins with it, so it needs no index of its own.
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", db_index=False)
    is_lead = models.BooleanField(_("leads the team"), default=False)
    created = AutoCreatedField()

    objects = TeamMemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member of a team")
        verbose_name_plural = _("members of teams")
        constraints = [
            models.UniqueConstraint(fields=["team", "member"], name="organizations_teammember_once")
        ]

    def __str__(self) -> str:
        return f"{self.member} ({self.team})"
