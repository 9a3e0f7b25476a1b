"""The doors of the offers: invitations without a mail, links, the list, decisions, the inbox."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import permissions, presets, testing
from organizations.backends.modeled import ModelInvitation
from organizations.dates import last_day
from organizations.exceptions import ExceedsOwnRights, OrganizationsError
from organizations.models import OrganizationInvitation
from organizations.services import invitations, links, members, requests, suspension
from organizations.services.handover import offer as offer_ownership
from organizations.views.offers import ONCE_KEY
from tests.core.people import NameSource, give, registered
from tests.doors.support import (
    PERSON,
    Browser,
    all_rows,
    expire,
    invite,
    page,
    signed_in,
    text_of,
    words_of,
)

pytestmark = pytest.mark.usefixtures("noted")

ACCEPT = {"action": "accept"}


class Hats:
    """A preset: hats for everybody, and a crown that brings the right to delete."""

    name = "hats"
    label = "Hats"
    given = []

    def choices(self, organization):
        return [("1", "Straw hat"), ("2", "Crown")]

    def clean(self, organization, values):
        if set(values) - {"1", "2"}:
            raise OrganizationsError("no such hat")
        return sorted(values)

    def permissions_by_value(self, organization, values):
        gone = frozenset(["shop.not_declared_any_more"])
        return {"1": gone, "2": frozenset(["organizations.delete_organization"])}

    def apply(self, member, values):
        self.given.append((member.user_id, values))


@pytest.fixture
def noted(modelled, settings):
    """The backend that asks, with notes allowed."""
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, "INVITATION_NOTE": True}


@pytest.fixture
def hats(monkeypatch):
    monkeypatch.setitem(presets._presets, "hats", Hats())
    monkeypatch.setattr(Hats, "given", [])


def said(response):
    return [str(message) for message in response.wsgi_request._messages]


def rows():
    return OrganizationInvitation.objects


def make_link(world, **values):
    return links.create(world.acme, actor=world.people["admin"], now=timezone.now(), **values)


def opened(link, user=None):
    browser = signed_in(user)
    browser.get(page("invitations_open", token=link.secret))
    return browser


def answer(browser, data=ACCEPT):
    return browser.post(page("invitations_accept"), data)


def ask(world, name="outsider", **values):
    """Return the request of somebody who came by a link that asks for approval."""
    link = make_link(world, shared=True, max_uses=None, needs_approval=True, **values)
    proof = invitations.proof_of(link.secret)
    invitations.accept(link, user=world.people[name], now=timezone.now(), proof=proof)
    [request] = rows().filter(kind="request")
    return request


# Invitations by mail


def test_the_form_offers_what_the_verbs_take(hats, world):
    until = timezone.localdate() + timedelta(days=30)
    data = {
        "email": "new@example.com",
        "is_admin": "on",
        "hats": ["1"],
        "member_until": until.isoformat(),
        "locale": "de",
        "note": "See you\non Monday!",
    }
    world.browser("admin").post(page("organization_user_add", world.acme), data)
    offer = rows().get(invitee_identifier="new@example.com")
    assert (offer.is_admin, offer.presets, offer.locale) == (True, {"hats": ["1"]}, "de")
    assert offer.note == "See you\non Monday!"
    assert last_day(offer.member_until) == until
    [message] = mail.outbox
    rich = message.alternatives[0][0]
    assert "> See you\n> on Monday!" in message.body
    assert "See you<br>on Monday!" in rich
    assert "Monday" not in message.subject
    for text in (message.body, rich):
        assert str(until.year) in text
        assert "The membership ends" in text or "Mitgliedschaft" in text


def test_a_note_is_plain_text_without_links(world):
    note = "<b>Hi</b> https://evil.example.com/ now"
    data = {"email": "new@example.com", "note": note}
    world.browser("admin").post(page("organization_user_add", world.acme), data)
    [message] = mail.outbox
    for text in (message.body, message.alternatives[0][0]):
        assert "evil.example.com" not in text
        assert "https://evil" not in text
    assert "<b>Hi" not in message.alternatives[0][0]
    shown = opened_mail(None).content.decode()
    assert "&lt;b&gt;Hi" in shown
    assert "<b>Hi" not in shown


def opened_mail(user):
    """Follow the link in the newest mail and return the page that it leads to."""
    browser = signed_in(user)
    return browser.get(testing.links_in_mail()[0].removeprefix("http://testserver"), follow=True)


def test_the_page_of_an_offer_says_what_it_offers(hats, world):
    invite(
        world.acme,
        "new@example.com",
        by=world.people["owner"],
        presets={"hats": ["2"]},
        note="Bring the cake",
        member_until=timezone.now() + timedelta(days=5),
    )
    secret = invitations.resend(
        rows().get(invitee_identifier="new@example.com"), actor=None, now=timezone.now()
    ).secret
    browser = Browser()
    browser.get(page("invitations_open", token=secret))
    words = words_of(browser.get(page("invitations_accept")))
    for part in ("Crown", "Bring the cake", "Membership ends on", "Valid until", "invites you"):
        assert part in words


@pytest.mark.parametrize(
    "data",
    [
        {"hats": ["9"]},
        {"hats": ["2"]},  # the admin lacks what the crown brings
        {"locale": "xx"},
        {"member_until": "2001-01-01"},
        {"note": "x" * 501},
    ],
    ids=lambda data: next(iter(data)),
)
@pytest.mark.parametrize("door", ["organization_user_add", "organization_link_add"])
def test_values_that_cannot_be_offered_are_errors_of_the_form(door, data, hats, world):
    before = all_rows()
    base = {"email": "new@example.com", "who": "one", "days": "7"}
    response = world.browser("admin").post(page(door, world.acme), {**base, **data})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert all_rows() == before
    assert mail.outbox == []


def test_the_form_shows_only_what_the_person_may_give(hats, world):
    for person, shown in (("admin", False), ("owner", True)):
        response = world.browser(person).get(page("organization_user_add", world.acme))
        assert ("Crown" in words_of(response)) is shown


def test_a_form_without_rights_offers_nothing(world, hats):
    """P13, P14: what the form does not show is refused when it is sent all the same."""
    offer = invite(world.acme, "new@example.com", by=world.people["owner"], presets={"hats": ["2"]})
    before = all_rows()
    admin = world.browser("admin")
    renewed = admin.post(page("organization_user_add", world.acme), {"email": "new@example.com"})
    assert renewed.status_code == 403
    for name in ("organization_invitation_resend", "organization_invitation_revoke"):
        assert admin.post(page(name, world.acme, invitation_pk=offer.pk)).status_code == 403
    revoke = page("organization_invitation_revoke", world.acme, invitation_pk=offer.pk)
    assert admin.get(revoke).status_code == 403, "no button for what is refused"
    assert world.browser("owner").get(revoke).status_code == 200
    listed = admin.get(page("organization_invitations", world.acme))
    assert page("organization_invitation_revoke", world.acme, invitation_pk=offer.pk) not in (
        listed.content.decode()
    )
    assert all_rows() == before


# The link in place of a mail


def shown_link(browser, response):
    assert response.status_code == 302
    first = browser.get(response["Location"])
    assert first.status_code == 200
    assert "no-store" in first["Cache-Control"]
    assert first["Referrer-Policy"] == "same-origin"
    return first.context["link"], response["Location"]


@pytest.mark.parametrize("door", ["organization_user_add", "organization_link_add", "resend"])
def test_a_link_is_shown_once_and_nothing_keeps_it(door, world):
    browser = world.browser("admin")
    if door == "resend":
        old = make_link(world)
        about = {"invitation_pk": old.pk}
        response = browser.post(page("organization_invitation_resend", world.acme, **about))
    else:
        data = {"email": "new@example.com", "link_only": "on", "who": "one", "days": "7"}
        response = browser.post(page(door, world.acme), data)
    assert mail.outbox == []
    link, url = shown_link(browser, response)
    gone = browser.get(url)
    assert gone["Location"] == page("organization_invitations", world.acme)
    assert "shown once" in said(gone)[0] and "“New link”" in said(gone)[0]
    secret = link.rstrip("/").rsplit("/", 1)[1]
    sessions = [session.get_decoded() for session in Session.objects.all()]
    assert secret not in repr(sessions) + repr(all_rows(but=()))
    assert invitations.by_proof(OrganizationInvitation, invitations.proof_of(secret))
    if door == "resend":
        assert (
            invitations.by_proof(OrganizationInvitation, invitations.proof_of(old.secret)) is None
        )


def test_a_new_link_waits_five_minutes_for_its_page(world):
    browser = world.browser("admin")
    data = {"who": "one", "days": "7"}
    response = browser.post(page("organization_link_add", world.acme), data)
    session = browser.session
    session[ONCE_KEY] = {**session[ONCE_KEY], "until": session[ONCE_KEY]["until"] - 301}
    session.save()
    # Every page of offers drops it, this one too.
    browser.get(page("organization_invitations", world.acme))
    assert ONCE_KEY not in browser.session
    gone = browser.get(response["Location"])
    assert gone["Location"] == page("organization_invitations", world.acme)
    assert "within five minutes" in said(gone)[-1]


def test_the_list_of_members_offers_no_step_beyond_ones_rights(world):
    member = world.people["member"]
    beyond = invite(world.acme, "boss@example.com", by=world.people["owner"], is_admin=True)
    within = invite(world.acme, "new@example.com", by=world.people["owner"])
    with registered(NameSource()):
        give(member, permissions.INVITE_MEMBER)
        shown = world.browser("member").get(page("organization_user_list", world.acme))
        text = shown.content.decode()
        for step in ("resend", "revoke"):
            url = f"organization_invitation_{step}"
            assert page(url, world.acme, invitation_pk=within.pk) in text
            assert page(url, world.acme, invitation_pk=beyond.pk) not in text


def handed(world, address):
    """Return an invitation whose link its maker was shown instead of a mail."""
    return invitations.invite(
        world.acme,
        address=address,
        actor=world.people["admin"],
        now=timezone.now(),
        mailed=False,
    )


def test_a_link_that_was_handed_out_makes_no_account_and_proves_nothing(world):
    """Whoever invites holds it as well, so it says nothing about who reads the address."""
    known = world.people["outsider"].email
    shown = set()
    for address in ("nobody@x.test", known):
        browser = opened(handed(world, address))
        answered = browser.get(page("invitations_accept"))
        assert answered.context["state"] == "handed"
        shown.add(words_of(answered).replace(address, "it"))
        users = User.objects.count()
        made = browser.post(page("invitations_accept"), {**PERSON, "action": "accept"})
        assert made["Location"].startswith(page("login"))
        assert User.objects.count() == users
    assert len(shown) == 1, "a known address is not told from an unknown one"


def test_a_link_that_was_handed_out_does_not_open_for_an_unproven_account(world):
    User.objects.filter(pk=world.people["outsider"].pk).update(email="new@x.test")
    world.people["outsider"].refresh_from_db()
    browser = opened(handed(world, "new@x.test"), world.people["outsider"])
    assert browser.get(page("invitations_accept")).context["state"] == "handed"
    assert answer(browser).status_code == 403
    assert not world.acme.is_member(world.people["outsider"])


def test_a_link_that_was_handed_out_is_mailed_on_and_then_proves(world):
    offer = handed(world, "new@x.test")
    browser = opened(offer)
    answered = browser.post(page("invitations_accept"), {"action": "mail"})
    assert answered.context["state"] == "sent"
    [message] = mail.outbox
    assert message.to == ["new@x.test"]
    assert browser.get(page("invitations_accept")).status_code == 404, "the old link is dead"
    link = re.search(r"/invitations/open/([\w-]+)/", message.body)[1]
    browser.get(page("invitations_open", token=link))
    assert browser.get(page("invitations_accept")).context["state"] == "register"
    browser.post(page("invitations_accept"), PERSON)
    assert world.acme.users.filter(email="new@x.test").exists()


def test_a_new_link_is_shown_to_its_maker_in_its_organization_only(world):
    testing.make_member(world.zenith, world.people["admin"], is_admin=True)
    browser = world.browser("admin")
    response = browser.post(page("organization_link_add", world.acme), {"who": "one", "days": "7"})
    for other, where in (("owner", world.acme), ("admin", world.zenith)):
        found = world.browser(other).get(page("organization_link_shown", where))
        assert found.status_code in {302}
    head = browser.head(response["Location"])
    assert head.status_code == 405
    assert browser.get(response["Location"]).status_code == 200


def test_code_gets_the_link_without_a_mail(world, settings):
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, "LINK_BASE": "https://app.example.com"}
    backend = ModelInvitation()
    offer = backend.invite_by_email(
        "new@example.com",
        user=world.people["owner"],
        organization=world.acme,
        send=False,
        note="Hello",
        is_admin=True,
    )
    assert offer.url.startswith("https://app.example.com/accounts/invitations/open/")
    assert (offer.note, offer.is_admin) == ("Hello", True)
    assert not hasattr(rows().get(pk=offer.pk), "url")
    assert mail.outbox == []


def test_the_link_form_makes_the_link_that_it_says(world):
    data = {
        "who": "several",
        "max_uses": "3",
        "days": "2",
        "domain": "@Example.com",
        "needs_approval": "on",
        "note": "Welcome",
    }
    world.browser("admin").post(page("organization_link_add", world.acme), data)
    link = rows().get(kind="shared")
    assert (link.max_uses, link.domain, link.needs_approval) == (3, "example.com", True)
    assert link.note == "Welcome"
    assert timedelta(days=1) < link.expires_at - timezone.now() < timedelta(days=2, minutes=1)
    assert link.invited_by == world.people["admin"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("who", "everybody"), ("who", ""), ("days", "0"), ("days", "31"), ("days", ""),
     ("max_uses", "0"), ("max_uses", "x"), ("domain", "no domain"), ("domain", "a@b.com")],
)  # fmt: skip
def test_a_wrong_value_of_the_link_form_is_told_beside_the_field(field, value, world):
    data = {"who": "several", "days": "7", field: value}
    response = world.browser("admin").post(page("organization_link_add", world.acme), data)
    assert response.context["form"].errors[field]
    assert not rows().filter(kind="shared").exists()


# The page behind a link


STATES = ["pending", "expired", "revoked", "accepted"]
#: kind, state -> (visitor who is new, somebody else who is signed in)
LANDING = {
    ("mail", "pending"): ("register", 403),
    ("mail", "expired"): (410, 410),
    ("mail", "revoked"): (410, 410),
    ("mail", "accepted"): (410, 404),
    ("link", "pending"): ("link", "ready"),
    ("link", "expired"): (410, 410),
    ("link", "revoked"): (410, 410),
    ("link", "accepted"): (410, 404),
    ("shared", "pending"): ("link", "ready"),
    ("shared", "expired"): (410, 410),
    ("shared", "revoked"): (410, 410),
    ("shared", "accepted"): (410, 410),
}


def offer_in(world, kind, state):
    if kind == "mail":
        offer = invite(world.acme, "new@example.com", by=world.people["admin"])
    else:
        offer = make_link(world, shared=kind == "shared", max_uses=1)
    if state == "expired":
        expire(offer)
    elif state == "revoked":
        invitations.revoke(offer, actor=None, now=timezone.now())
    elif state == "accepted":
        name = "new" if kind == "mail" else "first"
        user = testing.make_user(name)
        proof = invitations.proof_of(offer.secret)
        invitations.accept(offer, user=user, now=timezone.now(), proof=proof)
    return offer


@pytest.mark.parametrize(("kind", "state"), LANDING)
def test_page_behind_each_kind_of_link_in_each_state(kind, state, world):
    offer = offer_in(world, kind, state)
    before = all_rows()
    for user, expected in zip((None, world.people["outsider"]), LANDING[kind, state], strict=True):
        browser = opened(offer, user)
        for method in ("head", "get"):
            response = getattr(browser, method)(page("invitations_accept"))
            assert "no-store" in response["Cache-Control"]
            assert response["Referrer-Policy"] == "same-origin"
        if isinstance(expected, int) and expected != 403:
            assert response.status_code == expected
            assert "outsider" not in text_of(response).split("</header>")[-1]
        else:
            assert response.context["state"] == ("wrong_account" if expected == 403 else expected)
        assert offer.secret not in response.content.decode()
        sent = browser.post(page("invitations_accept"), {"action": "mail", "email": "x"})
        assert sent.status_code in {200, 302, 403, 404, 410}
    assert all_rows() == before
    assert mail.outbox == []


def test_a_dead_link_says_what_to_do_next_and_nothing_of_the_organization(world):
    offer = invite(world.acme, "outsider@example.com", by=world.people["admin"])
    words = {
        "accepted": "sign in: you are a member already",
        "declined": "If you change your mind, ask the person who invited you",
        "revoked": "You cannot join with it any more",
        "expired": "Ask the person who invited you to send it again",
        "superseded": "Open the link in your newest mail",
    }
    browser = opened(offer)
    for state, expected in words.items():
        rows().filter(pk=offer.pk).update(status=state)
        shown = browser.get(page("invitations_accept"))
        assert shown.status_code == 410
        assert expected in words_of(shown), state
        assert "Your organizations" not in words_of(shown)
        for secret in ("admin", "owner", "superseded", "token"):
            assert secret not in words_of(shown)
    # Who has joined by the newer one is led on, by the link and by the page of the guid.
    testing.make_member(world.acme, world.people["outsider"])
    guid = page("invitations_register", guid=offer.guid)
    for browser, url in (
        (opened(offer, world.people["outsider"]), page("invitations_accept")),
        (world.browser("outsider"), guid),
    ):
        assert browser.get(url)["Location"] == world.acme.get_absolute_url()


@pytest.mark.parametrize("kind", ["link", "shared"])
def test_somebody_who_is_signed_in_joins_by_a_link(kind, world):
    link = make_link(world, shared=kind == "shared", max_uses=5)
    browser = opened(link, world.people["outsider"])
    assert "Sign in" not in words_of(browser.get(page("invitations_accept"))).split("Acme")[-1]
    assert not world.acme.is_member(world.people["outsider"])
    assert said(answer(browser)) == ["Welcome to Acme."]
    assert world.acme.is_member(world.people["outsider"])
    again = opened(link, world.people["outsider"])
    assert again.get(page("invitations_accept"))["Location"] == world.acme.get_absolute_url()
    assert answer(again)["Location"] == world.acme.get_absolute_url()


def test_a_visitor_without_an_account_signs_in_and_comes_back(world):
    link = make_link(world)
    user = testing.make_user("known", password="plum-tree-77-x")
    browser = opened(link)
    shown = browser.get(page("invitations_accept"))
    assert shown.context["state"] == "link"
    data = {"username": "known", "password": "plum-tree-77-x"}
    back = browser.post(shown.context["login_url"], data, follow=True)
    assert back.context["state"] == "ready"
    answer(browser)
    assert world.acme.is_member(user)


def test_a_visitor_without_an_account_gets_a_mail_and_registers(world):
    link = make_link(world, is_admin=True)
    browser = opened(link)
    answer(browser, {"action": "mail", "email": "Fresh@Example.com"})
    [message] = mail.outbox
    assert message.to == ["fresh@example.com"]
    new = Browser()
    new.get(testing.links_in_mail()[0].removeprefix("http://testserver"))
    assert answer(new, PERSON).status_code == 302
    member = world.acme.organization_users.get(user__email="fresh@example.com")
    assert member.is_admin
    assert rows().get(pk=link.pk).status == "accepted"


def test_the_answer_to_an_address_tells_nothing_about_it(world):
    """P21: a new address, one with an account, a member's, one with an open offer."""
    testing.make_user("known")
    link = make_link(world, shared=True, max_uses=None)
    pages_, mails = {}, {}
    for name in ("fresh", "known", "member", "outsider"):
        mail.outbox.clear()
        browser = opened(link)
        response = answer(browser, {"action": "mail", "email": f"{name}@example.com"})
        assert response.status_code == 302
        shown = browser.get(response["Location"])
        pages_[name] = text_of(shown).replace(name, "NAME")
        mails[name] = [message.to for message in mail.outbox]
        assert shown.context["state"] == "sent"
        assert browser.get(response["Location"]).context["state"] == "link"
    assert len(set(pages_.values())) == 1
    assert mails["member"] == []
    assert mails["fresh"] == [["fresh@example.com"]]
    assert mails["known"] == [["known@example.com"]]


