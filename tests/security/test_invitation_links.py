"""Attacks on the links of invitations: replay, expiry, theft, guessing, leaks."""

import logging
import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core import mail
from django.utils import timezone

from organizations import testing, tokens
from organizations.models import Organization, OrganizationInvitation, VerifiedAddress
from organizations.services import addresses, invitations, members, suspension
from tests.doors.support import (
    PASSWORD,
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

pytestmark = pytest.mark.usefixtures("modelled")

ACCEPT = {"action": "accept"}


@pytest.fixture
def known(db):
    """A person with an account whose address nobody has proven yet."""
    return testing.make_user("known", verified=False, password=PASSWORD)


def invite_by_page(world, address="known@example.com", **data):
    """Invite as an admin does, and return (invitation, link in the mail)."""
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": address, **data}
    )
    link = testing.links_in_mail()[0].removeprefix("http://testserver")
    return OrganizationInvitation.objects.get(invitee_identifier=address), link


def secret_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def opened(link, user=None):
    """Return a browser that has followed the link."""
    browser = signed_in(user)
    browser.get(link)
    return browser


def accept(browser, data=ACCEPT):
    return browser.post(page("invitations_accept"), data)


def unknown_answer(user=None):
    """Return what the page says of a link that nobody ever sent."""
    browser = opened(page("invitations_open", token="x" * 43), user)
    return browser.get(page("invitations_accept"))


# P01: replay


def test_accepting_twice_is_harmless_for_the_same_person(world, known):
    _invitation, link = invite_by_page(world)
    assert accept(opened(link, known)).status_code == 302
    before = all_rows()
    again = opened(link, known)
    shown = again.get(page("invitations_accept"))
    assert shown["Location"] == world.acme.get_absolute_url()
    assert accept(again).status_code == 302
    assert all_rows() == before
    assert world.acme.organization_users.filter(user=known).count() == 1


def test_two_tabs_may_both_accept(world, known):
    _invitation, link = invite_by_page(world)
    first, second = opened(link, known), opened(link, known)
    assert accept(first)["Location"] == accept(second)["Location"]
    assert world.acme.organization_users.filter(user=known).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_used_link_is_unknown_to_everybody_else(method, world, known):
    _invitation, link = invite_by_page(world)
    accept(opened(link, known))
    other = world.people["outsider"]
    before = all_rows()
    response = getattr(opened(link, other), method)(page("invitations_accept"))
    assert response.status_code == 404
    assert text_of(response) == text_of(unknown_answer(other))
    assert "Acme" not in words_of(response)
    assert all_rows() == before


def test_a_used_link_does_not_bring_a_removed_member_back(world, known):
    _invitation, link = invite_by_page(world)
    accept(opened(link, known))
    members.remove(world.acme, known)
    accept(opened(link, known))
    assert not world.acme.is_member(known)


def test_a_new_person_registers_once_with_a_link(world):
    _invitation, link = invite_by_page(world, "new@example.com")
    first, second = opened(link), opened(link)
    assert accept(first, PERSON).status_code == 302
    response = accept(second, {**PERSON, "username": "thief"})
    assert response.status_code == 410
    assert not get_user_model().objects.filter(username="thief").exists()


# P02: expiry


@pytest.mark.parametrize("seconds", [0, 1, 10**6])
@pytest.mark.parametrize("who", ["new", "known"])
def test_an_expired_link_is_refused_from_its_very_second_on(seconds, who, world, known):
    invitation, link = invite_by_page(world, f"{who}@example.com")
    expire(invitation, by=timedelta(seconds=seconds))
    browser = opened(link, known if who == "known" else None)
    shown = browser.get(page("invitations_accept"))
    assert shown.status_code == 410
    assert "has expired" in words_of(shown)
    assert "send it again" in words_of(shown)
    for address in ("owner@example.com", "admin@example.com", "member@example.com"):
        assert address not in shown.content.decode()
    before = all_rows()
    assert accept(browser, PERSON if who == "new" else ACCEPT).status_code == 410
    assert all_rows() == before


def test_an_expired_offer_is_refused_on_every_other_door(world):
    offer = world.offer
    expire(offer)
    browser = world.browser("outsider")
    before = all_rows()
    assert "Acme" not in words_of(browser.get(page("organization_list")))
    assert browser.get(page("invitations_register", guid=offer.guid)).status_code == 410
    assert browser.post(page("invitations_register", guid=offer.guid)).status_code == 410
    answer = page("organization_invitation_answer", invitation_pk=offer.pk)
    assert browser.post(answer, ACCEPT).status_code == 404
    assert all_rows() == before


