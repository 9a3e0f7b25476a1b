"""Teams are made, changed, moved and deleted; members join, leave and lead them.

What is given to a team reaches its members and those of the teams below it. So joining, leaving,
moving and deleting can give rights and take them, and every verb holds what it changes against
the rights of its actor. An actor of None stands for code that acts by its own word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower

from organizations.words import gettext_lazy as _

from .. import signals
from ..exceptions import OrganizationMismatch, PermissionMissing
from ..permissions import Access
from ..services import _writes
from ..services._async import make_async
from ..services._locks import lock_organization, verb
from ..services.ceiling import Authority, authority
from . import _order
from ._rights import within_rights
from .conf import get_settings
from .exceptions import AlreadyInTeam, TeamCycle, TeamNameInvalid, TeamNameTaken, TeamTooDeep
from .models import Team, TeamAncestor, TeamMember
from .permissions import MANAGE_TEAMS

__all__ = [
    "NAME_LENGTH",
    "TreeRow",
    "aadd_member",
    "achange",
    "acreate",
    "add_member",
    "adelete",
    "amove",
    "ancestors_of",
    "aremove_member",
    "aset_lead",
    "change",
    "children_of",
    "create",
    "delete",
    "free_name",
    "may_manage_members",
    "members_of",
    "move",
    "parent_of",
    "remove_member",
    "set_lead",
    "teams_of",
    "tree",
]

#: Characters of the longest name.
NAME_LENGTH = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class TreeRow:
    """A team in its place; ``level`` is 1 for a team at the top."""

    team: Any
    level: int
    parent_id: int | None


def tree(organization: Any) -> list[TreeRow]:
    """Return the teams of an organization: each behind its parent, sisters by name.

    Each team has its number of members as ``member_count``.

    Queries: 2.
    """
    teams = Team.objects.for_organization(organization).counted()
    rows = TeamAncestor.objects.filter(organization_id=organization.pk, distance=1)
    parents = dict(rows.values_list("team_id", "ancestor_id"))
    below: dict[int | None, list[Any]] = {}
    for team in teams:
        below.setdefault(parents.get(team.pk), []).append(team)
    found: list[TreeRow] = []
    waiting = [(team, 1) for team in reversed(below.get(None, []))]
    while waiting:
        team, level = waiting.pop()
        found.append(TreeRow(team=team, level=level, parent_id=parents.get(team.pk)))
        waiting += [(each, level + 1) for each in reversed(below.get(team.pk, []))]
    return found


def parent_of(team: Any) -> Any:
    """Return the team directly above, or None. Queries: 1."""
    return Team.objects.above(team).last()


def ancestors_of(team: Any) -> Any:
    """Return the teams above a team, the highest first, as a queryset."""
    return Team.objects.above(team)


def children_of(team: Any) -> Any:
    """Return the teams directly below a team, by name, as a queryset."""
    return Team.objects.directly_below(team)


def teams_of(member: Any) -> Any:
    """Return the teams that a member is in, by name, as a queryset; not those above them."""
    return Team.objects.with_member(member)


def members_of(team: Any) -> Any:
    """Return the rows of those in a team, leads first, each with its member, as a queryset."""
    return TeamMember.objects.of_team(team)


def may_manage_members(access: Access | None, team: Any) -> bool:
    """Return whether somebody may add members to a team and remove them: the one rule.

    Whoever manages teams may, and whoever leads this team; leading a team above it is not enough.

    Args:
        access: of the person, in the team's organization; None for code that acts by its own word.
    Queries: 1, or 0 for those who manage teams.
    """
    if access is None:
        return True
    if access.organization_id != team.organization_id:
        return False
    if access.has(MANAGE_TEAMS):
        return True
    if access.member is None:
        return False
    return bool(members_of(team).leads().filter(member=access.member.pk).exists())


@verb
def create(
    organization: Any, *, name: str, actor: Any, parent: Any = None, description: str = ""
) -> Any:
    """Make a team and return it.

    Args:
        parent: the team that it stands below; None for the top.
    Raises:
        TeamNameInvalid, TeamNameTaken: the team cannot be called so.
        TeamTooDeep: there are no more levels.
        OrganizationMismatch: the parent belongs to another organization.
        NotAllowed: the actor may not manage teams.
    Queries: 4, or 7 with a parent; 1 more with an actor. Locks: the organization.
    Signals: team_created.
    """
    lock_organization(organization)
    authority(organization, actor).require(MANAGE_TEAMS)
    line = _line_of(organization, parent, levels=1)
    team = Team(
        organization=organization,
        name=free_name(organization, name),
        description=description.strip(),
    )
    _writes.insert(team)
    _order.begin(team, line)
    signals.team_created.send(sender=Team, organization=organization, team=team, actor=actor)
    return team


@verb
def change(
    team: Any, *, actor: Any, name: str | None = None, description: str | None = None
) -> Any:
    """Change what a team is called and what is said about it; return the fresh row.

    Args:
        name, description: None leaves it as it is.
    Raises:
        TeamNameInvalid, TeamNameTaken: the team cannot be called so.
        DoesNotExist: the team is gone.
        NotAllowed: the actor may not manage teams.
    Locks: the organization. Signals: team_changed, if anything changed.
    """
    team, may = _enter(team, actor)
    may.require(MANAGE_TEAMS)
    values: dict[str, str] = {}
    if name is not None and name.strip() != team.name:
        values["name"] = free_name(team.organization, name, current=team)
    if description is not None and description.strip() != team.description:
        values["description"] = description.strip()
    if values:
        changes = {field: (getattr(team, field), value) for field, value in values.items()}
        for field, value in values.items():
            setattr(team, field, value)
        _writes.save(team, *values, "modified")
        _tell_change(team, actor, changes)
    return team


@verb
def move(team: Any, *, parent: Any, actor: Any) -> Any:
    """Put a team, with all below it, below another one; return the fresh row.

    Args:
        parent: the team that it comes to stand below; None for the top.
    Raises:
        TeamCycle: the parent is the team itself or stands below it.
        TeamTooDeep: there are not enough levels.
        OrganizationMismatch: the parent belongs to another organization.
        DoesNotExist: one of the teams is gone.
        NotAllowed: the actor may not manage teams, or somebody would gain or lose what the actor
            does not have, or the actor would gain something.
    Queries: 10, whatever is below it; 4 more with an actor. Locks: the organization.
    Signals: team_changed with the keys of both parents, if it is another parent.
    """
    team, may = _enter(team, actor)
    may.require(MANAGE_TEAMS)
    branch = _order.below(team)
    if parent is not None and parent.pk in branch:
        raise TeamCycle
    line = _line_of(team.organization, parent, levels=max(branch.values()) + 1)
    old_line = _order.above(team)
    old_parent, new_parent = _nearest(old_line, 1), _nearest(line, 0)
    if old_parent == new_parent:
        return team
    del old_line[team.pk]
    with within_rights(may, _users_in(may, branch)):
        _order.cut(branch, old_line)
        _order.hang(team, branch, line)
    _tell_change(team, actor, {"parent": (old_parent, new_parent)})
    return team


@verb
def delete(team: Any, *, actor: Any) -> None:
    """Delete a team. The teams below it move up to its parent; its members stay members.

    Raises:
        DoesNotExist: the team is gone.
        NotAllowed: the actor may not manage teams, or somebody would lose what the actor does not
            have.
    Locks: the organization. Signals: team_changed for each team directly below, with the keys of
        both parents; team_deleted.
    """
    team, may = _enter(team, actor)
    may.require(MANAGE_TEAMS)
    key = team.pk
    branch, line = _order.below(team), _order.above(team)
    with within_rights(may, _users_in(may, branch)):
        orphans = list(children_of(team).order_by("pk"))
        del branch[key], line[key]
        # Without the team between them, the two sides stand one nearer.
        _order.cut(branch, line)
        _order.forget(team)
        _order.hang(team, {each: down - 2 for each, down in branch.items()}, line)
        _writes.delete(TeamMember._base_manager.filter(team=key))
        _writes.delete(Team._base_manager.filter(pk=key))
    for orphan in orphans:
        orphan.organization = team.organization
        _tell_change(orphan, actor, {"parent": (key, _nearest(line, 1))})
    signals.team_deleted.send(sender=Team, organization=team.organization, team=team, actor=actor)


@verb
def add_member(team: Any, member: Any, *, actor: Any, is_lead: bool = False) -> Any:
    """Put a member into a team and return the row that says so.

    Raises:
        AlreadyInTeam: the member is in the team.
        OrganizationMismatch: the member belongs to another organization.
        DoesNotExist: the team or the member is gone.
        NotAllowed: the actor neither manages teams nor leads this one, or the member would gain
            what the actor does not have, or would be the actor and gain something; making
            somebody a lead takes what ``set_lead`` takes.
    Locks: the organization. Signals: team_member_added.
    """
    team, may = _enter(team, actor)
    member = _member_again(team, member)
    _require_management(may, team)
    if is_lead:
        _may_lead(may, member)
    if _row_of(team, member).exists():
        raise AlreadyInTeam
    row = TeamMember(organization=team.organization, team=team, member=member, is_lead=is_lead)
    with within_rights(may, [member.user_id]):
        _writes.insert(row)
    signals.team_member_added.send(
        sender=TeamMember, organization=team.organization, team=team, member=member, actor=actor
    )
    return row


@verb
def remove_member(team: Any, member: Any, *, actor: Any) -> None:
    """Take a member out of a team. Everybody may leave.

    Raises:
        DoesNotExist: the team or the member is gone, or the member is not in the team.
        NotAllowed: the actor neither manages teams nor leads this one, the member has more than
            the actor, or the member is a lead and the actor manages no teams.
    Locks: the organization. Signals: team_member_removed.
    """
    team, may = _enter(team, actor)
    member = _member_again(team, member)
    if not may.is_self(member):
        _require_management(may, team)
        may.may_touch(member)
    row = _row_of(team, member).get()
    if row.is_lead and not may.is_self(member):
        may.require(MANAGE_TEAMS)
    # What is lost is part of what the member has, which has been compared.
    _writes.delete(_row_of(team, member))
    signals.team_member_removed.send(
        sender=TeamMember, organization=team.organization, team=team, member=member, actor=actor
    )


@verb
def set_lead(team: Any, member: Any, is_lead: bool, *, actor: Any) -> Any:
    """Make somebody in a team its lead, or no longer; return the fresh row. All may step down.

    Raises:
        DoesNotExist: the team or the member is gone, or the member is not in the team.
        NotAllowed: the actor may not manage teams, the member has more than the actor, or the
            actor would make a lead of themselves and does not own the organization.
    Locks: the organization. Signals: team_member_changed, if anything changed.
    """
    team, may = _enter(team, actor)
    member = _member_again(team, member)
    if is_lead or not may.is_self(member):
        _may_lead(may, member, gains=is_lead)
    row = _row_of(team, member).get()
    if row.is_lead != is_lead:
        row.is_lead = is_lead
        _writes.save(row, "is_lead")
        signals.team_member_changed.send(
            sender=TeamMember,
            organization=team.organization,
            team=team,
            member=member,
            actor=actor,
            changes={"is_lead": (not is_lead, is_lead)},
        )
    return row


def _enter(team: Any, actor: Any) -> tuple[Any, Authority]:
    """Lock the team's organization; return the fresh team and what the actor may do."""
    lock_organization(team.organization)
    team = _again(team, team.organization)
    return team, authority(team.organization, actor)