def test_who_lacks_the_domain_is_told_both_ways_out(world):
    link = make_link(world, domain="corp.example.com")
    browser = opened(link, world.people["outsider"])
    response = answer(browser)
    assert response.status_code == 403
    words = words_of(response)
    assert "corp.example.com" in words
    assert 'value="switch"' in response.content.decode()
    assert 'name="email"' in response.content.decode()
    assert not world.acme.is_member(world.people["outsider"])
    wrong = answer(browser, {"action": "mail", "email": "a@example.com"})
    assert "corp.example.com" in " ".join(wrong.context["form"].errors["email"])
    assert mail.outbox == []
    answer(browser, {"action": "mail", "email": "a@corp.example.com"})
    assert [message.to for message in mail.outbox] == [["a@corp.example.com"]]


def test_an_approval_is_waited_for_and_said_on_every_visit(world):
    link = make_link(world, shared=True, max_uses=None, needs_approval=True)
    browser = opened(link, world.people["outsider"])
    response = answer(browser)
    assert "waits for approval" in said(response)[0]
    # Those who decide are told, once.
    assert {message.to[0] for message in mail.outbox} == {
        world.people[name].email for name in ("owner", "admin")
    }
    for again in (browser, opened(link, world.people["outsider"])):
        assert again.get(page("invitations_accept")).context["state"] == "waiting"
    assert not world.acme.is_member(world.people["outsider"])
    assert rows().filter(kind="request").count() == 1


