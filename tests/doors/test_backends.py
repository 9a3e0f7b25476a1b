"""The two backends as they are documented: signatures, hooks, links, and what they refuse."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.messages.storage.cookie import CookieStorage
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import Http404
from django.test import RequestFactory, TestCase
from django.utils import timezone

from organizations import families, testing
from organizations.backends import invitation_backend, registration_backend
from organizations.backends.defaults import (
    BaseBackend,
    InvitationBackend,
    RegistrationBackend,
    make_random_password,
)
from organizations.backends.forms import UserRegistrationForm, org_registration_form
from organizations.backends.modeled import ModelInvitation
from organizations.exceptions import AddressAmbiguous, NotAnAddress
from organizations.models import Organization, OrganizationInvitation
from organizations.services import addresses, members, registration
from tests.doors.support import (
    MODELLED,
    PASSWORD,
    PERSON,
    Browser,
    page,
    pending_member,
    signed_in,
    words_of,
)

LINK_BASE = {"LINK_BASE": "https://app.example.com"}
SITE = {"name": "Example", "domain": "example.com"}


@pytest.fixture(autouse=True)
def link_base(settings):
    settings.ORGANIZATIONS = LINK_BASE


def committed():
    return TestCase.captureOnCommitCallbacks(execute=True)


def test_settings_choose_the_backends(settings):
    assert type(invitation_backend()) is InvitationBackend
    assert type(registration_backend()) is RegistrationBackend
    settings.ORGANIZATIONS = MODELLED
    assert type(invitation_backend()) is ModelInvitation


def test_the_old_flat_names_still_choose(settings):
    settings.ORGANIZATIONS = {}
    settings.INVITATION_BACKEND = "organizations.backends.modeled.ModelInvitation"
    assert type(invitation_backend()) is ModelInvitation


def test_an_argument_beats_the_setting():
    path = "organizations.backends.modeled.ModelInvitation"
    backend = invitation_backend(backend=path, namespace="people")
    assert type(backend) is ModelInvitation
    assert backend.namespace_preface() == "people:"


def test_a_backend_that_cannot_be_imported_names_the_setting(settings):
    settings.ORGANIZATIONS = {"INVITATION_BACKEND": "no.such.Backend"}
    with pytest.raises(ImproperlyConfigured, match="INVITATION_BACKEND"):
        invitation_backend()


def test_the_base_class_says_what_is_missing():
    backend = BaseBackend()
    for method in (backend.get_urls, backend.get_success_url):
        with pytest.raises(NotImplementedError):
            method()
    with pytest.raises(AttributeError, match="form_class"):
        backend.get_form()


@pytest.mark.parametrize("backend_class", [RegistrationBackend, ModelInvitation])
def test_urls_give_patterns_and_a_namespace(backend_class):
    patterns, namespace = backend_class().urls
    assert namespace == "registration"
    assert patterns
    assert backend_class(namespace="mine").urls[1] == "mine"


def test_get_urls_is_a_list():
    assert {pattern.name for pattern in InvitationBackend().get_urls()} == {"invitations_register"}


def test_registering_returns_the_account_and_mails_the_link(db):
    with committed():
        user = RegistrationBackend().register_by_email("Ada@Example.com")
    assert (user.email, user.is_active) == ("ada@example.com", False)
    assert mail.outbox[0].to == ["ada@example.com"]
    with committed():
        assert RegistrationBackend().register_by_email("ada@example.com") == user
    assert len(mail.outbox) == 2


def test_registering_takes_sender_request_and_more(db):
    ada = testing.make_user("ada")
    request = RequestFactory().get("/")
    with committed():
        user = RegistrationBackend().register_by_email(
            "bo@example.com", sender=ada, request=request, domain=SITE, colour="red"
        )
    assert not user.is_active
    assert "https://example.com/accounts/register/" in mail.outbox[0].body


def test_inviting_returns_the_user_who_has_the_address(db):
    ada = testing.make_user("ada")
    with committed():
        assert InvitationBackend().invite_by_email("ADA@example.com") == ada
    assert mail.outbox == []  # a person who is active gets a notification instead


def test_inviting_makes_a_pending_user_and_mails_the_link(db):
    ada = testing.make_user("ada", first_name="Ada", last_name="Byron")
    with committed():
        user = InvitationBackend().invite_by_email("bo@example.com", sender=ada, domain=SITE)
    assert registration.is_pending(user)
    (message,) = mail.outbox
    assert message.subject == "Ada Byron invites you to Example"
    assert message.extra_headers == {"Reply-To": "ada@example.com"}
    assert message.from_email == "Orgkit Tests <tests@example.com>"


@pytest.mark.parametrize("backend_class", [InvitationBackend, RegistrationBackend])
def test_a_link_base_that_is_given_needs_no_setting(backend_class, settings, db):
    settings.ORGANIZATIONS = {}
    backend = backend_class()
    method = getattr(backend, "invite_by_email", None) or backend.register_by_email
    with committed():
        method("bo@example.com", domain=SITE)
    assert "https://example.com/accounts/" in mail.outbox[0].body


def test_inviting_an_ambiguous_address_is_refused(db):
    testing.make_user("one", email="two@example.com", verified=False)
    testing.make_user("two", email="TWO@example.com", verified=False)
    with pytest.raises(AddressAmbiguous):
        InvitationBackend().invite_by_email("two@example.com")
    with pytest.raises(NotAnAddress):
        InvitationBackend().invite_by_email("nobody")


@pytest.mark.urls("tests.doors.urls_modelled")
def test_the_modelled_backend_returns_the_invitation(world):
    with committed():
        invitation = ModelInvitation().invite_by_email(
            "New@Example.com", user=world.people["admin"], organization=world.acme
        )
    assert isinstance(invitation, OrganizationInvitation)
    assert invitation.invitee_identifier == "new@example.com"
    assert invitation.invited_by == world.people["admin"]
    assert len(mail.outbox) == 1


def test_the_modelled_backend_takes_a_sender_as_the_other_does(world):
    invitation = ModelInvitation().invite_by_email(
        "new@example.com", sender=world.people["admin"], organization=world.acme, is_admin=True
    )
    assert invitation.invited_by == world.people["admin"]
    assert invitation.is_admin


@pytest.mark.urls("tests.doors.urls_modelled")
def test_a_row_can_be_mailed_without_a_secret(world):
    """As the documented send_invitation(invitation) does: the guid is then the link."""
    assert ModelInvitation().send_invitation(world.offer, domain=SITE) == 1
    assert f"/invitations/{world.offer.guid}/" in mail.outbox[0].body


@pytest.mark.parametrize("send", ["send_invitation", "send_reminder"])
def test_only_pending_accounts_get_links(send, db):
    backend = InvitationBackend()
    ada = testing.make_user("ada")
    assert getattr(backend, send)(ada) is False
    gone = testing.make_user("gone", password=PASSWORD, is_active=False)
    assert getattr(backend, send)(gone) is False
    assert mail.outbox == []
    assert getattr(backend, send)(registration.pending_user("bo@example.com")) == 1


def test_only_active_people_get_notifications(world):
    backend = InvitationBackend()
    assert backend.send_notification(world.pending, organization=world.acme) is False
    assert backend.send_notification(world.people["member"], organization=world.acme) == 1
    assert world.acme.get_absolute_url() in mail.outbox[0].body


def test_activation_of_somebody_who_is_known_says_so(db):
    assert RegistrationBackend().send_activation(testing.make_user("ada"), domain=SITE) == 1
    assert "already have an account" in mail.outbox[0].subject


def test_messages_are_built_by_position_with_any_class(db):
    ada = testing.make_user("ada")
    backend = InvitationBackend()
    message = backend.email_message(
        ada,
        backend.notification_subject,
        backend.notification_body,
        ada,
        message_class=EmailMultiAlternatives,
        domain=SITE,
        url="https://example.com/x",
    )
    message.attach_alternative("<p>more</p>", "text/html")
    assert message.to == ["ada@example.com"]
    assert message.send() == 1
    plain = backend.email_message(
        ada, backend.notification_subject, backend.notification_body, message_class=EmailMessage
    )
    assert type(plain) is EmailMessage


def test_a_project_with_its_own_text_gets_no_foreign_html(db, settings, tmp_path):
    folder = tmp_path / "organizations" / "email"
    folder.mkdir(parents=True)
    (folder / "invitation_body.html").write_text("Own words: {{ url }}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    with committed():
        InvitationBackend().invite_by_email("bo@example.com")
    (message,) = mail.outbox
    assert message.body.startswith("Own words: https://app.example.com/accounts/invitations/")
    assert message.alternatives == []


class Bare(InvitationBackend):
    """As projects write it: no call of the parent's __init__, all of the hooks."""

    calls: list = []

    def __init__(self, namespace=None, org_model=None):
        pass

    def get_token(self, user, **kwargs):
        self.calls.append("get_token")
        return PasswordResetTokenGenerator().make_token(user)

    def email_message(self, user, subject_template, body_template, sender=None, **kwargs):
        self.calls.append("email_message")
        return super().email_message(user, subject_template, body_template, sender, **kwargs)

    def send_invitation(self, user, sender=None, **kwargs):
        self.calls.append("send_invitation")
        return super().send_invitation(user, sender, **kwargs)

    def invite_by_email(self, email, sender=None, request=None, **kwargs):
        self.calls.append("invite_by_email")
        return super().invite_by_email(email, sender, request, **kwargs)

    def activate_organizations(self, user):
        self.calls.append("activate_organizations")

    def organization_of(self, user):
        return None


