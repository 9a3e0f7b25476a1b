"""The switcher in a real browser, in the demo, with JavaScript and without, on a narrow screen."""

import pytest

pytestmark = pytest.mark.browser


def shown(person):
    """Return what the switcher says before it is opened: the current organization."""
    return person.page.locator("details.orgs.org-menu > summary").inner_text()


def test_switching_between_organizations_on_a_narrow_screen(person, tmp_path):
    grace = person("Grace")
    grace.page.set_viewport_size({"width": 320, "height": 640})
    grace.visit("/login-as/demo-admin/")
    grace.visit("/orgs/kestrel-tools/")
    assert "Kestrel Tools" in shown(grace)

    menu = grace.page.locator("details.orgs.org-menu")
    menu.locator("summary").click()
    entries = menu.get_by_role("button")
    assert "Kestrel Tools" in menu.locator("[aria-current=true]").inner_text()
    other = entries.filter(has_text="Meridian Freight")
    other.wait_for(state="visible")
    grace.page.screenshot(path=tmp_path / "switcher.png")
    box = other.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["height"] >= 24
    assert grace.page.evaluate("document.documentElement.scrollWidth") <= 320

    # By the keyboard alone.
    other.focus()
    with grace.page.expect_navigation():
        grace.page.keyboard.press("Enter")
    assert grace.path == "/orgs/meridian-freight/"
    assert "Meridian Freight" in shown(grace)
    # A page whose URL names no organization goes on with the one switched to.
    grace.visit("/orgs/inbox/")
    assert "Meridian Freight" in shown(grace)
    # The other tab's organization is in its URL.
    grace.visit("/orgs/kestrel-tools/")
    assert "Kestrel Tools" in shown(grace)
