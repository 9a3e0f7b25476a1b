"""Teams and roles together: what is given to a team, and what is foretold of a step."""

import random
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.db.models import signals as model_signals
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import permissions
from organizations.exceptions import ExceedsOwnRights, OrganizationsError, RaisesOwnRights
from organizations.models import Organization, OrganizationInvitation
from organizations.roles import services as roles
from organizations.roles.models import Role, RoleAssignment
from organizations.services import invitations
from organizations.services.access import access_of, rights_of_members
from organizations.services.explain import explain
from organizations.services.preview import preview
from organizations.teams import services
from organizations.teams.models import Team, TeamMember
from tests.doors.support import page, signed_in

from .support import chain, make, member, user

pytestmark = pytest.mark.django_db

BILLING = permissions.MANAGE_BILLING
GRANTABLE = sorted(each.name for each in permissions.declared() if each.grantable)
PEOPLE = ("ada", "bo", "ben", "cy", "di", "eve")


def give(team, *names, role="Role", ends_at=None):
    made = roles.create(team.organization, name=role, permissions=names, actor=None)
    return roles.assign(team, made, ends_at=ends_at, actor=None)


def all_rows():
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


# reaching


def test_role_of_a_team_reaches_its_members_and_those_of_all_teams_within(acme, zenith):
    teams = chain(acme, 6)
    give(teams[0], BILLING)
    services.add_member(teams[0], member(acme, "cy"), actor=None)
    services.add_member(teams[5], member(acme, "di"), actor=None)
    make(acme, "Beside", members=["eve"])
    found = {name: access_of(user(acme, name), acme).has(BILLING) for name in PEOPLE}
    assert found == {**dict.fromkeys(PEOPLE, False), "ada": True, "cy": True, "di": True}
    assert not access_of(user(zenith, "zed"), zenith).has(BILLING)


def test_role_of_a_team_within_reaches_nobody_above(acme):
    top, below = chain(acme, 2)
    services.add_member(top, member(acme, "cy"), actor=None)
    give(below, BILLING)
    assert not access_of(user(acme, "cy"), acme).has(BILLING)


@pytest.mark.parametrize("number", [0, 1, 50])
def test_access_costs_one_query_six_teams_deep(number, acme, django_assert_num_queries):
    teams = chain(acme, 6)
    for index in range(number):
        give(teams[index % 6], BILLING, role=f"Role {index}")
    services.add_member(teams[5], member(acme, "cy"), actor=None)
    cy = user(acme, "cy")
    with django_assert_num_queries(1):
        access = access_of(cy, acme)
    assert len(access.sources_of(BILLING)) == number
    assert access.has(BILLING) is (number > 0)


def test_access_says_through_which_team(acme):
    teams = chain(acme, 6)
    give(teams[2], BILLING, role="Billing")
    services.add_member(teams[5], member(acme, "cy"), actor=None)
    [grant] = access_of(user(acme, "cy"), acme).sources_of(BILLING)
    assert (grant.kind, grant.name, grant.via) == ("role", "Billing", "Level 3")
    assert "Level 3" in str(explain(user(acme, "cy"), BILLING, acme).sentence)


def test_role_that_has_ended_reaches_nobody_through_a_team(acme):
    team = make(acme, members=["cy"])
    given = give(team, BILLING, ends_at=timezone.now() + timedelta(days=1))
    assert access_of(user(acme, "cy"), acme).has(BILLING)
    RoleAssignment.objects.filter(pk=given.pk).update(ends_at=timezone.now())
    assert not access_of(user(acme, "cy"), acme).has(BILLING)


def test_deleted_team_takes_its_assignments_along(acme):
    team, kept = make(acme, "Team", members=["cy"]), make(acme, "Kept")
    give(team, BILLING)
    stays = give(kept, BILLING, role="Other")
    services.delete(team, actor=None)
    assert list(RoleAssignment.objects.all()) == [stays]
    assert not access_of(user(acme, "cy"), acme).has(BILLING)


# check and list


@pytest.mark.parametrize("seed", range(3))
def test_check_and_list_agree_for_every_permission_and_member(seed, acme, zenith):
    choose = random.Random(seed)
    world = Steps(acme, choose)
    for _ in range(25):
        world.step(actor=None)
    give(make(zenith, members=["zed"]), *GRANTABLE)
    for name in PEOPLE:
        access = access_of(user(acme, name), acme)
        for permission in permissions.declared():
            listed = Organization.objects.where_user_can(user(acme, name), permission.name)
            assert (acme in listed) is access.has(permission.name), (name, permission.name)


# the ceiling, with roles


def test_admin_puts_nobody_into_a_team_whose_role_is_beyond_the_admin(acme):
    top, below = chain(acme, 2)
    give(top, BILLING)
    with pytest.raises(ExceedsOwnRights):
        services.add_member(below, member(acme, "di"), actor=user(acme, "bo"))
    with pytest.raises(ExceedsOwnRights):
        services.move(make(acme, "Other", members=["di"]), parent=below, actor=user(acme, "bo"))
    assert not access_of(user(acme, "di"), acme).has(BILLING)


def test_nobody_joins_a_team_with_a_role_by_their_own_hand(acme):
    team = make(acme)
    give(team, permissions.VIEW_MEMBER)
    with pytest.raises(RaisesOwnRights):
        services.add_member(team, member(acme, "bo"), actor=user(acme, "bo"))


def test_role_that_has_ended_holds_up_nobody(acme):
    team = make(acme)
    given = give(team, BILLING, ends_at=timezone.now() + timedelta(days=1))
    RoleAssignment.objects.filter(pk=given.pk).update(ends_at=timezone.now())
    services.add_member(team, member(acme, "di"), actor=user(acme, "bo"))


