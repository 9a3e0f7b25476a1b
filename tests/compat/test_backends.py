"""Section 10: the backends, by their documented methods."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.http import Http404
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.urls import reverse

from organizations.backends import invitation_backend, registration_backend
from organizations.backends.defaults import (
    BaseBackend,
    InvitationBackend,
    RegistrationBackend,
    make_random_password,
)
from organizations.backends.forms import UserRegistrationForm
from organizations.backends.modeled import ModelInvitation
from organizations.models import Organization, OrganizationInvitation
from organizations.services import addresses

from .conftest import ABSTRACT, make_person

User = get_user_model()
DOMAIN = {"name": "Site", "domain": "site.example.org"}
PERSON = {"username": "new", "password1": "long-enough-7", "password2": "long-enough-7"}
BACKENDS = [RegistrationBackend, InvitationBackend]


@pytest.fixture
def pending(rf):
    person = User(username="pending", email="pending@example.com", is_active=False)
    person.set_unusable_password()
    return person


@pytest.fixture
def saved(pending, db):
    pending.save()
    return pending


def request_of(user, method="get", client=None, **data):
    request = getattr(RequestFactory(), method)("/somewhere/", data)
    request.user = user
    request.session = client.session if client else {}
    request._messages = FallbackStorage(request)
    return request


# What every backend has


def test_10_make_random_password():
    assert re.fullmatch("[a-zA-Z2-9]{10}", make_random_password())
    assert not set("lIO01") & set(make_random_password(500))
    assert make_random_password(4, "x") == "xxxx"


@pytest.mark.parametrize("make", [invitation_backend, registration_backend])
def test_10_the_functions_take_a_path_and_a_namespace(make):
    assert make().namespace is None
    path = "organizations.backends.modeled.ModelInvitation"
    backend = make(backend=path, namespace="there")
    assert (type(backend), backend.namespace) == (ModelInvitation, "there")
    assert type(make(path)) is ModelInvitation


@pytest.mark.parametrize("kind", [*BACKENDS, ModelInvitation])
def test_10_attributes(kind):
    backend = kind()
    assert backend.user_model is User
    assert backend.org_model is Organization
    assert backend.registration_form_template == "organizations/register_form.html"
    assert backend.activation_success_template == "organizations/register_success.html"
    assert backend.form_class is UserRegistrationForm
    assert kind(org_model=Organization, namespace="x").org_model is Organization


@pytest.mark.parametrize("kind", BACKENDS)
def test_10_another_organization_model(kind):
    assert kind(org_model=ABSTRACT.organization).org_model is ABSTRACT.organization


@pytest.mark.parametrize(("namespace", "preface"), [(None, ""), ("here", "here:")])
def test_10_namespace_preface(namespace, preface):
    assert InvitationBackend(namespace=namespace).namespace_preface() == preface


@pytest.mark.parametrize("method", ["get_urls", "get_success_url"])
def test_10_what_a_project_has_to_bring(method):
    with pytest.raises(NotImplementedError):
        getattr(BaseBackend(), method)()


def test_10_get_form():
    backend = InvitationBackend()
    form = backend.get_form(data=None, instance=User(email="x@example.com"))
    assert isinstance(form, UserRegistrationForm)
    with pytest.raises(AttributeError):
        BaseBackend().get_form()


def test_10_get_token_is_of_the_user(saved):
    from django.contrib.auth.tokens import PasswordResetTokenGenerator

    token = InvitationBackend().get_token(saved)
    assert PasswordResetTokenGenerator().check_token(saved, token)
    assert not PasswordResetTokenGenerator().check_token(make_person("other"), token)


def test_10_get_username_fits_and_differs(monkeypatch):
    backend = InvitationBackend()
    assert len(backend.get_username()) == 36
    assert backend.get_username() != backend.get_username()
    monkeypatch.setattr(User._meta.get_field("username"), "max_length", 12)
    assert len(backend.get_username()) == 12


def test_10_get_success_url():
    assert RegistrationBackend().get_success_url() == reverse("registration_success")
    assert InvitationBackend().get_success_url() == reverse("organization_list")


SUBJECTS_AND_BODIES = [
    *((RegistrationBackend, kind, kind) for kind in ("activation", "reminder")),
    *((InvitationBackend, kind, kind) for kind in ("invitation", "notification", "reminder")),
    (ModelInvitation, "notification", "notification"),
    *((ModelInvitation, kind, f"modeled_{kind}") for kind in ("invitation", "reminder")),
]


@pytest.mark.parametrize(("kind", "name", "template"), SUBJECTS_AND_BODIES)
def test_10_templates_of_mails(kind, name, template):
    email = "organizations/email"
    assert getattr(kind, f"{name}_subject") == f"{email}/{template}_subject.txt"
    assert getattr(kind, f"{name}_body") == f"{email}/{template}_body.html"


# Activation


@pytest.mark.parametrize("kind", BACKENDS)
def test_10_activate_view_shows_the_form_and_takes_extra_context(kind, saved, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "organizations.backends.defaults.render",
        lambda request, template, context: (
            shown.append((template, context)) or TemplateResponse(request, template)
        ),
    )
    backend = kind()
    request = request_of(AnonymousUser())
    backend.activate_view(request, saved.pk, backend.get_token(saved), extra_context={"extra": 7})
    ((template, context),) = shown
    assert template == "organizations/register_form.html"
    assert (context["extra"], context["form"].instance) == (7, saved)


@pytest.mark.parametrize("kind", BACKENDS)
def test_10_activate_view_switches_the_account_and_its_organizations_on(kind, saved, client, make):
    acme = make(ABSTRACT, user=saved, is_active=False)
    backend = kind(org_model=ABSTRACT.organization)
    request = request_of(AnonymousUser(), "post", client, **PERSON)
    answer = backend.activate_view(request, saved.pk, backend.get_token(saved))
    assert answer.status_code == 302
    saved.refresh_from_db()
    acme.refresh_from_db()
    assert (saved.username, saved.is_active, acme.is_active) == ("new", True, True)
    assert saved.check_password("long-enough-7")
    assert request.user == saved


@pytest.mark.parametrize("wrong", ["token", "user", "active"])
def test_10_activate_view_finds_nothing(wrong, saved):
    backend = InvitationBackend()
    token = backend.get_token(saved)
    user_id = saved.pk
    if wrong == "token":
        token = "abc-def"
    elif wrong == "user":
        user_id += 1
    else:
        User.objects.update(is_active=True)
    with pytest.raises(Http404):
        backend.activate_view(request_of(AnonymousUser()), user_id, token)


def test_10_activate_organizations_is_a_hook(saved, client):
    called = []

    class Backend(InvitationBackend):
        def activate_organizations(self, user):
            called.append(user)
            super().activate_organizations(user)

    backend = Backend()
    request = request_of(AnonymousUser(), "post", client, **PERSON)
    backend.activate_view(request, saved.pk, backend.get_token(saved))
    assert called == [saved]


def test_10_a_backend_that_never_calls_init(saved):
    class Bare(BaseBackend):
        form_class = UserRegistrationForm

        def __init__(self):
            """The parent's is not called."""

    backend = Bare()
    assert (backend.user_model, backend.org_model, backend.namespace_preface()) == (None, None, "")
    page = backend.activate_view(request_of(AnonymousUser()), saved.pk, backend.get_token(saved))
    assert page.status_code == 200