def test_every_hook_of_a_subclass_is_called(world, settings):
    settings.ORGANIZATIONS = {"INVITATION_BACKEND": f"{__name__}.Bare"}
    Bare.calls.clear()
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "new@example.com"}
    )
    assert Bare.calls == ["invite_by_email", "send_invitation", "get_token", "email_message"]
    assert world.acme.users.filter(email="new@example.com").exists()
    user = world.acme.users.get(email="new@example.com")
    request = RequestFactory().post("/", PERSON)
    request.user = world.people["outsider"]
    request.session = Browser().session
    request._messages = CookieStorage(request)
    Bare().activate_view(request, user.pk, Bare().get_token(user))
    assert Bare.calls[-1] == "activate_organizations"


def open_link(browser, user, token=None):
    token = token or PasswordResetTokenGenerator().make_token(user)
    return page("registration_register", user_id=user.pk, token=token)


def test_plain_tokens_of_djangos_generator_are_accepted(world):
    browser = Browser()
    url = open_link(browser, world.pending)
    assert browser.get(url).status_code == 200
    response = browser.post(url, PERSON)
    assert response.status_code == 302
    world.pending.refresh_from_db()
    assert world.pending.is_active
    assert world.pending.check_password(PASSWORD)
    assert world.pending.username == "newcomer"
    assert addresses.is_verified(world.pending, "pat@example.com")


