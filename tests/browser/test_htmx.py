"""Pages as parts of another page: what htmx, in both its versions, makes of the answers."""

import os
from pathlib import Path

import pytest

from .person import Person

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
CHECKERS = Path(os.environ.get("ORGKIT_CHECKERS") or ROOT / ".checkers")
HOME = "/orgs/kestrel-tools/"
#: What a project writes into its templates.
LOADS = """([selector, attributes]) => {
  const element = document.querySelector(selector)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  htmx.process(element)
}"""
INSIDE = {"hx-target": ".org-root", "hx-swap": "outerHTML", "hx-push-url": "true"}


@pytest.fixture(params=["htmx-2", "htmx-4"])
def ada(request, chromium, shop):
    """The owner, in a project whose policy lets htmx make its requests."""
    context = chromium.new_context(bypass_csp=True)
    context.set_default_timeout(15_000)
    ada = Person("Ada", context.new_page(), shop)
    ada.visit("/login-as/demo-owner/")
    ada.visit(f"{HOME}people/")
    ada.page.add_script_tag(path=CHECKERS / request.param / "dist" / "htmx.min.js")
    ada.page.evaluate("window.sameDocument = true")
    yield ada
    assert ada.complaints == []
    context.close()


def is_whole(person):
    """Return whether there is one page, and no page within it."""
    parts = ("main", ".org-root", "h1", ".org-head", "title")
    return [person.page.locator(each).count() for each in parts] == [1] * len(parts)


def follow_link_to_settings(page):
    link = f'.org-root a[href="{HOME}edit/"]'
    page.evaluate(LOADS, [link, {"hx-get": f"{HOME}edit/", **INSIDE}])
    page.locator(link).first.click()
    page.locator("main form [name=name]").wait_for()


def test_a_link_and_a_form_without_a_page_load(ada):
    page = ada.page
    follow_link_to_settings(page)
    assert page.title().startswith("Settings")
    assert ada.path == f"{HOME}edit/"
    assert is_whole(ada)

    page.evaluate(LOADS, ["main form", {"hx-post": f"{HOME}edit/", "novalidate": "", **INSIDE}])
    name = page.locator("[name=name]").input_value()
    ada.fill(name="")
    page.get_by_role("main").get_by_role("button", name="Save changes").click()
    page.locator("main [aria-invalid=true]").first.wait_for()
    assert is_whole(ada)

    page.evaluate(LOADS, ["main form", {"hx-post": f"{HOME}edit/", "novalidate": "", **INSIDE}])
    ada.fill(name=name)
    page.get_by_role("main").get_by_role("button", name="Save changes").click()
    # The redirect is followed with the same headers, so its page is a part as well.
    page.locator("[data-org-messages] .org-note").wait_for()
    assert is_whole(ada)
    assert page.evaluate("window.sameDocument")


def test_the_way_back_leads_to_a_whole_page(ada):
    page = ada.page
    follow_link_to_settings(page)
    page.go_back()
    page.get_by_role("heading", name="Members", level=1).wait_for()
    assert is_whole(ada)
    # Neither does the browser's own memory of the address hold a part.
    page.goto(f"{ada.base}{HOME}edit/")
    page.goto(f"{ada.base}/orgs/")
    page.go_back()
    assert page.locator("html.orgs-page").count() == 1
    assert is_whole(ada)
