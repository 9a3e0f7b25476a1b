"""Why somebody may do something: the answer is that of ``access_of``, with its reasons."""

from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from organizations import permissions, testing
from organizations.exceptions import UnknownPermission
from organizations.permissions import INVITE_MEMBER, VIEW_MEMBER, Grant
from organizations.services.access import access_of
from organizations.services.explain import aexplain, explain, explain_all, grant_text
from tests.core.people import EXPECTED, NameSource, give, make, registered, switch

pytestmark = pytest.mark.django_db

BARRIERS = {
    "anonymous": "anonymous",
    "unsaved": "anonymous",
    "deactivated owner": "account_inactive",
    "deactivated superuser": "account_inactive",
    "ex-member with more": "no_member",
    "outsider": "no_member",
    "superuser, switch off": "no_member",
    "superuser": None,
    "superuser who is a member, switch off": None,
    "member": None,
    "owner": None,
    "suspended admin": "suspended",
    "suspended with more": "suspended",
    "ended with more": "membership_ended",
    "admin until tomorrow": None,
    "superuser who is a suspended member": None,
    "superuser who is a suspended member, switch off": "suspended",
}


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(organization, name):
    return organization.users.get(username=name)


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_answer_is_that_of_the_permission_check(kind, settings):
    switch(kind, settings)
    with registered(NameSource()):
        person, acme = make(kind)
        for is_active in (True, False):
            acme.is_active = is_active
            access = access_of(person, acme)
            answers = explain_all(person, acme)
            assert {each.permission.name for each in answers if each.allowed} == access.permissions
            assert len(answers) == len(permissions.declared())
            for answer in answers:
                assert answer == explain(person, answer.permission.name, acme)
                if answer.allowed:
                    assert answer.barrier is None
                    assert any(not grant.ended for grant in answer.grants)


@pytest.mark.parametrize("kind", BARRIERS)
def test_it_says_what_stands_in_the_way_of_everything(kind, settings):
    switch(kind, settings)
    person, acme = make(kind)
    answer = explain(person, VIEW_MEMBER, acme)
    assert answer.barrier == BARRIERS[kind]
    assert answer.superuser_without_access == ("switch off" in kind)
    assert ("Being a superuser gives no access here" in answer.sentence) == ("switch off" in kind)


def test_nobody_does_anything_in_an_organization_that_is_not_in_use(acme):
    acme.is_active = False
    answer = explain(user(acme, "ada"), INVITE_MEMBER, acme)
    assert (answer.allowed, answer.barrier) == (False, "organization_inactive")
    assert [each.kind for each in answer.grants] == ["owner"]
    assert answer.reasons == [
        "The organization is not in use, so nobody has access to it.",
        "The owner has every right.",
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("ada", "ada@example.com may do this in Acme: Invite people. The owner has every right."),
        ("bo", "bo@example.com may do this in Acme: Invite people. Admins have this right."),
        (
            "cy",
            "cy@example.com may not do this in Acme: Invite people. "
            "Nothing that this person has here gives this right.",
        ),
    ],
)
def test_it_says_so_in_words(acme, name, sentence):
    assert explain(user(acme, name), INVITE_MEMBER, acme).sentence == sentence


def test_everything_that_gives_the_permission_is_named(acme):
    bo = give(user(acme, "bo"), INVITE_MEMBER)
    with registered(NameSource()):
        answer = explain(bo, INVITE_MEMBER, acme)
    assert [each.kind for each in answer.grants] == ["admin", "last_name"]
    assert answer.reasons == ["Admins have this right.", "The role “The last name” gives it."]


END = datetime(2026, 3, 1, 15, tzinfo=UTC)
NOON = END.replace(hour=12)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"kind": "owner"}, "The owner has every right."),
        ({"kind": "admin"}, "Admins have this right."),
        ({"kind": "member"}, "Every member has this right."),
        ({"kind": "superuser"}, "Superusers of the site have every right."),
        ({}, "The role “Sales...” gives it."),
        ({"via": "Design"}, "The role “Sales...” gives it through the team “Design”."),
        ({"until": END}, "The role “Sales...” gives it until March 1, 2026, 3 p.m."),
        (
            {"until": END, "via": "Design"},
            "The role “Sales...” gives it through the team “Design” until March 1, 2026, 3 p.m.",
        ),
        (
            {"until": END, "ended": True},
            "The role “Sales...” gave it until March 1, 2026, 3 p.m.",
        ),
        (
            {"until": END, "ended": True, "via": "Design"},
            "The role “Sales...” gave it through the team “Design” until March 1, 2026, 3 p.m.",
        ),
        (
            {"until": END.replace(hour=12)},
            "The role “Sales...” gives it until March 1, 2026, noon.",
        ),
    ],
)
def test_a_grant_in_words(values, text):
    grant = Grant(**{"kind": "role", "permissions": frozenset(), "name": "Sales...", **values})
    assert grant_text(grant) == text


def test_an_end_is_told_in_the_time_zone_of_the_reader():
    grant = Grant(kind="role", permissions=frozenset(), name="Sales", until=END)
    with timezone.override("Pacific/Auckland"):
        assert "until March 2, 2026, 4 a.m." in grant_text(grant)


@pytest.mark.parametrize("name", ["ada", "cy"])
def test_it_costs_one_query(acme, name, django_assert_num_queries):
    person = user(acme, name)
    with django_assert_num_queries(1):
        explain(person, INVITE_MEMBER, acme).as_dict()
    with django_assert_num_queries(1):
        assert len(explain_all(person, acme)) > 5


def test_it_costs_nothing_for_somebody_who_is_not_signed_in(django_assert_num_queries):
    person, acme = make("anonymous")
    with django_assert_num_queries(0):
        answer = explain(person, VIEW_MEMBER, acme)
    assert answer.person == "Somebody who is not signed in"


def test_a_name_that_nobody_declared_is_an_error(acme):
    with pytest.raises(UnknownPermission, match="invite_member"):
        explain(user(acme, "ada"), "organizations.invite_membr", acme)


def test_the_twin_that_waits_says_the_same(acme):
    ada = user(acme, "ada")
    assert async_to_sync(aexplain)(ada, INVITE_MEMBER, acme) == explain(ada, INVITE_MEMBER, acme)
