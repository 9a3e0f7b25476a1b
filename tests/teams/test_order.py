"""The ancestor table: right after any moves, and a cycle is refused by the database as well."""

import random

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from organizations.teams import services
from organizations.teams.exceptions import TeamCycle, TeamTooDeep
from organizations.teams.models import Team, TeamAncestor, TeamMember

from .support import ancestor_rows, chain, make, member, parents, recomputed

pytestmark = pytest.mark.django_db


def insert(team, ancestor, distance):
    """Insert a row past all verbs and models."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organizations_teams_teamancestor "
            "(organization_id, team_id, ancestor_id, distance) VALUES (%s, %s, %s, %s)",
            [team.organization_id, team.pk, ancestor.pk, distance],
        )


def create(team, ancestor, distance):
    TeamAncestor.objects.create(
        organization=team.organization, team=team, ancestor=ancestor, distance=distance
    )


def create_in_bulk(team, ancestor, distance):
    TeamAncestor.objects.bulk_create(
        [
            TeamAncestor(
                organization=team.organization, team=team, ancestor=ancestor, distance=distance
            )
        ]
    )


def update(team, ancestor, distance):
    """Turn the row of another team into this one."""
    other = make(team.organization, "Another", make(team.organization, "Parent"))
    TeamAncestor.objects.filter(team=other, distance=1).update(
        team=team, ancestor=ancestor, distance=distance
    )


WAYS = [insert, create, create_in_bulk, update]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_database_refuses_to_put_a_team_below_its_own_descendant(way, level, acme):
    teams = chain(acme, 4)
    with pytest.raises(IntegrityError), transaction.atomic():
        way(teams[0], teams[level], 1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("team", "ancestor", "distance"),
    [
        pytest.param(0, 0, 1, id="a team above itself"),
        pytest.param(0, 2, 0, id="another team as the team itself"),
        pytest.param(1, 2, 1, id="a second parent"),
        pytest.param(1, 0, 2, id="a team twice above another one"),
        pytest.param(0, 2, -1, id="a distance below nothing"),
    ],
)
def test_database_refuses_rows_that_cannot_be_true(way, team, ancestor, distance, acme):
    teams = [*chain(acme, 2), make(acme, "Other")]
    with pytest.raises(DatabaseError), transaction.atomic():
        way(teams[team], teams[ancestor], distance)


@pytest.mark.parametrize("way", [insert, create, create_in_bulk])
def test_database_takes_rows_that_are_true(way, acme):
    """The guards above refuse what is wrong, not everything."""
    one, two = make(acme, "One"), make(acme, "Two")
    way(one, two, 1)
    assert services.parent_of(one) == two


@pytest.mark.postgres
@pytest.mark.parametrize("model", [TeamAncestor, TeamMember])
def test_database_refuses_rows_that_cross_organizations(model, acme, zenith):
    own, foreign = make(acme), make(zenith)
    with pytest.raises(IntegrityError, match="organizations_team"), transaction.atomic():
        if model is TeamAncestor:
            create(own, foreign, 1)
        else:
            TeamMember.objects.create(organization=acme, team=foreign, member=member(acme, "cy"))
        connection.check_constraints()


@pytest.mark.postgres
def test_database_refuses_to_move_a_team_to_another_organization(acme, zenith):
    team = make(acme)
    with pytest.raises(IntegrityError), transaction.atomic():
        Team.objects.filter(pk=team.pk).update(organization=zenith)
        connection.check_constraints()


@pytest.mark.parametrize("seed", range(4))
def test_rows_are_right_after_random_steps(seed, acme, settings):
    """Compared with a tree of plain dictionaries, walked up step by step."""
    settings.ORGANIZATIONS_TEAMS = {"MAX_DEPTH": 5}
    choose = random.Random(seed)
    parent_of = {}
    done = {"moved": 0, "cycle": 0, "deep": 0, "deleted": 0}

    def new():
        team = services.create(acme, name=f"Team {len(parent_of)}-{done}", actor=None)
        parent_of[team.pk] = None

    def depth_of(key):
        return max(each[2] for each in recomputed([key], parent_of)) + 1

    def height_of(key):
        below = [row[2] for row in recomputed(parent_of, parent_of) if row[1] == key]
        return max(below) + 1

    for _ in range(9):
        new()
    for step in range(60):
        key = choose.choice(sorted(parent_of))
        target = choose.choice([None, *sorted(parent_of)])
        team = Team.objects.get(pk=key)
        if step % 10 == 9:
            services.delete(team, actor=None)
            for child, above in parent_of.items():
                if above == key:
                    parent_of[child] = parent_of[key]
            del parent_of[key]
            new()
            done["deleted"] += 1
        else:
            line = {row[1] for row in recomputed([target], parent_of)} if target else set()
            parent = None if target is None else Team.objects.get(pk=target)
            try:
                services.move(team, parent=parent, actor=None)
            except TeamCycle:
                assert key in line
                done["cycle"] += 1
            except TeamTooDeep:
                assert depth_of(target) + height_of(key) > 5
                done["deep"] += 1
            else:
                assert key not in line
                parent_of[key] = target
                done["moved"] += 1
        assert ancestor_rows(acme) == recomputed(parent_of, parent_of)
        assert parents(acme) == {key: above for key, above in parent_of.items() if above}
    assert min(done.values()) > 0, done