# dry runs


class Steps:
    """Random steps on the teams of an organization; each is a verb with its arguments."""

    def __init__(self, organization, choose):
        self.organization = organization
        self.choose = choose
        self.count = 0
        for index in range(4):
            self.new(index)

    def new(self, index):
        team = make(self.organization, f"Team {index}-{self.count}")
        names = self.choose.sample(GRANTABLE, self.choose.randint(0, 3))
        give(team, *names, role=f"Role {index}-{self.count}")

    def any(self, rows):
        return self.choose.choice(list(rows.order_by("pk")))

    def draw(self):
        """Return a verb, its subject, its arguments."""
        teams = Team.objects.filter(organization=self.organization)
        team = self.any(teams)
        people = self.organization.organization_users.all()
        inside = list(TeamMember.objects.filter(organization=self.organization).order_by("pk"))
        kinds = ["add"] * 4 + ["move"] * 3 + ["delete", "create", "change"]
        kinds += ["remove", "lead"] if inside else []
        match self.choose.choice(kinds):
            case "add":
                return services.add_member, team, [self.any(people)], {}
            case "move":
                parent = self.choose.choice([None, self.any(teams)])
                return services.move, team, [], {"parent": parent}
            case "delete":
                return services.delete, team, [], {}
            case "create":
                values = {"name": f"New {self.count}", "parent": team}
                return services.create, self.organization, [], values
            case "change":
                return services.change, team, [], {"name": f"Name {self.count}"}
            case "remove":
                row = self.choose.choice(inside)
                return services.remove_member, row.team, [row.member], {}
            case "lead":
                row = self.choose.choice(inside)
                return services.set_lead, row.team, [row.member, not row.is_lead], {}

    def step(self, actor):
        """Take a step; return its name and what it was refused for, if it was."""
        self.count += 1
        verb, subject, arguments, values = self.draw()
        try:
            verb(subject, *arguments, **values, actor=actor)
        except OrganizationsError:
            return
        if verb is services.delete:
            self.new(self.count)


def permissions_of(organization):
    return {key: each.permissions for key, each in rights_of_members(organization).items()}


EVERY = ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "pre_init")


@pytest.fixture
def told():
    """What Django's own signals say of rows that are written."""
    heard = []

    def hear(*, sender, signal, **kwargs):
        heard.append(sender)

    names = [name for name in EVERY if name != "pre_init"]
    for name in names:
        getattr(model_signals, name).connect(hear)
    yield heard
    for name in names:
        getattr(model_signals, name).disconnect(hear)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in range(1, 5))]
)
def test_what_is_foretold_comes_true_and_the_look_leaves_nothing_behind(seed, acme, sent, told):
    """Forty random steps a seed, by several actors; what is refused is refused both times."""
    choose = random.Random(seed)
    world = Steps(acme, choose)
    seen = {"changes": 0, "refused": 0, "no change": 0}
    for _ in range(40):
        world.count += 1
        actor = choose.choice([None, None, user(acme, "ada"), user(acme, "bo"), user(acme, "cy")])
        verb, subject, arguments, values = world.draw()
        values["actor"] = actor
        sent.sent.clear()
        told.clear()
        rows, before = all_rows(), permissions_of(acme)
        try:
            found = preview(verb, subject, *arguments, **values)
        except OrganizationsError as error:
            assert all_rows() == rows
            assert (sent.sent, told) == ([], [])
            with pytest.raises(type(error)):
                verb(subject, *arguments, **values)
            seen["refused"] += 1
            continue
        assert all_rows() == rows, verb
        assert (sent.sent, told, mail.outbox) == ([], [], [])
        verb(subject, *arguments, **values)
        after = permissions_of(acme)
        expected = {
            key: (after[key] - before[key], before[key] - after[key])
            for key in before
            if after[key] != before[key]
        }
        assert {each.user_id: (each.gained, each.lost) for each in found.changes} == expected
        seen["changes" if expected else "no change"] += 1
        if verb is services.delete:
            world.new(world.count)
    assert min(seen.values()) > 0, seen


# offers


def invited(acme, by, count):
    """Invite that many people, each with a role and a team of their own."""
    for number in range(count):
        role = roles.create(
            acme, name=f"Role {number}", permissions=[GRANTABLE[number % 3]], actor=None
        )
        team = make(acme, f"Team {number}")
        roles.assign(team, role, actor=None)
        invitations.invite(
            acme,
            address=f"new{number}@example.com",
            actor=by,
            now=timezone.now(),
            presets={"roles": [str(role.pk)], "teams": [str(team.pk)]},
        )


@pytest.mark.parametrize("name", ["organization_invitations", "organization_user_list"])
@pytest.mark.parametrize("who", ["ada", "bo"])
def test_lists_of_offers_with_roles_take_as_many_queries_for_many(acme, who, name, settings):
    backend = "organizations.backends.modeled.ModelInvitation"
    settings.ORGANIZATIONS = {"INVITATION_BACKEND": backend}
    browser, counts = signed_in(user(acme, who)), []
    for count in (2, 10):
        invited(acme, user(acme, "ada"), count)
        browser.get(page(name, acme))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(page(name, acme)).status_code == 200
        counts.append(len(queries))
        Role.objects.all().delete()
        Team.objects.all().delete()
        OrganizationInvitation.objects.all().delete()
    # For whoever has every permission there is nothing to ask; else roles are one, teams two.
    assert counts == [{"ada": 4, "bo": 7}[who]] * 2
