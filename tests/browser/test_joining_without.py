"""Joining without an invitation in a real browser: by a domain, by a request, by a proposal."""

import pytest

pytestmark = pytest.mark.browser


def test_joining_by_a_domain_by_a_request_and_by_a_proposal(person, javascript):
    suffix = "js" if javascript else "plain"
    company, slug, domain = f"Weaver {suffix}", f"weaver-{suffix}", f"weaver-{suffix}.example.com"
    ada, bo, cy, dee = (person(f"{name}{suffix}") for name in ("Adela", "Boris", "Cyra", "Doro"))
    ada.address, bo.address = f"adela@{domain}", f"boris@{domain}"
    ada.sign_up(company)
    bo.sign_up(f"Own of Boris {suffix}")
    cy.sign_up(f"Own of Cyra {suffix}")

    # The organization is not to be found by those who have no way in.
    for each in (bo, cy):
        assert each.visit(f"/orgs/{slug}/join/") == 404

    # Ada lets her colleagues in.
    ada.visit(f"/orgs/{slug}/edit/")
    ada.click("Settings of joining")
    ada.page.locator("main [name=domain]").select_option(domain)
    ada.page.locator("main [name=needs_approval]").uncheck()
    ada.press("Add the domain")
    assert ada.sees("People join at once.")

    # Boris reads mail there: he is offered the way, and takes it.
    bo.visit("/orgs/choose/")
    assert bo.sees("You join at once.")
    bo.click(company)
    assert bo.sees(bo.address)
    bo.press("Join")
    assert company in bo.heading
    assert bo.visit(f"/orgs/{slug}/join/") == 200
    assert company in bo.heading, "a member is led to the organization"

    # Cyra does not, so she asks, once that is possible. Ada hears of it.
    assert cy.visit(f"/orgs/{slug}/join/") == 404
    ada.page.locator("main [name=accepts_requests]").check()
    ada.fill(invitation_days="14")
    ada.press("Save changes")
    assert ada.page.locator("main [name=accepts_requests]").is_checked()
    cy.visit(f"/orgs/{slug}/join/")
    cy.press("Ask to join")
    assert cy.sees("Your request waits.")
    assert ada.mail_link().endswith(f"/orgs/{slug}/invitations/")
    assert "asks to join" in ada.page.locator("main").inner_text()
    cy.visit("/orgs/choose/")
    cy.click(company)
    cy.press("Take the request back")
    assert cy.sees("You have taken your request back.")

    # Boris may not invite, so he proposes somebody, and thinks better of it.
    bo.visit(f"/orgs/{slug}/people/")
    assert not bo.page.get_by_role("link", name="Invite people").count()
    bo.click("Propose somebody")
    bo.fill(email=dee.address)
    bo.press("Propose")
    assert bo.sees("Your open proposals")
    bo.follow(bo.page.get_by_role("main").get_by_role("button", name="Take back"))
    assert bo.sees("The proposal is taken back.")
    bo.fill(email=dee.address)
    bo.press("Propose")

    # Nobody else joins by the domain once it is gone, but Cyra may ask. Ada decides.
    ada.visit(f"/orgs/{slug}/joining/")
    ada.follow(ada.page.get_by_role("main").get_by_role("button", name="Remove"))
    cy.visit(f"/orgs/{slug}/join/")
    assert cy.sees("You can ask to join."), "by asking only"
    cy.press("Ask to join")
    for address, answer in ((cy.address, "Let in"), (dee.address, "Send invitation")):
        ada.visit(f"/orgs/{slug}/invitations/")
        ada.follow(ada.page.get_by_role("link", name="To decide"))
        row = ada.page.get_by_role("row").filter(has_text=address)
        ada.follow(row.get_by_role("link", name="Approve"))
        ada.press(answer)
    cy.visit(f"/orgs/{slug}/")
    assert company in cy.heading
    dee.open_mail_link()
    dee.register()
    assert company in dee.heading
