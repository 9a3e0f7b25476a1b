"""Sign-in, sign-out and passwords for projects that have no pages of their own."""

import pytest
from django.core import mail
from django.urls import reverse

from organizations import testing
from organizations.services import addresses
from tests.doors.support import PASSWORD, Browser, page, signed_in, words_of


@pytest.fixture
def ada(db):
    return testing.make_user("ada", password=PASSWORD)


NEW_PASSWORD = {"new_password1": "another-7-horse", "new_password2": "another-7-horse"}
CREDENTIALS = {"username": "ada", "password": PASSWORD}


def test_signing_in_and_out(ada):
    browser = Browser()
    assert "Sign in" in words_of(browser.get(page("login")))
    response = browser.post(page("login"), CREDENTIALS)
    assert response["Location"] == page("organization_list")
    assert browser.get(page("organization_list")).status_code == 200
    assert "You are signed out" in words_of(browser.post(page("logout")))
    assert browser.get(page("organization_list")).status_code == 302


@pytest.mark.parametrize(
    "credentials",
    [{}, {"username": "ada", "password": "wrong"}, {"username": "nobody", "password": "wrong"}],
)
def test_wrong_credentials_get_a_message(credentials, ada):
    response = Browser().post(page("login"), credentials)
    assert response.status_code == 200
    assert response.context["form"].errors


def test_known_and_unknown_names_get_the_same_message(ada):
    answers = {
        str(Browser().post(page("login"), {"username": n, "password": "x"}).context["form"].errors)
        for n in ("ada", "nobody")
    }
    assert len(answers) == 1


def test_a_deactivated_person_cannot_sign_in(ada):
    ada.is_active = False
    ada.save()
    assert Browser().post(page("login"), CREDENTIALS).status_code == 200


def test_signing_in_leads_on(ada):
    url = page("organization_add")
    browser = Browser()
    login = browser.get(url)["Location"]
    assert browser.post(login, CREDENTIALS)["Location"] == url


@pytest.mark.parametrize("query", ["", "?x=1", "?next=/accounts/login/"])
def test_the_login_page_never_leads_to_itself(query, ada):
    browser = signed_in(ada)
    response = browser.get(page("login"), {"next": page("login") + query})
    assert response["Location"] == page("organization_list")


def test_changing_the_password(ada):
    browser = signed_in(ada)
    response = browser.post(
        page("password_change"),
        {"old_password": PASSWORD, **NEW_PASSWORD},
    )
    assert response["Location"] == page("password_change_done")
    assert browser.get(response["Location"]).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password("another-7-horse")


def reset_link():
    return testing.links_in_mail()[0].removeprefix("http://testserver")


def test_resetting_the_password_by_mail(ada):
    browser = Browser()
    response = browser.post(page("password_reset"), {"email": "ADA@example.com"})
    assert "Check your mail" in words_of(browser.get(response["Location"]))
    (message,) = mail.outbox
    assert message.to == ["ada@example.com"]
    assert "\n" not in message.subject
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert reset_link() in html
    response = browser.get(reset_link(), follow=True)
    assert "Choose a new password" in words_of(response)
    url = response.redirect_chain[-1][0]
    bad = browser.post(url, {"new_password1": "a", "new_password2": "b"})
    assert bad.context["form"].errors
    response = browser.post(url, NEW_PASSWORD)
    assert response["Location"] == page("password_reset_complete")
    assert browser.get(response["Location"]).status_code == 200
    ada.refresh_from_db()
    assert ada.check_password("another-7-horse")


def test_a_reset_link_proves_the_address(db):
    ada = testing.make_user("ada", password=PASSWORD, verified=False)
    browser = Browser()
    browser.post(page("password_reset"), {"email": "ada@example.com"})
    url = browser.get(reset_link(), follow=True).redirect_chain[-1][0]
    assert not addresses.is_verified(ada, "ada@example.com")
    browser.post(url, NEW_PASSWORD)
    assert addresses.is_verified(ada, "ada@example.com")


def test_a_used_reset_link_says_so(ada):
    browser = Browser()
    browser.post(page("password_reset"), {"email": "ada@example.com"})
    url = browser.get(reset_link(), follow=True).redirect_chain[-1][0]
    browser.post(url, NEW_PASSWORD)
    assert "does not work any more" in words_of(Browser().get(reset_link(), follow=True))


@pytest.mark.parametrize("email", ["nobody@example.com", "pending@example.com", "gone@example.com"])
def test_an_unknown_address_gets_the_same_answer_and_no_mail(email, ada):
    testing.make_user("gone", password=PASSWORD, is_active=False)
    known = Browser().post(page("password_reset"), {"email": "ada@example.com"})
    mail.outbox.clear()
    response = Browser().post(page("password_reset"), {"email": email})
    assert (response.status_code, response["Location"]) == (known.status_code, known["Location"])
    assert mail.outbox == []


def test_reset_mails_lead_to_the_configured_site(ada, settings):
    settings.ORGANIZATIONS = {"LINK_BASE": "https://app.example.com"}
    Browser().post(page("password_reset"), {"email": "ada@example.com"})
    assert testing.links_in_mail()[0].startswith("https://app.example.com/accounts/reset/")
    assert "app.example.com" in mail.outbox[0].subject


@pytest.mark.parametrize(
    "name",
    [
        *("login", "password_reset", "password_reset_done", "password_reset_complete"),
        "organization_signup",
    ],
)
def test_pages_for_visitors_have_a_title_and_a_way_on(name, db):
    response = Browser().get(reverse(name))
    text = response.content.decode()
    assert response.status_code == 200
    assert "<title>" in text
    assert "<h1>" in text