def test_a_link_that_is_not_over_yet_works(world, known):
    invitation, link = invite_by_page(world)
    expire(invitation, by=timedelta(seconds=-30))
    assert accept(opened(link, known)).status_code == 302


# P03: withdrawn and replaced


def test_sending_again_kills_the_old_link(world, known):
    invitation, old = invite_by_page(world)
    about = {"invitation_pk": invitation.pk}
    world.browser("admin").post(page("organization_invitation_resend", world.acme, **about))
    new = testing.links_in_mail()[0].removeprefix("http://testserver")
    assert old != new
    browser = opened(old, known)
    assert accept(browser).status_code == 404
    assert not world.acme.is_member(known)
    assert accept(opened(new, known)).status_code == 302
    assert world.acme.is_member(known)


def test_a_session_opened_by_the_old_link_dies_with_it(world, known):
    invitation, old = invite_by_page(world)
    browser = opened(old, known)
    invitations.resend(invitation, actor=world.people["admin"], now=timezone.now())
    assert accept(browser).status_code == 404
    assert not world.acme.is_member(known)


@pytest.mark.parametrize("verb", ["revoke", "decline"])
def test_a_closed_invitation_is_refused(verb, world, known):
    invitation, link = invite_by_page(world)
    browser = opened(link, known)
    if verb == "revoke":
        about = {"invitation_pk": invitation.pk}
        world.browser("admin").post(page("organization_invitation_revoke", world.acme, **about))
    else:
        accept(opened(link, known), {"action": "decline"})
    before = all_rows()
    assert accept(browser).status_code == 410
    assert accept(opened(link), PERSON).status_code == 410
    assert all_rows() == before


# P04 and P05: other accounts, and addresses nobody has proven


def test_an_account_with_another_address_does_not_join_and_can_switch(world, known):
    _invitation, link = invite_by_page(world)
    browser = opened(link, world.people["outsider"])
    shown = browser.get(page("invitations_accept"))
    assert shown.context["state"] == "wrong_account"
    assert "outsider@example.com" in words_of(shown)
    assert "known@example.com" in words_of(shown)
    assert 'value="switch"' in shown.content.decode()
    assert "Or stay signed in as" in words_of(shown)
    assert f'href="{page("organization_list")}" class="org-button"' in shown.content.decode()
    assert accept(browser).status_code == 403
    assert not world.acme.is_member(world.people["outsider"])
    # Switching signs out and keeps the invitation at hand.
    response = browser.post(page("invitations_accept"), {"action": "switch"}, follow=True)
    assert response.context["state"] == "sign_in"
    login = {"username": "known", "password": PASSWORD}
    response = browser.post(response.context["login_url"], login, follow=True)
    assert response.context["state"] == "ready"
    accept(browser)
    assert world.acme.is_member(known)


@pytest.mark.parametrize(
    "address", ["KNOWN@example.com", "known@EXAMPLE.COM", "knοwn@example.com", "known@example.co"]
)
def test_only_the_same_address_fits(address, world):
    """Case aside; a Greek letter that looks the same is another address."""
    invite_by_page(world)
    link = testing.links_in_mail()[0].removeprefix("http://testserver")
    user = testing.make_user("somebody", email=address, verified=False)
    accept(opened(link, user))
    assert world.acme.is_member(user) is (address.lower() == "known@example.com")


def test_an_unproven_address_lists_and_accepts_nothing(world, known):
    invitation, _link = invite_by_page(world)
    browser = signed_in(known)
    assert "Acme" not in words_of(browser.get(page("organization_list")))
    before = all_rows()
    answer = page("organization_invitation_answer", invitation_pk=invitation.pk)
    for action in ("accept", "decline"):
        assert browser.post(answer, {"action": action}).status_code == 404
    by_guid = page("invitations_register", guid=invitation.guid)
    assert browser.get(by_guid).status_code == 404
    assert browser.post(by_guid, ACCEPT).status_code == 404
    assert accept(browser).status_code == 404
    assert all_rows() == before


def test_the_guid_of_an_invitation_is_not_told_from_an_unknown_one(world, known):
    invitation, _link = invite_by_page(world)
    other = page("invitations_register", guid="00000000-0000-4000-8000-000000000000")
    mine = page("invitations_register", guid=invitation.guid)
    browser = signed_in(known)
    assert text_of(browser.get(mine)) == text_of(browser.get(other))