# Mails


@pytest.mark.parametrize("kind", BACKENDS)
def test_10_send_reminder(kind, saved, ada, acme):
    backend = kind()
    assert backend.send_reminder(saved, sender=ada, domain=DOMAIN, organization=acme) == 1
    assert backend.send_reminder(ada, sender=ada, domain=DOMAIN) is False
    (sent,) = mail.outbox
    assert sent.to == ["pending@example.com"]
    assert "https://site.example.org/accounts/" in sent.body


def test_10_send_activation(saved, ada):
    assert RegistrationBackend().send_activation(saved, domain=DOMAIN) == 1
    assert "register" in mail.outbox[0].body


def test_10_send_invitation(saved, ada, acme):
    backend = InvitationBackend()
    assert backend.send_invitation(saved, ada, domain=DOMAIN, organization=acme) == 1
    assert backend.send_invitation(ada, ada, domain=DOMAIN) is False


def test_10_send_notification_is_for_active_users(saved, ada, acme):
    backend = InvitationBackend()
    assert backend.send_notification(ada, saved, domain=DOMAIN, organization=acme) == 1
    assert backend.send_notification(saved, ada, domain=DOMAIN, organization=acme) is False
    assert [sent.to for sent in mail.outbox] == [["ada@example.com"]]


@pytest.mark.parametrize("message_class", [EmailMessage, EmailMultiAlternatives])
@pytest.mark.parametrize("kind", BACKENDS)
def test_10_email_message(kind, message_class, ada, bo):
    message = kind().email_message(
        bo,
        "organizations/email/reminder_subject.txt",
        "organizations/email/reminder_body.html",
        ada,
        message_class=message_class,
        domain=DOMAIN,
        token="t",
        url="https://site.example.org/x/",
    )
    assert type(message) is message_class
    assert (message.to, "\n" in message.subject) == (["bo@example.com"], False)
    assert "https://site.example.org/x/" in message.body
    assert mail.outbox == []
    if message_class is EmailMultiAlternatives:
        message.attach_alternative("<b>more</b>", "text/html")
    assert message.send() == 1


