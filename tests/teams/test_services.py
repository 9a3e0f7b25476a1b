import inspect

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from organizations.exceptions import OrganizationMismatch, OrganizationsError
from organizations.services import members
from organizations.teams import exceptions, services
from organizations.teams.exceptions import (
    AlreadyInTeam,
    TeamCycle,
    TeamNameInvalid,
    TeamNameTaken,
    TeamTooDeep,
)
from organizations.teams.models import Team, TeamMember
from tests.services.recording import Veto, vetoed

from .support import (
    SAVEPOINT,
    ancestor_rows,
    chain,
    drawn,
    dump,
    make,
    member,
    parents,
    people,
    recomputed,
    user,
)

pytestmark = pytest.mark.django_db


def as_it_was(before, sent):
    assert dump() == before
    assert not sent.sent


# create


def test_create_makes_a_team_with_what_was_given(acme):
    top = services.create(acme, name="  Design ", description=" Looks\nand words ", actor=None)
    below = services.create(acme, name="Print", parent=top, actor=None)
    assert (top.organization, top.name, top.description) == (acme, "Design", "Looks\nand words")
    assert drawn(acme) == ["Design", "  Print"]
    assert services.parent_of(top) is None
    assert services.parent_of(below) == top


def test_create_tells_what_was_made(acme, sent):
    ada = user(acme, "ada")
    sent.sent.clear()
    team = services.create(acme, name="Design", actor=ada)
    assert sent.sent == [("team_created", Team, {"organization": acme, "team": team, "actor": ada})]


@pytest.mark.parametrize("name", ["Design", "DESIGN", " design "])
def test_second_team_of_a_name_is_refused(name, acme, sent):
    make(acme, "Design")
    sent.sent.clear()
    before = dump()
    with pytest.raises(TeamNameTaken):
        services.create(acme, name=name, actor=None)
    as_it_was(before, sent)


def test_another_organization_may_have_a_team_of_that_name(acme, zenith):
    make(acme, "Design")
    make(zenith, "Design")
    assert Team.objects.count() == 2


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_name_that_is_empty_or_too_long_is_refused(name, acme):
    with pytest.raises(TeamNameInvalid):
        services.create(acme, name=name, actor=None)
    team = make(acme)
    with pytest.raises(TeamNameInvalid):
        services.change(team, name=name, actor=None)


def test_parent_of_another_organization_is_refused(acme, zenith, sent):
    foreign = make(zenith)
    own = make(acme, "Own")
    sent.sent.clear()
    before = dump()
    with pytest.raises(OrganizationMismatch, match="This team"):
        services.create(acme, name="Design", parent=foreign, actor=None)
    with pytest.raises(OrganizationMismatch, match="This team"):
        services.move(own, parent=foreign, actor=None)
    as_it_was(before, sent)


def test_create_asks_as_much_as_it_says(acme, django_assert_num_queries):
    ada = user(acme, "ada")
    with django_assert_num_queries(4 + SAVEPOINT):
        top = services.create(acme, name="Top", actor=None)
    with django_assert_num_queries(7 + SAVEPOINT):
        services.create(acme, name="Below", parent=top, actor=None)
    with django_assert_num_queries(5 + SAVEPOINT):
        services.create(acme, name="Other", actor=ada)


# change


def test_change_changes_what_is_named_and_tells_both_values(acme, sent):
    team = services.create(acme, name="Design", description="Old", actor=None)
    ada = user(acme, "ada")
    sent.sent.clear()
    row = services.change(team, name="Looks", actor=ada)
    assert (row.name, row.description) == ("Looks", "Old")
    assert sent.of("team_changed") == (
        Team,
        {"organization": acme, "team": row, "actor": ada, "changes": {"name": ("Design", "Looks")}},
    )
    sent.sent.clear()
    services.change(row, description="", actor=None)
    assert sent.of("team_changed")[1]["changes"] == {"description": ("Old", "")}
    row.refresh_from_db()
    assert (row.name, row.description) == ("Looks", "")
    assert row.modified > row.created


def test_second_change_changes_and_tells_nothing(acme, sent):
    team = make(acme, "Design")
    services.change(team, name="Looks", description="x", actor=None)
    sent.sent.clear()
    before = dump()
    services.change(team, name="Looks", description="x", actor=None)
    as_it_was(before, sent)