def test_a_new_person_by_mail_of_a_link_waits_for_approval_too(world):
    link = make_link(world, shared=True, max_uses=None, needs_approval=True)
    answer(opened(link), {"action": "mail", "email": "fresh@example.com"})
    new = Browser()
    new.get(testing.links_in_mail()[0].removeprefix("http://testserver"))
    response = answer(new, PERSON)
    assert new.get(response["Location"]).context["state"] == "waiting"
    assert not world.acme.users.filter(email="fresh@example.com").exists()
    [request] = requests.waiting(world.acme, now=timezone.now()).filter(kind="request")
    assert request.invitee.email == "fresh@example.com"


def refuse(attempt):
    from organizations.exceptions import JoinRefused

    raise JoinRefused("Set up a second factor first.")


@pytest.mark.parametrize(
    ("barrier", "status", "words"),
    [("seats", 409, "no free seat"), ("policy", 403, "second factor"),
     ("inviter", 409, "needs to be renewed")],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["mail", "shared", "guid"])
def test_what_is_in_the_way_is_said_and_nothing_is_lost(
    barrier, status, words, kind, world, settings
):
    if kind == "shared":
        offer = make_link(world, shared=True)
    else:
        offer = invite(world.zenith, "outsider@example.com", by=world.people["foreigner"])
        offer = world.offer if barrier else offer
        offer = invitations.resend(offer, actor=world.people["admin"], now=timezone.now())
    values = {
        "seats": {"SEATS": 1},
        "policy": {"JOIN_POLICIES": (f"{__name__}.refuse",)},
        "inviter": {},
    }[barrier]
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, **values}
    if barrier == "inviter":
        members.remove(world.acme, world.people["admin"])
        # What removal closes at once is opened again: the doors ask all the same.
        rows().filter(pk=offer.pk).update(status="pending", token_digest=offer.token_digest)
    before = all_rows()
    if kind == "guid":
        browser = world.browser("outsider")
        response = browser.post(page("invitations_register", guid=offer.guid), ACCEPT)
    else:
        response = answer(opened(offer, world.people["outsider"]))
    assert response.status_code == status
    assert words in words_of(response)
    assert all_rows() == before


