"""Teams in offers: somebody who joins is in them from the first moment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from organizations.words import gettext_lazy as _

from .. import grants
from ..exceptions import OrganizationsError
from . import services
from .exceptions import AlreadyInTeam
from .grants import TeamGroups
from .models import Team, TeamAncestor

__all__ = ["TeamPreset"]


class TeamPreset:
    """The preset ``teams``. A value is the key of a team."""

    name = "teams"
    label: Any = _("Teams")

    def choices(self, organization: Any) -> list[tuple[str, str]]:
        """Return the teams in the order of the tree, each with those above it. Queries: 2."""
        paths: dict[int | None, str] = {}
        for row in services.tree(organization):
            above = paths.get(row.parent_id)
            paths[row.team.pk] = f"{above} / {row.team.name}" if above else row.team.name
        return [(str(key), path) for key, path in paths.items()]

    def clean(self, organization: Any, values: Iterable[Any]) -> list[str]:
        known = dict(self.choices(organization))
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise OrganizationsError(_("Teams are given as a list."))
        found = list(values)
        for value in found:
            if not isinstance(value, str) or value not in known:
                raise OrganizationsError(
                    _("This organization has no team %(value)r (any more). Choose another one.")
                    % {"value": str(value)[:100]}
                )
        return list(dict.fromkeys(found))

    def permissions_by_value(
        self, organization: Any, values: Iterable[str]
    ) -> dict[str, frozenset[str]]:
        """Return what is given to each team and to those above. Queries: 1, and 1 per source."""
        keys = {value: key for value in values for key in _keys([value])}
        above = TeamAncestor._base_manager.filter(
            organization_id=organization.pk, team__in=keys.values()
        )
        pairs = list(above.order_by().values_list("team_id", "ancestor_id"))
        given = grants.names_given_to(
            organization,
            kind=TeamGroups.kind,
            keys={ancestor for _team, ancestor in pairs},
            now=timezone.now(),
        )
        found: dict[int, frozenset[str]] = {}
        for team, ancestor in pairs:
            found[team] = found.get(team, frozenset()) | given.get(ancestor, frozenset())
        return {value: found[key] for value, key in keys.items() if key in found}

    def apply(self, member: Any, values: list[str]) -> None:
        organization = member.organization
        rows = Team._base_manager.filter(organization_id=organization.pk, pk__in=_keys(values))
        for team in rows.select_related("organization").order_by("pk"):
            try:
                services.add_member(team, member, actor=None)
            except AlreadyInTeam:
                continue


def _keys(values: Iterable[str]) -> list[int]:
    """Return the keys; no database has one of more digits."""
    return [int(value) for value in values if value.isdecimal() and len(value) < 19]
