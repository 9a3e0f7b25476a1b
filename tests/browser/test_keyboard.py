"""The main ways without a mouse: Tab, Enter, Space and arrows alone, and the focus always seen."""

import pytest

pytestmark = pytest.mark.browser

#: Most stops from the top of a page to what is looked for.
STOPS = 60

FOCUS = """() => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    const {outlineStyle, outlineWidth} = getComputedStyle(each);
    const box = each.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + Math.min(box.height / 2, 12);
    const on_top = document.elementFromPoint(x, y);
    return {
        name: (each.getAttribute("aria-label") || each.innerText || "").trim(),
        field: each.name || "", tag: each.tagName.toLowerCase(), type: each.type || "",
        ring: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
        in_view: box.top >= 0 && box.left >= 0
            && box.top < innerHeight && box.right <= innerWidth + 1,
        covered: !(on_top && (each.contains(on_top) || on_top.contains(each))),
        html: each.outerHTML.slice(0, 120),
    };
}"""


class Keys:
    """A keyboard; at each stop it looks whether the focus can be seen."""

    def __init__(self, page):
        self.page, self.stops = page, 0

    def press(self, key):
        self.page.keyboard.press(key)

    def tab_to(self, **wanted):
        """Press Tab until the focus is on what has these values, and return it."""
        passed = []
        for _stop in range(STOPS):
            self.press("Tab")
            found = self.page.evaluate(FOCUS)
            if found is None:
                continue
            self.stops += 1
            assert found["ring"] >= 3, f"no ring: {found['html']}"
            assert found["in_view"], f"out of view: {found['html']}"
            assert not found["covered"], f"covered: {found['html']}"
            if all(value in found[key] for key, value in wanted.items()):
                return found
            passed.append(found["name"] or found["field"])
        raise AssertionError(f"{wanted} is not reached; passed {passed}")

    def follow(self, key="Enter"):
        with self.page.expect_navigation():
            self.press(key)

    def choose(self, text):
        """Walk through the options of the field in focus with the arrow, to the one so named."""
        for _option in range(500):
            self.press("ArrowDown")
            chosen = self.page.evaluate("document.activeElement.selectedOptions[0].text")
            if text in chosen:
                return
        raise AssertionError(f"no option {text!r}")

    def type(self, text):
        self.page.keyboard.type(text)


@pytest.fixture
def keys(person, gallery):
    """Make the keyboard of somebody who is signed in, in a demo of this kind alone."""

    def make(name):
        somebody = person(name, base=gallery.url)
        key = gallery.sessions[name]
        cookie = {"name": "sessionid", "value": key, "url": gallery.url}
        somebody.page.context.add_cookies([cookie])
        somebody.keys = Keys(somebody.page)
        return somebody

    return make


def test_switching_to_another_organization(keys):
    grace = keys("admin")
    grace.visit("/orgs/kestrel-tools/")
    grace.keys.tab_to(tag="a", name="Skip")
    grace.keys.tab_to(tag="summary", name="Kestrel Tools")
    grace.keys.press("Space")
    grace.keys.tab_to(tag="button", name="Meridian Freight")
    grace.keys.follow()
    assert grace.path == "/orgs/meridian-freight/"


def test_the_skip_link_leads_past_the_bar(keys):
    grace = keys("admin")
    grace.visit("/orgs/kestrel-tools/")
    grace.keys.tab_to(tag="a", name="Skip")
    grace.keys.press("Enter")
    grace.keys.press("Tab")
    assert grace.page.evaluate("document.activeElement.closest('main') !== null")


def test_inviting_somebody(keys, javascript):
    address = f"by.keys.{'js' if javascript else 'plain'}@example.com"
    ada = keys("owner")
    ada.visit("/orgs/kestrel-tools/")
    ada.keys.tab_to(tag="a", name="Members")
    ada.keys.follow()
    ada.keys.tab_to(tag="a", name="Invite people")
    ada.keys.follow()
    ada.keys.tab_to(field="email")
    ada.keys.type(address)
    ada.keys.tab_to(tag="button", name="Send invitation")
    ada.keys.follow("Space")
    assert ada.sees(address)


def test_changing_a_role(keys, gallery, javascript):
    """And back again: other tests look at the same people."""
    ada = keys("owner")
    for _time in range(2):
        change_role(ada, gallery.places["member"])


def change_role(ada, member):
    ada.visit(f"/orgs/kestrel-tools/people/{member}/")
    ada.keys.tab_to(tag="a", name="Change role")
    ada.keys.follow()
    ada.keys.tab_to(field="is_admin")
    before = ada.page.evaluate("document.activeElement.checked")
    ada.keys.press("Space")
    assert ada.page.evaluate("document.activeElement.checked") is not before
    ada.keys.tab_to(tag="button", html="org-primary")
    ada.keys.follow()
    # What changes is shown first, and sent by a second press.
    ada.keys.tab_to(tag="button", html="org-primary")
    ada.keys.follow()
    ada.visit(f"/orgs/kestrel-tools/people/{member}/edit/")
    assert ada.page.locator("main [name=is_admin]").is_checked() is not before


def test_offering_the_ownership(keys, javascript):
    long = keys("long")
    long.visit("/orgs/wide/transfer/")
    if long.page.locator("main [name=new_owner]").count() == 0:  # the other run's offer
        long.keys.tab_to(tag="button", name="Withdraw")
        long.keys.follow()
    name = long.page.locator("h1, .org-head p").first.inner_text()
    long.keys.tab_to(field="new_owner")
    long.keys.choose("aaaa")
    long.keys.tab_to(field="confirm_name")
    long.keys.type(name)
    long.keys.tab_to(tag="button", name="Offer ownership")
    long.keys.follow()
    assert long.sees("Waiting for an answer")