def test_csrf_is_asked_for_at_every_new_door(world):
    """P07"""
    request = ask(world)
    about = {"invitation_pk": request.pk}
    before = all_rows()
    for person, url in [
        ("admin", page("organization_link_add", world.acme)),
        ("admin", page("organization_invitation_approve", world.acme, **about)),
        ("admin", page("organization_invitation_decline", world.acme, **about)),
        ("outsider", page("organization_invitation_answer", **about)),
    ]:
        browser = world.browser(person, enforce_csrf_checks=True)
        assert browser.post(url, {"action": "withdraw", "who": "one", "days": 3}).status_code == 403
    assert all_rows() == before


# The list of the organization


def listed(world, person="admin", **data):
    return world.browser(person).get(page("organization_invitations", world.acme), data)


def test_the_list_shows_each_kind_with_what_can_be_done(world):
    shared = make_link(world, shared=True, max_uses=10)
    single = make_link(world)
    request = ask(world)
    expire(single)
    member = world.acme.organization_users.get(user=world.people["member"])
    owned = offer_ownership(world.acme, member, actor=world.people["owner"], now=timezone.now())
    shown = {row.pk: row for row in listed(world).context["invitations"]}
    assert shown[shared.pk].actions == {"resend", "revoke"}
    assert shown[single.pk].actions == {"resend", "revoke"}
    assert shown[world.offer.pk].actions == {"resend", "revoke"}
    assert shown[request.pk].actions == {"approve", "decline"}
    assert shown[world.proposal.pk].actions == {"approve", "decline"}
    assert shown[owned.pk].actions == set()
    shown = {row.pk: row for row in listed(world, "owner").context["invitations"]}
    assert shown[owned.pk].actions == {"revoke"}
    words = words_of(listed(world))
    for part in ("0 of 10 used", "Link for one person", "Ownership, for", "Asks to join"):
        assert part in words
    assert "proposed by" in words