def test_change_to_a_name_that_is_taken_is_refused_but_other_letters_of_its_own_are_not(acme):
    team = make(acme, "Design")
    make(acme, "Print")
    with pytest.raises(TeamNameTaken):
        services.change(team, name="PRINT", actor=None)
    assert services.change(team, name="DESIGN", actor=None).name == "DESIGN"


def test_change_does_not_touch_the_row_that_it_was_given(acme):
    team = make(acme, "Design")
    services.change(team, name="Looks", actor=None)
    assert team.name == "Design"


# move


def test_move_takes_along_what_is_below(acme):
    top, middle, low = chain(acme, 3)
    other = make(acme, "Other")
    services.move(middle, parent=other, actor=None)
    assert drawn(acme) == ["Level 1", "Other", "  Level 2", "    Level 3"]
    services.move(middle, parent=None, actor=None)
    assert drawn(acme) == ["Level 1", "Level 2", "  Level 3", "Other"]
    services.move(middle, parent=top, actor=None)
    assert drawn(acme) == ["Level 1", "  Level 2", "    Level 3", "Other"]
    assert list(services.ancestors_of(low)) == [top, middle]
    assert list(services.children_of(top)) == [middle]


def test_move_tells_both_parents(acme, sent):
    top, middle, _low = chain(acme, 3)
    other = make(acme, "Other")
    sent.sent.clear()
    services.move(middle, parent=other, actor=None)
    _sender, facts = sent.of("team_changed")
    assert facts["changes"] == {"parent": (top.pk, other.pk)}
    sent.sent.clear()
    services.move(middle, parent=None, actor=None)
    assert sent.of("team_changed")[1]["changes"] == {"parent": (other.pk, None)}


@pytest.mark.parametrize("index", [None, 0])
def test_second_move_changes_and_tells_nothing(index, acme, sent):
    top, middle = chain(acme, 2)
    team, parent = (top, None) if index is None else (middle, top)
    sent.sent.clear()
    before = dump()
    services.move(team, parent=parent, actor=None)
    as_it_was(before, sent)


@pytest.mark.parametrize("level", [0, 1, 3])
def test_move_into_itself_or_below_is_refused(level, acme, sent):
    teams = chain(acme, 4)
    sent.sent.clear()
    before = dump()
    with pytest.raises(TeamCycle):
        services.move(teams[0], parent=teams[level], actor=None)
    as_it_was(before, sent)


def test_move_asks_as_much_as_it_says_however_much_is_below(acme, django_assert_num_queries):
    teams = chain(acme, 6)
    other = make(acme, "Other")
    ada = user(acme, "ada")
    services.add_member(teams[5], member(acme, "cy"), actor=None)
    with django_assert_num_queries(8 + SAVEPOINT):
        services.move(teams[1], parent=other, actor=None)
    with django_assert_num_queries(12 + SAVEPOINT):
        services.move(teams[1], parent=teams[0], actor=ada)


# depth


@pytest.mark.parametrize("most", [1, 2, 8])
def test_teams_stand_as_deep_as_the_setting_says(most, acme, settings):
    settings.ORGANIZATIONS_TEAMS = {"MAX_DEPTH": most}
    teams = chain(acme, most)
    with pytest.raises(TeamTooDeep, match=f"{most} level") as caught:
        services.create(acme, name="Deeper", parent=teams[-1], actor=None)
    assert caught.value.levels == most


def test_branch_moves_only_where_its_lowest_team_has_a_level(acme, settings, sent):
    settings.ORGANIZATIONS_TEAMS = {"MAX_DEPTH": 4}
    first, second = chain(acme, 2), chain(acme, 3, "Other")
    sent.sent.clear()
    before = dump()
    with pytest.raises(TeamTooDeep):
        services.move(second[0], parent=first[1], actor=None)
    as_it_was(before, sent)
    services.move(second[0], parent=first[0], actor=None)
    assert drawn(acme)[0:2] == ["Level 1", "  Level 2"]
    assert drawn(acme)[2:] == ["  Other 1", "    Other 2", "      Other 3"]


# delete


def test_delete_moves_what_is_below_up_to_its_parent(acme):
    _top, middle, _low, _lowest = chain(acme, 4)
    make(acme, "Aside", middle)
    services.delete(middle, actor=None)
    assert drawn(acme) == ["Level 1", "  Aside", "  Level 3", "    Level 4"]
    keys = Team.objects.values_list("pk", flat=True)
    assert ancestor_rows(acme) == recomputed(keys, parents(acme))


