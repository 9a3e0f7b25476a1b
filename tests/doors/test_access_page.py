"""The page that says what a member may do, and why."""

import pytest
from django.urls import reverse

from organizations import permissions, testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy", "di"])


def get(client, acme, viewer, about, **query):
    client.force_login(acme.users.get(username=viewer))
    about = acme.users.get(username=about)
    return client.get(reverse("organization_user_access", args=[acme.pk, about.pk]), query)


@pytest.mark.parametrize(
    ("viewer", "about", "status"),
    [("cy", "cy", 200), ("cy", "di", 403), ("bo", "cy", 200), ("bo", "ada", 200)],
)
def test_it_is_for_oneself_and_whoever_may_change_members(client, acme, viewer, about, status):
    assert get(client, acme, viewer, about).status_code == status


def test_every_permission_is_there_with_its_answer(client, acme):
    page = get(client, acme, "bo", "cy")
    answers = [each for _number, _name, rows in page.context["groups"] for each in rows]
    assert {each.permission for each in answers} == set(permissions.declared())
    assert page.context["allowed_count"] == sum(each.allowed for each in answers)
    assert "Every member has this right." in page.text
    assert "Nothing that this person has here gives this right." in page.text


def test_the_address_of_one_answer_can_be_sent_on(client, acme):
    page = get(client, acme, "bo", "cy", permission=permissions.VIEW_MEMBER)
    assert "cy@example.com may do this in Acme: View the members." in page.text


def test_a_permission_that_is_not_there_is_left_out(client, acme):
    page = get(client, acme, "bo", "cy", permission="<b>x")
    assert page.status_code == 200
    assert page.context["asked"] is None
    assert "<b>x" not in page.text
