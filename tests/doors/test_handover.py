"""The pages by which an ownership passes on, and the mails about it."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone

from organizations import testing
from organizations.models import Organization, OrganizationInvitation
from organizations.services import handover, invitations, members, ownership
from tests.doors.support import expire, page, signed_in, words_of
from tests.security.test_mail_servers import Dead, choose

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db):
    return testing.make_organization("Acme", owner="ada", admins=["al"], members=["bo", "cy"])


def user(name):
    return get_user_model().objects.get(username=name)


def row(organization, name):
    return organization.organization_users.get(user__username=name)


def offer(organization, name="bo"):
    return handover.offer(
        organization, row(organization, name), actor=user("ada"), now=timezone.now()
    )


def owner_of(organization):
    return ownership.owner_of(organization).user.username


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_page_offers_it_says_until_when_and_tells_the_member(acme, backend):
    browser, url = signed_in(user("ada")), page("organization_transfer", acme)
    assert "has to accept" in words_of(browser.get(url))
    data = {"new_owner": row(acme, "bo").pk, "confirm_name": "Acme"}
    response = browser.post(url, data, follow=True)
    assert owner_of(acme) == "ada"
    assert "bo@example.com, who has to accept it by" in said(response)[0]
    assert "Waiting for an answer" in words_of(response)
    assert "Nothing changes before" in words_of(response)
    assert 'name="new_owner"' not in response.content.decode()
    [message] = mail.outbox
    assert (message.to, message.subject) == (
        ["bo@example.com"],
        "ada@example.com offers you the ownership of Acme",
    )
    assert testing.links_in_mail() == ["http://testserver/accounts/acme/transfer/answer/"]
    assert "The offer stands until" in message.body
    [(html, _kind)] = message.alternatives
    assert "The offer stands until" in html and "/accounts/acme/transfer/answer/" in html
    assert OrganizationInvitation.objects.get().sent_at


def test_wrong_name_offers_nothing(acme):
    browser, url = signed_in(user("ada")), page("organization_transfer", acme)
    response = browser.post(url, {"new_owner": row(acme, "bo").pk, "confirm_name": "Other"})
    assert "It is: Acme" in words_of(response)
    assert handover.open_offer(acme) is None and not mail.outbox


def test_owner_withdraws_it(acme):
    offer(acme)
    browser, url = signed_in(user("ada")), page("organization_transfer", acme)
    assert said(browser.post(url, {"action": "withdraw"}, follow=True)) == [
        "The offer is withdrawn."
    ]
    assert OrganizationInvitation.objects.get().status == "revoked"
    again = browser.post(url, {"action": "withdraw"}, follow=True)
    assert said(again) == ["There is no open offer any more."]
    assert 'name="new_owner"' in again.content.decode()


def test_offer_whose_time_is_up_makes_room_for_the_form(acme):
    expire(offer(acme))
    shown = signed_in(user("ada")).get(page("organization_transfer", acme))
    assert shown.context["offer"] is None
    assert 'name="new_owner"' in shown.content.decode()


def test_member_accepts_and_all_who_manage_are_told(acme, backend):
    offer(acme)
    browser, url = signed_in(user("bo")), page("organization_handover_answer", acme)
    shown = words_of(browser.get(url))
    assert "Take over Acme" in shown and "ada@example.com offers you the ownership" in shown
    wrong = browser.post(url, {"confirm_name": "acme"})
    assert "It is: Acme" in words_of(wrong) and owner_of(acme) == "ada"
    response = browser.post(url, {"confirm_name": "Acme"}, follow=True)
    assert said(response) == ["You own Acme now."]
    assert owner_of(acme) == "bo" and row(acme, "ada").is_admin
    told = {message.to[0]: message for message in mail.outbox}
    assert set(told) == {"ada@example.com", "al@example.com", "bo@example.com"}
    assert told["bo@example.com"].subject == "You own Acme now"
    assert told["ada@example.com"].subject == "bo@example.com owns Acme now"
    assert "You stay an admin" in told["ada@example.com"].body
    assert "has taken over from ada@example.com" in told["al@example.com"].body
    assert all(len(message.alternatives) == 1 for message in mail.outbox)


def test_second_click_and_the_old_link_lead_into_the_organization_without_new_mails(acme):
    offer(acme)
    browser, url = signed_in(user("bo")), page("organization_handover_answer", acme)
    browser.post(url, {"confirm_name": "Acme"})
    mail.outbox.clear()
    for response in (browser.post(url, {"confirm_name": "Acme"}), browser.get(url)):
        assert response["Location"] == page("organization_detail", acme)
    assert not mail.outbox


def test_member_declines_without_typing_and_the_owner_is_told(acme):
    offer(acme)
    browser, url = signed_in(user("bo")), page("organization_handover_answer", acme)
    response = browser.post(url, {"action": "decline"}, follow=True)
    assert said(response) == ["You have declined the ownership."]
    assert owner_of(acme) == "ada"
    [message] = mail.outbox
    assert message.to == ["ada@example.com"]
    assert message.subject == "bo@example.com does not take over Acme"
    assert browser.get(url).status_code == 404


@pytest.mark.parametrize("name", ["ada", "al", "cy", "eve", "root"])
def test_nobody_else_answers_it(name, acme):
    testing.make_user("eve")
    testing.make_user("root", is_superuser=True)
    offer(acme)
    browser, url = signed_in(user(name)), page("organization_handover_answer", acme)
    for data in ({"confirm_name": "Acme"}, {"action": "decline"}):
        assert browser.post(url, data).status_code in {302, 404}
    assert owner_of(acme) == "ada"
    assert OrganizationInvitation.objects.get().status == "pending"
    assert not mail.outbox


@pytest.mark.parametrize("end", ["withdrawn", "expired", "transferred", "removed", "replaced"])
def test_offer_that_has_ended_is_not_there(end, acme):
    made = offer(acme)
    browser, url = signed_in(user("bo")), page("organization_handover_answer", acme)
    assert browser.get(url).status_code == 200
    {
        "withdrawn": lambda: invitations.revoke(made, actor=user("ada"), now=timezone.now()),
        "expired": lambda: expire(made),
        "transferred": lambda: ownership.transfer(acme, row(acme, "cy"), actor=user("ada")),
        "removed": lambda: members.remove(acme, user("bo"), actor=user("ada")),
        "replaced": lambda: offer(acme, "cy"),
    }[end]()
    for response in (browser.get(url), browser.post(url, {"confirm_name": "Acme"})):
        assert response.status_code == 404
        assert ("not offered to you" in words_of(response)) == (end != "removed")
    assert owner_of(acme) == ("cy" if end == "transferred" else "ada")


def test_offerer_who_owns_it_no_more_is_told_of_in_the_form(acme):
    offer(acme)
    owners = type(acme.owner)._base_manager.filter(organization=acme)
    owners.update(organization_user=row(acme, "cy"))
    response = signed_in(user("bo")).post(
        page("organization_handover_answer", acme), {"confirm_name": "Acme"}
    )
    assert "does not own the organization any more" in words_of(response)
    assert owner_of(acme) == "cy" and not mail.outbox


# Where the member finds it


def test_member_finds_it_on_the_pages_and_nobody_else_does(acme, backend):
    offer(acme)
    link = page("organization_handover_answer", acme)
    for name in ("bo", "cy", "ada", "al"):
        browser = signed_in(user(name))
        for where in (page("organization_detail", acme), page("organization_list")):
            assert (link in browser.get(where).content.decode()) == (name == "bo"), where


def test_one_click_is_not_enough(acme, backend):
    made = offer(acme)
    for action in ("accept", "decline"):
        response = signed_in(user("bo")).post(
            page("organization_invitation_answer", invitation_pk=made.pk), {"action": action}
        )
        assert response["Location"] == page("organization_handover_answer", acme)
    assert owner_of(acme) == "ada"
    assert OrganizationInvitation.objects.get().status == "pending"


def test_page_of_the_guid_does_not_open_it(acme, modelled):
    made = offer(acme)
    browser = signed_in(user("bo"))
    url = page("invitations_register", guid=made.guid)
    assert browser.get(url).status_code == browser.post(url).status_code == 404
    assert owner_of(acme) == "ada"


def test_documented_doors_still_transfer_at_once(acme):
    made = offer(acme)
    acme.change_owner(row(acme, "cy"))
    assert owner_of(acme) == "cy"
    made.refresh_from_db()
    assert made.status == "superseded"


def test_names_in_the_mails_make_no_links_and_no_headers(acme):
    Organization.objects.filter(pk=acme.pk).update(name="www.evil.example\r\nBcc: x@y.example")
    get_user_model().objects.filter(username="ada").update(first_name="http://evil.example")
    acme.refresh_from_db()
    offer(acme)
    browser, url = signed_in(user("bo")), page("organization_handover_answer", acme)
    browser.post(url, {"action": "decline"})
    offer(acme)
    browser.post(url, {"confirm_name": acme.name})
    assert len(mail.outbox) == 4
    for message in mail.outbox:
        assert "\n" not in message.subject and set(message.recipients()) == set(message.to)
        assert "//evil" not in message.body and "www.evil" not in message.body


def test_dead_mail_server_stops_nothing(acme, settings):
    choose(settings, Dead)
    browser = signed_in(user("ada"))
    data = {"new_owner": row(acme, "bo").pk, "confirm_name": "Acme"}
    assert browser.post(page("organization_transfer", acme), data).status_code == 302
    assert OrganizationInvitation.objects.get().sent_at is None
    url = page("organization_handover_answer", acme)
    assert signed_in(user("bo")).post(url, {"confirm_name": "Acme"}).status_code == 302
    assert owner_of(acme) == "bo"


def test_family_without_invitations_changes_hands_at_once(acme, monkeypatch):
    monkeypatch.setattr(handover, "can_offer", lambda organization: False)
    browser, url = signed_in(user("ada")), page("organization_transfer", acme)
    assert "at once" in words_of(browser.get(url))
    data = {"new_owner": row(acme, "bo").pk, "confirm_name": "Acme"}
    assert said(browser.post(url, data, follow=True)) == ["Acme has a new owner."]
    assert owner_of(acme) == "bo"
    assert {message.to[0] for message in mail.outbox} == {
        f"{name}@example.com" for name in ("ada", "al", "bo")
    }


def test_offer_lives_as_long_as_an_invitation(acme, settings):
    settings.ORGANIZATIONS = {"INVITATION_LIFETIME": timedelta(days=3)}
    assert offer(acme).expires_at - timezone.now() < timedelta(days=3)
