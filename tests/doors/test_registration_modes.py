"""Who may sign up: anybody, people who are invited, or readers of some addresses."""

import pytest
from django.core import mail

from organizations import testing
from organizations.backends import registration_backend
from organizations.exceptions import RegistrationClosed
from organizations.models import Organization
from organizations.services import registration
from tests.doors.support import PERSON, Browser, page, words_of

DOMAINS = {
    "REGISTRATION_MODE": "domains",
    "REGISTRATION_DOMAINS": ["Example.com", "bücher.example"],
}
PAGES = ["organization_signup", "registration_create"]


@pytest.fixture
def invitation_only(settings):
    settings.ORGANIZATIONS = {"REGISTRATION_MODE": "invitation"}


@pytest.fixture
def domains(settings):
    settings.ORGANIZATIONS = DOMAINS


@pytest.mark.parametrize("name", PAGES)
def test_where_people_are_invited_the_page_says_so(name, invitation_only, db):
    answer = Browser().get(page(name))
    assert answer.status_code == 403
    assert "People are invited here" in words_of(answer)
    assert f'href="{page("login")}"' in answer.content.decode()
    assert "<form" not in answer.content.decode().split("</header>")[-1]


@pytest.mark.parametrize("name", PAGES)
def test_where_people_are_invited_no_form_counts(name, invitation_only, db):
    answer = Browser().post(page(name), {"name": "Acme", "email": "ada@example.com"})
    assert answer.status_code == 403
    assert not Organization.objects.exists()
    assert mail.outbox == []


def test_the_verb_side_of_the_backend_refuses_too(invitation_only, db):
    for call in (
        lambda: registration_backend().register("ada@example.com", name="Acme"),
        lambda: registration_backend().register_by_email("ada@example.com"),
    ):
        with pytest.raises(RegistrationClosed, match="Only people who are invited"):
            call()


def test_no_page_links_to_a_sign_up_that_is_closed(settings, db):
    link = f'href="{page("organization_signup")}"'
    for name in ("login", "organization_signup_done"):
        assert link in Browser().get(page(name)).content.decode()
    settings.ORGANIZATIONS = {"REGISTRATION_MODE": "invitation"}
    for name in ("login", "organization_signup_done", "password_reset"):
        assert link not in Browser().get(page(name)).content.decode()
    settings.ORGANIZATIONS = DOMAINS
    assert link in Browser().get(page("login")).content.decode()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("ada@example.com", True),
        ("ADA@EXAMPLE.COM", True),
        ("ada@bücher.example", True),
        ("ada@xn--bcher-kva.example", True),
        ("ada@sub.example.com", False),
        ("ada@example.com.evil.example", False),
        ("ada@evil-example.com", False),
        ("ada@elsewhere.test", False),
    ],
)
def test_of_some_domains_only(name, address, allowed, domains, db):
    answer = Browser().post(page(name), {"name": "Acme", "email": address})
    if allowed:
        assert len(mail.outbox) == 1
    else:
        assert "Only addresses of these domains can sign up here: Example.com" in words_of(answer)
        assert mail.outbox == []
    assert Organization.objects.exists() == allowed


def test_outside_of_the_domains_known_and_unknown_people_get_one_answer(domains, db):
    testing.make_user("known", email="known@elsewhere.test")
    words = set()
    for name in ("known", "fresh"):
        address = f"{name}@elsewhere.test"
        answer = Browser().post(page("organization_signup"), {"name": "Acme", "email": address})
        words.add((answer.status_code, words_of(answer)))
    assert len(words) == 1
    assert mail.outbox == []


def test_without_a_domain_nobody_signs_up(settings, db):
    settings.ORGANIZATIONS = {"REGISTRATION_MODE": "domains"}
    with pytest.raises(RegistrationClosed, match="Only people who are invited"):
        registration.require_open("ada@example.com")


@pytest.mark.parametrize("text", ["", "nonsense", "@example.com", "a@b@example.com\x00"])
def test_what_is_no_address_is_of_no_domain(text, domains):
    with pytest.raises(RegistrationClosed):
        registration.require_open(text)


@pytest.mark.parametrize(
    "mode", [{"REGISTRATION_MODE": "invitation"}, DOMAINS], ids=["invitation", "domains"]
)
def test_people_who_are_invited_register_in_every_mode(mode, backend, world, settings):
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, **mode}
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "new@elsewhere.test"}
    )
    link = testing.links_in_mail()[0]
    visitor = Browser()
    response = visitor.get(link, follow=True)
    assert response.status_code == 200
    url = response.redirect_chain[-1][0] if response.redirect_chain else link
    assert visitor.post(url, PERSON).status_code == 302
    assert world.acme.organization_users.filter(user__email="new@elsewhere.test").exists()


def test_a_sign_up_of_before_can_be_finished(db, settings):
    Browser().post(page("organization_signup"), {"name": "Acme", "email": "ada@example.com"})
    settings.ORGANIZATIONS = {"REGISTRATION_MODE": "invitation"}
    (link,) = testing.links_in_mail()
    assert Browser().post(link, PERSON).status_code == 302
    assert Organization.objects.get().is_active
