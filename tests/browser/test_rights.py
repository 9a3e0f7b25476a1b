"""Roles and teams in a real browser, in the demo, with JavaScript and without."""

from datetime import date, timedelta

import pytest

pytestmark = pytest.mark.browser

PEOPLE = "/orgs/kestrel-tools/people/"
ROLES = "/orgs/kestrel-tools/roles/"
TEAMS = "/orgs/kestrel-tools/teams/"


@pytest.fixture
def word(javascript):
    """A name of this run alone: both runs share the demo."""
    return "Quay" if javascript else "Yard"


@pytest.fixture
def ada(person):
    ada = person("Ada")
    ada.visit("/login-as/demo-owner/")
    return ada


def own_page(person):
    """Return the address of the person's own page in the organization."""
    person.visit(PEOPLE)
    person.follow(person.page.get_by_role("row").filter(has_text="You").get_by_role("link").first)
    return person.path


def cell(person, permission, role):
    """Return what the matrix says: yes or no."""
    heads = person.page.locator(".org-matrix thead th").all_inner_texts()
    row = person.page.locator(".org-matrix tr").filter(has_text=permission)
    return row.locator("th, td").nth(heads.index(role)).locator(".org-hidden").inner_text()


def test_a_role_from_its_making_to_its_end(person, ada, word):
    mei = person("Mei")
    mei.visit("/login-as/demo-member/")
    mei_page = own_page(mei)
    assert mei.visit("/orgs/kestrel-tools/edit/") == 403
    assert mei.sees("Change the settings"), "the page says what is missing"

    # Ada makes a role, and the matrix shows it.
    ada.visit(ROLES)
    ada.click("New role")
    ada.fill(name=f"{word} clerk", description="Keeps the address book.")
    ada.page.get_by_label("Change the settings").check()
    ada.press("Make the role")
    ada.visit(ROLES)
    assert cell(ada, "Change the settings", f"{word} clerk") == "yes"
    assert cell(ada, "Remove members", f"{word} clerk") == "no"

    # She gives it to Mei until tomorrow, and sees the effect before it is there.
    ada.visit(f"{mei_page}roles/")
    ada.page.get_by_label(f"{word} clerk", exact=True).check()
    tomorrow = date.today() + timedelta(days=1)
    ada.page.get_by_label(f"Last day of {word} clerk").fill(tomorrow.isoformat())
    ada.press("Save the roles")
    assert ada.sees("Gains:")
    assert ada.sees("Change the settings")
    assert mei.visit("/orgs/kestrel-tools/edit/") == 403, "only shown so far"
    ada.follow(ada.page.get_by_role("main").locator("button.org-primary"))

    # It works at the next request, and says why.
    assert mei.visit("/orgs/kestrel-tools/edit/") == 200
    mei.visit(f"{mei_page}access/?permission=organizations.change_organization")
    assert mei.sees(f"The role “{word} clerk” gives it until")

    # Another role in its place, with the effect shown first: the right is gone at once.
    ada.visit(ROLES)
    row = ada.page.get_by_role("listitem").filter(has_text=f"{word} clerk")
    ada.follow(row.get_by_role("link", name="Delete"))
    ada.page.get_by_label("Stock keeper").check()
    ada.press("Delete the role")
    assert ada.sees("Loses:")
    ada.follow(ada.page.get_by_role("main").locator("button.org-risky, button.org-primary").first)
    ada.visit(ROLES)
    assert f"{word} clerk" not in ada.page.content()
    assert mei.visit("/orgs/kestrel-tools/edit/") == 403


def test_a_team_gives_what_is_given_to_it(person, ada, word):
    mei = person("Mei")
    mei.visit("/login-as/demo-member/")
    mei_page = own_page(mei)

    for name, parent in ((f"{word} office", ""), (f"{word} desk", f"{word} office")):
        ada.visit(TEAMS)
        ada.click("New team")
        ada.fill(name=name)
        if parent:
            options = ada.page.locator("main [name=parent] option")
            value = options.filter(has_text=parent).first.get_attribute("value")
            ada.page.locator("main [name=parent]").select_option(value)
        ada.follow(ada.page.get_by_role("main").locator("button.org-primary"))
    ada.visit(TEAMS)
    ada.click(f"{word} desk")

    # Mei joins the inner team; the outer one is given the right to delete products.
    ada.click("Add people")
    ada.fill(q="member@demo.example.com")
    ada.press("Search")
    ada.follow(ada.page.get_by_role("main").get_by_role("button", name="Add").last)
    if ada.page.locator("main input[name=confirm]").count():
        ada.follow(ada.page.get_by_role("main").locator("button.org-primary"))
    ada.visit(f"{ROLES}stock-keeper/give/")
    options = ada.page.locator("main select option")
    value = options.filter(has_text=f"{word} office").first.get_attribute("value")
    ada.page.locator("main select").first.select_option(value)
    ada.press("Give the role")
    if ada.page.locator("main input[name=confirm]").count():
        ada.follow(ada.page.get_by_role("main").locator("button.org-primary"))

    mei.visit(f"{mei_page}access/?permission=catalog.delete_product")
    assert mei.sees(f"through the team “{word} office”")


@pytest.mark.parametrize(
    "path",
    [
        *("roles/", "roles/add/", "roles/stock-keeper/", "teams/", "teams/add/"),
        *("people/", "{own}", "{own}access/"),
    ],
)
def test_pages_fit_a_narrow_screen(path, ada):
    own = own_page(ada).removeprefix("/orgs/kestrel-tools/")
    ada.page.set_viewport_size({"width": 320, "height": 800})
    assert ada.visit("/orgs/kestrel-tools/" + path.format(own=own)) == 200
    wide = ada.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320


def test_no_link_of_a_plain_member_leads_to_a_refusal(person):
    """Every link that the pages of roles, teams and members show can be followed."""
    mei = person("Mei")
    mei.visit("/login-as/demo-member/")
    seen, waiting = set(), [ROLES, TEAMS, PEOPLE]
    while waiting and len(seen) < 60:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert mei.visit(path) == 200, path
        links = mei.page.locator("main a").evaluate_all(
            "all => all.map(a => a.getAttribute('href'))"
        )
        waiting += [
            link
            for link in links
            if link and link.startswith("/orgs/kestrel-tools/") and "#" not in link
        ]
    assert len(seen) > 8