@pytest.mark.parametrize("hat", ["1", "2"])
@pytest.mark.parametrize("person", ["owner", "admin"])
def test_the_list_offers_the_steps_that_the_verbs_take(hat, person, hats, world):
    """Also with a right that nobody declares any more, which nobody can have."""
    offer = invite(world.acme, "new@example.com", by=world.people["owner"], presets={"hats": [hat]})
    shown = {row.pk: row for row in listed(world, person).context["invitations"]}
    try:
        invitations.revoke(offer, actor=world.people[person], now=timezone.now())
    except ExceedsOwnRights:
        assert (person, hat) == ("admin", "2")
        assert shown[offer.pk].actions == set()
    else:
        assert shown[offer.pk].actions == {"resend", "revoke"}


@pytest.mark.parametrize("state", ["proposed", *STATES, "declined", "superseded", "nonsense", ""])
def test_the_list_can_be_narrowed_to_a_state(state, world):
    offer_in(world, "link", "expired")
    offer_in(world, "link", "accepted")
    invitations.revoke(make_link(world), actor=None, now=timezone.now())
    response = listed(world, state=state)
    found = {row.state.value for row in response.context["invitations"]}
    if state in {"nonsense", ""}:
        assert found == {"pending", "proposed", "expired", "accepted", "revoked"}
    else:
        assert found <= {state}
        assert bool(found) is (state not in {"declined", "superseded"})
    current = response.content.decode().split("State of the invitations")[1].split("</nav>")[0]
    assert current.count("aria-current") == 1
    assert response.context["waiting_count"] == 1


