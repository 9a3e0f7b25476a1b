"""The pages of joining without an invitation, and the step that chooses an organization."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.models import JoinDomain, OrganizationInvitation, VerifiedAddress
from organizations.services import addresses, domains, members, organizations, requests
from tests.doors.support import (
    MODELLED,
    PERSON,
    Browser,
    all_rows,
    invite,
    page,
    pending_member,
    signed_in,
    text_of,
    words_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _modelled(modelled):
    pass


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def eve():
    return testing.make_user("eve", email="eve@work.example")


def person(acme, name):
    return acme.users.get(username=name)


def open_domain(acme, *, needs_approval=False):
    return domains.add(acme, "work.example", needs_approval=needs_approval, actor=None)


def take_requests(acme):
    organizations.set_joining(acme, actor=None, accepts_requests=True)


# -- the page of the way in


def test_person_of_the_domain_joins_at_once(acme, eve):
    open_domain(acme)
    browser, url = signed_in(eve), page("organization_join", acme)
    before = all_rows()

    shown = browser.get(url)

    assert "You become a member at once" in words_of(shown)
    assert "eve@work.example" in words_of(shown)
    assert all_rows() == before, "a look changes nothing"
    response = browser.post(url, follow=True)
    assert "Welcome to Acme" in words_of(response)
    assert members.is_member(acme, eve)
    assert not acme.is_admin(eve)
    assert browser.post(url).status_code == 302, "once more is harmless"
    assert acme.users.filter(pk=eve.pk).count() == 1
    assert mail.outbox == []


@pytest.mark.parametrize("way", ["domain", "request"])
def test_request_is_made_told_of_and_taken_back(acme, eve, way):
    if way == "domain":
        open_domain(acme, needs_approval=True)
    else:
        take_requests(acme)
    browser, url = signed_in(eve), page("organization_join", acme)
    asked = browser.get(url)
    assert "decides whether you become a member, and you get a mail then" in words_of(asked)
    assert reverse("organization_choose") in asked.text, "the way back"

    response = browser.post(url, follow=True)

    assert "Your request is on its way" in words_of(response)
    assert "Take the request back" in words_of(response)
    assert not members.is_member(acme, eve)
    browser.post(url)
    assert sorted(each.to[0] for each in mail.outbox) == ["ada@example.com", "bo@example.com"]
    assert OrganizationInvitation.objects.get().status == "proposed"
    response = browser.post(url, {"action": "withdraw"}, follow=True)
    assert "taken your request back" in words_of(response)
    assert OrganizationInvitation.objects.get().status == "revoked"
    assert not requests.waiting(acme, now=timezone.now()).exists()


def test_mail_about_a_request_names_the_proven_address_and_answers_nobody(acme, eve):
    take_requests(acme)
    eve.email, eve.first_name = "ada@example.com", "See www.evil.test"
    eve.save()
    signed_in(eve).post(page("organization_join", acme))
    for message in mail.outbox:
        assert "asks to join Acme" in message.subject
        assert "www.evil.test" not in message.subject + message.body
        assert "eve@work.example" in message.body
        assert "Reply-To" not in message.extra_headers
        assert page("organization_invitations", acme) in message.body
        assert "See who is waiting" in message.alternatives[0][0]


def test_full_organization_says_so_in_words_for_who_comes(acme, eve, settings):
    settings.ORGANIZATIONS = {**MODELLED, "SEATS": 3}
    open_domain(acme)
    response = signed_in(eve).post(page("organization_join", acme), follow=True)
    assert "All seats are taken" in words_of(response)
    assert not members.is_member(acme, eve)


def test_who_has_proven_no_address_is_told_so_and_cannot_ask(acme):
    take_requests(acme)
    fay = testing.make_user("fay", verified=False)
    browser, url = signed_in(fay), page("organization_join", acme)
    shown = browser.get(url)
    assert "Confirm your e-mail address first" in words_of(shown)
    assert "Then come back to this page." in words_of(shown)
    assert "Ask to join" not in words_of(shown)
    assert "Confirm your e-mail address first" in words_of(browser.post(url, follow=True))
    assert not OrganizationInvitation.objects.exists()


def test_note_is_asked_for_where_the_site_allows_notes(acme, eve, settings):
    take_requests(acme)
    url = page("organization_join", acme)
    assert b'name="note"' not in signed_in(eve).get(url).content
    settings.ORGANIZATIONS = {**MODELLED, "INVITATION_NOTE": True}
    assert b'name="note"' in signed_in(eve).get(url).content
    signed_in(eve).post(url, {"note": "It is me."})
    assert OrganizationInvitation.objects.get().note == "It is me."
    assert "It is me" not in mail.outbox[0].body, "a stranger's words stay out of the mail"


@pytest.mark.parametrize(
    ("case", "status"),
    [
        *(("domain", 200), ("requests", 200), ("waiting", 200), ("member", 302)),
        *(("nothing", 404), ("unproven", 404), ("below the domain", 404), ("closed", 404)),
        *(("other organization", 404), ("switched off", 302), ("nobody", 302)),
        *(("default backend", 404), ("no access", 404)),
    ],
)
def test_page_is_there_for_those_who_have_a_way_in(acme, eve, case, status, settings):
    zenith = testing.make_organization("Zenith", owner="zoe")
    if case == "requests":
        take_requests(acme)
    elif case == "waiting":
        take_requests(acme)
        requests.ask(acme, user=eve, now=timezone.now())
        organizations.set_joining(acme, actor=None, accepts_requests=False)
    elif case not in {"nothing", "other organization"}:
        open_domain(acme)
    else:
        open_domain(zenith)
    if case == "unproven":
        VerifiedAddress.objects.all().delete()
    elif case == "below the domain":
        VerifiedAddress.objects.filter(user=eve).update(address="eve@mail.work.example")
    elif case in {"member", "no access"}:
        members.add(acme, eve)
    if case in {"closed", "no access"}:
        type(acme).objects.filter(pk=acme.pk).update(is_active=False)
    browser = Browser() if case == "nobody" else signed_in(eve)
    if case == "switched off":
        type(eve).objects.filter(pk=eve.pk).update(is_active=False)
    if case == "default backend":
        settings.ORGANIZATIONS = {}
    if case == "nothing":
        zenith.delete()
    before = all_rows()
    for method in (browser.get, browser.post):
        response = method(page("organization_join", acme))
        if method == browser.get or status != 200:
            assert response.status_code == status, method
            assert all_rows() == before or status == 200
        if status == 404:
            unknown = method(page("organization_join", acme).replace("acme", "no-such"))
            assert text_of(response) == text_of(unknown)


# -- the settings of joining


def test_admin_sets_how_people_join(acme):
    ada = person(acme, "ada")
    addresses.verify(ada, "ada@work.example")
    browser, url = signed_in(ada), page("organization_joining", acme)
    assert url in browser.get(page("organization_edit", acme)).content.decode()
    browser.post(url, {"invitation_days": "14", "accepts_requests": "on"})
    assert organizations.joining_of(acme) == organizations.Joining(
        invitation_days=14, accepts_requests=True
    )
    steps = [
        ({"action": "add", "domain": "work.example", "needs_approval": "on"}, True),
        ({"action": "change", "domain": "work.example", "needs_approval": "no"}, False),
        ({"action": "change", "domain": "work.example", "needs_approval": "yes"}, True),
    ]
    for data, needs_approval in steps:
        assert browser.post(url, data).status_code == 302
        assert JoinDomain.objects.get().needs_approval is needs_approval
        assert "work.example" in words_of(browser.get(url))
    browser.post(url, {"action": "remove", "domain": "work.example"})
    assert not JoinDomain.objects.exists()
    browser.post(url, {"invitation_days": ""})
    assert organizations.joining_of(acme) == organizations.Joining()


@pytest.mark.parametrize("domain", ["gmail.com", "other.example", "work.example.evil.test", ""])
def test_only_a_domain_of_ones_own_can_be_added(acme, domain):
    ada = person(acme, "ada")
    addresses.verify(ada, "ada@gmail.com")
    response = signed_in(ada).post(
        page("organization_joining", acme), {"action": "add", "domain": domain}
    )
    assert "Please check what you entered" in words_of(response)
    assert not JoinDomain.objects.exists()


@pytest.mark.parametrize("days", ["0", "31", "x", "-1"])
def test_days_out_of_range_are_refused_by_the_page(acme, days):
    response = signed_in(person(acme, "ada")).post(
        page("organization_joining", acme), {"invitation_days": days}
    )
    assert "Please check what you entered" in words_of(response)
    assert organizations.joining_of(acme).invitation_days is None


@pytest.mark.parametrize("action", ["add", "change", "remove"])
def test_domain_of_another_organization_is_out_of_reach(acme, action):
    zenith = testing.make_organization("Zenith", owner="zoe")
    open_domain(zenith)
    browser = signed_in(person(acme, "ada"))
    data = {"action": action, "domain": "work.example", "needs_approval": "yes"}
    browser.post(page("organization_joining", acme), data)
    assert browser.post(page("organization_joining", zenith), data).status_code == 404
    [row] = JoinDomain.objects.all()
    assert (row.organization_key, row.needs_approval) == (str(zenith.pk), False)


# -- proposals


def test_member_proposes_and_takes_back(acme):
    browser, url = signed_in(person(acme, "cy")), page("organization_user_propose", acme)
    assert url in browser.get(page("organization_user_list", acme)).content.decode()
    response = browser.post(url, {"email": "Fay@Example.com"}, follow=True)
    assert "Those who may invite decide on fay@example.com" in words_of(response)
    assert "Your open proposals" in words_of(response)
    browser.post(url, {"email": "fay@example.com"})
    [proposal] = OrganizationInvitation.objects.all()
    assert sorted(each.to[0] for each in mail.outbox) == ["ada@example.com", "bo@example.com"]
    assert all(each.extra_headers["Reply-To"] == "cy@example.com" for each in mail.outbox)
    assert "proposes somebody for Acme" in mail.outbox[0].subject
    response = browser.post(url, {"action": "withdraw", "proposal": proposal.pk}, follow=True)
    assert "The proposal is taken back" in words_of(response)
    proposal.refresh_from_db()
    assert proposal.status == "revoked"


def test_nobody_takes_back_what_others_have_proposed(acme):
    zenith = testing.make_organization("Zenith", owner="zoe", members=["cy"])
    cy, di = person(acme, "cy"), testing.make_user("di")
    members.add(acme, di)
    now = timezone.now()
    theirs = requests.propose(acme, address="fay@example.com", actor=di, now=now)
    elsewhere = requests.propose(zenith, address="fay@example.com", actor=cy, now=now)
    offer = invite(acme, "gus@example.com", by=person(acme, "ada"))
    browser, url = signed_in(cy), page("organization_user_propose", acme)
    assert "fay@example.com" not in words_of(browser.get(url))
    before = all_rows()
    for key in (theirs.pk, elsewhere.pk, offer.pk, 999999, "x", ""):
        response = browser.post(url, {"action": "withdraw", "proposal": key})
        assert response.status_code == 404
    assert all_rows() == before


def test_link_to_propose_is_there_for_those_who_use_it(acme, settings):
    url = page("organization_user_propose", acme)
    shown = {
        name: url in signed_in(person(acme, name)).get(page("organization_user_list", acme)).text
        for name in ("ada", "bo", "cy")
    }
    assert shown == {"ada": False, "bo": False, "cy": True}
    settings.ORGANIZATIONS = {}
    cy = signed_in(person(acme, "cy"))
    assert url not in cy.get(page("organization_user_list", acme)).text
    assert page("organization_joining", acme) not in (
        signed_in(person(acme, "ada")).get(page("organization_edit", acme)).text
    )


# -- choose or create


def test_choice_shows_what_there_is(acme, eve):
    zenith = testing.make_organization("Zenith", owner="zoe")
    quarry = testing.make_organization("Quarry", owner="zoe")
    open_domain(acme)
    take_requests(quarry)
    invite(zenith, "eve@work.example", by=person(zenith, "zoe"))
    requests.ask(quarry, user=eve, now=timezone.now())
    response = signed_in(eve).get(reverse("organization_choose"))
    words = words_of(response)
    for part in ("Invitations for you", "Zenith", "Organizations you could join", "Acme", "Quarry"):
        assert part in words
    assert "Your request waits" in words
    assert "eve@work.example" in words
    assert "Create organization" in words
    assert "Sign out" in words
    assert page("organization_join", acme) in response.text


def test_request_that_waits_is_somewhere_to_go(acme, eve):
    take_requests(acme)
    requests.ask(acme, user=eve, now=timezone.now())
    words = words_of(signed_in(eve).get(reverse("organization_choose")))
    assert "Where do you want to go?" in words
    assert "You belong to no organization yet" not in words


def test_offer_is_not_offered_twice(acme, eve):
    """The invitation may bring more than the domain does."""
    open_domain(acme)
    invite(acme, "eve@work.example", by=person(acme, "ada"), is_admin=True)
    response = signed_in(eve).get(reverse("organization_choose"))
    assert [each.organization for each in response.context["invitations"]] == [acme]
    assert response.context["joinable"] == []


@pytest.mark.parametrize(
    ("joined", "waits", "goes_on"),
    [(0, False, False), (1, False, True), (1, True, False), (2, False, False)],
)
def test_who_has_one_organization_and_nothing_else_goes_on(acme, eve, joined, waits, goes_on):
    for number in range(joined):
        testing.make_organization(f"Mine {number}", owner=eve)
    if waits:
        open_domain(acme)
    response = signed_in(eve).get(reverse("organization_choose"))
    assert (response.status_code == 302) is goes_on
    if goes_on:
        assert response["Location"] == "/orgs/mine-0/" or "mine-0" in response["Location"]


def test_closed_organizations_are_no_choice(acme, eve):
    open_domain(acme)
    members.add(testing.make_organization("Mine", owner="zoe"), eve)
    type(acme).objects.update(is_active=False)
    response = signed_in(eve).get(reverse("organization_choose"))
    found = response.context
    assert not any(found[name] for name in ("organizations", "joinable", "invitations", "waiting"))


@pytest.mark.parametrize("number", [1, 9])
def test_choice_costs_the_same_for_many(eve, number, django_assert_max_num_queries):
    zoe = testing.make_user("zoe")
    for position in range(number):
        open_domain(testing.make_organization(f"Open {position}", owner=zoe))
        members.add(testing.make_organization(f"Mine {position}", owner=zoe), eve)
        invite(testing.make_organization(f"Other {position}", owner=zoe), eve.email, by=zoe)
    browser = signed_in(eve)
    # The session, the person and the menu of the layout besides the page's own.
    with django_assert_max_num_queries(16):
        assert len(browser.get(reverse("organization_choose")).context["joinable"]) == number


def test_person_without_an_organization_lands_there_after_a_sign_up(acme):
    user = pending_member(acme, "new@example.com")
    members.remove(acme, user)
    from organizations.backends import registration_backend

    backend = registration_backend()
    url = reverse("registration_register", args=[user.pk, backend.get_token(user)])
    browser = Browser()
    response = browser.post(url, PERSON)
    assert response["Location"] == reverse("organization_choose")
    words = words_of(browser.get(response["Location"]))
    assert "Welcome" in words and "You belong to no organization yet" in words
    assert "Where do you want to go?" not in words


def test_own_success_url_of_a_project_is_kept():
    from organizations.backends.defaults import RegistrationBackend

    class Own(RegistrationBackend):
        def get_success_url(self):
            return "/thanks/"

    assert Own().get_activated_url(None, []) == "/thanks/"
    assert re.fullmatch(r".*/choose/", RegistrationBackend().get_activated_url(None, []))
