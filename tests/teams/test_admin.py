"""Teams in Django's admin: operators act by the verbs, within their rights."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from organizations import permissions, testing
from organizations.teams import services
from organizations.teams.models import Team, TeamMember
from tests.doors.support import words_of

from .support import chain, drawn, dump, make, member, people, user

pytestmark = pytest.mark.django_db


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def operator(client):
    client.force_login(testing.make_user("root", is_superuser=True, is_staff=True))
    return client


@pytest.fixture
def staff(client, acme):
    """bo, who is an admin of the organization and may use the admin for teams."""
    bo = user(acme, "bo")
    bo.is_staff = True
    bo.save()
    rows = Permission.objects.filter(content_type__app_label="organizations_teams")
    bo.user_permissions.set(rows)
    client.force_login(bo)
    return client


@pytest.mark.parametrize("model", [Team, TeamMember])
def test_every_page_opens(model, operator, acme):
    team = make(acme, "Crew", members=["cy"])
    row = team if model is Team else TeamMember.objects.get()
    for each in [url(model, "changelist") + "?q=x", url(model, "changelist"), url(model, "add"),
                 url(model, "change", row.pk), url(model, "delete", row.pk),
                 url(model, "history", row.pk)]:  # fmt: skip
        assert operator.get(each).status_code == 200, each


def test_team_is_made_changed_moved_and_deleted_by_the_verbs(operator, acme, sent):
    top = make(acme, "Top")
    sent.sent.clear()
    data = {"organization": acme.pk, "name": "New", "description": "x", "parent": top.pk}
    response = operator.post(url(Team, "add"), data, follow=True)
    assert "was added successfully" in words_of(response)
    team = Team.objects.get(name="New")
    assert drawn(acme) == ["Top", "  New"]
    page = operator.get(url(Team, "change", team.pk)).content.decode()
    assert f'name="parent" value="{top.pk}"' in page
    data = {"name": "Other", "description": "x", "parent": ""}
    operator.post(url(Team, "change", team.pk), data)
    assert drawn(acme) == ["Other", "Top"]
    operator.post(url(Team, "delete", team.pk), {"post": "yes"})
    assert drawn(acme) == ["Top"]
    assert [name for name in sent.names if name.startswith("team")] == [
        "team_created",
        "team_changed",
        "team_changed",
        "team_deleted",
    ]


def test_name_that_the_pages_refuse_is_refused_here_too(operator, acme):
    """P28: a mark that turns the text around would turn the lines around it, too."""
    team = make(acme, "Crew")
    data = {"organization": acme.pk, "name": "\u202eweeC", "description": "", "parent": ""}
    for page in (url(Team, "add"), url(Team, "change", team.pk)):
        assert operator.post(page, data).status_code == 200
    assert list(Team.objects.values_list("name", flat=True)) == ["Crew"]


def test_members_join_lead_and_go_by_the_verbs(operator, acme, sent):
    team = make(acme, "Crew")
    sent.sent.clear()
    data = {"team": team.pk, "member": member(acme, "cy").pk}
    operator.post(url(TeamMember, "add"), data)
    row = TeamMember.objects.get()
    operator.post(url(TeamMember, "change", row.pk), {"is_lead": "on"})
    assert people(team) == {"cy": True}
    operator.post(url(TeamMember, "delete", row.pk), {"post": "yes"})
    assert people(team) == {}
    assert sent.names == ["team_member_added", "team_member_changed", "team_member_removed"]


def test_what_a_verb_refuses_stands_in_the_form(operator, acme, zenith):
    top, below = chain(acme, 2)
    foreign = make(zenith, "Foreign", members=["zed"])
    make(acme, "Crew", members=["cy"])
    cy, zed = member(acme, "cy").pk, member(zenith, "zed").pk
    before = dump()
    for target, data, words in [
        (url(Team, "add"), {"organization": acme.pk, "name": "LEVEL 1"}, "of this name already"),
        (url(Team, "add"), {"organization": acme.pk, "name": "New", "parent": foreign.pk},
         "belongs to another organization"),
        (url(Team, "change", top.pk), {"name": "Level 1", "parent": below.pk}, "into itself"),
        (url(Team, "change", top.pk), {"name": "Level 1", "parent": 999999}, "valid choice"),
        (url(TeamMember, "add"), {"team": Team.objects.get(name="Crew").pk, "member": cy},
         "in the team already"),
        (url(TeamMember, "add"), {"team": top.pk, "member": zed}, "another organization"),
    ]:  # fmt: skip
        response = operator.post(target, data)
        assert response.status_code == 200
        assert words in words_of(response), words
    assert dump() == before


def test_ceiling_holds_for_staff_in_the_admin(staff, acme, gifts):
    rich = make(acme, "Rich", members=["cy", "ada"])
    gifts["Rich"] = {permissions.MANAGE_BILLING}
    before = dump()
    data = {"team": rich.pk, "member": member(acme, "di").pk}
    assert "beyond your own rights" in words_of(staff.post(url(TeamMember, "add"), data))
    for name, words in (("cy", "beyond your own rights"), ("ada", "Only the owner")):
        row = TeamMember.objects.get(member=member(acme, name))
        response = staff.post(url(TeamMember, "delete", row.pk), {"post": "yes"}, follow=True)
        assert words in words_of(response)
    response = staff.post(url(Team, "delete", rich.pk), {"post": "yes"}, follow=True)
    assert "beyond your own rights" in words_of(response)
    response = staff.post(
        url(Team, "changelist"),
        {"action": "delete_selected", "_selected_action": [rich.pk], "post": "yes"},
        follow=True,
    )
    assert "beyond your own rights" in words_of(response)
    assert dump() == before
    assert not LogEntry.objects.exists()


def test_staff_without_access_change_nothing(staff, zenith):
    team = make(zenith, "Foreign", members=["zed"])
    before = dump()
    response = staff.post(url(Team, "change", team.pk), {"name": "Mine"})
    assert "You may not do this in this organization" in words_of(response)
    response = staff.post(url(Team, "delete", team.pk), {"post": "yes"}, follow=True)
    assert "You may not do this in this organization" in words_of(response)
    assert dump() == before


def test_several_teams_are_deleted_at_once(operator, acme):
    one, _two, three = chain(acme, 3)
    operator.post(
        url(Team, "changelist"),
        {"action": "delete_selected", "_selected_action": [one.pk, three.pk], "post": "yes"},
    )
    assert drawn(acme) == ["Level 2"]
    assert services.tree(acme)[0].level == 1
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"Level 1", "Level 3"}
