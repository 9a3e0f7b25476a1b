"""Teams in offers: checked when offered and when taken, joined in the step of joining."""

from datetime import timedelta

import pytest
from django.utils import timezone

from organizations import presets, testing
from organizations.exceptions import ExceedsOwnRights, InviterNotEntitled, OrganizationsError
from organizations.models import OrganizationInvitation
from organizations.permissions import INVITE_MEMBER, MANAGE_BILLING, VIEW_MEMBER
from organizations.roles import services as roles
from organizations.services import invitations, links, requests
from organizations.services.access import access_of
from organizations.teams import services
from organizations.teams.models import TeamMember

from .support import chain, make, member, user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def give(team, *names, ends_at=None):
    role = roles.create(team.organization, name=f"Of {team}", permissions=names, actor=None)
    return roles.assign(team, role, ends_at=ends_at, actor=None)


def offer(organization, *teams, by="bo", address="fay@example.com", **terms):
    return invitations.invite(
        organization,
        address=address,
        actor=user(organization, by),
        now=NOW,
        presets={"teams": [str(team.pk) for team in teams]},
        **terms,
    )


def take(made, name="fay"):
    return invitations.accept(made, user=testing.make_user(name), now=NOW)


def teams_of(row):
    return [team.name for team in services.teams_of(row)]


def test_who_joins_is_in_the_teams_at_once(acme, sent):
    top, below = chain(acme, 2)
    other = make(acme, "Beside")
    give(top, VIEW_MEMBER)
    made = offer(acme, below, other, below)
    assert made.presets == {"teams": [str(below.pk), str(other.pk)]}
    sent.sent.clear()
    assert teams_of(take(made)) == ["Beside", "Level 2"]
    assert sent.names.count("team_member_added") == 2
    assert {facts["actor"] for name, _, facts in sent.sent if name == "team_member_added"} == {None}


