"""What stands above what: the rows of the ancestor table, kept right when teams move.

The rows tell nobody anything, so they are written in bulk, without Django's signals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..services import _writes
from .models import TeamAncestor

#: The key of a team, with its distance.
Distances = Mapping[int, int]


def rows() -> Any:
    return TeamAncestor._base_manager.order_by("pk")


def above(team: Any) -> dict[int, int]:
    """Return the teams above a team and the team itself, with their distances. Queries: 1."""
    return dict(rows().filter(team=team.pk).values_list("ancestor_id", "distance"))


def below(team: Any) -> dict[int, int]:
    """Return the teams below a team and the team itself, with their distances. Queries: 1."""
    return dict(rows().filter(ancestor=team.pk).values_list("team_id", "distance"))


def begin(team: Any, parent_line: Distances) -> None:
    """Write the rows of a new team; ``parent_line`` is ``above(parent)``. Queries: 1."""
    _insert(team, {team.pk: 0}, {team.pk: 0})
    hang(team, {team.pk: 0}, parent_line)


def hang(team: Any, branch: Distances, parent_line: Distances) -> None:
    """Put a team with all below it (``branch``) below a parent. Queries: 1, or 0 for the top."""
    _insert(team, branch, {key: distance + 1 for key, distance in parent_line.items()})


def cut(branch: Distances, line: Distances) -> None:
    """Take a branch out from below the teams of a line. Queries: 1, or 0 for an empty line."""
    if line:
        _writes.delete(rows().filter(team__in=list(branch), ancestor__in=list(line)))


def forget(team: Any) -> None:
    """Delete every row that names a team. Queries: 2."""
    _writes.delete(rows().filter(team=team.pk))
    _writes.delete(rows().filter(ancestor=team.pk))


def _insert(team: Any, branch: Distances, line: Distances) -> None:
    new = [
        TeamAncestor(
            organization_id=team.organization_id,
            team_id=key,
            ancestor_id=other,
            distance=down + up,
        )
        for key, down in branch.items()
        for other, up in line.items()
    ]
    if new:
        TeamAncestor._base_manager.bulk_create(new, batch_size=500)