def test_an_account_link_works_once(world):
    browser = Browser()
    url = open_link(browser, world.pending)
    browser.post(url, PERSON)
    for method in (Browser().get, Browser().post, browser.get):
        response = method(url)
        assert response.status_code == 404
        assert "has been used, or it is too old" in words_of(response)


def test_the_link_of_another_account_is_not_found(world):
    other = pending_member(world.acme, "other@example.com")
    token = PasswordResetTokenGenerator().make_token(other)
    assert Browser().get(open_link(None, world.pending, token)).status_code == 404
    assert Browser().get(open_link(None, other, token)).status_code == 200


def test_an_account_link_dies_with_djangos_timeout(world, settings):
    url = open_link(None, world.pending)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert Browser().get(url).status_code == 404


@pytest.mark.parametrize(
    "values",
    [{"password": "usable"}, {"last_login": "now"}],
    ids=["has a password", "has signed in before"],
)
def test_a_deactivated_account_is_never_revived(values, world):
    user = world.pending
    if "password" in values:
        user.set_password(PASSWORD)
    else:
        user.last_login = timezone.now()
    user.save()
    url = open_link(None, user)
    assert Browser().get(url).status_code == 404
    assert Browser().post(url, PERSON).status_code == 404
    user.refresh_from_db()
    assert not user.is_active


def test_an_account_deactivated_while_the_form_was_open_is_not_revived(world):
    url = open_link(None, world.pending)
    assert Browser().get(url).status_code == 200
    get_user_model().objects.filter(pk=world.pending.pk).update(last_login=timezone.now())
    assert Browser().post(url, PERSON).status_code == 404