def test_choices_name_the_teams_above(acme, zenith):
    one, two, three = chain(acme, 3)
    beside = make(acme, "Beside")
    make(zenith, "Theirs")
    assert presets._presets["teams"].choices(acme) == [
        (str(beside.pk), "Beside"),
        (str(one.pk), "Level 1"),
        (str(two.pk), "Level 1 / Level 2"),
        (str(three.pk), "Level 1 / Level 2 / Level 3"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [["0"], ["-1"], [""], ["x"], ["9" * 40], ["٣"], [None], [True], [0], [["1"]], "1", 0, None],
    ids=ascii,
)
def test_what_is_no_team_of_the_organization_is_refused(wrong, acme):
    make(acme)
    with pytest.raises(OrganizationsError, match=r"team|list"):
        invitations.invite(
            acme,
            address="fay@example.com",
            actor=user(acme, "ada"),
            now=NOW,
            presets={"teams": wrong},
        )
    assert not OrganizationInvitation.objects.exists()


def test_team_of_another_organization_is_refused(acme, zenith):
    with pytest.raises(OrganizationsError, match="no team"):
        offer(acme, make(zenith, "Theirs"), by="ada")


def test_value_that_was_slipped_into_the_row_gives_nothing(acme, zenith):
    ours, theirs = make(acme, "Ours"), make(zenith, "Theirs")
    made = offer(acme, ours)
    made.presets = {"teams": [str(theirs.pk), "9" * 40, "nobody", str(ours.pk)]}
    made.save()
    assert teams_of(take(made)) == ["Ours"]
    assert TeamMember.objects.count() == 1


# The ceiling


def ways_to_offer(acme, team):
    bo, cy = user(acme, "bo"), user(acme, "cy")
    values = {"teams": [str(team.pk)]}
    waiting = requests.propose(acme, address="gus@example.com", actor=cy, now=NOW)
    by_the_owner = offer(acme, team, by="ada", address="hal@example.com")
    yield lambda: offer(acme, team)
    yield lambda: links.create(acme, actor=bo, now=NOW, presets=values)
    yield lambda: links.create(acme, actor=bo, now=NOW, shared=True, presets=values)
    yield lambda: requests.approve(waiting, actor=bo, now=NOW, presets=values)
    yield lambda: invitations.resend(by_the_owner, actor=bo, now=NOW)


@pytest.mark.parametrize("level", [0, 1, 2], ids=["its own", "of the parent", "of the top"])
def test_admin_offers_no_team_that_brings_more_by_any_verb(level, acme):
    teams = chain(acme, 3)
    give(teams[2 - level], MANAGE_BILLING)
    for act in list(ways_to_offer(acme, teams[2])):
        before = list(OrganizationInvitation.objects.order_by("pk").values())
        with pytest.raises(ExceedsOwnRights):
            act()
        assert list(OrganizationInvitation.objects.order_by("pk").values()) == before


def test_what_stands_below_or_has_ended_brings_nothing(acme):
    top, below = chain(acme, 2)
    give(below, MANAGE_BILLING)
    ended = give(top, MANAGE_BILLING)
    type(ended).objects.filter(pk=ended.pk).update(ends_at=NOW - timedelta(seconds=1))
    for act in list(ways_to_offer(acme, top)):
        act()


def test_role_in_code_counts_as_well(acme, monkeypatch):
    from organizations.roles import registry

    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    registry.declare("till", label="Till", permissions=[MANAGE_BILLING])
    team = make(acme)
    roles.assign(team, "till", actor=None)
    with pytest.raises(ExceedsOwnRights):
        offer(acme, team)
    take(offer(acme, team, by="ada"))
    assert access_of(user(acme, "fay"), acme).has(MANAGE_BILLING)


def test_team_that_gains_a_right_before_the_answer_brings_nobody(acme):
    top, below = chain(acme, 2)
    made = offer(acme, below)
    give(top, MANAGE_BILLING)
    with pytest.raises(InviterNotEntitled):
        take(made)
    assert not acme.users.filter(username="fay").exists()
    assert not TeamMember.objects.exists()


def test_inviter_who_gained_the_right_too_brings_somebody(acme):
    team = make(acme, members=["bo"])
    made = offer(acme, team)
    give(team, MANAGE_BILLING)
    take(made)
    assert access_of(user(acme, "fay"), acme).has(MANAGE_BILLING)


def test_source_that_does_not_tell_beforehand_is_asked_when_somebody_joins(acme, gifts):
    team = make(acme)
    gifts[team.name] = {MANAGE_BILLING}
    made = offer(acme, team)
    with pytest.raises(InviterNotEntitled):
        take(made)
    assert not acme.users.filter(username="fay").exists()


def test_team_that_is_gone_gives_nothing_and_stops_nobody(acme):
    kept, gone = make(acme, "Kept"), make(acme, "Gone")
    made = offer(acme, kept, gone)
    services.delete(gone, actor=None)
    assert teams_of(take(made)) == ["Kept"]


def test_who_is_in_the_team_already_stays_there(acme):
    team = make(acme, members=["cy"])
    presets._presets["teams"].apply(member(acme, "cy"), [str(team.pk)])
    assert teams_of(member(acme, "cy")) == ["Team"]


@pytest.mark.parametrize("spelling", ["{}", "0{}"])
def test_a_key_counts_as_it_is_given(acme, spelling):
    """However other code has written it: what the ceiling sees is what somebody gets."""
    team = make(acme)
    give(team, VIEW_MEMBER)
    stored = {"teams": [spelling.format(team.pk)]}
    assert presets.permissions_of(acme, stored) == {VIEW_MEMBER}
    presets.apply(member(acme, "cy"), acme, stored)
    assert teams_of(member(acme, "cy")) == ["Team"]


def test_permissions_take_two_queries(acme, django_assert_num_queries):
    teams = chain(acme, 3)
    give(teams[0], INVITE_MEMBER)
    give(teams[2], VIEW_MEMBER)
    with django_assert_num_queries(2):
        found = presets.permissions_of(acme, {"teams": [str(teams[2].pk)]})
    assert found == {INVITE_MEMBER, VIEW_MEMBER}
