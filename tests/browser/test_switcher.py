"""The switcher in a real browser, in the demo, with JavaScript and without, on a narrow screen."""

import pytest

pytestmark = pytest.mark.browser


def test_switching_between_organizations_on_a_narrow_screen(person, tmp_path):
    ada = person("Ada")
    ada.page.set_viewport_size({"width": 320, "height": 640})
    ada.visit("/login-as/demo-owner/")
    ada.visit("/orgs/kestrel-tools/")
    menu = ada.page.locator("details.orgs.org-menu")
    assert "Kestrel Tools" in menu.locator("summary").inner_text()

    menu.locator("summary").click()
    entries = menu.get_by_role("button")
    current = menu.locator("[aria-current=true]")
    assert current.count() == 1
    assert "Kestrel Tools" in current.inner_text()
    assert entries.count() >= 2, "the demo's owner has two organizations"
    ada.page.screenshot(path=tmp_path / "switcher.png")
    wide = ada.page.evaluate if ada.javascript else None
    other = entries.filter(has_not_text="Kestrel Tools").first
    name = other.inner_text().strip().splitlines()[-1]

    # By the keyboard alone.
    other.focus()
    ada.page.keyboard.press("Enter")
    ada.page.wait_for_load_state()
    assert "kestrel" not in ada.path
    assert name in ada.page.locator("details.orgs.org-menu summary").inner_text()
    # A page whose URL names no organization goes on with the one switched to.
    ada.visit("/orgs/inbox/")
    assert name in ada.page.locator("details.orgs.org-menu summary").inner_text()
    # The other tab's organization is in its URL.
    ada.visit("/orgs/kestrel-tools/")
    assert "Kestrel Tools" in ada.page.locator("details.orgs.org-menu summary").inner_text()