@pytest.mark.parametrize("field", ["username", "password1", "password2"])
def test_a_bad_form_behind_the_link_stays_and_changes_nothing(field, world):
    url = open_link(None, world.pending)
    response = Browser().post(url, {**PERSON, field: ""})
    assert response.status_code == 200
    assert response.context["form"].errors
    world.pending.refresh_from_db()
    assert not world.pending.is_active
    assert not world.pending.has_usable_password()


def test_a_taken_username_gets_a_message(world):
    response = Browser().post(open_link(None, world.pending), {**PERSON, "username": "OWNER"})
    assert response.status_code == 200
    assert "username" in response.context["form"].errors


def test_the_form_suggests_a_username_and_asks_for_no_address(world):
    form = Browser().get(open_link(None, world.pending)).context["form"]
    assert form.initial["username"] == "pat"
    assert list(form.fields) == ["username", "first_name", "last_name", "password1", "password2"]


def test_sign_up_runs_from_the_form_to_the_organizations_page(backend, db):
    browser = Browser()
    browser.post(
        page("organization_signup"),
        {"name": "Acme", "slug": "rockets", "email": "ada@example.com"},
    )
    organization = Organization.objects.get()
    assert not organization.is_active
    assert mail.outbox[0].subject == "Confirm your address to set up Acme"
    (link, *_) = testing.links_in_mail()
    assert "Acme" in words_of(browser.get(link))
    response = browser.post(link, PERSON)
    landing = browser.get(response["Location"])
    assert landing.status_code == 200
    organization.refresh_from_db()
    assert (organization.is_active, organization.slug) == (True, "rockets")
    user = get_user_model().objects.get()
    assert organization.is_owner(user)
    assert organization.is_admin(user)
    assert "Acme" in words_of(landing)


def test_the_old_registration_page_signs_up_too(db):
    browser = Browser()
    response = browser.post(
        page("registration_create"), {"name": "Acme", "email": "ada@example.com"}
    )
    assert "ada@example.com" in words_of(response)
    (link, *_) = testing.links_in_mail()
    browser.post(link, PERSON)
    assert Organization.objects.get().is_active


def test_signing_up_twice_changes_the_waiting_organization(db):
    for name in ("Acme", "Acme Rockets"):
        Browser().post(page("organization_signup"), {"name": name, "email": "ada@example.com"})
    assert Organization.objects.get().name == "Acme Rockets"
    assert get_user_model().objects.count() == 1
    assert len(mail.outbox) == 2


def test_one_confirmation_does_not_open_other_peoples_closed_organizations(world):
    """An ordinary member's activation switches nothing on but what the person owns."""
    Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
    Browser().post(open_link(None, world.pending), PERSON)
    world.acme.refresh_from_db()
    assert not world.acme.is_active


def test_an_invited_person_lands_in_the_organization(world):
    world.browser("admin").post(
        page("organization_user_add", world.acme), {"email": "new@example.com"}
    )
    (link, *_) = testing.links_in_mail()
    browser = Browser()
    assert "Acme" in words_of(browser.get(link))
    response = browser.post(link, PERSON)
    assert response["Location"] == world.acme.get_absolute_url()
    assert browser.get(response["Location"]).status_code == 200


def test_extra_context_reaches_the_pages(world):
    backend = RegistrationBackend()
    request = RequestFactory().get("/")
    request.user = testing.make_user("visitor")
    request.user.is_active = True
    token = PasswordResetTokenGenerator().make_token(world.pending)
    response = backend.activate_view(
        request, world.pending.pk, token, extra_context={"organization": world.zenith}
    )
    assert "Zenith" in words_of(response)


def test_the_view_itself_raises_404_as_documented(world):
    request = RequestFactory().get("/")
    with pytest.raises(Http404):
        RegistrationBackend().activate_view(request, world.pending.pk, "nonsense")


def test_the_modelled_backend_needs_an_invitation_model(db, monkeypatch):
    family = families.family_of(Organization)
    bare = families.Family(family.organization, family.member, family.owner, None)
    monkeypatch.setattr("organizations.backends.modeled.family_of", lambda model: bare)
    with pytest.raises(ImproperlyConfigured, match="AbstractOrganizationInvitation"):
        ModelInvitation()


