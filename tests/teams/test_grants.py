"""Which teams reach a member."""

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from organizations import grants
from organizations.teams import services
from organizations.teams.grants import TeamGroups
from organizations.teams.models import Team, TeamAncestor, TeamMember

from .support import chain, make, member

pytestmark = pytest.mark.django_db

GROUPS = TeamGroups()


def reaching(row):
    return set(GROUPS.reaching(row.pk))


def test_teams_are_known_as_groups():
    [found] = [each for each in grants.groups() if each.kind == "team"]
    assert isinstance(found, TeamGroups)


def test_own_teams_and_all_above_reach_a_member_and_none_below_or_beside(acme):
    teams = chain(acme, 6)
    beside = make(acme, "Beside", teams[1])
    services.add_member(teams[3], member(acme, "cy"), actor=None)
    services.add_member(beside, member(acme, "cy"), actor=None)
    assert reaching(member(acme, "cy")) == {beside.pk, *(team.pk for team in teams[:4])}
    assert reaching(member(acme, "di")) == set()


def test_depth_costs_no_query(acme, django_assert_num_queries):
    teams = chain(acme, 6)
    cy = member(acme, "cy")
    services.add_member(teams[-1], cy, actor=None)
    with django_assert_num_queries(1):
        assert len(reaching(cy)) == 6


def test_expression_may_stand_for_the_member(acme):
    teams = chain(acme, 2)
    make(acme, "Other", members=["di"])
    services.add_member(teams[1], member(acme, "cy"), actor=None)
    reached = Team.objects.filter(pk=teams[0].pk, pk__in=GROUPS.reaching(OuterRef(OuterRef("pk"))))
    found = acme.organization_users.filter(Exists(reached))
    assert [row.user.username for row in found] == ["cy"]


@pytest.mark.parametrize("crossing", ["membership", "team", "row", "ancestor", "member"])
def test_row_that_crosses_organizations_brings_nothing(crossing, acme, zenith):
    """PostgreSQL refuses such rows; where they got in, they are not believed."""
    team = make(acme, "Below", make(acme, "Top"), members=["cy"])
    cy = member(acme, "cy")
    assert len(reaching(cy)) == 2
    with_constraints_off = {
        "membership": lambda: TeamMember.objects.filter(team=team).update(organization=zenith),
        "team": lambda: Team.objects.filter(pk=team.pk).update(organization=zenith),
        "row": lambda: TeamAncestor.objects.filter(team=team).update(organization=zenith),
        "ancestor": lambda: Team.objects.update(organization=zenith),
        "member": lambda: type(cy).objects.filter(pk=cy.pk).update(organization=zenith),
    }
    with_constraints_off[crossing]()
    assert reaching(cy) == set()
    if connection.vendor == "postgresql":
        # What waits for the commit would fail there.
        for model in (TeamMember, TeamAncestor, Team):
            model.objects.update(organization=acme)


def test_name_is_the_name_of_the_team(acme):
    team = make(acme, "Design")
    assert list(GROUPS.name_of(team.pk)) == ["Design"]
    assert GROUPS.name_of(team.pk).query.values_select == ("name",)


def test_deleted_team_is_told_to_those_who_keep_its_key(acme, sent):
    team = make(acme)
    key = team.pk
    sent.sent.clear()
    Team.objects.filter(pk=key).delete()
    facts = {"organization_id": acme.pk, "kind": "team", "key": key}
    assert sent.sent == [("group_deleted", Team, facts)]
