"""Who may do what to teams: verbs x actors x targets.

What is given to a team comes from ``gifts`` here; ``test_with_roles`` asks the same of roles.
"""

import pytest

from organizations import permissions, testing
from organizations.exceptions import (
    ExceedsOwnRights,
    NotAllowed,
    OwnerOutOfReach,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.services import members
from organizations.services.access import access_of
from organizations.services.preview import preview
from organizations.teams import services
from organizations.teams.models import Team
from organizations.teams.permissions import MANAGE_TEAMS

from .support import dump, make, member, people, user

pytestmark = pytest.mark.django_db

OK = None
BILLING = permissions.MANAGE_BILLING


@pytest.fixture
def crew(acme):
    """A team that ``cy`` leads, with one person of every kind in it."""
    return make(acme, "Crew", members=["ada", "bo", "di"], leads=["cy"])


def actor_of(acme, name):
    if name == "root":
        return testing.make_user("root", is_superuser=True)
    if name == "zoe":
        return testing.make_organization("Zenith", owner="zoe").owner.organization_user.user
    if name == "off":
        row = testing.make_member(acme, "off", is_admin=True)
        row.user.is_active = False
        row.user.save()
        return row.user
    return user(acme, name)


VERBS = {
    "create": lambda acme, crew, actor: services.create(acme, name="New", actor=actor),
    "create below": lambda acme, crew, actor: services.create(
        acme, name="New", parent=crew, actor=actor
    ),
    "change": lambda acme, crew, actor: services.change(crew, name="New", actor=actor),
    "move": lambda acme, crew, actor: services.move(
        crew, parent=Team.objects.get(name="Other"), actor=actor
    ),
    "delete": lambda acme, crew, actor: services.delete(crew, actor=actor),
    "add a member": lambda acme, crew, actor: services.add_member(
        crew, member(acme, "eve"), actor=actor
    ),
    "add an admin": lambda acme, crew, actor: services.add_member(
        crew, member(acme, "ben"), actor=actor
    ),
    "add a lead": lambda acme, crew, actor: services.add_member(
        crew, member(acme, "eve"), is_lead=True, actor=actor
    ),
    "remove a member": lambda acme, crew, actor: services.remove_member(
        crew, member(acme, "di"), actor=actor
    ),
    "remove an admin": lambda acme, crew, actor: services.remove_member(
        crew, member(acme, "bo"), actor=actor
    ),
    "remove the owner": lambda acme, crew, actor: services.remove_member(
        crew, member(acme, "ada"), actor=actor
    ),
    "remove a lead": lambda acme, crew, actor: services.remove_member(
        crew, member(acme, "cy"), actor=actor
    ),
    "make a member lead": lambda acme, crew, actor: services.set_lead(
        crew, member(acme, "di"), True, actor=actor
    ),
    "make an admin lead": lambda acme, crew, actor: services.set_lead(
        crew, member(acme, "bo"), True, actor=actor
    ),
    "make the owner lead": lambda acme, crew, actor: services.set_lead(
        crew, member(acme, "ada"), True, actor=actor
    ),
    "unmake a lead": lambda acme, crew, actor: services.set_lead(
        crew, member(acme, "cy"), False, actor=actor
    ),
}

# ada owns, bo and ben are admins (bo is in the team), cy leads the team, di is in it, eve is not.
# Whoever is not named in a row is refused for lack of the permission.
MISSING, BEYOND, OWNER, SELF = PermissionMissing, ExceedsOwnRights, OwnerOutOfReach, RaisesOwnRights
ACTORS = ("ada", "bo", "ben", "cy", "di", "eve", "zoe", "off", "root")
ADMINS = {"ada": OK, "bo": OK, "ben": OK, "root": OK}
TABLE = {
    "create": ADMINS,
    "create below": ADMINS,
    "change": ADMINS,
    "move": ADMINS,
    "delete": ADMINS,
    "add a member": {**ADMINS, "cy": OK},
    "add an admin": {**ADMINS, "cy": OK},
    "add a lead": ADMINS,
    # Everybody may leave.
    "remove a member": {**ADMINS, "cy": OK, "di": OK},
    "remove an admin": {**ADMINS, "cy": BEYOND},
    "remove the owner": {"ada": OK, "bo": OWNER, "ben": OWNER, "cy": OWNER, "root": OK},
    # A lead is made and unmade by those who manage teams.
    "remove a lead": {**ADMINS, "cy": OK},
    "make a member lead": ADMINS,
    "make an admin lead": {**ADMINS, "bo": SELF},
    "make the owner lead": {"ada": OK, "bo": OWNER, "ben": OWNER, "root": OK},
    "unmake a lead": {**ADMINS, "cy": OK},
}


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("verb", VERBS)
def test_each_actor_may_do_what_the_table_says(verb, name, acme, crew, sent):
    make(acme, "Other")
    actor = actor_of(acme, name)
    expected = TABLE[verb].get(name, MISSING)
    sent.sent.clear()
    before = dump()
    if expected is OK:
        VERBS[verb](acme, crew, actor)
        assert dump() != before
        assert sent.sent
    else:
        with pytest.raises(expected):
            VERBS[verb](acme, crew, actor)
        assert dump() == before
        assert not sent.sent


@pytest.mark.parametrize("verb", VERBS)
def test_dry_run_is_refused_to_the_same_actors_and_changes_nothing(verb, acme, crew, sent):
    make(acme, "Other")
    for name in ("ada", "ben", "cy", "eve"):
        actor = user(acme, name)
        sent.sent.clear()
        before = dump()

        def run(organization, *, actor=actor):
            return VERBS[verb](organization, crew, actor)

        expected = TABLE[verb].get(name, MISSING)
        if expected is OK:
            assert preview(run, acme).changes == ()
        else:
            with pytest.raises(expected):
                preview(run, acme)
        assert dump() == before
        assert not sent.sent


def test_second_lead_is_not_removed_by_a_lead(acme, crew):
    services.set_lead(crew, member(acme, "di"), True, actor=None)
    with pytest.raises(MISSING):
        services.remove_member(crew, member(acme, "di"), actor=user(acme, "cy"))


def test_lead_leads_the_own_team_and_none_above_or_below(acme, crew):
    cy = user(acme, "cy")
    below, above = make(acme, "Below", crew, members=["di"]), make(acme, "Above")
    services.move(crew, parent=above, actor=None)
    services.add_member(crew, member(acme, "eve"), actor=cy)
    for team in (below, above):
        assert not services.may_manage_members(access_of(cy, acme), team)
        with pytest.raises(MISSING):
            services.add_member(team, member(acme, "eve"), actor=cy)
    with pytest.raises(MISSING):
        services.remove_member(below, member(acme, "di"), actor=cy)


def test_who_no_longer_leads_may_no_longer(acme, crew):
    cy = user(acme, "cy")
    services.set_lead(crew, member(acme, "cy"), False, actor=cy)
    with pytest.raises(MISSING):
        services.add_member(crew, member(acme, "eve"), actor=cy)


def test_question_costs_one_query_and_none_for_those_who_manage_teams(
    acme, zenith, crew, django_assert_num_queries
):
    found = {}
    for name, queries in (("ada", 0), ("bo", 0), ("cy", 1), ("di", 1), ("eve", 1)):
        access = access_of(user(acme, name), acme)
        with django_assert_num_queries(queries):
            found[name] = services.may_manage_members(access, crew)
    assert found == {"ada": True, "bo": True, "cy": True, "di": False, "eve": False}
    assert services.may_manage_members(None, crew)
    assert not services.may_manage_members(access_of(user(zenith, "zoe"), zenith), crew)


# What the team gives


def test_lead_adds_people_to_what_the_team_gives_since_the_lead_has_it(acme, crew, gifts):
    gifts["Crew"] = {BILLING}
    services.add_member(crew, member(acme, "eve"), actor=user(acme, "cy"))
    assert access_of(user(acme, "eve"), acme).has(BILLING)


@pytest.mark.parametrize("place", ["the team", "a team above"])
def test_admin_adds_nobody_to_a_team_that_gives_more_than_the_admin_has(place, acme, crew, gifts):
    top = make(acme, "Top")
    services.move(crew, parent=top, actor=None)
    gifts["Crew" if place == "the team" else "Top"] = {BILLING}
    before = dump()
    with pytest.raises(BEYOND) as caught:
        services.add_member(crew, member(acme, "eve"), actor=user(acme, "ben"))
    assert caught.value.permissions == {BILLING}
    assert dump() == before
    services.add_member(crew, member(acme, "eve"), actor=user(acme, "ada"))


def test_what_somebody_has_from_elsewhere_is_not_given_a_second_time(acme, gifts):
    """Else it would stay when the first source ends, by the hand of somebody who has it not."""
    first, second = make(acme, "First", members=["eve"]), make(acme, "Second")
    gifts["First"] = gifts["Second"] = {BILLING}
    with pytest.raises(BEYOND):
        services.add_member(second, member(acme, "eve"), actor=user(acme, "ben"))
    assert people(second) == {}
    assert people(first) == {"eve": False}


@pytest.mark.parametrize("given", [{permissions.VIEW_MEMBER}, {permissions.INVITE_MEMBER}])
def test_nobody_but_the_owner_joins_a_team_that_gives_something(given, acme, gifts):
    """Even if they have it all at the moment."""
    team = make(acme, "Team")
    gifts["Team"] = given
    with pytest.raises(SELF):
        services.add_member(team, member(acme, "ben"), actor=user(acme, "ben"))
    services.add_member(team, member(acme, "ada"), actor=user(acme, "ada"))
    assert people(team) == {"ada": False}


def test_who_manages_teams_joins_one_that_gives_nothing(acme):
    team = make(acme)
    services.add_member(team, member(acme, "ben"), actor=user(acme, "ben"))
    with pytest.raises(SELF):
        services.add_member(make(acme, "Two"), member(acme, "ben"), is_lead=True,
                            actor=user(acme, "ben"))  # fmt: skip


def test_team_is_not_moved_to_where_its_members_gain_more_than_the_actor_has(acme, crew, gifts):
    rich = make(acme, "Rich")
    gifts["Rich"] = {BILLING}
    before = dump()
    with pytest.raises(BEYOND):
        services.move(crew, parent=rich, actor=user(acme, "ben"))
    assert dump() == before
    services.move(crew, parent=rich, actor=user(acme, "ada"))
    assert access_of(user(acme, "di"), acme).has(BILLING)


def test_nobody_moves_their_own_team_to_where_they_gain_something(acme, crew, gifts):
    above = make(acme, "Above")
    gifts["Above"] = {permissions.INVITE_MEMBER}
    with pytest.raises(SELF):
        services.move(crew, parent=above, actor=user(acme, "bo"))
    services.move(crew, parent=above, actor=user(acme, "ben"))


@pytest.mark.parametrize("verb", ["move", "delete", "remove"])
def test_what_the_actor_does_not_have_is_not_taken(verb, acme, gifts):
    rich = make(acme, "Rich", members=["eve"])
    low = make(acme, "Low", rich, members=["di"])
    gifts["Rich"] = {BILLING}

    def step(actor):
        if verb == "move":
            services.move(low, parent=None, actor=actor)
        elif verb == "delete":
            services.delete(rich, actor=actor)
        else:
            services.remove_member(low, member(acme, "di"), actor=actor)

    before = dump()
    with pytest.raises(BEYOND):
        step(user(acme, "ben"))
    assert dump() == before
    step(user(acme, "ada"))


def test_who_has_more_than_the_actor_loses_nothing_by_the_actor(acme, gifts):
    """Though the actor has all that would be lost."""
    team = make(acme, "Team", members=["eve"])
    make(acme, "Rich", members=["eve"])
    gifts.update({"Team": {permissions.INVITE_MEMBER}, "Rich": {BILLING}})
    with pytest.raises(BEYOND):
        services.delete(team, actor=user(acme, "ben"))
    services.delete(team, actor=user(acme, "ada"))


def test_owner_in_a_team_holds_up_nobody_since_the_owner_loses_nothing(acme, gifts):
    team = make(acme, "Team", members=["ada", "di"])
    gifts["Team"] = {permissions.INVITE_MEMBER}
    services.delete(team, actor=user(acme, "ben"))
    assert access_of(user(acme, "ada"), acme).has(BILLING)


def test_stepping_down_is_free(acme, gifts):
    """Out of a team, or with the whole team to a place that gives less."""
    rich = make(acme, "Rich")
    low = make(acme, "Low", rich, members=["bo", "di"])
    gifts["Rich"] = {BILLING}
    services.move(low, parent=None, actor=user(acme, "bo"))
    services.move(low, parent=rich, actor=None)
    services.remove_member(low, member(acme, "di"), actor=user(acme, "di"))
    assert people(low) == {"bo": False}


def test_name_that_nobody_declares_any_more_holds_up_nobody(acme, gifts):
    team = make(acme, "Team")
    gifts["Team"] = {"shop.gone"}
    services.add_member(team, member(acme, "eve"), actor=user(acme, "ben"))


def test_right_may_come_without_the_standing(acme, gifts):
    """A member to whom a team gives the right manages teams, within their own rights."""
    gifts["Managers"] = {MANAGE_TEAMS}
    make(acme, "Managers", members=["eve"])
    eve = user(acme, "eve")
    team = services.create(acme, name="New", actor=eve)
    services.add_member(team, member(acme, "di"), actor=eve)
    with pytest.raises(BEYOND):
        services.set_lead(make(acme, "Two", members=["bo"]), member(acme, "bo"), True, actor=eve)
    members.set_admin(member(acme, "di"), True)
    with pytest.raises(BEYOND):
        services.remove_member(team, member(acme, "di"), actor=eve)


def test_every_refusal_is_a_403():
    assert all(issubclass(error, NotAllowed) for error in (MISSING, BEYOND, OWNER, SELF))
