"""What the pages do: the happy ways, the refusals, and the message at the end of each write."""

import re

import pytest
from django.contrib.messages import get_messages
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from organizations.services import addresses, invitations, members
from organizations.views import base, default
from tests.doors.support import Browser, invite, page, pending_member, signed_in, words_of

NAMES = {
    "plain": "Acme Rockets",
    "markup": "<b>Acme</b> & <script>alert(1)</script>",
    "quotes": "\"Acme\" 'n' Co.",
    "emoji": "🚀 Rockets 👩‍🚀",
    "arabic": "شركة الصواريخ",
    "template": "{{ 7|add:7 }} {% now 'Y' %}",
    "longest": "ö" * 200,
}


def said(response):
    """Return what the pages have told the person so far."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_the_list_has_the_persons_own_organizations_only(world):
    words = words_of(world.browser("member").get(page("organization_list")))
    assert "Acme" in words
    assert "Zenith" not in words


def test_the_list_counts_members_and_tells_the_standing(world):
    response = world.browser("admin").get(page("organization_list"))
    (organization,) = response.context["organizations"]
    assert (organization.member_count, organization.standing) == (5, "admin")


def test_the_list_shows_no_closed_organization(world):
    Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
    assert "Acme" not in words_of(world.browser("owner").get(page("organization_list")))


@pytest.mark.parametrize("number", ["0", "-1", "x", "99", str(10**30), "after-x", "before-"])
def test_a_page_of_the_list_that_is_not_there_is_the_first(number, world):
    response = world.browser("member").get(page("organization_list"), {"page": number})
    assert response.status_code == 200
    assert "Acme" in words_of(response)


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_creating_makes_the_person_the_owner_and_says_so(name, db):
    ada = testing.make_user("ada")
    browser = signed_in(ada)
    response = browser.post(page("organization_add"), {"name": name})
    organization = Organization.objects.get()
    assert organization.name == name
    assert organization.owner.organization_user.user == ada
    assert said(response) == [f"{name} is ready."]
    landing = browser.get(response["Location"])
    assert landing.status_code == 200
    assert landing.context["organization"] == organization


def test_creating_with_somebody_elses_address_makes_nobody_else_the_owner(world):
    world.browser("outsider").post(
        page("organization_add"), {"name": "Trap", "email": "member@example.com", "owner": 1}
    )
    owner = OrganizationOwner.objects.get(organization__name="Trap").organization_user.user
    assert owner == world.people["outsider"]


REFUSED_NAMES = {
    "": "required",
    "   ": "required",
    "n" * 201: "at most 200",
    "two\nlines": "one line",
    "bell\x07": "one line",
    "line\u2028separator": "one line",
    "nul\x00": "not allowed",
    "abc\u202egnp.exe": "turn the text around",
    "\u2066isolated\u2069": "turn the text around",
    "\u200b\u200d": "can be seen",
}


@pytest.mark.parametrize("name", REFUSED_NAMES, ids=lambda name: ascii(name)[:20])
@pytest.mark.parametrize("door", ["add", "edit", "sign-up", "register"])
def test_a_bad_name_gets_a_message_beside_the_field(door, name, world):
    person, url = {
        "add": ("outsider", page("organization_add")),
        "edit": ("owner", page("organization_edit", world.acme)),
        "sign-up": ("anonymous", page("organization_signup")),
        "register": ("anonymous", page("registration_create")),
    }[door]
    before = Organization.objects.count()
    response = world.browser(person).post(
        url, {"name": name, "slug": "fine", "email": "x@example.com"}
    )
    assert response.status_code == 200
    assert REFUSED_NAMES[name] in " ".join(response.context["form"].errors["name"])
    assert Organization.objects.count() == before


@pytest.mark.parametrize("door", ["add", "edit", "sign-up", "register"])
@pytest.mark.parametrize(
    ("slug", "problem"),
    [("zenith", "taken"), ("ZENITH", "taken"), ("login", "cannot be used"),
     ("Admin", "cannot be used"), ("123", "cannot be used"), ("a/b", "valid"),
     ("s" * 201, ""), ("ﬃ" * 190, "cannot be used"), ("аcme", "cannot be used")],
)  # fmt: skip
def test_a_bad_slug_gets_a_message_beside_the_field(door, slug, problem, world):
    person, url = {
        "add": ("outsider", page("organization_add")),
        "edit": ("owner", page("organization_edit", world.acme)),
        "sign-up": ("anonymous", page("organization_signup")),
        "register": ("anonymous", page("registration_create")),
    }[door]
    response = world.browser(person).post(
        url, {"name": "New", "slug": slug, "email": "x@example.com"}
    )
    assert response.status_code == 200
    assert problem in " ".join(response.context["form"].errors["slug"])
    assert not Organization.objects.filter(name="New").exists()


def test_a_slug_that_is_taken_in_the_same_moment_is_a_message_too(world, monkeypatch):
    """The form looks before the verb writes; the database has the last word."""
    monkeypatch.setattr("organizations.forms.clean_slug", lambda slug, **kwargs: slug)
    response = world.browser("outsider").post(
        page("organization_add"), {"name": "New", "slug": "acme"}
    )
    assert "taken" in " ".join(response.context["form"].errors["slug"])
    assert not Organization.objects.filter(name="New").exists()


def test_settings_change_name_and_slug_and_say_so(world):
    browser = world.browser("admin")
    response = browser.post(
        page("organization_edit", world.acme), {"name": "Acme II", "slug": "Acme-Two"}
    )
    world.acme.refresh_from_db()
    assert (world.acme.name, world.acme.slug) == ("Acme II", "acme-two")
    assert response["Location"] == page("organization_edit", world.acme)
    assert said(response) == ["The settings are saved."]


@pytest.mark.parametrize("typed", ["Acme", "  Acme  "])
def test_deleting_needs_the_typed_name_and_says_so(typed, world):
    browser = world.browser("owner")
    url = page("organization_delete", world.acme)
    wrong = browser.post(url, {"confirm_name": "acme"})
    assert wrong.status_code == 200
    assert "It is: Acme" in words_of(wrong)
    response = browser.post(url, {"confirm_name": typed})
    assert response["Location"] == page("organization_list")
    [text] = said(response)
    assert text.startswith("Acme is deleted. You can restore it until ")
    world.acme.refresh_from_db()
    assert not world.acme.is_active
    assert browser.get(page("organization_detail", world.acme)).status_code == 404


def test_the_delete_page_counts_what_goes_along(world):
    world.acme.products.create(name="Rocket")
    response = world.browser("owner").get(page("organization_delete", world.acme))
    assert dict(response.context["consequences"]) == {
        "members": 5,
        "invitations": 2,
        "product": 1,
    }


def test_transfer_offers_active_members_only(world):
    form = world.browser("owner").get(page("organization_transfer", world.acme)).context["form"]
    offered = {member.user for member in form.fields["new_owner"].queryset}
    assert offered == {world.people["member"], world.people["admin"]}


@pytest.mark.parametrize("choice", ["", "0", "x", "\x00", str(10**30), "theirs", "deactivated"])
def test_transfer_to_anybody_else_is_refused(choice, world):
    rows = OrganizationUser.objects
    key = {
        "theirs": rows.get(organization=world.zenith).pk,
        "deactivated": rows.get(user=world.people["deactivated"]).pk,
    }.get(choice, choice)
    response = world.browser("owner").post(
        page("organization_transfer", world.acme), {"new_owner": key, "confirm_name": "Acme"}
    )
    assert response.status_code == 200
    assert response.context["form"].errors["new_owner"]
    world.acme = Organization.objects.get(pk=world.acme.pk)
    assert world.acme.is_owner(world.people["owner"])


def test_leaving_says_so_and_ends_access(world):
    browser = world.browser("member")
    response = browser.post(page("organization_leave", world.acme))
    assert said(response) == ["You have left Acme."]
    assert not world.acme.is_member(world.people["member"])
    assert browser.get(page("organization_detail", world.acme)).status_code == 404


def test_the_owner_cannot_leave_and_sees_the_two_ways_out(world):
    browser = world.browser("owner")
    shown = browser.get(page("organization_leave", world.acme))
    assert shown.context["blocked"]
    assert page("organization_transfer", world.acme) in shown.content.decode()
    assert page("organization_delete", world.acme) in shown.content.decode()
    refused = browser.post(page("organization_leave", world.acme))
    assert refused.status_code == 409
    assert "Transfer the ownership" in words_of(refused)
    assert world.acme.is_owner(world.people["owner"])


@pytest.mark.parametrize(
    ("person", "status", "words"),
    [
        ("admin", 403, "Only the owner can change"),
        ("owner", 409, "always needs its owner"),
        ("superuser", 409, "always needs its owner"),
    ],
)
def test_the_owner_cannot_be_removed(person, status, words, world):
    browser = world.browser(person)
    url = page("organization_user_delete", world.acme, user_pk=world.people["owner"].pk)
    assert browser.get(url).context["blocked"]
    refused = browser.post(url)
    assert refused.status_code == status
    assert words in words_of(refused)
    assert world.acme.is_owner(world.people["owner"])


@pytest.mark.parametrize("person", ["admin", "owner", "superuser"])
def test_the_owner_stays_an_admin(person, world):
    url = page("organization_user_edit", world.acme, user_pk=world.people["owner"].pk)
    response = world.browser(person).post(url, {})
    if person == "admin":
        assert response.status_code == 403
        assert "Only the owner can change" in words_of(response)
    else:
        assert response.status_code == 200
        assert "always an admin" in str(response.context["form"].errors["is_admin"])
    assert world.acme.is_admin(world.people["owner"])


def test_removing_a_member_says_so(world):
    url = page("organization_user_delete", world.acme, user_pk=world.people["member"].pk)
    response = world.browser("admin").post(url)
    assert said(response) == ["The member is removed."]
    assert not world.acme.is_member(world.people["member"])


def test_admins_who_remove_themselves_land_where_they_may_be(world):
    browser = world.browser("admin")
    response = browser.post(
        page("organization_user_delete", world.acme, user_pk=world.people["admin"].pk)
    )
    assert said(response) == ["You have left Acme."]
    assert browser.get(response["Location"]).status_code == 200


def test_a_member_who_went_in_the_same_moment_is_not_found(world, monkeypatch):
    real = members.remove

    def somebody_was_quicker(organization, user, **kwargs):
        real(organization, user)
        real(organization, user)

    monkeypatch.setattr("organizations.services.members.remove", somebody_was_quicker)
    url = page("organization_user_delete", world.acme, user_pk=world.people["member"].pk)
    assert world.browser("admin").post(url).status_code == 404


def test_an_organization_that_went_in_the_same_moment_is_not_found(world, monkeypatch):
    real = members.set_admin

    def somebody_was_quicker(member, *args, **kwargs):
        Organization.objects.get(pk=world.acme.pk).delete()
        return real(member, *args, **kwargs)

    monkeypatch.setattr("organizations.services.members.set_admin", somebody_was_quicker)
    url = page("organization_user_edit", world.acme, user_pk=world.people["member"].pk)
    assert world.browser("admin").post(url, {"is_admin": "on"}).status_code == 404


@pytest.mark.parametrize("is_admin", [True, False])
def test_changing_a_role_says_so(is_admin, world):
    user = world.people["member" if is_admin else "admin"]
    url = page("organization_user_edit", world.acme, user_pk=user.pk)
    data = {"is_admin": "on"} if is_admin else {}
    browser = world.browser("owner")
    shown = browser.post(url, data)
    assert ("Gains:" if is_admin else "Loses:") in words_of(shown)
    assert "Remove members" in words_of(shown)
    assert world.acme.is_admin(user) is not is_admin, "only shown so far"
    response = browser.post(url, {**data, "confirm": shown.context["confirm"]})
    assert said(response) == ["The change is saved."]
    assert world.acme.is_admin(user) is is_admin


def test_an_effect_that_is_not_the_one_that_was_shown_is_shown_again(world):
    url = page("organization_user_edit", world.acme, user_pk=world.people["member"].pk)
    browser = world.browser("owner")
    for confirm in ("", "x" * 32):
        response = browser.post(url, {"is_admin": "on", "confirm": confirm})
        assert response.status_code == 200
        assert "Gains:" in words_of(response)
    back = browser.post(url, {"is_admin": "on", "edit": "1"})
    assert back.context["form"].data["is_admin"] == "on"
    assert not world.acme.is_admin(world.people["member"])


def test_a_change_without_effect_is_saved_at_once(world):
    url = page("organization_user_edit", world.acme, user_pk=world.people["admin"].pk)
    response = world.browser("owner").post(url, {"is_admin": "on"})
    assert said(response) == ["The change is saved."]


def test_members_see_their_own_page_and_no_other(world):
    browser = world.browser("member")
    own = page("organization_user_detail", world.acme, user_pk=world.people["member"].pk)
    other = page("organization_user_detail", world.acme, user_pk=world.people["admin"].pk)
    assert browser.get(own).status_code == 200
    refused = browser.get(other)
    assert refused.status_code == 403
    assert "Change what members may do" in words_of(refused)


def test_the_default_backend_adds_a_known_person_at_once_and_mails_the_way_out(world):
    response = world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "OUTSIDER@example.com"}
    )
    assert said(response) == ["outsider@example.com is a member now."]
    assert world.acme.is_member(world.people["outsider"])
    (message,) = mail.outbox
    assert message.to == ["outsider@example.com"]
    assert "added you to Acme" in message.subject
    assert "Leave this organization" in message.body


def test_the_default_backend_makes_a_pending_account_for_a_new_person(world):
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "new@example.com", "is_admin": "on"}
    )
    member = world.acme.organization_users.get(user__email="new@example.com")
    assert (member.is_admin, member.user.is_active) == (True, False)
    assert not member.user.has_usable_password()
    (message,) = mail.outbox
    assert "invites you to Acme" in message.subject
    # Nobody sees another name than the address before the person has come.
    roster = words_of(world.browser("admin").get(page("organization_user_list", world.acme)))
    assert "new@example.com" in roster
    assert member.user.username not in roster


def test_the_default_backend_does_not_revive_a_deactivated_person(world):
    gone = testing.make_user("gone", password="x")
    gone.last_login = timezone.now()
    gone.is_active = False
    gone.save()
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "gone@example.com"}
    )
    gone.refresh_from_db()
    assert not gone.is_active
    assert mail.outbox == []


def test_the_modelled_backend_sends_an_offer_and_adds_nobody(modelled, world):
    before = world.acme.users.count()
    response = world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "New@Example.com"}
    )
    assert said(response) == ["The invitation to new@example.com is on its way."]
    invitation = OrganizationInvitation.objects.get(invitee_identifier="new@example.com")
    assert invitation.invited_by == world.people["admin"]
    assert invitation.sent_at is not None
    assert world.acme.users.count() == before
    (message,) = mail.outbox
    assert "invites you to Acme" in message.subject


@pytest.mark.parametrize(
    "email", ["member@example.com", "MEMBER@EXAMPLE.COM", " member@example.com "]
)
def test_a_member_is_not_added_twice(email, backend, world):
    response = world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": email}
    )
    assert response.status_code == 200
    assert "member of the organization already" in " ".join(
        response.context["form"].errors["email"]
    )
    assert mail.outbox == []


def test_an_ambiguous_address_gets_a_message_beside_the_field(world):
    testing.make_user("one", email="two@example.com", verified=False)
    testing.make_user("two", email="TWO@example.com", verified=False)
    response = world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "two@example.com"}
    )
    assert "Several accounts" in " ".join(response.context["form"].errors["email"])


@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a@b", "a b@example.com", "a@example.com\nBcc: x@example.com",
     "a\x00@example.com", "@example.com", "a@" + "x" * 64 + ".com", "x" * 300 + "@example.com",
     "x@" + ".".join(["ü" * 45] * 5) + ".example.com",  # grows beyond 254 in its normal form
     "x" * 243 + "@example.com", "a@example.com,b@example.com"],
    ids=lambda email: ascii(email)[:24],
)  # fmt: skip
@pytest.mark.parametrize("door", ["invite", "sign-up", "register"])
def test_a_bad_address_gets_a_message_beside_the_field(door, email, backend, world):
    person, url = {
        "invite": ("admin", page("organization_user_add", world.acme)),
        "sign-up": ("anonymous", page("organization_signup")),
        "register": ("anonymous", page("registration_create")),
    }[door]
    response = world.browser(person).post(url, {"name": "New", "email": email})
    assert response.status_code == 200
    assert response.context["form"].errors["email"]
    assert mail.outbox == []
    assert not Organization.objects.filter(name="New").exists()


def test_inviting_again_renews_the_open_invitation(modelled, world):
    browser = world.browser("admin")
    for is_admin in ("", "on"):
        browser.post(
            page("organization_user_add", world.acme),
            {"email": "new@example.com", "is_admin": is_admin},
        )
    invitation = OrganizationInvitation.objects.get(invitee_identifier="new@example.com")
    assert (invitation.is_admin, invitation.send_count) == (True, 2)


def test_resending_and_revoking_say_so(modelled, world):
    browser = world.browser("admin")
    about = {"invitation_pk": world.offer.pk}
    response = browser.post(page("organization_invitation_resend", world.acme, **about))
    assert said(response) == ["The invitation to outsider@example.com is on its way again."]
    assert "Reminder" in mail.outbox[-1].subject
    response = browser.post(page("organization_invitation_revoke", world.acme, **about))
    assert said(response)[-1] == "The invitation is withdrawn."
    for verb in ("resend", "revoke"):
        response = browser.post(page(f"organization_invitation_{verb}", world.acme, **about))
        assert "withdrawn" in said(response)[-1]
    assert len(mail.outbox) == 1


def test_reminding_a_pending_member_says_so(backend, world):
    url = page("organization_user_remind", world.acme, user_pk=world.pending.pk)
    browser = world.browser("admin")
    assert browser.get(url).status_code == 200
    assert said(browser.post(url)) == ["The mail is on its way."]
    (message,) = mail.outbox
    assert message.to == ["pat@example.com"]
    link = testing.links_in_mail()[0]
    assert Browser().get(link).status_code == 200


@pytest.mark.parametrize("method", ["get", "post"])
def test_there_is_nothing_to_remind_a_person_of_who_has_come(method, world):
    url = page("organization_user_remind", world.acme, user_pk=world.people["member"].pk)
    response = getattr(world.browser("admin"), method)(url)
    assert response.status_code == 410
    assert "needs no reminder" in words_of(response)
    assert mail.outbox == []


def test_an_offer_in_the_list_can_be_accepted_and_declined(modelled, world):
    browser = world.browser("outsider")
    assert "Acme" in words_of(browser.get(page("organization_list")))
    url = page("organization_invitation_answer", invitation_pk=world.offer.pk)
    response = browser.post(url, {"action": "accept"})
    assert said(response) == ["Welcome to Acme."]
    assert world.acme.is_member(world.people["outsider"])
    other = invite(world.zenith, "outsider@example.com", by=world.people["foreigner"])
    url = page("organization_invitation_answer", invitation_pk=other.pk)
    response = browser.post(url, {"action": "decline"})
    assert said(response)[-1] == "You have declined the invitation."
    assert browser.post(url, {"action": "accept"}).status_code == 404
    assert not world.zenith.is_member(world.people["outsider"])


@pytest.mark.parametrize("action", ["accept", "decline"])
def test_an_offer_can_be_answered_on_its_own_page(action, modelled, world):
    browser = world.browser("outsider")
    url = page("invitations_register", guid=world.offer.guid)
    assert "Join Acme" in words_of(browser.get(url))
    response = browser.post(url, {"action": action})
    assert response.status_code == 302
    assert len(said(response)) == 1
    assert world.acme.is_member(world.people["outsider"]) is (action == "accept")


@pytest.mark.parametrize("count", [0, 1])
def test_people_without_name_or_address_are_shown_by_their_username(count, backend, world):
    nobody = testing.make_user("nobody", email="", verified=False)
    members.add(world.acme, nobody, is_admin=bool(count))
    for name, about in (
        ("organization_detail", {}),
        ("organization_user_list", {}),
        ("organization_user_detail", {"user_pk": nobody.pk}),
        ("organization_user_edit", {"user_pk": nobody.pk}),
        ("organization_user_delete", {"user_pk": nobody.pk}),
        ("organization_transfer", {}),
    ):
        response = world.browser("owner").get(page(name, world.acme, **about))
        assert response.status_code == 200
        assert "nobody" in words_of(response), name
    signed = signed_in(nobody)
    for name in ("organization_detail", "organization_user_list", "organization_leave"):
        assert signed.get(page(name, world.acme)).status_code == 200


def test_people_without_an_address_can_invite(backend, world):
    nobody = testing.make_user("nobody", email="", verified=False)
    members.add(world.acme, nobody, is_admin=True)
    signed_in(nobody).post(page("organization_user_add", world.acme), {"email": "new@example.com"})
    (message,) = mail.outbox
    assert message.subject.startswith("nobody invites you")
    assert "Reply-To" not in message.extra_headers


def test_the_search_finds_names_and_addresses(world):
    bo = testing.make_user("bo", first_name="Bodil", last_name="Åkesson")
    members.add(world.acme, bo)
    browser = world.browser("member")
    url = page("organization_user_list", world.acme)
    for query, found in [
        ("bodil", True), ("BODIL ke", True), ("bo@example", True), ("bodil zzz", False),
        ("%", False), ("\x00", True), ("<script>", False), ("x" * 5000, False),
    ]:  # fmt: skip
        response = browser.get(url, {"q": query})
        assert response.status_code == 200
        assert (bo.pk in {m.user_id for m in response.context["organization_users"]}) is found
        assert "<script>" not in response.content.decode()


def test_a_search_counts_those_it_has_found(world):
    url = page("organization_user_list", world.acme)
    assert "1 member found" in words_of(world.browser("member").get(url, {"q": "admin@"}))


def test_sign_up_ends_at_a_page_that_names_the_address(db):
    browser = Browser()
    response = browser.post(
        page("organization_signup"), {"name": "Acme", "email": "Ada@Example.com"}
    )
    assert response["Location"] == page("organization_signup_done")
    assert "ada@example.com" in words_of(browser.get(response["Location"]))


def test_people_who_are_signed_in_create_instead_of_signing_up(world):
    browser = world.browser("member")
    for name in ("organization_signup", "registration_create"):
        assert browser.get(page(name))["Location"] == page("organization_add")


def test_the_sign_up_page_of_projects_needs_a_success_url(rf, db):
    view = base.OrganizationSignup()
    with pytest.raises(ImproperlyConfigured, match="success_url"):
        view.get_success_url()


def test_a_second_factory_leaves_the_first_ones_views_alone(db):
    first, second = base.ViewFactory(Organization), base.ViewFactory(OrganizationUser)
    assert first.OrganizationList.org_model is Organization
    assert second.OrganizationList.org_model is OrganizationUser
    assert base.BaseOrganizationList.org_model is None
    assert first.OrganizationList is first.OrganizationList
    with pytest.raises(AttributeError, match="NoSuchView"):
        _ = first.NoSuchView


def test_offers_that_nobody_can_answer_are_not_listed(world):
    """Rows are left when a project goes back to the backend without them."""
    response = world.browser("owner").get(page("organization_user_list", world.acme))
    assert list(response.context["invitations"]) == []


def test_the_roster_tells_expired_from_open_ones(modelled, world):
    late = invite(world.acme, "late@example.com", by=world.people["admin"])
    type(late).objects.filter(pk=late.pk).update(expires_at=timezone.now(), sent_at=timezone.now())
    invitations.revoke(
        invite(world.acme, "gone@example.com", by=world.people["admin"]),
        actor=world.people["admin"],
        now=timezone.now(),
    )
    words = words_of(world.browser("admin").get(page("organization_user_list", world.acme)))
    assert "late@example.com" in words
    assert "Expired" in words
    assert "gone@example.com" not in words


def test_plain_members_see_no_invitations(modelled, world):
    response = world.browser("member").get(page("organization_user_list", world.acme))
    assert "outsider@example.com" not in words_of(response)


def test_pages_link_to_nothing_that_the_reader_may_not_open(backend, world):
    """Every link on every page leads somewhere for the person who sees it."""
    for person in ("member", "admin", "owner", "superuser"):
        browser = world.browser(person)
        seen, todo = set(), [page("organization_list"), page("organization_detail", world.acme)]
        while todo:
            url = todo.pop()
            if url in seen:
                continue
            seen.add(url)
            response = browser.get(url)
            if response.status_code == 302:
                todo.append(response["Location"])  # the next step of something begun
                continue
            assert response.status_code == 200, (person, url)
            links = re.findall(r'href="(/accounts/[^"#?]*)', response.content.decode())
            todo += set(links) - seen
        assert len(seen) > 5


def test_old_pages_without_access_control_work(world, rf):
    """ViewFactory(model) gives the documented views for projects that guard them themselves."""
    views = base.ViewFactory(Organization)
    for name, kwargs in {
        "OrganizationList": {},
        "OrganizationDetail": {"organization_pk": world.acme.pk},
        "OrganizationCreate": {},
        "OrganizationUpdate": {"organization_pk": world.acme.pk},
        "OrganizationDelete": {"organization_pk": world.acme.pk},
        "OrganizationUserList": {"organization_pk": world.acme.pk},
        "OrganizationUserCreate": {"organization_pk": world.acme.pk},
        **{
            f"OrganizationUser{verb}": {
                "organization_pk": world.acme.pk,
                "user_pk": world.people["member"].pk,
            }
            for verb in ("Detail", "Update", "Delete")
        },
        "OrganizationUserRemind": {
            "organization_pk": world.acme.pk,
            "user_pk": world.pending.pk,
        },
    }.items():
        request = rf.get("/")
        request.user = world.people["owner"]
        response = getattr(views, name).as_view()(request, **kwargs)
        assert response.status_code == 200, name
        assert response.render().content, name


class ByMembers(default.OrganizationList):
    def get_queryset(self):
        return super().get_queryset().order_by("-member_count", "name")


class Owned(default.OrganizationList):
    context_object_name = "groups"

    def get_queryset(self):
        return super().get_queryset().filter(my_owner__isnull=False)


class Whole(default.OrganizationList):
    paginate_by = None


class Both(default.OrganizationList):
    def get_queryset(self):
        rows = super().get_queryset().order_by()
        return rows.union(rows).order_by("name")


@pytest.mark.parametrize(
    ("view", "names"),
    [
        (ByMembers, ["Acme", "Base"]),
        (Owned, ["Base"]),
        (Whole, ["Acme", "Base"]),
        (Both, ["Acme", "Base"]),
    ],
)
def test_a_list_of_the_projects_own_begins_with_ours(view, names, modelled, world, rf):
    """It orders and leaves out by what the rows bring, with its own name for them, in one page."""
    person = world.people["member"]
    testing.make_organization("Base", owner=person)
    invite(world.zenith, "me@example.com", by=world.people["foreigner"])
    addresses.verify(person, "me@example.com")
    request = rf.get("/")
    request.user = person
    response = view.as_view()(request)
    found = response.context_data[view.context_object_name]
    assert [row.name for row in found] == names
    assert [row.standing for row in found][-1] == "owner"
    assert [offer.organization for offer in response.context_data["invitations"]] == [world.zenith]
    assert "Zenith" in response.render().content.decode()


class Joined(default.OrganizationUserList):
    context_object_name = "people"
    paginate_by = 0

    def get_queryset(self):
        return super().get_queryset().order_by("-user__username")


class Together(default.OrganizationUserList):
    def get_queryset(self):
        rows = super().get_queryset().order_by()
        return rows.union(rows).order_by("user_id")


@pytest.mark.parametrize("view", [Joined, Together])
def test_a_roster_of_the_projects_own_begins_with_ours(view, modelled, world, rf):
    invite(world.acme, "new@example.com", by=world.people["owner"])
    request = rf.get("/")
    request.user = world.people["owner"]
    response = view.as_view()(request, organization_pk=world.acme.pk)
    found = list(response.context_data["organization_users"])
    assert {row.pk for row in found} == set(
        world.acme.organization_users.values_list("pk", flat=True)
    )
    words = response.render().content.decode()
    assert "new@example.com" in words
    assert world.people["admin"].email in words


def test_old_delete_pages_refuse_djangos_delete_method(world, rf):
    request = rf.delete("/")
    request.user = world.people["owner"]
    for name in ("OrganizationDelete", "OrganizationUserDelete"):
        view = getattr(base.ViewFactory(Organization), name).as_view()
        response = view(request, organization_pk=world.acme.pk, user_pk=world.people["member"].pk)
        assert response.status_code == 405


def test_old_names_can_be_reversed_with_keys(world):
    keys = {"organization_pk": world.acme.pk, "user_pk": world.people["member"].pk}
    assert reverse("organization_user_edit", kwargs=keys).endswith("/edit/")
    assert pending_member(world.zenith, "z@example.com").pk


def test_the_base_page_of_removal_leaves_the_question_to_the_projects_own_guards(world, rf):
    """So it always was: the page has no access control, a project adds its own."""
    member = world.acme.organization_users.get(user=world.people["member"])
    request = rf.post("/")
    request.user = world.people["outsider"]
    view = base.BaseOrganizationUserDelete.as_view(success_url="/gone/")
    response = view(request, organization_pk=world.acme.pk, user_pk=member.user_id)
    assert response.status_code == 302
    assert not world.acme.is_member(world.people["member"])


def many_for(ada, count):
    for number in range(count):
        testing.make_organization(f"Firm {number}", owner=ada)


@pytest.mark.parametrize("name", ["organization_list", "organization_choose"])
@pytest.mark.parametrize(("count", "is_there"), [(8, False), (9, True)])
def test_many_organizations_can_be_searched(name, count, is_there, db):
    ada = testing.make_user("ada")
    many_for(ada, count)
    response = signed_in(ada).get(reverse(name))
    assert ('role="search"' in response.text) is is_there


def test_the_search_finds_organizations_of_mine_by_name(db):
    ada = testing.make_user("ada")
    many_for(ada, 60)
    testing.make_organization("Firm 1 of eve", owner="eve")
    browser, url = signed_in(ada), reverse("organization_list")
    found = browser.get(url, {"q": " fIRM 1\x00"}).context["organizations"]
    assert sorted(each.name for each in found) == sorted(
        ["Firm 1", *(f"Firm {number}" for number in range(10, 20))]
    )
    assert "q=firm&amp;page=after-" in browser.get(url, {"q": "firm"}).text
    nothing = browser.get(url, {"q": "<b>zzz"}).text
    assert "No organization of yours matches “<bdi>&lt;b&gt;zzz</bdi>”" in nothing
    assert "You do not belong to an organization yet" not in nothing
    assert 'role="search"' in nothing