def _again(team: Any, organization: Any) -> Any:
    found = Team._base_manager.select_related("organization").get(pk=team.pk)
    if found.organization_id != organization.pk:
        raise OrganizationMismatch(_("This team belongs to another organization."))
    return found


def _member_again(team: Any, member: Any) -> Any:
    found = type(member)._base_manager.select_related("user").get(pk=member.pk)
    if found.organization_id != team.organization_id:
        raise OrganizationMismatch
    return found


def _row_of(team: Any, member: Any) -> Any:
    return TeamMember._base_manager.filter(
        team=team.pk, member=member.pk, organization_id=team.organization_id
    )


def _require_management(may: Authority, team: Any) -> None:
    if not may_manage_members(may.access, team):
        raise PermissionMissing(MANAGE_TEAMS)


def _may_lead(may: Authority, member: Any, *, gains: bool = True) -> None:
    may.require(MANAGE_TEAMS)
    may.may_touch(member)
    if gains:
        may.may_raise(member)


def _line_of(organization: Any, parent: Any, *, levels: int) -> dict[int, int]:
    """Return the teams from a parent upwards, if so many levels fit below it."""
    line = {} if parent is None else _order.above(_again(parent, organization))
    most = get_settings().MAX_DEPTH
    if len(line) + levels > most:
        raise TeamTooDeep(most)
    return line


