"""Run by tests/doors/test_user_models.py in a process of its own, with this project's settings.

The file's name keeps it out of the other tests, whose user model is Django's.
"""

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.checks import run_checks

from organizations import testing
from organizations.models import Organization
from organizations.services import addresses
from tests.doors.support import PASSWORD, Browser, page, signed_in, words_of

PERSON = {"nickname": "Newcomer", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def acme(db):
    ada = testing.make_user("ada", nickname="Ada", password=PASSWORD)
    return testing.make_organization("Acme", owner=ada, members=["cy"])


@pytest.fixture
def ada(acme):
    return acme.owner.organization_user.user


def link():
    return testing.links_in_mail()[0].removeprefix("http://testserver")


def test_it_is_another_user_model():
    model = get_user_model()
    assert model.USERNAME_FIELD == model.get_email_field_name() == "email"
    assert "username" not in {field.name for field in model._meta.fields}
    assert {message.id for message in run_checks()} <= {"organizations.W008"}


def test_sign_up(backend, db):
    browser = Browser()
    browser.post(page("organization_signup"), {"name": "Acme", "email": "New@Example.com"})
    assert list(browser.get(link()).context["form"].fields) == [
        *("nickname", "password1", "password2")
    ]
    response = browser.post(link(), PERSON)
    assert browser.get(response["Location"]).status_code == 200
    person = get_user_model().objects.get()
    assert (person.email, person.nickname, person.is_active) == (
        "new@example.com",
        "Newcomer",
        True,
    )
    assert Organization.objects.get().is_owner(person)


def test_inviting_and_accepting_as_a_new_person(backend, acme, ada):
    signed_in(ada).post(page("organization_user_add", acme), {"email": "new@example.com"})
    assert mail.outbox[0].subject.startswith("ada@example.com invites you to Acme")
    browser = Browser()
    url = browser.get(link()).get("Location", link())
    assert "Acme" in words_of(browser.get(url))
    response = browser.post(url, {**PERSON, "email": "evil@example.com"})
    assert browser.get(response["Location"]).status_code == 200
    person = get_user_model().objects.get(nickname="Newcomer")
    assert acme.is_member(person)
    assert addresses.is_verified(person, "new@example.com")


def test_inviting_a_person_who_has_an_account(backend, acme, ada):
    bo = testing.make_user("bo", nickname="Bo", password=PASSWORD, verified=False)
    signed_in(ada).post(page("organization_user_add", acme), {"email": "BO@example.com"})
    browser = Browser()
    if backend == "modelled":
        assert not acme.is_member(bo)
        response = browser.get(link(), follow=True)
        response = browser.post(
            response.context["login_url"], {"username": "bo@example.com", "password": PASSWORD}
        )
        browser.post(page("invitations_accept"), {"action": "accept"})
    assert acme.is_member(bo)
    assert get_user_model().objects.filter(email__iexact="bo@example.com").count() == 1


def test_every_page_opens(backend, acme, ada):
    cy = acme.users.exclude(pk=ada.pk).get()
    browser = signed_in(ada)
    for name in ("detail", "edit", "delete", "transfer", "leave", "user_list", "user_add"):
        assert browser.get(page(f"organization_{name}", acme)).status_code == 200, name
    for name in ("detail", "edit", "delete"):
        url = page(f"organization_user_{name}", acme, user_pk=cy.pk)
        assert browser.get(url).status_code == 200, name
    roster = browser.get(page("organization_user_list", acme), {"q": "cy@exa"})
    assert [member.user for member in roster.context["organization_users"]] == [cy]
    for name in ("organization_list", "password_change", "organization_add"):
        assert browser.get(page(name)).status_code == 200


def test_resetting_the_password(acme, ada):
    Browser().post(page("password_reset"), {"email": "ADA@example.com"})
    assert Browser().get(link(), follow=True).status_code == 200