def test_delete_of_a_team_at_the_top_moves_what_is_below_to_the_top(acme):
    top, _middle, _low = chain(acme, 3)
    services.delete(top, actor=None)
    assert drawn(acme) == ["Level 2", "  Level 3"]
    keys = Team.objects.values_list("pk", flat=True)
    assert ancestor_rows(acme) == recomputed(keys, parents(acme))


def test_delete_takes_the_team_and_no_member_of_the_organization(acme, sent):
    team = make(acme, "Design", members=["cy"])
    key, ada = team.pk, user(acme, "ada")
    sent.sent.clear()
    services.delete(team, actor=ada)
    assert not Team.objects.exists()
    assert not TeamMember.objects.exists()
    assert acme.is_member(user(acme, "cy"))
    assert sent.names == ["group_deleted", "team_deleted"]
    assert sent.of("group_deleted") == (
        Team,
        {"organization_id": acme.pk, "kind": "team", "key": key},
    )
    _sender, facts = sent.of("team_deleted")
    assert (facts["organization"], facts["team"].pk, facts["actor"]) == (acme, key, ada)


def test_delete_tells_which_teams_have_moved(acme, sent):
    top, middle, low, _lowest = chain(acme, 4)
    sent.sent.clear()
    services.delete(middle, actor=None)
    sender, facts = sent.of("team_changed")
    assert (sender, facts["team"]) == (Team, low)
    assert facts["changes"] == {"parent": (middle.pk, top.pk)}


def test_delete_asks_no_more_for_a_deep_branch(acme):
    counts = []
    for number in (3, 8):
        teams = chain(acme, number, f"Tree {number}")
        with CaptureQueriesContext(connection) as asked:
            services.delete(teams[1], actor=None)
        counts.append(len(asked))
    assert counts[0] == counts[1]


# members


def test_member_joins_and_leaves(acme, sent):
    team, cy, ada = make(acme), member(acme, "cy"), user(acme, "ada")
    sent.sent.clear()
    row = services.add_member(team, cy, actor=ada)
    assert (row.team, row.member, row.organization, row.is_lead) == (team, cy, acme, False)
    assert list(services.teams_of(cy)) == [team]
    facts = {"organization": acme, "team": team, "member": cy, "actor": ada}
    assert sent.sent == [("team_member_added", TeamMember, facts)]
    sent.sent.clear()
    services.remove_member(team, cy, actor=ada)
    assert people(team) == {}
    assert sent.sent == [("team_member_removed", TeamMember, facts)]


def test_member_is_in_several_teams(acme):
    teams = [make(acme, name, members=["cy"]) for name in ("One", "Two")]
    assert list(services.teams_of(member(acme, "cy"))) == teams


def test_second_add_is_refused_and_changes_nothing(acme, sent):
    team = make(acme, members=["cy"])
    sent.sent.clear()
    before = dump()
    with pytest.raises(AlreadyInTeam) as caught:
        services.add_member(team, member(acme, "cy"), is_lead=True, actor=None)
    as_it_was(before, sent)
    assert isinstance(caught.value, IntegrityError)


def test_second_remove_finds_nobody(acme):
    team = make(acme, members=["cy"])
    services.remove_member(team, member(acme, "cy"), actor=None)
    with pytest.raises(TeamMember.DoesNotExist):
        services.remove_member(team, member(acme, "cy"), actor=None)


@pytest.mark.parametrize(
    "step",
    [
        lambda team, row: services.add_member(team, row, actor=None),
        lambda team, row: services.remove_member(team, row, actor=None),
        lambda team, row: services.set_lead(team, row, True, actor=None),
    ],
)
def test_member_of_another_organization_is_refused(step, acme, zenith, sent):
    team = make(acme)
    sent.sent.clear()
    before = dump()
    with pytest.raises(OrganizationMismatch):
        step(team, member(zenith, "zed"))
    as_it_was(before, sent)


def test_lead_is_made_and_unmade(acme, sent):
    team, cy, ada = make(acme, members=["cy"]), member(acme, "cy"), user(acme, "ada")
    for is_lead in (True, False):
        sent.sent.clear()
        row = services.set_lead(team, cy, is_lead, actor=ada)
        assert row.is_lead is is_lead
        assert people(team) == {"cy": is_lead}
        assert sent.sent == [
            (
                "team_member_changed",
                TeamMember,
                {
                    "organization": acme,
                    "team": team,
                    "member": cy,
                    "actor": ada,
                    "changes": {"is_lead": (not is_lead, is_lead)},
                },
            )
        ]
        sent.sent.clear()
        before = dump()
        services.set_lead(team, cy, is_lead, actor=ada)
        as_it_was(before, sent)