def test_hooks_choose_where_people_land(world):
    class Elsewhere(ModelInvitation):
        def get_invitation_accepted_url(self):
            return "/welcome/"

    assert Elsewhere().get_joined_url(world.acme) == "/welcome/"
    assert Elsewhere().get_joined_url(world.acme, registered=True) == "/welcome/"
    assert ModelInvitation().get_joined_url(world.acme) == world.acme.get_absolute_url()


def test_random_passwords_have_no_letters_that_look_alike():
    password = make_random_password(200)
    assert len(password) == 200
    assert not set(password) & set("0O1Il")


def test_usernames_fit_the_field():
    assert len(InvitationBackend().get_username()) <= 150


def test_the_registration_forms_have_the_documented_fields(db):
    assert list(org_registration_form(Organization)().fields) == ["name", "slug", "email"]
    assert "email" not in UserRegistrationForm().fields


@pytest.mark.urls("tests.doors.urls_modelled")
def test_the_whole_way_of_a_modelled_invitation(world, settings):
    settings.ORGANIZATIONS = {**MODELLED, **LINK_BASE}
    world.browser("owner").post(
        page("organization_user_add", world.acme), {"email": "new@example.com", "is_admin": "on"}
    )
    (link, *_) = testing.links_in_mail()
    browser = Browser()
    response = browser.get(link, follow=True)
    assert response.redirect_chain == [(page("invitations_accept"), 302)]
    assert response.context["state"] == "register"
    assert "owner@example.com invites you" in words_of(response)
    response = browser.post(page("invitations_accept"), PERSON)
    assert response["Location"] == world.acme.get_absolute_url()
    assert browser.get(response["Location"]).status_code == 200
    user = get_user_model().objects.get(email="new@example.com")
    assert world.acme.is_admin(user)
    assert addresses.is_verified(user, "new@example.com")


@pytest.mark.urls("tests.doors.urls_modelled")
def test_a_known_person_signs_in_first_and_then_accepts(world, settings):
    settings.ORGANIZATIONS = {**MODELLED, **LINK_BASE}
    known = testing.make_user("known", verified=False, password=PASSWORD)
    with committed():
        ModelInvitation().invite_by_email(
            "known@example.com", user=world.people["admin"], organization=world.acme
        )
    (link, *_) = testing.links_in_mail()
    browser = Browser()
    response = browser.get(link, follow=True)
    assert response.context["state"] == "sign_in"
    login = response.context["login_url"]
    response = browser.post(login, {"username": "known", "password": PASSWORD}, follow=True)
    assert response.context["state"] == "ready"
    response = browser.post(page("invitations_accept"), {"action": "accept"})
    assert response.status_code == 302
    assert world.acme.is_member(known)


@pytest.mark.urls("tests.doors.urls_modelled")
def test_an_invitation_can_be_declined_without_an_account(world, settings):
    settings.ORGANIZATIONS = {**MODELLED, **LINK_BASE}
    with committed():
        ModelInvitation().invite_by_email(
            "new@example.com", user=world.people["admin"], organization=world.acme
        )
    (link, *_) = testing.links_in_mail()
    browser = Browser()
    browser.get(link)
    declined = browser.post(page("invitations_accept"), {"action": "decline"}, follow=True)
    words = words_of(declined)
    assert "You have declined the invitation." in words and "nothing more to do" in words
    assert declined.redirect_chain[-1][0] == page("invitations_accept"), "no page to sign in at"
    invitation = OrganizationInvitation.objects.get(invitee_identifier="new@example.com")
    assert invitation.status == "declined"
    assert "was declined" in words_of(Browser().get(link, follow=True))
    assert not get_user_model().objects.filter(email="new@example.com").exists()


def test_backends_leave_the_session_signed_in_as_the_new_person(world):
    browser = signed_in(world.people["outsider"])
    browser.post(open_link(None, world.pending), PERSON)
    assert browser.session["_auth_user_id"] == str(world.pending.pk)
    assert members.is_member(world.acme, world.pending)