def _nearest(line: dict[int, int], distance: int) -> int | None:
    return next((key for key, found in line.items() if found == distance), None)


def _users_in(may: Authority, branch: dict[int, int]) -> list[Any]:
    """Return the keys of the users whose rights a step on these teams may change."""
    if may.access is None:
        return []
    rows = TeamMember._base_manager.filter(team__in=list(branch))
    return list(rows.order_by().values_list("member__user_id", flat=True).distinct())


def free_name(organization: Any, name: str, current: Any = None) -> str:
    """Return a name without the blanks around it, if a team can be called so.

    Args:
        current: the team that has the name, if there is one.
    Queries: 1.
    Raises:
        TeamNameInvalid, TeamNameTaken: it cannot.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise TeamNameInvalid
    # The database's own idea of lower case, since its constraint goes by that.
    same = Team._base_manager.filter(organization_id=organization.pk).alias(lower=Lower("name"))
    same = same.filter(lower=Lower(Value(name)))
    if current is not None:
        same = same.exclude(pk=current.pk)
    if same.exists():
        raise TeamNameTaken
    return name


def _tell_change(team: Any, actor: Any, changes: dict[str, tuple[Any, Any]]) -> None:
    signals.team_changed.send(
        sender=Team, organization=team.organization, team=team, actor=actor, changes=changes
    )


acreate = make_async(create)
achange = make_async(change)
amove = make_async(move)
adelete = make_async(delete)
aadd_member = make_async(add_member)
aremove_member = make_async(remove_member)
aset_lead = make_async(set_lead)
