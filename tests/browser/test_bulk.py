"""Many people at once, by hand: paste, look, invite, read what became of each line."""

import csv

import pytest

pytestmark = pytest.mark.browser


def test_sixty_addresses_in_one_paste(person, javascript):
    company = "Sixty With" if javascript else "Sixty Without"
    suffix = "js" if javascript else "plain"
    zoe = person(f"Zoe{suffix}")
    zoe.sign_up(company)
    slug = company.lower().replace(" ", "-")

    zoe.visit(f"/orgs/{slug}/people/add/")
    zoe.click("Invite many people at once")
    people = [f"Guest {n} <guest{n}.{suffix}@example.com>" for n in range(60)]
    zoe.fill(addresses="\n".join([*people, "nonsense", zoe.address, people[0]]))
    zoe.press("Look at the list")

    # Nobody is invited yet, and what is wrong stands on top.
    assert zoe.sees("Nobody is invited yet.")
    first = zoe.page.locator("#lines").locator("xpath=ancestor::section").get_by_role("row").nth(1)
    assert "nonsense" in first.inner_text()
    zoe.press("Invite 60 people")

    # An organization of its first week may invite fifty people a day; the rest is told so.
    assert zoe.sees("50 people are invited.")
    assert zoe.sees("This organization has sent as many invitations as a new one may for now.")
    with zoe.page.expect_download() as download:
        zoe.page.get_by_role("link", name="Results as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        codes = [row["Result"] for row in csv.DictReader(file)]
    assert codes.count("invited") == 50
    assert codes.count("limit_reached") == 10
    assert codes[-3:] == ["not_an_address", "already_member", "duplicate"]

    # The last of them has a mail, as the others do, with a link that works.
    guest = person(f"guest49.{suffix}")
    guest.open_mail_link()
    assert company in guest.page.locator("main").inner_text()

    zoe.press("Discard the list")
    assert zoe.sees("The list is discarded.")
