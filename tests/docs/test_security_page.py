"""Every test that ``docs/security.md`` names exists; and the tests of what no other room tests."""

import ast
import re

import pytest
from django.core import mail

from organizations import testing

from .blocks import ABSENT, DOCS, ROOT

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite

PAGE = (DOCS / "security.md").read_text(encoding="utf-8")


def functions_of(path):
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_promise_names_a_test_that_exists():
    promises = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    promises = [line for line in promises if "proven by" not in line]
    # Their tests are deleted with them.
    gone = tuple(f"tests/{wing.partition('.')[2]}/" for wing in ABSENT)
    missing = []
    for line in promises:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
        if not named:
            missing.append(line)
        missing += [
            f"{file}::{test}"
            for file, test in named
            if not file.startswith(gone)
            if not (ROOT / file).exists() or test not in functions_of(ROOT / file)
        ]
    assert promises
    assert not missing


def sign_up(client, address, run, **headers):
    """Sign up and return the answer, with the typed address taken out of it."""
    client.session.flush()
    with run(execute=True):
        page = client.post(
            "/accounts/sign-up/", {"name": "Acme", "email": address}, follow=True, headers=headers
        )
    return page, re.sub(r"csrf\w+\" value=\"\w+", "", page.content.decode()).replace(address, "A")


@pytest.mark.django_db
def test_sign_up_answers_alike_for_known_and_unknown_addresses(
    client, django_capture_on_commit_callbacks
):
    testing.make_user("known")
    off = testing.make_user("off", is_active=False, password="was-in-use")
    answers = [
        (page.status_code, page.redirect_chain, text)
        for page, text in (
            sign_up(client, f"{name}@example.com", django_capture_on_commit_callbacks)
            for name in ("unknown", "known", "off")
        )
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 200
    assert [message.to for message in mail.outbox] == [
        [f"{name}@example.com"] for name in ("unknown", "known", "off")
    ]
    off.refresh_from_db()
    assert not off.is_active


@pytest.mark.django_db
def test_pages_behind_a_link_keep_their_secret(client, django_capture_on_commit_callbacks):
    sign_up(client, "ada@example.com", django_capture_on_commit_callbacks)
    [link] = testing.links_in_mail()
    page = client.get(link)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert page["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
@pytest.mark.parametrize("allowed", [["example.com", "testserver"], ["*"]], ids=["names", "any"])
def test_forged_host_is_not_mailed(allowed, client, django_capture_on_commit_callbacks, settings):
    settings.ALLOWED_HOSTS = allowed
    settings.ORGANIZATIONS = {"LINK_BASE": "https://app.example.com"}
    sign_up(client, "ada@example.com", django_capture_on_commit_callbacks, host="evil.test")
    for message in mail.outbox:
        assert "evil.test" not in message.body
    settings.ORGANIZATIONS = {}
    client.raise_request_exception = False
    mail.outbox.clear()
    sign_up(client, "bo@example.com", django_capture_on_commit_callbacks, host="evil.test")
    assert mail.outbox == []


@pytest.mark.django_db
def test_names_stay_out_of_mail_headers(client, django_capture_on_commit_callbacks):
    evil = "Eve\r\nBcc: all@example.com"
    eve = testing.make_user("eve", first_name=evil, last_name="<boss@example.com>")
    acme = testing.make_organization("Acme\nBcc: more@example.com", owner=eve)
    client.force_login(eve)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/accounts/{acme.pk}/people/add/", {"email": "ada@example.com"})
    [message] = mail.outbox
    sent = message.message()
    assert sent["Bcc"] is None
    assert message.recipients() == ["ada@example.com"]
    assert sent["From"] == "Orgkit Tests <tests@example.com>"
    assert sent["Reply-To"] == "eve@example.com"
    assert "\n" not in str(message.subject)
