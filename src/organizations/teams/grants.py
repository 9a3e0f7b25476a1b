"""Teams as groups: what is given to a team reaches its members and those of the teams below."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet

from .models import Team, TeamMember

__all__ = ["TeamGroups"]


class TeamGroups:
    """The kind of group called ``team``; see ``organizations.grants.MemberGroups``."""

    kind = "team"
    model = Team
    is_fixed = True

    def reaching(self, member: Any) -> QuerySet[Any, Any]:
        """Return the keys of the teams that the member is in, and of all those above them.

        A row that crosses organizations brings nothing, however it came about.
        """
        return TeamMember.objects.filter(
            member=member,
            member__organization=F("organization"),
            team__organization=F("organization"),
            team__ancestor_rows__organization=F("organization"),
            team__ancestor_rows__ancestor__organization=F("organization"),
        ).values_list("team__ancestor_rows__ancestor", flat=True)

    def name_of(self, key: Any) -> QuerySet[Any, Any]:
        return Team.objects.filter(pk=key).order_by().values_list("name", flat=True)