def test_opening_the_link_as_its_addressee_proves_the_address(world, known):
    _invitation, link = invite_by_page(world)
    accept(opened(link, known))
    assert VerifiedAddress.objects.filter(user=known, address="known@example.com").exists()


def test_a_changed_address_in_ones_own_row_proves_nothing(world):
    """Who may edit the own e-mail field of some other page does not get in by that."""
    invite_by_page(world)
    thief = testing.make_user("thief", email="known@example.com", verified=False)
    before = all_rows()
    browser = signed_in(thief)
    invitation = OrganizationInvitation.objects.get(invitee_identifier="known@example.com")
    browser.post(page("invitations_register", guid=invitation.guid), ACCEPT)
    assert all_rows() == before


def test_registering_takes_the_invited_address_and_no_other(world):
    _invitation, link = invite_by_page(world, "new@example.com")
    accept(opened(link), {**PERSON, "email": "evil@example.com"})
    user = get_user_model().objects.get(username="newcomer")
    assert user.email == "new@example.com"


# P10 and P11: leaks


def test_pages_behind_the_link_are_not_cached_and_tell_no_other_site(world, known, settings):
    settings.SECURE_REFERRER_POLICY = "unsafe-url"
    _invitation, link = invite_by_page(world)
    secret = secret_of(link)
    browser = signed_in(known)
    opening = browser.get(link)
    landing = browser.get(opening["Location"])
    for response in (opening, landing, accept(signed_in(known))):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"
    assert secret not in opening["Location"]
    assert secret not in landing.content.decode()
    # Nothing on the page is fetched from, or leads to, another site.
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', landing.content.decode())


@pytest.mark.parametrize("name", ["registration_register", "invitations_register"])
def test_account_links_are_not_cached_either(name, world, settings):
    settings.SECURE_REFERRER_POLICY = "unsafe-url"
    settings.ROOT_URLCONF = "tests.urls"
    settings.ORGANIZATIONS = {}
    url = page(name, user_id=world.pending.pk, token=world.token)
    response = Browser().get(url)
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "same-origin"
    assert world.token not in response.content.decode()


def test_the_secret_is_in_no_row_no_session_and_no_log(world, known, caplog):
    caplog.set_level(logging.DEBUG)
    invitation, link = invite_by_page(world)
    secret = secret_of(link)
    browser = opened(link, known)
    browser.get(page("invitations_accept"))
    rows = repr(all_rows(but=()))
    sessions = [session.get_decoded() for session in Session.objects.all()]
    accept(browser)
    messages = [f"{record.getMessage()} {record.args}" for record in caplog.records]
    assert secret not in rows
    assert secret not in repr(sessions)
    assert not [message for message in messages if secret in message]
    # The digest stands in the session, so the test does look at the right one.
    assert invitation.token_digest in repr(sessions)
    assert len(secret) >= 43


def test_the_digest_opens_nothing(world, known):
    invitation, _link = invite_by_page(world)
    browser = opened(page("invitations_open", token=invitation.token_digest), known)
    before = all_rows()
    assert accept(browser).status_code == 404
    assert all_rows() == before


def test_secrets_are_long_and_all_different():
    secrets = {tokens.make_secret() for _number in range(1000)}
    assert len(secrets) == 1000
    assert min(map(len, secrets)) >= 43  # 256 bits in letters of 6


# P12: garbage


@pytest.mark.parametrize(
    "token",
    ["0", "null", "undefined", "x", "%00", "a%00b", "%ff%fe", "%ed%a0%80", "ü", "'", "..",
     "x" * 101, "x" * 1_000_000, "%20", "%0d%0aSet-Cookie:x=1"],
    ids=lambda token: token[:12],
)  # fmt: skip
def test_a_garbage_link_is_unknown(token, world, known):
    browser = signed_in(known)
    response = browser.get(f"/accounts/invitations/open/{token}/")
    assert response.status_code in {302, 404}
    before = all_rows()
    assert browser.get(page("invitations_accept")).status_code == 404
    assert accept(browser).status_code == 404
    assert all_rows() == before


def test_an_invitation_without_a_secret_cannot_be_opened_by_an_empty_proof(world, known):
    OrganizationInvitation.objects.filter(pk=world.offer.pk).update(token_digest=None)
    browser = signed_in(known)
    session = browser.session
    for proof in ("", None, "None"):
        session["organizations_invitation"] = proof
        session.save()
        assert accept(browser).status_code == 404


# Closed organizations and switched-off accounts


