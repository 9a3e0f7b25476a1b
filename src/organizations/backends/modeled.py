"""Invitations that are rows and become members only when the person says yes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation

from .. import jobs, mail, permissions
from ..converters import url_part
from ..doors import keep_secret, link_base, own_not_found, page
from ..exceptions import InvitationStateError, OrganizationsError
from ..families import family_of
from ..services import bulk, invitations, members
from ..services.access import access_of
from ..states import InvitationKind, InvitationStatus
from ..views.invitations import (
    BARRIERS,
    InvitationAccept,
    InvitationOpen,
    invitation_barrier,
    invitation_problem,
    say_what_came,
)
from ..words import gettext as _
from .defaults import InvitationBackend, absolute, site_name

__all__ = ["ModelInvitation"]

#: Keywords of ``invite_by_email`` that say what is offered, and for how long.
TERMS = ("is_admin", "presets", "member_until", "locale", "note", "lifetime")


class ModelInvitation(InvitationBackend):
    """Keeps each invitation as a row, bound to its address, with a secret and an end.

    The row's ``guid`` names it and opens nothing by itself. The mailed link holds a secret of
    which only the digest is stored.
    """

    requires_acceptance = True
    invitation_subject = "organizations/email/modeled_invitation_subject.txt"
    invitation_body = "organizations/email/modeled_invitation_body.html"
    reminder_subject = "organizations/email/modeled_reminder_subject.txt"
    reminder_body = "organizations/email/modeled_reminder_body.html"
    request_approved_subject = "organizations/email/request_approved_subject.txt"
    request_approved_body = "organizations/email/request_approved_body.html"
    request_declined_subject = "organizations/email/request_declined_subject.txt"
    request_declined_body = "organizations/email/request_declined_body.html"
    request_subject = "organizations/email/request_received_subject.txt"
    request_body = "organizations/email/request_received_body.html"
    invitation_join_template = "organizations/invitation_join.html"
    invitation_model: Any = None

    def __init__(self, org_model: Any = None, namespace: str | None = None) -> None:
        super().__init__(org_model=org_model, namespace=namespace)
        family = family_of(self.org_model)
        self.invitation_model = family.invitation
        if family.invitation is None:
            raise ImproperlyConfigured(
                f"{self.org_model._meta.label} has no invitation model, which "
                f"{type(self).__name__} keeps its invitations in. Add one on the class "
                "organizations.abstract.AbstractOrganizationInvitation and run makemigrations."
            )

    def get_urls(self) -> list[URLPattern]:
        return [
            path(
                "open/<str:token>/", InvitationOpen.as_view(backend=self), name="invitations_open"
            ),
            path("accept/", InvitationAccept.as_view(backend=self), name="invitations_accept"),
            path(
                "<uuid:guid>/",
                view=own_not_found(self.activation_router),
                name="invitations_register",
            ),
        ]

    @property
    def urls(self) -> tuple[list[URLPattern], str]:
        return self.get_urls(), self.namespace or "registration"

    def get_invitation_queryset(self) -> Any:
        """Return the invitations that may be opened; override it to leave some out."""
        return self.invitation_model._default_manager.select_related("organization", "invited_by")

    def get_invitation_accepted_url(self) -> str:
        """Return where a person goes after joining; "/" stands for the organization's page."""
        return "/"

    def get_invitation_accepted_registered_url(self) -> str:
        """Return where a new person goes after joining."""
        return self.get_invitation_accepted_url()

    def get_joined_url(self, organization: Any, *, registered: bool = False) -> str:
        """Return where a person lands who has just joined."""
        url = (
            self.get_invitation_accepted_registered_url()
            if registered
            else self.get_invitation_accepted_url()
        )
        if url == "/" and hasattr(organization, "get_absolute_url"):
            return str(organization.get_absolute_url())
        return url

    def url_of(self, name: str, *args: Any) -> str:
        """Return the path of one of the backend's own pages."""
        return reverse(f"{self.namespace_preface()}{name}", args=args)

    def activation_router(self, request: HttpRequest, guid: Any) -> HttpResponse:
        """The page of an invitation's ``guid``: for signed-in readers of its address only."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        invitation = self.get_invitation_queryset().filter(guid=guid).first()
        if invitation is None or not invitation.organization.is_active:
            raise Http404
        [invitation] = invitations.with_life([invitation])
        # Whoever has not proven the address learns nothing, not even that it exists. What is no
        # invitation to an address has pages of its own.
        if invitation.kind != InvitationKind.MAIL or not invitations.fits(invitation, request.user):
            raise Http404
        is_done = invitation.state is InvitationStatus.SUPERSEDED
        is_done = is_done or invitation.invitee_id == request.user.pk
        if is_done and members.is_member(invitation.organization, request.user):
            return redirect(self.get_joined_url(invitation.organization))
        return self.activate_existing_user_view(request, invitation)

    def activate_existing_user_view(self, request: HttpRequest, invitation: Any) -> HttpResponse:
        """The page by which a signed-in reader of the address joins, or says no."""
        now, organization = timezone.now(), invitation.organization
        try:
            if request.method == "POST" and request.POST.get("action") == "decline":
                invitations.decline(invitation, user=request.user, now=now)
                messages.success(request, _("You have declined the invitation."))
                return redirect("organization_list")
            if request.method == "POST":
                announce = self.announce(request=request)
                member = invitations.accept(
                    invitation, user=request.user, now=now, announce=announce
                )
                say_what_came(request, invitation, member)
                if member is None:
                    return redirect("organization_inbox")
                return redirect(self.get_joined_url(invitation.organization))
        except InvitationStateError as error:
            return invitation_problem(request, error.status, organization=organization)
        except BARRIERS as error:
            return invitation_barrier(request, error, invitation)
        except OrganizationsError:
            raise Http404 from None
        try:
            invitations.refuse_inactive(organization, request.user, now=now)
        except BARRIERS as error:
            return invitation_barrier(request, error, invitation)
        if invitation.state is not InvitationStatus.PENDING:
            return invitation_problem(request, invitation.state, organization=organization)
        context = {"invitation": invitation}
        return keep_secret(page(request, self.invitation_join_template, context))

    # The signatures of this and the next two are documented as they are, other than above.
    def invite_by_email(  # type: ignore[override]
        self, email: str, user: Any = None, organization: Any = None, **kwargs: Any
    ) -> Any:
        """Offer a membership to the reader of an address and return the invitation.

        Args:
            user: who invites (``sender`` is taken too).
            kwargs: what is offered, as for ``invitations.invite``: ``is_admin``, ``presets``,
                ``member_until``, ``locale``, ``note`` and ``lifetime``; ``send=False`` sends no
                mail and leaves the link in the invitation's ``url``, which nothing stores;
                ``request`` or ``domain`` for the links, ``now``; ``actor``, the user whose own
                rights carry the offer, without whom the calling code vouches for it; the rest
                goes to the mail's templates.
        Raises:
            as ``invitations.invite``.
        """
        send = kwargs.pop("send", True)
        offered = {name: kwargs.pop(name) for name in TERMS if name in kwargs}
        invitation = invitations.invite(
            organization,
            address=email,
            actor=kwargs.pop("actor", None),
            invited_by=user or kwargs.pop("sender", None),
            now=kwargs.pop("now", None) or timezone.now(),
            deliver=self.deliver(**kwargs) if send else None,
            mailed=send,
            **offered,
        )
        if not send:
            self.show_url(invitation, **kwargs)
        return invitation

    def resend(
        self, invitation: Any, *, actor: Any, now: datetime, send: bool = True, **kwargs: Any
    ) -> Any:
        """Send an invitation again, with a new link.

        A link is not sent to anybody, and neither is anything with ``send=False``: then the
        new link stands in the ``url`` of what is returned.
        """
        send = send and invitation.kind == InvitationKind.MAIL
        deliver = self.deliver(again=True, **kwargs) if send else None
        invitation = invitations.resend(
            invitation, actor=actor, now=now, deliver=deliver, mailed=send
        )
        if not send:
            self.show_url(invitation, **kwargs)
        return invitation

    def show_url(
        self, invitation: Any, *, request: HttpRequest | None = None, domain: Any = None, **kw: Any
    ) -> str:
        """Put the link of an offer that was just made into its ``url``, and return it.

        It is known only as long as the row has its ``secret``; nothing stores either.
        """
        base = domain or link_base(request)
        url = absolute(base, self.url_of("invitations_open", invitation.secret))
        invitation.url = url
        return url

    def deliver(
        self, *, request: HttpRequest | None = None, again: bool = False, **context: Any
    ) -> invitations.Deliver:
        """Return the callable that mails an invitation once its transaction is committed.

        Where the project has a queue, a worker does so and makes the secret: the one that the
        request has made is not mailed, and opens nothing once the worker has begun.
        """
        context["domain"] = context.get("domain") or link_base(request)
        context.pop("sender", None)

        def send(invitation: Any, secret: str) -> Any:
            if jobs.offers_wait(self, [invitation], again=again, **context):
                return mail.WAITING
            return self.send_invitation(invitation, secret=secret, again=again, **context)

        return send

    def announce(self, *, request: HttpRequest | None = None, **context: Any) -> Any:
        """Return the callable that tells one person who decides of a new request or proposal."""
        context["domain"] = context.get("domain") or link_base(request)

        def send(invitation: Any, user: Any) -> Any:
            return jobs.send(
                self,
                "send_request_received",
                invitation,
                while_it_is=InvitationStatus.PROPOSED,
                user=user,
                **context,
            )

        return send

    def send_request_received(self, invitation: Any, user: Any, **kwargs: Any) -> Any:
        """Tell a person who decides that somebody asks to join, or is proposed by a member.

        False if that person decides no more: it is not theirs to know who asks.
        """
        base = kwargs.get("domain") or link_base(None)
        organization = invitation.organization
        if not access_of(user, organization).has(permissions.INVITE_MEMBER):
            return False
        path = reverse(
            "organization_invitations", kwargs={"organization_pk": url_part(organization)}
        )
        is_request = invitation.kind == InvitationKind.REQUEST
        context = {
            **kwargs,
            "domain": base,
            "organization": organization,
            "invitation": invitation,
            "is_request": is_request,
            # The proven address, not what the account says: it tells who asks.
            "address": invitation.invitee_identifier,
            "person_name": (_full_name(invitation.invited_by) or invitation.invitee_identifier)
            if is_request
            else mail.display_name(invitation.invited_by),
            "url": absolute(base, path),
        }
        # A stranger's own row may name anybody's address, so no answer goes there.
        sender = None if is_request else invitation.invited_by
        return self.email_message(
            user, self.request_subject, self.request_body, sender, **context
        ).send()

    def send_invitation(self, invitation: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        """Mail an invitation; ``secret`` makes the link, without it the ``guid`` does."""
        return self.invitation_message(invitation, **kwargs).send()

    def deliver_many(
        self, *, request: HttpRequest | None = None, **context: Any
    ) -> bulk.DeliverMany:
        """Return the callable that mails many invitations once their transaction is committed.

        Where the project has a queue, a worker does so, as with ``deliver``.
        """
        context["domain"] = context.get("domain") or link_base(request)

        def send(many: Sequence[Any]) -> list[Any]:
            if jobs.offers_wait(self, many, again=False, **context):
                return []
            return self.send_invitations(many, **context)

        return send

    def send_invitations(self, many: Iterable[Any], **kwargs: Any) -> list[Any]:
        """Mail invitations through one connection; return those whose mail has left.

        Args:
            many: rows, each with its ``secret``.
            kwargs: as for ``send_invitation``.
        """
        if type(self).send_invitation is not ModelInvitation.send_invitation:
            # A project that sends its invitations in its own way does so for each of them.
            return mail.send_each(
                many, lambda each: self.send_invitation(each, secret=each.secret, **kwargs)
            )
        return mail.send_all(
            many, lambda each: self.invitation_message(each, secret=each.secret, **kwargs)
        )

    def invitation_message(self, invitation: Any, **kwargs: Any) -> Any:
        """Return the unsent mail of an invitation; the arguments are those of ``send_invitation``.

        It is in the language that the offer names, else in the one that is active.
        """
        secret = kwargs.pop("secret", None)
        again = kwargs.pop("again", False)
        base = kwargs.get("domain") or link_base(None)
        url = (
            self.url_of("invitations_open", secret)
            if secret
            else self.url_of("invitations_register", invitation.guid)
        )
        context = {
            **kwargs,
            "domain": base,
            "organization": invitation.organization,
            "invitation": invitation,
            "expires_at": invitation.expires_at,
            "url": absolute(base, url),
        }
        with language_of(invitation):
            return self.email_message(
                invitation.invitee_identifier,
                self.reminder_subject if again else self.invitation_subject,
                self.reminder_body if again else self.invitation_body,
                invitation.invited_by,
                **context,
            )

    def send_request_answer(
        self, invitation: Any, *, approved: bool, request: HttpRequest | None = None, **kwargs: Any
    ) -> Any:
        """Tell somebody who asked to join what has been decided. Who decided is not said."""
        base = kwargs.pop("domain", None) or link_base(request)
        organization = invitation.organization
        path = self.get_joined_url(organization) if approved else reverse("organization_inbox")
        context = {
            **kwargs,
            "domain": base,
            "organization": organization,
            "invitation": invitation,
            "url": absolute(base, path),
        }
        with language_of(invitation):
            message = self.email_message(
                invitation.invitee_identifier,
                self.request_approved_subject if approved else self.request_declined_subject,
                self.request_approved_body if approved else self.request_declined_body,
                **context,
            )
        return message.send()

    def email_message(  # type: ignore[override]
        self,
        recipient: Any,
        subject_template: str,
        body_template: str,
        sender: Any = None,
        message_class: Any = EmailMultiAlternatives,
        **kwargs: Any,
    ) -> Any:
        """Return the unsent message to an address (or, as in the base class, to a user)."""
        if not isinstance(recipient, str):
            return super().email_message(
                recipient, subject_template, body_template, sender, message_class, **kwargs
            )
        context = {
            "organization": None,
            "site_name": site_name(kwargs),
            **kwargs,
            "recipient": recipient,
        }
        return mail.message(
            recipient,
            subject_template,
            body_template,
            context,
            sender=sender,
            message_class=message_class,
        )


def language_of(invitation: Any) -> AbstractContextManager[Any]:
    """Return the context in which an offer's mail is written: its own language, if it has one."""
    locale = getattr(invitation, "locale", "")
    return translation.override(locale) if locale else nullcontext()


def _full_name(user: Any) -> str:
    return str(getattr(user, "get_full_name", lambda: "")() or "").strip()