def test_the_list_says_that_an_inviter_has_left(world):
    assert "no member any more" not in words_of(listed(world))
    world.acme.organization_users.filter(user=world.people["admin"]).delete()
    assert "no member any more" in words_of(listed(world, "owner"))


def test_the_list_takes_ten_queries_at_most_at_every_size(world):
    browser = world.browser("admin")
    url = page("organization_invitations", world.acme)
    counts = []
    for size in (25, 400):
        have = rows().filter(organization=world.acme).count()
        rows().bulk_create(
            OrganizationInvitation(
                organization=world.acme,
                invitee_identifier=f"x{number}@example.com",
                invited_by=world.people["owner" if number % 2 else "former"],
                guid=f"00000000-0000-4000-8000-{number:012}",
                expires_at=timezone.now() + timedelta(days=number % 5 - 1),
            )
            for number in range(have, size)
        )
        browser.get(url)
        with CaptureQueriesContext(connection) as queries:
            response = browser.get(url)
        assert len(response.context["invitations"]) == 25
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 7  # 4, and up to 3 of the bar above
    first = browser.get(url, {"state": "expired"}).context["page_obj"]
    second = browser.get(url, {"state": "expired", "page": first.next_page_number()})
    assert second.status_code == 200
    back = second.context["page_obj"].previous_page_number()
    assert f"?state=expired&amp;page={back}" in second.content.decode()