# Registration


def test_10_register_by_email(db, rf, delivering):
    backend = RegistrationBackend()
    with delivering():
        person = backend.register_by_email("new@example.com", request=rf.get("/"))
    assert (person.email, person.is_active, person.has_usable_password()) == (
        *("new@example.com", False, False),
    )
    assert [sent.to for sent in mail.outbox] == [["new@example.com"]]
    assert backend.register_by_email("new@example.com", request=rf.get("/")) == person


def test_10_create_view(db, client, delivering):
    backend = RegistrationBackend()
    page = backend.create_view(request_of(AnonymousUser()))
    assert b'name="email"' in page.content
    data = {"name": "Bell", "slug": "bell", "email": "new@example.com"}
    with delivering():
        page = backend.create_view(request_of(AnonymousUser(), "post", client, **data))
    assert page.status_code == 200
    bell = Organization.objects.get(slug="bell")
    assert (bell.is_active, bell.owner.organization_user.user.is_active) == (False, False)
    assert backend.create_view(request_of(make_person("cy")))["Location"] == reverse(
        "organization_add"
    )


@pytest.mark.parametrize("view", ["create_view", "success_view"])
def test_10_extra_context_of_views(view, db, tmp_path, settings):
    folder = tmp_path / "organizations"
    folder.mkdir()
    for name in ("register_form", "register_success"):
        (folder / f"{name}.html").write_text("{{ extra }}")
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [str(tmp_path)]}]
    show = getattr(RegistrationBackend(), view)
    assert show(request_of(AnonymousUser()), extra_context={"extra": "more"}).content == b"more"
    assert show(request_of(AnonymousUser())).content == b""


# Invitations of the default backend


def test_10_invite_by_email_returns_the_user(rf, ada, bo, acme, delivering):
    backend = InvitationBackend()
    with delivering():
        known = backend.invite_by_email("bo@example.com", ada, rf.get("/"), organization=acme)
        new = backend.invite_by_email("new@example.com", sender=ada, request=rf.get("/"))
    assert known == bo
    assert (new.email, new.is_active, acme.is_member(new)) == ("new@example.com", False, False)
    assert [sent.to for sent in mail.outbox] == [["new@example.com"]]


