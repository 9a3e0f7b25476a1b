"""The documented default backends: people are accounts that wait for a mailed link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.crypto import get_random_string

from .. import converters, jobs, mail, tokens
from ..conf import get_settings
from ..doors import (
    client_address,
    keep_secret,
    link_base,
    own_not_found,
    page_context,
    sign_in,
    sign_up_closed,
    varying,
    with_status_of,
)
from ..exceptions import AddressAmbiguous, LimitReached, OrganizationsError, RegistrationClosed
from ..families import default_family
from ..services import addresses, limits, registration
from ..words import gettext as _
from .forms import UserRegistrationForm, org_registration_form

__all__ = ["BaseBackend", "InvitationBackend", "RegistrationBackend", "make_random_password"]


def make_random_password(
    length: int = 10,
    allowed_chars: str = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789",
) -> str:
    """Return a random text without letters that look alike."""
    return get_random_string(length, allowed_chars)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    # By this module's ``render``, which tests of projects put something of their own in place of.
    return varying(render(request, template, {**page_context(request), **context}))


class BaseBackend:
    """The interface of every backend.

    A backend makes accounts, mails links and owns the pages that the links lead to. To change
    a part, subclass and name the class in the setting; every method may be overridden.

    Attributes:
        requires_acceptance: whether the person must agree before becoming a member.
        form_class: the form by which a new person completes the account.
    """

    registration_form_template = "organizations/register_form.html"
    activation_success_template = "organizations/register_success.html"
    requires_acceptance = False
    form_class: Any = None
    reminder_subject = "organizations/email/reminder_subject.txt"
    reminder_body = "organizations/email/reminder_body.html"
    # Subclasses that never call __init__ work with these.
    user_model: Any = None
    org_model: Any = None
    namespace: str | None = None

    def __init__(self, org_model: Any = None, namespace: str | None = None) -> None:
        self.user_model = get_user_model()
        self.org_model = org_model or default_family().organization
        self.namespace = namespace

    def namespace_preface(self) -> str:
        """Return what stands before a URL name of this backend."""
        return f"{self.namespace}:" if self.namespace else ""

    def get_urls(self) -> list[URLPattern]:
        """Return the URL patterns of the backend's pages."""
        raise NotImplementedError

    def get_success_url(self) -> str:
        """Return where a person goes after completing the account."""
        raise NotImplementedError

    def get_form(self, **kwargs: Any) -> Any:
        """Return the form for a new person; takes the arguments of a model form."""
        if not self.form_class:
            raise AttributeError("You must define a form_class")
        return self.form_class(**kwargs)

    def get_token(self, user: Any, **kwargs: Any) -> str:
        """Return the token of the link that completes the account."""
        return tokens.make_account_token(user)

    def get_username(self) -> str:
        """Return a random value for a required username."""
        return registration.new_username()

    def activate_organizations(self, user: Any) -> None:
        """Hook, called after ``registration.activate`` has switched on the user's own ones."""

    def account_path(self, name: str, view: Any) -> URLPattern:
        """Return the pattern of a link that holds a user's key and a token."""
        converters.register()
        key = self._user_model()._meta.pk
        if isinstance(key, models.IntegerField):
            route = "<int:user_id>-<token>/"
        elif isinstance(key, models.UUIDField):
            route = "<uuid:user_id>-<token>/"
        else:
            route = "<str:user_id>-<account_token:token>/"
        pattern: URLPattern = path(route, view=own_not_found(view), name=name)
        return pattern

    def activate_view(
        self,
        request: HttpRequest,
        user_id: Any,
        token: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page that the mailed link opens: names and password, then the account is on.

        An account that was used or deactivated, or another token, is not found.
        """
        user = self._user_model()._default_manager.filter(pk=user_id, is_active=False).first()
        if (
            user is None
            or not registration.is_pending(user)
            or not tokens.check_account_token(user, token)
        ):
            raise Http404(_("This link has been used, or it is too old."))
        form = self.get_form(data=request.POST or None, files=request.FILES or None, instance=user)
        if request.method == "POST" and form.is_valid():
            person = form.save(commit=False)
            try:
                organizations = registration.activate(person, model=self.org_model)
            except registration.NotPending:
                raise Http404(_("This link has been used, or it is too old.")) from None
            except IntegrityError:
                form.add_error(
                    None, _("Somebody else has just taken this name. Choose another one.")
                )
            else:
                self.activate_organizations(person)
                sign_in(request, person)
                messages.success(request, _("Your address is confirmed and your account is ready."))
                return redirect(self.get_activated_url(person, organizations))
        context = {
            "form": form,
            "organization": self.organization_of(user),
            **(extra_context or {}),
        }
        return keep_secret(_page(request, self.registration_form_template, context))

    def get_activated_url(self, user: Any, organizations: list[Any]) -> str:
        """Return where a person lands who has completed the account.

        Args:
            organizations: those that were switched on with the account.
        """
        for organization in organizations:
            if hasattr(organization, "get_absolute_url"):
                return str(organization.get_absolute_url())
        return self.get_success_url()

    def organization_of(self, user: Any) -> Any:
        """Return an organization of a pending account, to name it on its page, or None."""
        return self._org_model()._default_manager.filter(users=user).first()

    def send_reminder(self, user: Any, sender: Any = None, **kwargs: Any) -> Any:
        """Mail the link of a pending account again; False if the account is not pending."""
        if not registration.is_pending(user):
            return False
        return self._send_link(user, self.reminder_subject, self.reminder_body, sender, kwargs)

    #: Name of the URL that links of pending accounts lead to.
    account_url_name = "registration_register"

    def _send_link(
        self, user: Any, subject: str, body: str, sender: Any, context: dict[str, Any]
    ) -> Any:
        token = self.get_token(user)
        base = context.get("domain") or link_base(None)
        url = reverse(f"{self.namespace_preface()}{self.account_url_name}", args=[user.pk, token])
        context = {**context, "domain": base, "token": token, "url": absolute(base, url)}
        return self.email_message(user, subject, body, sender, **context).send()

    def email_message(
        self,
        user: Any,
        subject_template: str,
        body_template: str,
        sender: Any = None,
        message_class: Any = EmailMultiAlternatives,
        **kwargs: Any,
    ) -> Any:
        """Return the unsent message to a user; further arguments go to the templates."""
        to = addresses.address_of(user)
        context = {
            "organization": None,
            "recipient": to,
            "site_name": site_name(kwargs),
            **kwargs,
            "user": user,
        }
        return mail.message(
            to,
            subject_template,
            body_template,
            context,
            sender=sender,
            message_class=message_class,
        )

    def _user_model(self) -> Any:
        return self.user_model or get_user_model()

    def _org_model(self) -> Any:
        return self.org_model or default_family().organization


def absolute(base: Any, path_: str) -> str:
    """Return the absolute URL below a base, which may be a Site or a dictionary too."""
    if isinstance(base, mail.LinkBase):
        return base.url(path_)
    domain = base["domain"] if isinstance(base, dict) else base.domain
    return f"https://{domain}{path_}"


def site_name(context: dict[str, Any]) -> str:
    """Return the site's name for people: ``SITE_NAME``, else that of the mail's ``domain``."""
    base = context.get("domain")
    if name := get_settings().SITE_NAME:
        return name
    if base is None:
        return ""
    return str(base.get("name", "") if isinstance(base, dict) else getattr(base, "name", ""))


def _may_be_mailed(address: str) -> bool:
    try:
        limits.mail_to(address, purpose="sign-up")
    except LimitReached:
        return False
    return True


class RegistrationBackend(BaseBackend):
    """Sign-up of people who are new to the site, each with an organization."""

    activation_subject = "organizations/email/activation_subject.txt"
    activation_body = "organizations/email/activation_body.html"
    exists_subject = "organizations/email/account_exists_subject.txt"
    exists_body = "organizations/email/account_exists_body.html"
    form_class = UserRegistrationForm

    def get_success_url(self) -> str:
        return reverse(f"{self.namespace_preface()}registration_success")

    def get_activated_url(self, user: Any, organizations: list[Any]) -> str:
        """Return where a person lands who has completed the account.

        Without an organization that is the page on which one is chosen or made. A project that
        has its own ``get_success_url`` keeps that.
        """
        if organizations or type(self).get_success_url is not RegistrationBackend.get_success_url:
            return super().get_activated_url(user, organizations)
        try:
            return reverse("organization_choose")
        except NoReverseMatch:  # a project with URLs of its own
            return self.get_success_url()

    def get_urls(self) -> list[URLPattern]:
        return [
            path("complete/", view=self.success_view, name="registration_success"),
            self.account_path("registration_register", self.activate_view),
            path("", view=self.create_view, name="registration_create"),
        ]

    @property
    def urls(self) -> tuple[list[URLPattern], str]:
        return self.get_urls(), self.namespace or "registration"

    def register_by_email(
        self, email: str, sender: Any = None, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Return the account of an address, a new pending one if nobody has it; mail the link.

        The mail leaves after the transaction. A known person gets another mail, which says
        that the account exists; the answer to the visitor is the same. It also is the same for
        an address that has been sent its share of mails, which gets none.

        Args:
            request: the visitor's; None for code that signs somebody up, which has no limits.
        Raises:
            NotAnAddress: the text is no address.
            RegistrationClosed: the reader of the address may not sign up.
            LimitReached: too many sign-ups came from the visitor's network address.
        """
        registration.require_open(email)
        if request is not None:
            limits.client(client_address(request))
        try:
            user = registration.user_with(email) or registration.pending_user(email)
        except AddressAmbiguous:
            user = addresses.find_users(addresses.normalise(email))[0]
        kwargs["domain"] = kwargs.get("domain") or link_base(request)
        if request is None or _may_be_mailed(email):
            jobs.mail_after_commit(self, "send_activation", user, sender=sender, **kwargs)
        return user

    def register(
        self, email: str, *, name: str, slug: str | None = None, request: HttpRequest | None = None
    ) -> Any:
        """Sign an address up with an organization, all or nothing, and return the user.

        A pending account gets the organization, to be switched on with it. A person who has
        an account already gets a mail instead and creates the organization after signing in.

        Raises:
            NotAnAddress: the text is no address.
            SlugTaken: another organization has the slug.
            RegistrationClosed: the reader of the address may not sign up.
            LimitReached: too many sign-ups came from the visitor's network address.
        """
        with transaction.atomic():
            user = self.register_by_email(email, request=request, organization_name=name)
            if registration.is_pending(user):
                registration.open_organization(user, name=name, slug=slug, model=self.org_model)
        return user

    def send_activation(self, user: Any, sender: Any = None, **kwargs: Any) -> Any:
        """Mail the link that completes the account, or word that it exists already."""
        if not registration.is_pending(user):
            return self._send_exists(user, kwargs)
        kwargs.setdefault("organization", self.organization_of(user))
        return self._send_link(user, self.activation_subject, self.activation_body, sender, kwargs)

    def _send_exists(self, user: Any, context: dict[str, Any]) -> Any:
        base = context["domain"]
        context = {**context, "url": absolute(base, reverse("organization_add"))}
        return self.email_message(user, self.exists_subject, self.exists_body, **context).send()

    def create_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page that takes an organization's name and an address."""
        if request.user.is_authenticated:
            return redirect("organization_add")
        try:
            registration.require_open()
        except RegistrationClosed as error:
            return sign_up_closed(request, error)
        form = org_registration_form(self._org_model())(request.POST or None)
        context = {"form": form, **(extra_context or {})}
        if request.method == "POST" and form.is_valid():
            data = form.cleaned_data
            try:
                self.register(
                    data["email"], name=data["name"], slug=data.get("slug"), request=request
                )
            except OrganizationsError as error:
                form.add_error(None, str(error))
                answer = _page(request, self.registration_form_template, context)
                return with_status_of(error, answer)
            context["address"] = data["email"]
            return _page(request, self.activation_success_template, context)
        return _page(request, self.registration_form_template, context)

    def success_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page that says: look into your mailbox."""
        return _page(request, self.activation_success_template, extra_context or {})


class InvitationBackend(BaseBackend):
    """The documented default: an address gives the user who has it, or a new pending one.

    The page that invites makes the user a member at once; the mail tells how to leave. For
    invitations that ask first, choose ``organizations.backends.modeled.ModelInvitation``.
    """

    notification_subject = "organizations/email/notification_subject.txt"
    notification_body = "organizations/email/notification_body.html"
    invitation_subject = "organizations/email/invitation_subject.txt"
    invitation_body = "organizations/email/invitation_body.html"
    form_class = UserRegistrationForm
    account_url_name = "invitations_register"

    def get_success_url(self) -> str:
        return reverse("organization_list")

    def get_activated_url(self, user: Any, organizations: list[Any]) -> str:
        organization = self.organization_of(user)
        return super().get_activated_url(user, [] if organization is None else [organization])

    def get_urls(self) -> list[URLPattern]:
        return [self.account_path("invitations_register", self.activate_view)]

    def invite_by_email(
        self, email: str, sender: Any = None, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Return the user who has the address, or a new pending one; mail an invitation.

        The mail leaves after the transaction. It goes to pending accounts only: a person who
        is active gets ``send_notification``, a deactivated one gets nothing.

        Raises:
            NotAnAddress: the text is no address.
            AddressAmbiguous: several accounts have it.
        """
        user = registration.user_with(email) or registration.pending_user(email)
        kwargs["domain"] = kwargs.get("domain") or link_base(request)
        jobs.mail_after_commit(self, "send_invitation", user, sender=sender, **kwargs)
        return user

    def send_invitation(self, user: Any, sender: Any = None, **kwargs: Any) -> Any:
        """Mail the link of a pending account; False if the account is not pending."""
        if not registration.is_pending(user):
            return False
        return self._send_link(user, self.invitation_subject, self.invitation_body, sender, kwargs)

    def send_notification(self, user: Any, sender: Any = None, **kwargs: Any) -> Any:
        """Tell an active user of a new membership and how to leave; False if inactive."""
        if not user.is_active:
            return False
        base = kwargs.get("domain") or link_base(None)
        organization: Any = kwargs.get("organization")
        url = (
            organization.get_absolute_url()
            if hasattr(organization, "get_absolute_url")
            else reverse("organization_list")
        )
        kwargs = {**kwargs, "domain": base, "url": absolute(base, url)}
        return self.email_message(
            user, self.notification_subject, self.notification_body, sender, **kwargs
        ).send()
