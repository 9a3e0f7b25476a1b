"""The main job by hand: from sign-up to the end of an organization."""

import pytest

pytestmark = pytest.mark.browser


def unique(javascript, word):
    """Both runs, with and without scripts, work on one demo: each needs names of its own."""
    return f"{word} {'With' if javascript else 'Without'}"


def test_a_company_from_its_first_day_to_its_last(person, javascript):
    company = unique(javascript, "Acme Rockets")
    slug = company.lower().replace(" ", "-")
    suffix = "js" if javascript else "plain"
    ada, bo, cy = person(f"Ada{suffix}"), person(f"Bo{suffix}"), person(f"Cy{suffix}")

    # Ada signs up with her company and adds a product.
    ada.sign_up(company)
    assert company in ada.heading
    ada.add_product(slug, "Moon Shuttle")
    assert ada.sees("Moon Shuttle")

    # She invites Bo, who is new, by mail. He opens the link, registers, and sees the product.
    ada.visit(f"/orgs/{slug}/")
    ada.invite(bo.address)
    assert ada.sees(bo.address), "the invitation stands in the roster"
    bo.open_mail_link()
    assert company in bo.page.locator("main").inner_text()
    bo.register()
    assert company in bo.heading
    bo.visit(f"/orgs/{slug}/products/")
    assert bo.sees("Moon Shuttle")

    # Cy has a company of her own: Ada's does not exist for her.
    own = unique(javascript, "Cyan")
    cy.sign_up(own)
    for path in ["", "products/", "people/", "edit/", "delete/"]:
        assert cy.visit(f"/orgs/{slug}/{path}") == 404
    cy.visit("/")
    assert not cy.page.get_by_text("Moon Shuttle").count()

    # Ada invites her too. As an existing user she only has to say yes.
    ada.visit(f"/orgs/{slug}/")
    ada.invite(cy.address, as_admin=True)
    cy.open_mail_link()
    cy.press("Accept and join")
    assert company in cy.heading
    cy.visit("/")
    assert cy.page.get_by_text("Moon Shuttle").first.is_visible()

    # Ada offers the ownership to Cy, who accepts; then Ada may leave, and is out.
    ada.visit(f"/orgs/{slug}/leave/")
    assert ada.sees("You own this organization, so you cannot leave it yet.")
    ada.visit(f"/orgs/{slug}/transfer/")
    ada.page.locator("main [name=new_owner]").select_option(
        label=f"{cy.name} Tester ({cy.address})"
    )
    ada.fill(confirm_name=company)
    ada.press("Offer ownership")
    assert ada.sees("Waiting for an answer")
    cy.visit(f"/orgs/{slug}/transfer/answer/")
    cy.fill(confirm_name=company)
    cy.press("Accept ownership")
    assert company in cy.heading
    ada.visit(f"/orgs/{slug}/leave/")
    ada.press("Leave organization")
    assert ada.visit(f"/orgs/{slug}/products/") == 404

    # Cy removes Bo, who was looking at the products: his next click finds nothing.
    cy.visit(f"/orgs/{slug}/people/")
    roster = cy.page.get_by_role("row").filter(has_text=bo.address)
    cy.follow(roster.get_by_role("link", name="Remove"))
    cy.press("Remove member")
    assert bo.visit(f"/orgs/{slug}/products/") == 404

    # Cy deletes the company. Its name has to be typed, and typed right.
    cy.visit(f"/orgs/{slug}/delete/")
    cy.fill(confirm_name="Something else")
    cy.press("Delete organization")
    assert cy.sees("This is not the name of the organization")
    cy.fill(confirm_name=company)
    cy.press("Delete organization")
    assert cy.sees(f"{company} is deleted.")
    assert cy.visit(f"/orgs/{slug}/") == 404

    # It was a mistake, so she takes it back: all is there as it was.
    cy.visit("/orgs/")
    cy.follow(cy.page.locator("main a[href*='/deleted/']").first)
    cy.follow(cy.page.locator("main form button[type=submit]").last)
    assert cy.visit(f"/orgs/{slug}/products/") == 200
    assert cy.sees("Moon Shuttle")


def test_an_invitation_opened_by_the_wrong_account_offers_both_ways_out(person, javascript):
    suffix = "js" if javascript else "plain"
    dee, eve = person(f"Dee{suffix}"), person(f"Eve{suffix}")
    dee.sign_up(unique(javascript, "Delta"))
    eve.sign_up(unique(javascript, "Echo"))
    dee.visit(f"/orgs/delta-{'with' if javascript else 'without'}/")
    dee.invite(f"fay{suffix}@example.com")

    link = person(f"Fay{suffix}").mail_link()
    eve.visit(link)
    assert eve.sees("This is another account")
    eve.press("Sign out and continue")

    assert eve.page.locator("main [name=password1]").is_visible(), "Fay registers here"


def test_an_invitation_can_be_declined_resent_and_revoked(person, javascript):
    suffix = "js" if javascript else "plain"
    company = unique(javascript, "Golf")
    slug = company.lower().replace(" ", "-")
    gus, hal = person(f"Gus{suffix}"), person(f"Hal{suffix}")
    gus.sign_up(company)
    gus.visit(f"/orgs/{slug}/")
    gus.invite(hal.address)
    first = hal.mail_link()

    gus.visit(f"/orgs/{slug}/people/")
    gus.follow(gus.page.get_by_role("button", name="Send again"))
    second = hal.mail_link()
    assert first != second
    assert hal.visit(first) == 404
    assert hal.visit(second) == 200

    gus.visit(f"/orgs/{slug}/people/")
    gus.follow(gus.page.get_by_role("link", name="Revoke"))
    gus.follow(gus.page.locator("main form button").last)
    assert hal.visit(second) == 410

    gus.invite(hal.address)
    hal.open_mail_link()
    hal.press("Decline")
    assert hal.visit(hal.mail_link()) == 410, "a declined invitation stays declined"


def test_a_lost_password_is_found_by_mail(person, javascript):
    ivy = person(f"Ivy{'js' if javascript else 'plain'}")
    ivy.sign_up(unique(javascript, "India"))
    ivy.page.context.clear_cookies()

    ivy.visit("/accounts/password_reset/")
    ivy.fill(email=ivy.address)
    ivy.follow(ivy.page.locator("main form button").last)
    ivy.open_mail_link()
    ivy.fill(new_password1="another-plum-tree-10", new_password2="another-plum-tree-10")
    ivy.follow(ivy.page.locator("main form button").last)
    ivy.visit("/accounts/login/")
    ivy.fill(username=ivy.name.lower(), password="another-plum-tree-10")
    ivy.press("Sign in")

    assert ivy.path == "/"
