"""Many people at once, by hand: paste, look, invite, read what became of each line."""

import csv

import pytest

pytestmark = pytest.mark.browser


def test_a_table_and_sixty_addresses_in_one_paste(person, javascript):
    company = "Sixty With" if javascript else "Sixty Without"
    suffix = "js" if javascript else "plain"
    zoe = person(f"Zoe{suffix}")
    zoe.sign_up(company)
    slug = company.lower().replace(" ", "-")

    # A table first: she says which column is which.
    zoe.visit(f"/orgs/{slug}/people/add/")
    zoe.click("Invite many people at once")
    table = f"Remark,Reach them at\nboss,row1.{suffix}@example.com\n,row2.{suffix}@example.com\n"
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": table.encode()}
    zoe.page.locator("main [name=file]").set_input_files(file)
    zoe.press("Look at the list")
    assert zoe.sees("What the columns hold")
    assert zoe.sees("For example: boss")
    zoe.page.get_by_label("Reach them at").select_option("address")
    zoe.press("Look at the list")
    zoe.press("Invite 2 people")
    assert zoe.sees("2 people are invited.")
    row = person(f"row1.{suffix}")
    row.open_mail_link()
    row.register()
    assert company in row.heading

    zoe.visit(f"/orgs/{slug}/people/add/")
    zoe.click("Invite many people at once")
    people = [f"Guest {n} <guest{n}.{suffix}@example.com>" for n in range(60)]
    zoe.fill(addresses="\n".join([*people, "nonsense", zoe.address, people[0]]))
    zoe.press("Look at the list")

    # Nobody is invited yet, and what is wrong stands on top.
    assert zoe.sees("Nobody is invited yet.")
    first = zoe.page.locator("#lines").locator("xpath=ancestor::section").get_by_role("row").nth(1)
    assert "nonsense" in first.inner_text()
    zoe.page.set_viewport_size({"width": 320, "height": 800})
    assert zoe.page.evaluate("document.documentElement.scrollWidth") <= 320
    zoe.press("Invite 60 people")

    # An organization of its first week may invite fifty people a day; the rest is told so.
    assert zoe.sees("48 people are invited.")
    assert zoe.sees("This organization has sent as many invitations as a new one may for now.")
    with zoe.page.expect_download() as download:
        zoe.page.get_by_role("link", name="Results as CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        codes = [row["Result"] for row in csv.DictReader(file)]
    assert codes.count("invited") == 48
    assert codes.count("limit_reached") == 12
    assert codes[-3:] == ["not_an_address", "already_member", "duplicate"]

    # The last of them has a mail, as the others do, with a link that works.
    guest = person(f"guest47.{suffix}")
    guest.open_mail_link()
    assert company in guest.page.locator("main").inner_text()

    zoe.press("Discard the list")
    assert zoe.sees("The list is discarded.")
