"""The staff's page of mails: every template of every mail, no row, no script, no stranger."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.test.utils import CaptureQueriesContext

from organizations import samples
from organizations.models import Organization
from tests.doors.support import all_rows, page, text_of, words_of

NAMES = [each.name for each in samples.samples()]


def mail_templates():
    """Return what the names of all templates of mails begin with: each has a subject."""
    return {
        path.relative_to(Path(app.path, "templates")).as_posix().removesuffix("_subject.txt")
        for app in apps.get_app_configs()
        if app.name.startswith("organizations")
        for path in Path(app.path, "templates").rglob("*_subject.txt")
    }


def test_every_mail_is_covered():
    assert mail_templates() == {each.templates for each in samples.samples()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_every_mail_is_rendered_from_nothing(name, language, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        message = samples.render(samples.find(name), language=language)
    assert len(message.subject.splitlines()) == 1
    assert message.from_email == django_settings.DEFAULT_FROM_EMAIL
    assert "https://" in message.body
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert html.startswith("<!doctype html>")
    assert f'lang="{language}"' in html
    assert not re.search(r"\b(?:None|Undefined)\b|\{[{%]", message.subject + message.body + html)
    assert not re.search(r"<script|javascript:|<form|<img", html)


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_subject_text_and_html(name, world):
    browser = world.browser("restricted")
    url = page("organization_mail_preview", kind=name)
    before = all_rows()
    answer = browser.get(url, {"language": "en"})
    message = samples.render(samples.find(name), language="en")
    words = words_of(answer)
    assert answer.status_code == 200
    assert message.subject.split()[0] in words
    html = answer.content.decode()
    assert "<script" not in html.split("org-root")[1]
    assert not re.search(r"\sstyle=|\son\w+=", html.split("org-root")[1])
    frame = re.search(r'<iframe src="([^"]+)"[^>]* sandbox=""', html)[1].replace("&amp;", "&")
    alone = browser.get(frame)
    assert alone.content.decode().startswith("<!doctype html>")
    assert alone["X-Frame-Options"] == "SAMEORIGIN"
    policy = alone["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert policy.endswith("sandbox")
    assert all_rows() == before


def test_the_list_leads_to_each(world):
    html = world.browser("superuser").get(page("organization_mails")).content.decode()
    for name in NAMES:
        assert f'href="{page("organization_mail_preview", kind=name)}"' in html


def test_the_pages_ask_the_database_for_the_reader_only(world, connection_queries):
    browser = world.browser("restricted")
    for url in (
        page("organization_mails"),
        page("organization_mail_preview", kind="modeled_invitation"),
    ):
        with connection_queries() as queries:
            browser.get(url)
        tables = [query["sql"] for query in queries if "organizations_" in query["sql"]]
        # The menu of the layout lists the reader's own organizations.
        assert all("organizations_organization" in sql for sql in tables)
        assert len(queries) <= 6


@pytest.fixture
def connection_queries():
    from django.db import connection

    return lambda: CaptureQueriesContext(connection)


def test_to_everybody_else_the_pages_look_like_any_unknown_one(world):
    for person in ("outsider", "member", "owner"):
        browser = world.browser(person)
        unknown = browser.get(page("organization_mail_preview", kind="no-such-mail"))
        assert unknown.status_code == 404
        foreign = browser.get(page("organization_detail", world.zenith))
        for url in (
            page("organization_mails"),
            page("organization_mail_preview", kind="activation"),
        ):
            answer = browser.get(url)
            assert (answer.status_code, text_of(answer)) == (404, text_of(unknown))
            assert words_of(answer) == words_of(foreign)


def test_staff_who_are_switched_off_do_not_come_in(world):
    user = world.people["restricted"]
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert world.browser("restricted").get(page("organization_mails")).status_code == 302


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"language": "xx"}, 200),
        ({"language": "<script>"}, 200),
        ({"language": "de", "part": "html"}, 200),
        ({"part": "nonsense"}, 200),
    ],
)
def test_odd_questions_are_harmless(query, status, world):
    browser = world.browser("superuser")
    answer = browser.get(page("organization_mail_preview", kind="activation"), query)
    assert answer.status_code == status
    assert "<script>" not in answer.content.decode()


def test_an_unknown_mail_is_not_found_by_staff_either(world):
    browser = world.browser("superuser")
    assert browser.get(page("organization_mail_preview", kind="nothing")).status_code == 404


def test_text_of_the_project_is_what_the_page_shows(world, settings, tmp_path):
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    folder = tmp_path / "organizations" / "email"
    folder.mkdir(parents=True)
    (folder / "activation_body.html").write_text("Our own words, {{ recipient }}")
    browser = world.browser("superuser")
    url = page("organization_mail_preview", kind="activation")
    answer = browser.get(url)
    assert "Our own words, robin@example.com" in words_of(answer)
    assert "<iframe" not in answer.content.decode()
    assert browser.get(url, {"part": "html"}).status_code == 404


def test_the_page_stays_in_the_language_of_its_reader(world):
    browser = world.browser("superuser")
    answer = browser.get(page("organization_mail_preview", kind="activation"), {"language": "ar"})
    html = answer.content.decode()
    assert re.search(r'<html[^>]* lang="en"', html)
    assert '<option value="ar" selected>' in html
    assert "All mails" in html


def test_a_kind_of_another_app_is_shown(world, monkeypatch):
    monkeypatch.setattr(samples, "_samples", dict(samples._samples))
    samples.register(
        samples.Sample(
            name="another",
            label="Another mail",
            templates="organizations/email/notification",
            context=lambda: {"organization": Organization(name="Their own")},
        )
    )
    browser = world.browser("superuser")
    assert "Another mail" in words_of(browser.get(page("organization_mails")))
    answer = browser.get(page("organization_mail_preview", kind="another"))
    assert "added to Their own" in words_of(answer)
