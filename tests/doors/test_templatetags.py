from datetime import UTC, date, datetime, timedelta
from datetime import timezone as zone

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from organizations import testing
from organizations.exceptions import UnknownPermission
from organizations.models import Organization, OrganizationUser
from organizations.services import members
from organizations.services.access import access_of
from organizations.templatetags import org_tags
from tests.doors.support import invite


def render(source, **context):
    return Template("{% load org_tags %}" + source).render(Context(context))


def member_of(world, name):
    return OrganizationUser.objects.get(organization=world.acme, user=world.people[name])


def test_the_old_tags_work(world):
    text = render("{% organization_users org %}", org=world.acme)
    assert "owner@example.com" in text
    source = "{% if org|is_admin:user %}admin{% endif %} {% if org|is_owner:user %}owner{% endif %}"
    assert render(source, org=world.acme, user=world.people["owner"]) == "admin owner"
    assert render(source, org=world.acme, user=world.people["member"]) == " "


@pytest.mark.parametrize(
    ("person", "expected"), [("owner", "True"), ("member", "False"), ("outsider", "False")]
)
def test_can_asks_the_access(person, expected, world):
    access = access_of(world.people[person], world.acme)
    assert render('{{ a|org_can:"organizations.invite_member" }}', a=access) == expected


def test_can_of_nobody_is_no_and_of_an_unknown_name_an_error(world):
    assert render('{{ a|org_can:"organizations.invite_member" }}', a=None) == "False"
    with pytest.raises(UnknownPermission):
        render('{{ a|org_can:"organizations.invite" }}', a=access_of(AnonymousUser(), world.acme))


def test_url_has_the_slug(world):
    source = '{% org_url "organization_user_edit" org user_pk=7 %}'
    assert render(source, org=world.acme) == "/accounts/acme/people/7/edit/"


def test_standing_of_a_member(world):
    for name in ("owner", "admin", "member"):
        assert org_tags.org_standing(member_of(world, name)) == name


@pytest.mark.parametrize(
    ("values", "name", "initials"),
    [
        ({"first_name": "Ada", "last_name": "Byron"}, "Ada Byron", "AB"),
        ({"first_name": "Ada"}, "Ada", "A"),
        ({}, "who@example.com", "W"),
        ({"email": ""}, "who", "W"),
        ({"email": "ann.lee@example.com"}, "ann.lee@example.com", "AL"),
        ({"first_name": "علي", "last_name": "حسن"}, "علي حسن", "عح"),
        ({"first_name": "🦆"}, "🦆", "🦆"),
        ({"first_name": "Jean Luc", "last_name": "Picard"}, "Jean Luc Picard", "JP"),
        ({"first_name": "Ada", "is_active": False}, "who@example.com", "W"),
        ({"first_name": "Ada", "is_active": False, "email": ""}, "who", "W"),
    ],
)
def test_names_and_initials(values, name, initials, db):
    user = testing.make_user("who", verified=False, **values)
    assert org_tags.org_name(user) == name
    assert org_tags.org_initials(user) == initials


def test_nobody_has_a_name_and_a_question_mark():
    assert org_tags.org_name(None) == ""
    assert org_tags.org_initials(None) == "?"
    assert 1 <= org_tags.org_hue(None) <= 8


def test_a_person_has_one_colour(world):
    member = member_of(world, "owner")
    assert org_tags.org_hue(member) == org_tags.org_hue(member.user)
    assert all(1 <= org_tags.org_hue(user) <= 8 for user in world.people.values())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Acme", "Acme"),
        ("Acme Inc.", "Acme Inc."),
        ("Dr. Who", "Dr. Who"),
        ("two\nlines\r\nBcc: x", "two lines Bcc: x"),
        ("ada@example.com", "ada@example.com"),
        (None, ""),
        ("Win at http://evil.example/x", "Win at http:∕∕evil․example/x"),
        ("www.evil.example", "www․evil․example"),
        ("ada@example.com see evil.example", "ada@example․com see evil․example"),
    ],
)
def test_plain_names_hold_no_links(name, shown):
    assert org_tags.org_plain(name) == shown


def switcher(user, **context):
    request = RequestFactory().get("/")
    request.user = user
    return render("{% org_switcher %}", request=request, **context)


def test_the_switcher_lists_the_persons_active_organizations(world):
    testing.make_organization("Hidden", owner=world.people["member"], is_active=False)
    members.add(world.zenith, world.people["member"])
    text = switcher(world.people["member"], organization=world.acme)
    assert "Acme" in text
    assert "Zenith" in text
    assert "Hidden" not in text
    assert text.count('aria-current="true"') == 1


def test_the_switcher_counts_open_invitations(modelled, world):
    assert "1 invitation" in switcher(world.people["outsider"])
    late = invite(world.zenith, "outsider@example.com", by=world.people["foreigner"])
    type(late).objects.filter(pk=late.pk).update(expires_at=timezone.now())
    assert "1 invitation" in switcher(world.people["outsider"])


def test_the_switcher_of_nobody_is_empty(world):
    assert "Acme" not in switcher(AnonymousUser())
    assert "Acme" not in render("{% org_switcher %}")


def test_the_switcher_takes_two_queries_at_most(world, django_assert_max_num_queries):
    for number in range(5):
        testing.make_organization(f"Org {number}", owner=world.people["member"])
    with django_assert_max_num_queries(3):
        switcher(world.people["member"])
    assert Organization.objects.count() == 7


@pytest.mark.parametrize(
    ("moment", "style", "shown"),
    [
        (None, "", ""),
        ("", "", ""),  # what a template has where a row has no such field
        (date(2026, 3, 1), "", '<time datetime="2026-03-01">March 1, 2026</time>'),
        (
            datetime(2026, 3, 1, 22, 30, 5, 123456, tzinfo=UTC),
            "",
            '<time datetime="2026-03-02T00:30:05+02:00">March 2, 2026</time>',
        ),
        (
            datetime(2026, 3, 1, 22, 30, 5, tzinfo=UTC),
            ':"DATETIME_FORMAT"',
            '<time datetime="2026-03-02T00:30:05+02:00">March 2, 2026, 12:30 a.m.</time>',
        ),
    ],
)
def test_org_time_says_a_date_for_people_and_for_machines(moment, style, shown):
    with timezone.override(zone(timedelta(hours=2))):
        assert render("{{ moment|org_time" + style + " }}", moment=moment) == shown
