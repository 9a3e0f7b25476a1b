"""Short words for the tests of teams."""

from organizations.teams import services
from organizations.teams.models import Team, TeamAncestor, TeamMember

MODELS = [Team, TeamAncestor, TeamMember]
#: Inside a test's transaction, a verb's own transaction is a savepoint: two statements.
SAVEPOINT = 2


def user(organization, name):
    return organization.users.get(username=name)


def member(organization, name):
    return organization.organization_users.get(user__username=name)


def make(organization, name="Team", parent=None, members=(), leads=()):
    """Return a new team with members, given by their names."""
    team = services.create(organization, name=name, parent=parent, actor=None)
    for each in [*leads, *members]:
        services.add_member(team, member(organization, each), is_lead=each in leads, actor=None)
    return team


def chain(organization, number, prefix="Level"):
    """Return that many teams, each below the one before it."""
    teams = []
    for level in range(1, number + 1):
        teams.append(make(organization, f"{prefix} {level}", teams[-1] if teams else None))
    return teams


def people(team):
    """Return {name: leads} of those in a team."""
    rows = TeamMember.objects.filter(team=team)
    return dict(rows.values_list("member__user__username", "is_lead"))


def drawn(organization):
    """Return the tree as lines, two spaces a level."""
    return [f"{'  ' * (row.level - 1)}{row.team}" for row in services.tree(organization)]


def dump():
    return {model.__name__: sorted(model.objects.values_list(), key=str) for model in MODELS}


def parents(organization):
    rows = TeamAncestor.objects.filter(organization=organization, distance=1)
    return dict(rows.values_list("team_id", "ancestor_id"))


def ancestor_rows(organization):
    rows = TeamAncestor.objects.filter(organization=organization)
    return set(rows.values_list("team_id", "ancestor_id", "distance"))


def recomputed(keys, parent_of):
    """Return the ancestor rows that a tree should have, walked up step by step."""
    found = set()
    for key in keys:
        distance, above = 0, key
        while above is not None:
            found.add((key, above, distance))
            above, distance = parent_of.get(above), distance + 1
    return found
