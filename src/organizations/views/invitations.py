"""The pages of an invitation: the mailed link, the answer, and what is wrong with it.

GET changes nothing but the session: mail scanners may follow every link.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from ..doors import client_address, keep_secret, page, sign_in
from ..exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    InviterNotEntitled,
    JoinRefused,
    LimitReached,
    MembershipInactive,
    OrganizationsError,
    SeatsFull,
)
from ..offer_forms import LinkAddressForm
from ..services import addresses, invitations, limits, links, members, registration, requests
from ..states import InvitationKind, InvitationStatus
from ..words import gettext as _

__all__ = [
    "BARRIERS",
    "InvitationAccept",
    "InvitationOpen",
    "barrier_words",
    "invitation_barrier",
    "invitation_problem",
    "say_what_came",
]

#: Where the session keeps the proof that the visitor came by the mailed link.
SESSION_KEY = "organizations_invitation"

#: Where it keeps, for one page, the address that a link was sent on to.
MAILED_KEY = "organizations_link_mailed"

#: What stands between an open offer and the membership. The offer stays as it is.
BARRIERS = (InviterNotEntitled, JoinRefused, LimitReached, SeatsFull)


def invitation_problem(
    request: HttpRequest, reason: str, *, organization: Any = None, next_url: str | None = None
) -> HttpResponse:
    """Say why an invitation cannot be used and what to do; 404 if it is unknown, else 410."""
    context = {
        "reason": reason,
        "organization": organization,
        "next_url": next_url,
    }
    status = 404 if reason == "unknown" else 410
    response = page(request, "organizations/invitation_problem.html", context, status=status)
    return keep_secret(response)


def invitation_barrier(
    request: HttpRequest, error: OrganizationsError, invitation: Any
) -> HttpResponse:
    """Say what is in the way of an offer that stays open, and what to do about it."""
    context = {
        "reason": error.code,
        "message": str(error),
        "organization": invitation.organization,
        "next_url": None,
    }
    template = "organizations/invitation_problem.html"
    return keep_secret(page(request, template, context, status=error.status_hint))


def barrier_words(error: OrganizationsError) -> str:
    """Return an error of an answer in words for the reader, who runs no organization."""
    if isinstance(error, SeatsFull):
        return _(
            "There is no free seat at the moment. Your invitation stays open: tell the person "
            "who invited you, and try again when there is room."
        )
    return str(error)


def say_what_came(request: HttpRequest, invitation: Any, member: Any) -> None:
    """Leave the message after ``accept``: welcome, or that the request waits."""
    name = {"organization": invitation.organization}
    if member is None:
        messages.info(
            request, _("Your request to join %(organization)s waits for approval.") % name
        )
    else:
        messages.success(request, _("Welcome to %(organization)s.") % name)


class InvitationOpen(View):
    """The mailed link: swaps the secret in the URL for a value in the session."""

    backend: Any = None
    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        request.session[SESSION_KEY] = invitations.proof_of(token)
        return keep_secret(redirect(self.backend.url_of("invitations_accept")))


@method_decorator(sensitive_post_parameters(), name="dispatch")
class InvitationAccept(View):
    """The page behind the link: accept or decline, as whoever is or becomes signed in."""

    backend: Any = None
    http_method_names = ["get", "head", "post", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.proof = request.session.get(SESSION_KEY, "")
        self.invitation = invitations.by_proof(self.backend.invitation_model, self.proof)
        if self.invitation is None or not self.invitation.organization.is_active:
            return invitation_problem(request, "unknown")
        try:
            return keep_secret(super().dispatch(request, *args, **kwargs))  # type: ignore[arg-type]
        except InvitationStateError as error:
            return keep_secret(self.problem(error.status))
        except InvitationNotForYou:
            state = "handed" if self.is_handed else "wrong_account"
            return keep_secret(self.page(state=state, status=403))
        except BARRIERS as error:
            inactive = isinstance(error, MembershipInactive)
            if self.is_link and isinstance(error, JoinRefused) and not inactive:
                return keep_secret(
                    self.page(
                        state="refused",
                        form=LinkAddressForm(),
                        message=str(error),
                        status=error.status_hint,
                    )
                )
            return invitation_barrier(request, error, self.invitation)
        except (OrganizationsError, ObjectDoesNotExist):
            # The organization was closed or deleted in the meantime.
            return invitation_problem(request, "unknown")

    @property
    def answer_to(self) -> str:
        """What the page shows and to whom: an answer is to this offer, by this person."""
        return f"{self.invitation.guid}:{self.request.user.pk or ''}"

    @property
    def is_link(self) -> bool:
        """Whether the link was handed out and not mailed, so that it names nobody."""
        return self.invitation.kind in (InvitationKind.LINK, InvitationKind.SHARED)

    @property
    def is_handed(self) -> bool:
        """Whether the link names an address and was never mailed there: it proves nothing."""
        is_mail = self.invitation.kind == InvitationKind.MAIL
        return is_mail and not invitations.was_mailed(self.invitation)

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.is_link and request.method == "GET" and MAILED_KEY in request.session:
            return self.page(state="sent", address=request.session.pop(MAILED_KEY))
        state = self.invitation.state
        if state is not InvitationStatus.PENDING:
            return self.problem(state)
        step = self.step()
        if step == "member":
            return redirect(self.backend.get_joined_url(self.invitation.organization))
        form = {"register": self.form, "link": LinkAddressForm}.get(step)
        return self.page(state=step, form=form() if form else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        action = request.POST.get("action", "accept")
        if action == "switch":
            return self.switch()
        if request.POST.get("answer_to", self.answer_to) != self.answer_to:
            # Another tab has opened another link, or signed somebody else in.
            messages.warning(
                request, _("This page has changed since you saw it. Look again, and answer then.")
            )
            return redirect(request.path)
        if self.invitation.state is not InvitationStatus.PENDING:
            return self.problem(self.invitation.state)
        if action == "decline":
            return self.decline()
        if action == "mail" and self.is_link:
            return self.mail()
        if action == "mail" and self.is_handed:
            return self.mail_to_reader()
        step = self.step()
        if step == "register":
            return self.register()
        if not request.user.is_authenticated:
            return redirect_to_login(request.path)
        member = invitations.accept(
            self.invitation,
            user=request.user,
            now=timezone.now(),
            proof=self.proof,
            announce=self.backend.announce(request=request),
        )
        return self.welcome(member, registered=False)

    def step(self) -> str:
        """Return what the visitor has to do: ready, register, sign_in, link, handed, wrong_account.

        Nothing is left to do for whoever is a member by the link, or waits for an approval.
        """
        user: Any = self.request.user
        if user.is_authenticated:
            if self.is_link and self.is_member():
                return "member"
            if self.is_link and self.waits():
                return "waiting"
            if self.fits():
                self.refuse_inactive()
                return "ready"
            return "handed" if self.is_handed else "wrong_account"
        if self.is_link:
            return "link"
        if self.is_handed:
            # The same for an address with an account and for one without.
            return "handed"
        known = addresses.find_users(self.invitation.invitee_identifier)
        return "register" if all(map(registration.is_pending, known)) else "sign_in"

    def fits(self) -> bool:
        return bool(invitations.fits(self.invitation, self.request.user, proof=self.proof))

    def refuse_inactive(self) -> None:
        organization, user = self.invitation.organization, self.request.user
        invitations.refuse_inactive(organization, user, now=timezone.now())

    def inactive(self) -> HttpResponse | None:
        """Return what a member is told who has no access; None for others."""
        try:
            self.refuse_inactive()
        except MembershipInactive as error:
            return invitation_barrier(self.request, error, self.invitation)
        return None

    def is_member(self) -> bool:
        return members.is_member(self.invitation.organization, self.request.user)

    def waits(self) -> bool:
        """Return whether the visitor has asked to join and nobody has decided."""
        waiting = requests.waiting(self.invitation.organization, now=timezone.now())
        return bool(waiting.filter(invitee_id=self.request.user.pk).exists())

    def form(self, data: Any = None) -> Any:
        address = self.invitation.invitee_identifier
        person: Any = next(iter(addresses.find_users(address)), None)
        if person is None:
            person = self.backend._user_model()()
            setattr(person, person.get_email_field_name(), address)
        return self.backend.get_form(data=data, instance=person)

    def decline(self) -> HttpResponse:
        if self.invitation.kind == InvitationKind.SHARED:
            return redirect(self.request.path)  # it is for others, too
        user: Any = self.request.user
        invitations.decline(
            self.invitation,
            user=user if user.is_authenticated else None,
            now=timezone.now(),
            proof=self.proof,
        )
        messages.success(self.request, _("You have declined the invitation."))
        if not user.is_authenticated:
            # No sign-in page for somebody who wants none: this one says what became of it.
            return redirect(self.request.path)
        self.forget()
        return redirect("organization_list")

    def mail(self) -> HttpResponse:
        """Send the offer of a link to an address; the answer is the same for every address."""
        form = LinkAddressForm(self.request.POST)
        if form.is_valid():
            limits.client(client_address(self.request))
            try:
                links.mail_offer(
                    self.invitation,
                    address=form.cleaned_data["email"],
                    now=timezone.now(),
                    proof=self.proof,
                    deliver=self.backend.deliver(request=self.request),
                )
            except JoinRefused as error:
                form.add_error("email", str(error))
            else:
                self.request.session[MAILED_KEY] = form.cleaned_data["email"]
                return redirect(self.request.path)
        return self.page(state="link", form=form)

    def mail_to_reader(self) -> HttpResponse:
        """Send the link to the address that it names; the one at hand dies with that."""
        limits.client(client_address(self.request))
        invitations.mail_to_reader(
            self.invitation,
            now=timezone.now(),
            proof=self.proof,
            deliver=self.backend.deliver(request=self.request),
        )
        return self.page(state="sent", address=self.invitation.invitee_identifier)

    def register(self) -> HttpResponse:
        form = self.form(self.request.POST)
        if not form.is_valid():
            return self.page(state="register", form=form)
        person = form.save(commit=False)
        try:
            member = invitations.register_and_accept(
                self.invitation,
                user=person,
                now=timezone.now(),
                proof=self.proof,
                announce=self.backend.announce(request=self.request),
            )
        except (InvitationStateError, InvitationNotForYou, *BARRIERS):
            raise
        except OrganizationsError as error:
            form.add_error(None, str(error))
            return self.page(state="register", form=form)
        except IntegrityError:
            form.add_error(None, _("Somebody else has just taken this name. Choose another one."))
            return self.page(state="register", form=form)
        sign_in(self.request, person)
        return self.welcome(member, registered=True)

    def welcome(self, member: Any, *, registered: bool) -> HttpResponse:
        say_what_came(self.request, self.invitation, member)
        if member is None:
            # The page behind the link goes on saying so.
            self.request.session[SESSION_KEY] = self.proof
            return redirect(self.request.path)
        self.forget()
        organization = self.invitation.organization
        return redirect(self.backend.get_joined_url(organization, registered=registered))

    def switch(self) -> HttpResponse:
        """Sign the wrong account out and come back here."""
        logout(self.request)
        self.request.session[SESSION_KEY] = self.proof
        return redirect(self.request.path)

    def problem(self, status: str) -> HttpResponse:
        organization = self.invitation.organization
        user: Any = self.request.user
        used = status == InvitationStatus.ACCEPTED
        is_shared = self.invitation.kind == InvitationKind.SHARED
        if used and user.is_authenticated:
            if is_shared or self.invitation.invitee_id == user.pk:
                if self.is_member():
                    return redirect(self.backend.get_joined_url(organization))
                if self.waits():
                    return self.page(state="waiting")
                if (inactive := self.inactive()) is not None:
                    return inactive
            else:
                # Who has joined is nobody else's business: for others the link is unknown.
                return invitation_problem(self.request, "unknown")
        if status == InvitationStatus.SUPERSEDED and user.is_authenticated and self.fits():
            # The newer one may have been accepted already.
            if self.is_member():
                return redirect(self.backend.get_joined_url(organization))
            if (inactive := self.inactive()) is not None:
                return inactive
        reason = "used_up" if used and is_shared else str(status)
        return invitation_problem(self.request, reason, organization=organization)

    def page(
        self,
        *,
        state: str,
        form: Any = None,
        status: int = 200,
        message: str = "",
        address: str = "",
    ) -> HttpResponse:
        context = {
            "state": state,
            "form": form,
            "message": message,
            "address": address,
            "invitation": self.invitation,
            "organization": self.invitation.organization,
            "invitation_url": self.request.path,
            "answer_to": self.answer_to,
            "login_url": redirect_to_login(self.request.path).url,
        }
        return page(self.request, "organizations/invitation_accept.html", context, status=status)

    def forget(self) -> None:
        self.request.session.pop(SESSION_KEY, None)