def test_a_closed_organization_takes_nobody_in(world, known):
    invitation, link = invite_by_page(world)
    browser = opened(link, known)
    Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
    VerifiedAddress.objects.create(user=known, address="known@example.com")
    before = all_rows()
    assert browser.get(page("invitations_accept")).status_code == 404
    assert accept(browser).status_code == 404
    by_guid = page("invitations_register", guid=invitation.guid)
    assert browser.get(by_guid).status_code == 404
    assert browser.post(by_guid, ACCEPT).status_code == 404
    answer = page("organization_invitation_answer", invitation_pk=invitation.pk)
    assert browser.post(answer, ACCEPT).status_code == 404
    assert all_rows() == before


def test_an_organization_closed_in_the_same_moment_takes_nobody_in(world, known, monkeypatch):
    _invitation, link = invite_by_page(world)
    browser = opened(link, known)
    real = invitations.accept

    def too_late(*args, **kwargs):
        Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
        return real(*args, **kwargs)

    monkeypatch.setattr("organizations.services.invitations.accept", too_late)
    assert accept(browser).status_code == 404
    assert not world.acme.is_member(known)


def test_an_organization_deleted_in_the_same_moment_is_unknown(world, known, monkeypatch):
    _invitation, link = invite_by_page(world)
    browser = opened(link, known)
    real = invitations.accept

    def too_late(*args, **kwargs):
        Organization.objects.get(pk=world.acme.pk).delete()
        return real(*args, **kwargs)

    monkeypatch.setattr("organizations.services.invitations.accept", too_late)
    assert accept(browser).status_code == 404


def test_a_deactivated_person_does_not_join_or_come_back(world, known):
    _invitation, link = invite_by_page(world)
    known.is_active = False
    known.save()
    browser = opened(link, known)
    shown = browser.get(page("invitations_accept"))
    assert shown.context["state"] == "sign_in"
    accept(browser)
    accept(browser, PERSON)
    known.refresh_from_db()
    assert not known.is_active
    assert not world.acme.is_member(known)
    assert get_user_model().objects.filter(email="known@example.com").count() == 1


def test_a_mail_goes_to_the_invited_address_alone(world):
    invite_by_page(world, "new@example.com")
    (message,) = mail.outbox
    assert message.recipients() == ["new@example.com"]


# The page and the answer


def test_an_answer_is_to_the_offer_and_the_account_that_the_page_showed(world, known):
    _invitation, link = invite_by_page(world)
    browser = opened(link, known)
    shown = browser.get(page("invitations_accept"))
    [answer_to] = set(re.findall(r'name="answer_to" value="([^"]+)"', shown.content.decode()))
    # Another tab opens another link in the same session.
    other = invite(world.zenith, "known@example.com", by=world.people["foreigner"])
    browser.get(page("invitations_open", token=other.secret))
    for action in ("accept", "decline"):
        response = accept(browser, {"action": action, "answer_to": answer_to})
        assert response["Location"] == page("invitations_accept")
        assert "has changed since you saw it" in words_of(browser.get(page("invitations_accept")))
    assert not world.zenith.is_member(known) and not world.acme.is_member(known)
    # Another tab has signed somebody else in.
    stranger = opened(link, world.people["outsider"])
    accept(stranger, {"action": "decline", "answer_to": answer_to})
    browser.get(link)
    assert accept(browser, {"action": "accept", "answer_to": answer_to}).status_code == 302
    assert world.acme.is_member(known)


def test_a_suspended_member_is_told_so_and_the_offer_stays(world, known):
    invitation, link = invite_by_page(world)
    addresses.verify(known, known.email)
    suspension.suspend(members.add(world.acme, known), actor=None, now=timezone.now())
    type(invitation).objects.filter(pk=invitation.pk).update(status="pending")
    browser = opened(link, known)
    doors = [
        (page("invitations_accept"), ACCEPT),
        (page("invitations_register", guid=invitation.guid), {}),
        (page("organization_invitation_answer", invitation_pk=invitation.pk), ACCEPT),
    ]
    told = "Your membership is suspended or has ended"
    for url, data in doors:
        assert told in words_of(browser.post(url, data, follow=True)), url
    for url, _data in doors[:2]:
        asked = browser.get(url)
        assert asked.status_code == 403
        assert told in words_of(asked) and "Accept" not in words_of(asked), url
    invitation.refresh_from_db()
    assert invitation.status == "pending"
    # Nor does an old invitation say that the person is a member already.
    for status, invitee in (("accepted", known), ("superseded", None)):
        type(invitation).objects.update(status=status, invitee=invitee)
        for url, _data in doors[:2]:
            assert told in words_of(browser.get(url)), (status, url)