@pytest.mark.parametrize("state", ["deactivated", "disabled-organization"])
def test_12_old_links_bring_nothing_back_that_was_switched_off(state, acme, client, bo):
    backend = InvitationBackend()
    if state == "deactivated":
        bo.set_password("x")
        bo.is_active = False
        bo.save()
        with pytest.raises(Http404):
            backend.activate_view(request_of(AnonymousUser()), bo.pk, backend.get_token(bo))
        return
    person = backend.invite_by_email("new@example.com", domain=DOMAIN)
    acme.add_user(person)
    Organization.objects.update(is_active=False)
    request = request_of(AnonymousUser(), "post", client, **PERSON)
    backend.activate_view(request, person.pk, backend.get_token(person))
    person.refresh_from_db()
    acme.refresh_from_db()
    assert (person.is_active, acme.is_active) == (True, False)


# Invitations of the modelled backend


@pytest.fixture
def modelled(settings):
    settings.ROOT_URLCONF = "tests.doors.urls_modelled"
    return ModelInvitation()


def test_10_modelled_attributes(modelled):
    assert modelled.invitation_model is OrganizationInvitation
    assert modelled.invitation_join_template == "organizations/invitation_join.html"
    assert modelled.get_invitation_accepted_url() == "/"
    assert modelled.get_invitation_accepted_registered_url() == "/"


def test_10_modelled_invite_by_email_returns_the_invitation(modelled, acme, ada, rf, delivering):
    with delivering():
        offer = modelled.invite_by_email("Bo@Example.com", ada, acme, request=rf.get("/"))
    assert type(offer) is OrganizationInvitation
    assert (offer.invitee_identifier, offer.invited_by, offer.organization) == (
        *("bo@example.com", ada, acme),
    )
    assert [sent.to for sent in mail.outbox] == [["bo@example.com"]]
    assert not User.objects.filter(email="bo@example.com").exists()


def test_10_modelled_send_invitation(modelled, acme, ada):
    offer = OrganizationInvitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="bo@example.com"
    )
    assert modelled.send_invitation(offer, domain=DOMAIN) == 1
    assert str(offer.guid) in mail.outbox[0].body


@pytest.mark.parametrize("message_class", [EmailMessage, EmailMultiAlternatives])
def test_10_modelled_email_message_takes_an_address(modelled, message_class, ada):
    message = modelled.email_message(
        "bo@example.com",
        modelled.invitation_subject,
        modelled.invitation_body,
        ada,
        message_class=message_class,
        organization=None,
    )
    assert type(message) is message_class
    assert message.to == ["bo@example.com"]
    assert "Ada Lovelace" in message.body


@pytest.fixture
def offer(acme, ada):
    return OrganizationInvitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="bo@example.com"
    )


def test_10_modelled_existing_user_joins(modelled, offer, bo, acme):
    addresses.verify(bo, "bo@example.com")
    page = modelled.activation_router(request_of(bo), offer.guid)
    assert page.status_code == 200
    assert not acme.is_member(bo)
    request = request_of(bo, "post")
    assert modelled.activate_existing_user_view(request, offer).status_code == 302
    assert acme.is_member(bo)
    offer.refresh_from_db()
    assert offer.invitee == bo


def test_10_modelled_used_invitation_leads_on(modelled, offer, bo):
    addresses.verify(bo, "bo@example.com")
    offer.activate(bo)
    assert modelled.activation_router(request_of(bo), offer.guid).status_code == 302


def test_10_modelled_inviter_cannot_use_it(modelled, offer, ada, acme):
    for method in ("get", "post"):
        with pytest.raises(Http404):
            modelled.activation_router(request_of(ada, method), offer.guid)
    offer.refresh_from_db()
    assert offer.invitee is None


def test_10_modelled_hooks(offer, bo, settings):
    settings.ROOT_URLCONF = "tests.doors.urls_modelled"
    addresses.verify(bo, "bo@example.com")

    class Backend(ModelInvitation):
        def get_invitation_accepted_url(self):
            return "/joined/"

    request = request_of(bo, "post")
    assert Backend().activation_router(request, offer.guid)["Location"] == "/joined/"

    class Expiring(ModelInvitation):
        def get_invitation_queryset(self):
            return super().get_invitation_queryset().none()

    with pytest.raises(Http404):
        Expiring().activation_router(request_of(bo), offer.guid)
