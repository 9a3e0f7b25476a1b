"""An ownership passes on by hand: offered, withdrawn, offered again, accepted."""

import pytest

from tests.browser.person import PASSWORD

pytestmark = pytest.mark.browser


def offer(owner, slug, company, member):
    owner.visit(f"/orgs/{slug}/transfer/")
    owner.page.locator("main [name=new_owner]").select_option(
        label=f"{member.name} Tester ({member.address})"
    )
    owner.fill(confirm_name=company)
    owner.press("Offer ownership")
    assert owner.sees("Waiting for an answer")


def test_the_ownership_is_offered_and_the_member_decides(person, javascript):
    word, suffix = ("With", "js") if javascript else ("Without", "plain")
    company, slug = f"Hotel {word}", f"hotel-{word.lower()}"
    ann, ben = person(f"Ann{suffix}"), person(f"Ben{suffix}")
    ann.sign_up(company)
    ann.visit(f"/orgs/{slug}/")
    ann.invite(ben.address)
    ben.open_mail_link()
    ben.register()

    offer(ann, slug, company, ben)
    ann.press("Withdraw the offer")
    assert ann.sees("The offer is withdrawn.")
    assert ben.visit(f"/orgs/{slug}/transfer/answer/") == 404

    offer(ann, slug, company, ben)
    ben.visit(f"/orgs/{slug}/")
    ben.click("Answer the offer")
    ben.press("Decline")
    assert ben.sees("You have declined the ownership.")

    # The second time Ben comes by the mail and accepts; the name has to be typed right.
    offer(ann, slug, company, ben)
    ben.open_mail_link()
    ben.fill(confirm_name="Something else")
    ben.press("Accept ownership")
    assert ben.sees("This is not the name of the organization")
    ben.fill(confirm_name=company)
    ben.press("Accept ownership")
    assert ben.sees(f"You own {company} now.")
    assert ann.visit(f"/orgs/{slug}/transfer/") == 403
    assert ben.visit(f"/orgs/{slug}/transfer/") == 200


def test_the_page_that_asks_for_the_password_leads_on(person, javascript):
    suffix = "js" if javascript else "plain"
    cat = person(f"Cat{suffix}")
    cat.sign_up(f"India {suffix}")
    cat.visit(f"/orgs/confirm/?next=/orgs/india-{suffix}/delete/")
    cat.fill(password="a wrong one")
    cat.press("Go on")
    assert cat.sees("This is not your password.")
    cat.fill(password=PASSWORD)
    cat.press("Go on")
    assert cat.path == f"/orgs/india-{suffix}/delete/"
