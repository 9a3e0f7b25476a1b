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
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View

from ..doors import keep_secret, page_context, sign_in
from ..exceptions import InvitationNotForYou, InvitationStateError, OrganizationsError
from ..services import addresses, invitations, registration
from ..states import InvitationStatus

__all__ = ["InvitationAccept", "InvitationOpen", "invitation_problem"]

#: Where the session keeps the proof that the visitor came by the mailed link.
SESSION_KEY = "organizations_invitation"


def invitation_problem(
    request: HttpRequest, reason: str, *, organization: Any = None, next_url: str | None = None
) -> HttpResponse:
    """Say why an invitation cannot be used and what to do; 404 if it is unknown, else 410."""
    context = {
        **page_context(),
        "reason": reason,
        "organization": organization,
        "next_url": next_url,
    }
    status = 404 if reason == "unknown" else 410
    response = render(request, "organizations/invitation_problem.html", context, status=status)
    return keep_secret(response)


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
            return self.problem(error.status)
        except InvitationNotForYou:
            return self.page(state="wrong_account", status=403)
        except (OrganizationsError, ObjectDoesNotExist):
            # The organization was closed or deleted in the meantime.
            return invitation_problem(request, "unknown")

    def get(self, request: HttpRequest) -> HttpResponse:
        state = self.invitation.state
        if state is not InvitationStatus.PENDING:
            return self.problem(state)
        step = self.step()
        return self.page(state=step, form=self.form() if step == "register" else None)

    def post(self, request: HttpRequest) -> HttpResponse:
        action = request.POST.get("action", "accept")
        if action == "switch":
            return self.switch()
        if self.invitation.state is not InvitationStatus.PENDING:
            return self.problem(self.invitation.state)
        if action == "decline":
            invitations.decline(
                self.invitation,
                user=request.user if request.user.is_authenticated else None,
                now=timezone.now(),
                proof=self.proof,
            )
            self.forget()
            messages.success(request, _("You have declined the invitation."))
            return redirect("organization_list")
        step = self.step()
        if step == "register":
            return self.register()
        if step == "sign_in":
            return redirect_to_login(request.path)
        invitations.accept(self.invitation, user=request.user, now=timezone.now(), proof=self.proof)
        return self.welcome(registered=False)

    def step(self) -> str:
        """Return what the visitor has to do: ready, register, sign_in or wrong_account."""
        user: Any = self.request.user
        if user.is_authenticated:
            fits = invitations.fits(self.invitation, user, proof=self.proof)
            return "ready" if fits else "wrong_account"
        known = addresses.find_users(self.invitation.invitee_identifier)
        return "register" if all(map(registration.is_pending, known)) else "sign_in"

    def form(self, data: Any = None) -> Any:
        address = self.invitation.invitee_identifier
        person: Any = next(iter(addresses.find_users(address)), None)
        if person is None:
            person = self.backend._user_model()()
            setattr(person, person.get_email_field_name(), address)
        return self.backend.get_form(data=data, instance=person)

    def register(self) -> HttpResponse:
        form = self.form(self.request.POST)
        if not form.is_valid():
            return self.page(state="register", form=form)
        person = form.save(commit=False)
        try:
            invitations.register_and_accept(
                self.invitation, user=person, now=timezone.now(), proof=self.proof
            )
        except (InvitationStateError, InvitationNotForYou):
            raise
        except OrganizationsError as error:
            form.add_error(None, str(error))
            return self.page(state="register", form=form)
        except IntegrityError:
            form.add_error(None, _("Somebody else has just taken this name. Choose another one."))
            return self.page(state="register", form=form)
        sign_in(self.request, person)
        return self.welcome(registered=True)

    def welcome(self, *, registered: bool) -> HttpResponse:
        organization = self.invitation.organization
        self.forget()
        messages.success(
            self.request, _("Welcome to %(organization)s.") % {"organization": organization}
        )
        return redirect(self.backend.get_joined_url(organization, registered=registered))

    def switch(self) -> HttpResponse:
        """Sign the wrong account out and come back here."""
        logout(self.request)
        self.request.session[SESSION_KEY] = self.proof
        return redirect(self.request.path)

    def problem(self, status: str) -> HttpResponse:
        organization = self.invitation.organization
        user: Any = self.request.user
        joined = user.is_authenticated and self.invitation.invitee_id == user.pk
        if status == InvitationStatus.ACCEPTED and joined:
            return redirect(self.backend.get_joined_url(organization))
        if status == InvitationStatus.ACCEPTED and user.is_authenticated:
            # Who has joined is nobody else's business: for others the link is unknown.
            return invitation_problem(self.request, "unknown")
        return invitation_problem(self.request, str(status), organization=organization)

    def page(self, *, state: str, form: Any = None, status: int = 200) -> HttpResponse:
        context = {
            **page_context(),
            "state": state,
            "form": form,
            "invitation": self.invitation,
            "organization": self.invitation.organization,
            "invitation_url": self.request.path,
            "login_url": redirect_to_login(self.request.path).url,
        }
        return render(self.request, "organizations/invitation_accept.html", context, status=status)

    def forget(self) -> None:
        self.request.session.pop(SESSION_KEY, None)
