"""Each way of joining once, by hand, in the demo: with JavaScript and without."""

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def company(javascript, request):
    """A name of this test alone: all of them share the demo."""
    word = request.node.originalname.rpartition("_")[2].title()
    return f"Harbor {word} {'With' if javascript else 'Without'}"


@pytest.fixture
def ada(person, company):
    ada = person(company.replace(" ", ""))
    ada.sign_up(company)
    return ada


def named(person, word, javascript):
    return person(f"{word}{'js' if javascript else 'plain'}")


def copied(ada):
    """Return the link that the page shows, as somebody copies it."""
    field = ada.page.get_by_label("Copy the link now")
    assert not field.is_editable()
    link = field.input_value()
    ada.page.reload()
    assert link not in ada.page.content(), "it is shown once"
    return link


def make_link(ada, **choices):
    ada.click("Invitations")
    ada.click("Make a link")
    if choices.pop("several", False):
        ada.page.get_by_label("Several people").check()
    if choices.pop("approve", False):
        ada.page.get_by_label("Somebody approves each person").check()
    ada.fill(**choices)
    ada.press("Make the link")
    return copied(ada)


def test_by_a_mail_that_was_never_sent(person, ada, company, javascript):
    bo = named(person, "Bolink", javascript)
    ada.click("Members")
    ada.click("Invite people")
    ada.fill(email=bo.address)
    ada.page.get_by_label("Give me the link instead of sending a mail").check()
    ada.press("Send invitation")
    link = copied(ada)
    assert ada.sees(bo.address), "it stands in the list"

    # The link may be in anybody's hands: it says so, and goes to the address by mail.
    bo.visit(link)
    assert bo.sees("This invitation is for the reader of")
    assert not bo.page.locator("main [name=password1]").count()
    bo.press("Send the link to this address")
    assert bo.sees("Look into your mailbox")
    bo.open_mail_link()
    bo.register()
    assert company in bo.heading


def test_by_a_link_for_one_person(person, ada, company, javascript):
    cy, di = (named(person, name, javascript) for name in ("Cylink", "Dilink"))
    link = make_link(ada, days="3")

    # Cy has no account: she lets a link be sent to her address.
    cy.visit(link)
    cy.fill(email=cy.address)
    cy.press("Send me the link")
    assert cy.sees("Look into your mailbox")
    cy.open_mail_link()
    cy.register()
    assert company in cy.heading

    # Di comes too late.
    assert di.visit(link) == 410
    ada.click("Invitations")
    ada.click("Accepted")
    assert ada.sees("Link for one person")


def test_by_links_for_several_with_an_approval_and_without(person, ada, company, javascript):
    suffix = "js" if javascript else "plain"
    link = make_link(ada, several=True, approve=True, max_uses="2")

    # Ed has an account of his own already.
    ed = person(f"Edlink{suffix}")
    ed.sign_up(f"Ed and Sons {suffix}")
    ed.visit(link)
    ed.press("Ask to join")
    assert ed.sees("Your request waits for approval")
    ed.visit("/orgs/inbox/")
    assert ed.sees("You have asked to join")

    ada.click("Invitations")
    ada.follow(ada.page.get_by_role("link", name="To decide"))
    row = ada.page.get_by_role("row").filter(has_text=ed.address)
    ada.follow(row.get_by_role("link", name="Approve"))
    ada.press("Let in")
    assert ada.sees(f"{ed.address} is a member now.")
    ed.visit(link)
    assert company in ed.heading
    ada.click("Invitations")
    assert ada.sees("1 of 2 used")

    # Ed makes one himself, for two people, and nobody has to approve them.
    ed.visit(f"/orgs/ed-and-sons-{suffix}/")
    link = make_link(ed, several=True, max_uses="2")
    ada.visit(link)
    ada.press("Accept and join")
    assert "Ed and Sons" in ada.heading
    flo, gus = (person(f"{name}{suffix}") for name in ("Flolink", "Guslink"))
    flo.visit(link)
    flo.fill(email=flo.address)
    flo.press("Send me the link")
    flo.open_mail_link()
    flo.register()
    assert "Ed and Sons" in flo.heading
    assert gus.visit(link) == 410


def test_pages_fit_a_narrow_screen(person):
    ada = person("Ada")
    ada.visit("/login-as/demo-owner/")
    ada.page.set_viewport_size({"width": 320, "height": 800})
    kestrel = "/orgs/kestrel-tools/"
    of_kestrel = (
        "invitations/",
        "invitations/link/",
        "people/add/",
        "invitations/many/",
        "joining/",
    )
    for path in (*(f"{kestrel}{each}" for each in of_kestrel), "/orgs/choose/", "/orgs/inbox/"):
        assert ada.visit(path) == 200
        assert ada.page.evaluate("document.documentElement.scrollWidth") <= 320, path
    assert ada.visit("/orgs/invitations/open/nothing/") == 404
    assert ada.sees("We do not know this invitation")
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= 320