def test_only_somebody_in_the_team_leads_it(acme):
    with pytest.raises(TeamMember.DoesNotExist):
        services.set_lead(make(acme), member(acme, "cy"), True, actor=None)


def test_who_leaves_the_organization_leaves_its_teams(acme):
    team = make(acme, members=["cy", "di"])
    members.remove(acme, user(acme, "cy"))
    assert people(team) == {"di": False}


def test_teams_go_with_their_organization(acme, zenith):
    chain(acme, 3)
    make(acme, "Other", members=["cy"])
    kept = make(zenith, members=["zed"])
    acme.delete()
    assert list(Team.objects.all()) == [kept]
    assert people(kept) == {"zed": False}


# all verbs


VERBS = {
    "change": lambda team, row: services.change(team, name="New", actor=None),
    "move": lambda team, row: services.move(team, parent=None, actor=None),
    "delete": lambda team, row: services.delete(team, actor=None),
    "add_member": lambda team, row: services.add_member(team, row, actor=None),
    "remove_member": lambda team, row: services.remove_member(team, row, actor=None),
    "set_lead": lambda team, row: services.set_lead(team, row, True, actor=None),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verb_on_a_team_that_is_gone_finds_nothing(verb, acme):
    team = make(acme)
    services.delete(Team.objects.get(pk=team.pk), actor=None)
    with pytest.raises(Team.DoesNotExist):
        VERBS[verb](team, member(acme, "cy"))


@pytest.mark.parametrize(
    ("signal", "verb"),
    [
        ("team_changed", "change"),
        ("team_changed", "move"),
        ("team_deleted", "delete"),
        ("team_member_added", "add_member"),
        ("team_member_removed", "remove_member"),
        ("team_member_changed", "set_lead"),
    ],
)
def test_receiver_that_raises_undoes_the_step(signal, verb, acme):
    team = make(acme, "Below", make(acme, "Top"))
    if verb not in ("add_member",):
        services.add_member(team, member(acme, "cy"), actor=None)
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        VERBS[verb](team, member(acme, "cy"))
    assert dump() == before


def test_every_verb_has_a_twin_that_waits():
    verbs = [
        name
        for name in services.__all__
        if "Locks:" in (inspect.getdoc(getattr(services, name)) or "")
    ]
    assert sorted(verbs) == sorted(["create", *VERBS])
    for name in verbs:
        assert inspect.iscoroutinefunction(getattr(services, f"a{name}"))
        assert f"a{name}" in services.__all__
        # Nobody acts by the code's own word by leaving something out.
        actor = inspect.signature(getattr(services, name)).parameters["actor"]
        assert (actor.kind, actor.default) == (actor.KEYWORD_ONLY, actor.empty)


def test_async_twin_does_the_same(acme):
    team = async_to_sync(services.acreate)(acme, name="Design", actor=None)
    assert drawn(acme) == ["Design"]
    assert team.organization == acme


def test_errors_have_codes_of_their_own_and_belong_to_the_tree():
    errors = [getattr(exceptions, name) for name in exceptions.__all__]
    assert all(issubclass(error, OrganizationsError) for error in errors)
    assert len({error.code for error in errors}) == len(errors)


# questions


def test_tree_costs_two_queries_and_counts_members(acme, zenith, django_assert_num_queries):
    teams = chain(acme, 5)
    make(acme, "Aside", teams[0], members=["cy", "di"])
    make(zenith)
    with django_assert_num_queries(2):
        rows = services.tree(acme)
    assert [(row.team.name, row.level, row.team.member_count) for row in rows] == [
        ("Level 1", 1, 0),
        ("Aside", 2, 2),
        *((f"Level {level}", level, 0) for level in range(2, 6)),
    ]
    assert {row.team.pk: row.parent_id for row in rows if row.parent_id} == parents(acme)


def test_members_of_lists_leads_first(acme):
    team = make(acme, members=["cy", "di"], leads=["eve"])
    names = [row.member.user.username for row in services.members_of(team)]
    assert names == ["eve", "cy", "di"]