# Decisions


def test_a_request_is_approved_on_the_terms_of_who_decides(world):
    request = ask(world, is_admin=True)
    url = page("organization_invitation_approve", world.acme, invitation_pk=request.pk)
    admin = world.browser("admin")
    assert admin.get(url).context["form"].initial["is_admin"] is True
    assert said(admin.post(url, {}))[-1] == "outsider@example.com is a member now."
    member = world.acme.organization_users.get(user=world.people["outsider"])
    assert not member.is_admin
    [message] = mail.outbox
    assert message.to == ["outsider@example.com"]
    assert "member of Acme" in message.subject
    assert "admin@example.com" not in str(message.message())
    again = admin.post(url, {})
    assert "any more" in said(again)[-1]
    assert len(mail.outbox) == 1


def test_a_proposal_is_approved_and_the_mail_goes_out(world):
    url = page("organization_invitation_approve", world.acme, invitation_pk=world.proposal.pk)
    response = world.browser("admin").post(url, {"note": "Do come"})
    assert said(response) == ["The invitation to proposed@example.com is on its way."]
    [message] = mail.outbox
    assert message.to == ["proposed@example.com"]
    assert "> Do come" in message.body
    offer = rows().get(pk=world.proposal.pk)
    assert (offer.status, offer.invited_by) == ("pending", world.people["admin"])


@pytest.mark.parametrize(("kind", "mails"), [("request", 1), ("proposal", 0)])
def test_declining_says_so_to_who_asked(kind, mails, world):
    about = ask(world) if kind == "request" else world.proposal
    url = page("organization_invitation_decline", world.acme, invitation_pk=about.pk)
    admin = world.browser("admin")
    assert rows().get(pk=about.pk).status == "proposed"
    assert admin.get(url).status_code == 200
    assert said(admin.post(url))[-1] == "You have declined this."
    assert rows().get(pk=about.pk).status == "declined"
    assert len(mail.outbox) == mails
    if mails:
        assert "was declined" in mail.outbox[0].subject
        assert "admin@" not in str(mail.outbox[0].message())


def test_a_decision_needs_the_rights_that_are_given(world, hats):
    request = ask(world)
    url = page("organization_invitation_approve", world.acme, invitation_pk=request.pk)
    before = all_rows()
    response = world.browser("admin").post(url, {"hats": ["2"]})
    assert response.context["form"].errors["hats"]
    assert all_rows() == before


def test_full_seats_keep_the_request_waiting(world, settings):
    request = ask(world)
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, "SEATS": 1}
    url = page("organization_invitation_approve", world.acme, invitation_pk=request.pk)
    response = world.browser("admin").post(url, {})
    assert "seats" in words_of(response)
    assert rows().get(pk=request.pk).status == "proposed"
    assert mail.outbox == []


# The inbox


