"""The layout around pages: the package's, the project's, and none for htmx."""

import pytest
from django.test import RequestFactory

from organizations.doors import HTMX_HEADERS, PART, page_context
from tests.doors.support import BACKENDS
from tests.doors.test_access_table import pages, world  # noqa: F401

pytestmark = pytest.mark.sqlite  # the layouts are the same on either database

HTMX = {"HX-Request": "true"}


@pytest.fixture(params=BACKENDS)
def answers(request, world, settings):  # noqa: F811
    """Return a function that asks for each page as everybody, and gives what is HTML."""
    settings.ORGANIZATIONS = {**BACKENDS[request.param], "BASE_TEMPLATE": "tests/layout.html"}

    def all_of_them(headers):
        people = ["anonymous", "outsider", "owner"]
        found = {
            (name, person): answer
            for name, person, answer in pages(world, request.param, people, headers=headers)
        }
        assert len({name for name, _person in found}) > 45
        return found

    return all_of_them


def test_every_page_stands_in_the_projects_layout_and_says_what_it_depends_on(answers):
    """Those of sign-in and passwords as well. A cache must not hand one of these to htmx."""
    for key, answer in answers({}).items():
        assert b"<main id=ours>" in answer.content, key
        missing = {each for each in HTMX_HEADERS if each not in answer.get("Vary", "")}
        assert missing == set(), key


def test_htmx_gets_every_page_without_a_layout(answers):
    for key, answer in answers(HTMX).items():
        text = answer.content.decode()
        assert text.lstrip().startswith("<title>"), key
        assert "</title>" in text, key
        assert 'class="orgs org-root"' in text, key
        for part in ("<html", "<main", "<body", "organizations.css", "organizations.js"):
            assert part not in text, key
        assert "HX-Request" in answer["Vary"], key


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HX-Request": "false"},
        {**HTMX, "HX-Boosted": "true"},
        {**HTMX, "HX-History-Restore-Request": "true"},
        {**HTMX, "HX-Request-Type": "full"},
    ],
)
def test_what_takes_a_whole_body_gets_a_whole_page(headers):
    assert page_context(RequestFactory().get("/", headers=headers)) == {"base_template": None}


@pytest.mark.parametrize("headers", [HTMX, {**HTMX, "HX-Request-Type": "partial"}])
def test_the_rest_gets_a_part(headers):
    assert page_context(RequestFactory().get("/", headers=headers)) == {"base_template": PART}
