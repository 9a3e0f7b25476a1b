"""P30, floods of mail: sign-ups, invitations and password links by the thousand."""

from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from organizations import testing
from organizations.backends import registration_backend
from organizations.exceptions import LimitReached
from organizations.services import limits
from tests.doors.support import PASSWORD, Browser, page, signed_in, text_of, words_of

#: A thousand take their time, so every run has some, and the long one has all.
MANY = [120, pytest.param(1000, marks=pytest.mark.slow)]


@pytest.fixture(autouse=True)
def one_hour(monkeypatch):
    """Let no window end while a test runs."""
    now = timezone.now().replace(minute=10)
    monkeypatch.setattr(limits, "timezone", SimpleNamespace(now=lambda: now))


@pytest.fixture(autouse=True)
def roomy_cache(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "floods",
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }
    cache.clear()


def sign_up(address, **options):
    return Browser(**options).post(page("organization_signup"), {"name": "Acme", "email": address})


def test_sign_ups_of_one_client_stop_and_say_when_to_go_on(db):
    answers = [sign_up(f"p{number}@example.com") for number in range(110)]
    assert [answer.status_code for answer in answers] == [302] * 100 + [429] * 10
    refused = answers[-1]
    assert "one network address may for now. Try again in about" in words_of(refused)
    assert 0 < int(refused["Retry-After"]) <= 3600
    assert len(mail.outbox) == 100
    # Another door of the same room, and what the visitor says of itself changes nothing.
    data = {"name": "Acme", "email": "more@example.com"}
    answer = Browser().post(page("registration_create"), data)
    assert answer.status_code == 429
    assert "Try again in about" in words_of(answer)
    assert sign_up("x@example.com", HTTP_X_FORWARDED_FOR="198.51.100.9").status_code == 429
    assert sign_up("x@example.com", REMOTE_ADDR="198.51.100.9").status_code == 302


@pytest.mark.parametrize("many", MANY)
@pytest.mark.parametrize("known", [True, False])
def test_sign_ups_mail_one_address_a_few_times_and_the_answer_stays(known, many, db):
    if known:
        testing.make_user("victim", email="victim@example.com")
    answers = {
        (answer.status_code, answer["Location"])
        for number in range(many)
        for answer in [sign_up("victim@example.com", REMOTE_ADDR=f"10.0.{number // 100}.1")]
    }
    assert answers == {(302, page("organization_signup_done"))}
    assert len(mail.outbox) == 10


def test_code_may_sign_up_as_many_as_it_likes(db, django_capture_on_commit_callbacks):
    backend = registration_backend()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(30):
            backend.register_by_email(
                "ada@example.com", domain={"domain": "example.com", "name": "x"}
            )
    assert len(mail.outbox) == 30


@pytest.mark.parametrize("many", MANY)
def test_password_links_reach_one_address_a_few_times(many, db):
    testing.make_user("ada", email="ada@example.com", password=PASSWORD)
    for number in range(many):
        data = {"email": "ada@example.com"}
        answer = Browser(REMOTE_ADDR=f"10.0.{number // 90}.1").post(page("password_reset"), data)
        assert (answer.status_code, answer["Location"]) == (302, page("password_reset_done"))
    assert len(mail.outbox) == 10


def test_invitations_do_not_keep_anybody_from_a_new_password(db):
    testing.make_user("ada", email="ada@example.com", password=PASSWORD)
    for number in range(12):
        sign_up("ada@example.com", REMOTE_ADDR=f"10.0.{number}.1")
    mail.outbox.clear()
    Browser().post(page("password_reset"), {"email": "ada@example.com"})
    assert len(mail.outbox) == 1


def test_one_client_gets_password_links_for_some_addresses_only(db):
    answers = [
        Browser().post(page("password_reset"), {"email": f"p{number}@example.com"}).status_code
        for number in range(102)
    ]
    assert answers == [302] * 100 + [429] * 2


def test_reminders_stop_and_say_so(settings, world):
    settings.ORGANIZATIONS = {"RATES": {"recipient": "3/day"}}
    admin = world.browser("admin")
    url = page("organization_user_remind", world.acme, user_pk=world.pending.pk)
    for _ in range(5):
        answer = admin.post(url, follow=True)
    assert "This address has been sent as many mails as it may for now" in words_of(answer)
    assert "on its way" not in words_of(answer)
    assert len(mail.outbox) == 3


def test_members_who_are_added_at_once_stop_and_the_page_says_so(settings, world):
    """The default backend, whose offers are members; the other one has its own test."""
    settings.ORGANIZATIONS = {"RATES": {"young_organization": "3/day"}}
    admin = world.browser("admin")
    answers = [
        admin.post(page("organization_user_add", world.acme), {"email": f"p{each}@example.com"})
        for each in range(5)
    ]
    assert [answer.status_code for answer in answers] == [302] * 3 + [429] * 2
    assert "as a new one may for now" in words_of(answers[-1])
    assert world.acme.organization_users.filter(user__email="p4@example.com").count() == 0
    assert {message.to[0] for message in mail.outbox} == {f"p{n}@example.com" for n in range(3)}


def test_a_limit_outside_of_a_form_is_a_page_of_its_own(settings, world, monkeypatch):

    def refuse(*args, **kwargs):
        raise LimitReached(retry_after=60)

    monkeypatch.setattr("organizations.views.default.OrganizationLeave.post", refuse)
    answer = world.browser("member").post(page("organization_leave", world.acme))
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    assert "That was too often" in words_of(answer)


# P21


@pytest.mark.parametrize("many", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_nobody_learns_from_a_sign_up_who_is_known(many, settings, db):
    """Status, page and number of mails of known and of unknown addresses."""
    settings.ORGANIZATIONS = {"RATES": {"client": None}}
    model = get_user_model()
    model.objects.bulk_create(
        model(username=f"known{number}", email=f"known{number}@example.com")
        for number in range(many)
    )
    seen = {}
    for kind in ("known", "fresh"):
        for number in range(many):
            address = f"{kind}{number}@example.com"
            mail.outbox.clear()
            answer = Browser().post(
                page("registration_create"), {"name": f"Acme {kind} {number}", "email": address}
            )
            [message] = mail.outbox
            assert message.to == [address]
            body = text_of(answer).replace(address, "ADDRESS")
            seen.setdefault((answer.status_code, body), set()).add(kind)
    assert list(seen.values()) == [{"known", "fresh"}]
    # The other door leads on by a redirect, and to the same words.
    places = {
        (answer.status_code, answer["Location"])
        for address in ("known1@example.com", "fresh1@example.com", "newest@example.com")
        for answer in [sign_up(address)]
    }
    assert places == {(302, page("organization_signup_done"))}


def test_a_signed_in_person_is_not_counted_as_a_visitor(db):
    browser = signed_in(testing.make_user("ada"))
    for _ in range(105):
        assert browser.get(page("organization_signup")).status_code == 302
    assert sign_up("new@example.com").status_code == 302
