"""The colour of an organization: its settings, its stylesheet, and the pages that link it."""

import re

import pytest

from organizations import testing
from organizations.services import organizations
from tests.doors.support import page, signed_in
from tests.doors.test_queries import queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", members=["cy"])


@pytest.fixture
def browser(acme):
    return signed_in(acme.users.get(username="ada"))


def link_of(response):
    found = re.findall(r'<link rel="stylesheet" href="([^"]*accent[^"]*)">', response.text)
    assert len(found) <= 1
    return found[0] if found else None


def save(browser, acme, **data):
    url = page("organization_edit", acme)
    response = browser.post(url, {"name": "Acme", "slug": "acme", **data})
    assert response.status_code in (200, 302)
    return response


PICKED, SHOWN = "#ffcc00", "#2450b2"


@pytest.mark.parametrize(
    ("before", "data", "after"),
    [
        ("", {"accent": PICKED, "has_accent": "on"}, PICKED),
        ("", {"accent": PICKED}, PICKED),  # whoever picks one means it
        ("", {"accent": SHOWN}, ""),  # what the field shows by itself
        ("", {"accent": SHOWN, "has_accent": "on"}, SHOWN),
        (PICKED, {"accent": PICKED, "has_accent": "on"}, PICKED),
        (PICKED, {"accent": "#000000", "has_accent": "on"}, "#000000"),
        (PICKED, {"accent": PICKED}, ""),
        (PICKED, {"accent": "#000000"}, ""),
        (PICKED, {}, PICKED),  # a form of the project, without the field
    ],
)
def test_the_settings_page_sets_and_unsets_it(before, data, after, acme, browser):
    organizations.set_accent(acme, before, actor=None)
    shown = browser.get(page("organization_edit", acme)).text
    assert f'type="color" name="accent" value="{before or SHOWN}"' in shown
    assert save(browser, acme, **data).status_code == 302
    assert organizations.accent_of(acme) == after


def test_what_is_no_colour_gets_a_message_and_changes_nothing(acme, browser):
    response = save(browser, acme, name="New", accent="red", has_accent="on")
    assert "accent" in response.context["form"].errors
    acme.refresh_from_db()
    assert (acme.name, organizations.accent_of(acme)) == ("Acme", "")


def test_pages_link_the_stylesheet_once_a_colour_is_set(acme, browser):
    names = ["organization_detail", "organization_edit", "organization_user_list"]
    pages = [page(name, acme) for name in names]
    before = {}
    for url in pages:
        before[url], response = queries_of(browser, url)
        assert link_of(response) is None
    organizations.set_accent(acme, PICKED, actor=None)
    for url in pages:
        count, response = queries_of(browser, url)
        assert link_of(response) == page("organization_accent", acme) + "?v=ffcc00"
        assert count == before[url]
    assert link_of(browser.get(page("organization_list"))) is None


def test_a_stranger_who_may_join_is_sent_to_no_stylesheet(modelled, acme):
    organizations.set_accent(acme, PICKED, actor=None)
    organizations.set_joining(acme, accepts_requests=True, actor=None)
    response = signed_in(testing.make_user("eve")).get(page("organization_join", acme))
    assert response.status_code == 200
    assert link_of(response) is None


def test_the_stylesheet_has_shades_for_light_and_dark(acme, browser):
    organizations.set_accent(acme, PICKED, actor=None)
    count, response = queries_of(browser, page("organization_accent", acme))
    assert count <= 4  # session, user, organization, access
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert response["Cache-Control"] == "private, max-age=86400"
    assert response.text.startswith("@layer organizations {\n.orgs, .orgs-page {--org-accent: #")
    assert "--org-accent: light-dark(#826800, #ffcc00)" in re.sub(r"\s+", " ", response.text)
    assert "--org-on-accent: light-dark(#ffffff, #0f1217)" in response.text


def test_the_stylesheet_is_sent_again_only_when_the_colour_has_changed(acme, browser):
    url = page("organization_accent", acme)
    assert browser.get(url).text == ""
    organizations.set_accent(acme, PICKED, actor=None)
    etag = browser.get(url)["ETag"]
    again = browser.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    organizations.set_accent(acme, "#000000", actor=None)
    changed = browser.get(url, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"] != etag