def test_the_inbox_holds_offers_requests_and_addresses(world):
    browser = world.browser("outsider")
    ask(world)
    other = invite(world.zenith, "outsider@example.com", by=world.people["foreigner"], note="Hi!")
    words = words_of(browser.get(page("organization_inbox")))
    for part in ("Acme", "Zenith", "“Hi!”", "outsider@example.com", "You have asked to join"):
        assert part in words
    url = page("organization_invitation_answer", invitation_pk=other.pk)
    response = browser.post(url, {"action": "decline", "from": "inbox"})
    assert response["Location"] == page("organization_inbox")
    assert "Zenith" not in words_of(browser.get(page("organization_inbox"))).split("Acme")[-1]


def test_an_answer_in_the_inbox_says_what_the_page_of_the_offer_says(world, settings, monkeypatch):
    url = page("organization_invitation_answer", invitation_pk=world.offer.pk)
    browser = world.browser("outsider")
    inbox = {**ACCEPT, "from": "inbox"}
    before = settings.ORGANIZATIONS
    settings.ORGANIZATIONS = {**before, "SEATS": 1}
    full = browser.post(url, inbox)
    assert full["Location"] == page("organization_inbox")
    assert "Your invitation stays open: tell the person" in said(full)[0]
    assert "withdraw" not in said(full)[0], "that is for those who run the organization"
    settings.ORGANIZATIONS = before
    # Where a project says where people land, they land there from here, too.
    monkeypatch.setattr(ModelInvitation, "get_invitation_accepted_url", lambda self: "/landed/")
    joined = browser.post(url, inbox)
    assert said(joined)[-1] == "Welcome to Acme."
    assert joined["Location"] == "/landed/"


def test_the_inbox_of_others_is_empty(world):
    ask(world)
    words = words_of(world.browser("foreigner").get(page("organization_inbox")))
    assert "No invitation waits for you" in words
    assert "You have asked" not in words
    assert "Acme" not in words


def test_a_request_can_be_taken_back_by_who_made_it_only(world):
    request = ask(world)
    url = page("organization_invitation_answer", invitation_pk=request.pk)
    for person in ("foreigner", "admin", "member"):
        assert world.browser(person).post(url, {"action": "withdraw"}).status_code == 404
    browser = world.browser("outsider")
    for action in ("accept", "decline"):
        assert browser.post(url, {"action": action}).status_code == 404
    assert rows().get(pk=request.pk).status == "proposed"
    response = browser.post(url, {"action": "withdraw", "from": "inbox"})
    assert said(response) == ["You have taken your request back."]
    assert rows().get(pk=request.pk).status == "revoked"
    assert browser.post(url, {"action": "withdraw"}).status_code == 404


def test_the_ownership_is_not_taken_by_a_mere_click(world):
    member = world.acme.organization_users.get(user=world.people["member"])
    offer = offer_ownership(world.acme, member, actor=world.people["owner"], now=timezone.now())
    browser = world.browser("member")
    shown = browser.get(page("organization_inbox"))
    assert "as the owner" in words_of(shown)
    url = page("organization_invitation_answer", invitation_pk=offer.pk)
    assert url not in shown.content.decode()
    assert url not in browser.get(page("organization_list")).content.decode()
    for action in ("accept", "decline"):
        answered = browser.post(url, {"action": action})
        assert answered["Location"] == page("organization_handover_answer", world.acme)
    assert world.acme.is_owner(world.people["owner"])


def test_accepting_from_the_inbox_may_have_to_wait(world):
    link = make_link(world, shared=True, max_uses=None, needs_approval=True)
    proof = invitations.proof_of(link.secret)
    found = links.mail_offer(link, address="foreigner@example.com", now=timezone.now(), proof=proof)
    url = page("organization_invitation_answer", invitation_pk=found.pk)
    response = world.browser("foreigner").post(url, ACCEPT)
    assert response["Location"] == page("organization_inbox")
    assert "waits for approval" in said(response)[0]
    assert not world.acme.is_member(world.people["foreigner"])


def test_a_suspended_member_is_told_so_at_every_link(world):
    """A link that let the person in before says no more than the others."""
    link = make_link(world, shared=True, max_uses=None)
    browser = opened(link, world.people["outsider"])
    answer(browser)
    member = world.acme.organization_users.get(user=world.people["outsider"])
    suspension.suspend(member, actor=world.people["owner"], now=timezone.now())
    for each in (link, make_link(world)):
        browser = opened(each, world.people["outsider"])
        refused = answer(browser)
        assert refused.status_code == 403
        assert "suspended or has ended" in words_of(refused)
    assert said(refused) == []
