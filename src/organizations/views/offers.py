"""Offers as the organization sees them, and the inbox of whoever they are for.

These pages exist where the project's backend asks people before they become members.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, ListView, TemplateView, View

from .. import beside, jobs, permissions
from ..backends import invitation_backend
from ..converters import as_key
from ..doors import keep_secret, link_base, not_found
from ..exceptions import (
    ExceedsOwnRights,
    InvitationStateError,
    NotAllowed,
    OrganizationsError,
)
from ..families import default_family, family_of
from ..grants import superuser_has_access
from ..keyset import KeysetPagination
from ..offer_forms import ApproveForm, LinkForm
from ..services import addresses, invitations, requests
from ..states import OPEN, TRANSITIONS, InvitationKind, InvitationStatus
from ..words import gettext as _
from ..words import gettext_lazy
from .base import OrganizationFormMixin, PageMixin, org_url
from .invitations import barrier_words, say_what_came
from .mixins import AccessRequiredMixin

__all__ = [
    "InvitationAnswer",
    "InvitationApprove",
    "InvitationDecline",
    "InvitationResend",
    "InvitationRevoke",
    "LinkAdd",
    "LinkShown",
    "OrganizationInbox",
    "OrganizationInvitations",
]

#: Where the session keeps a new link until the next page has shown it.
ONCE_KEY = "organizations_new_link"

#: So long it waits for that page.
ONCE_WITHIN = timedelta(minutes=5)

LINKS = (InvitationKind.LINK, InvitationKind.SHARED)

STATES = {
    InvitationStatus.PROPOSED: gettext_lazy("To decide"),
    InvitationStatus.PENDING: gettext_lazy("Open"),
    InvitationStatus.EXPIRED: gettext_lazy("Expired"),
    InvitationStatus.ACCEPTED: gettext_lazy("Accepted"),
    InvitationStatus.DECLINED: gettext_lazy("Declined"),
    InvitationStatus.REVOKED: gettext_lazy("Withdrawn"),
    InvitationStatus.SUPERSEDED: gettext_lazy("Replaced"),
}


def show_once(request: HttpRequest, invitation: Any) -> None:
    """Keep a new link for the one page that shows it."""
    request.session[ONCE_KEY] = {
        "organization": str(invitation.organization_id),
        "invitation": str(invitation.pk),
        "url": invitation.url,
        "until": (timezone.now() + ONCE_WITHIN).timestamp(),
    }


def forget_old_link(request: HttpRequest) -> None:
    """Drop a new link from the session whose page nobody has opened in time."""
    found = request.session.get(ONCE_KEY)
    if found and found["until"] < timezone.now().timestamp():
        del request.session[ONCE_KEY]


class TermsMixin:
    """Hands the viewer's access to a form that makes an offer."""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        return {**kwargs, "access": self.access}  # type: ignore[attr-defined]


class OffersMixin(AccessRequiredMixin):
    """For pages of offers: not there with a backend that asks nobody."""

    permission: str | None = permissions.INVITE_MEMBER

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        forget_old_link(request)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def _refusal(self) -> HttpResponseBase | None:
        refusal = super()._refusal()
        if refusal is None and not invitation_backend().requires_acceptance:
            raise Http404
        return refusal


class OrganizationInvitations(KeysetPagination, OffersMixin, ListView):
    """Every offer of the organization, of one state with ``state``. Queries: at most 4."""

    template_name = "organizations/organization_invitations.html"
    context_object_name = "invitations"
    paginate_by = 25

    def get_queryset(self) -> Any:
        wanted = self.request.GET.get("state", "")
        self.state = InvitationStatus(wanted) if wanted in list(STATES) else None
        rows = invitations.of_organization(self.organization, state=self.state, now=timezone.now())
        members = family_of(self.organization).member._base_manager
        inviter = members.filter(
            organization_id=self.organization.pk, user_id=OuterRef("invited_by_id")
        )
        return rows.annotate(inviter_is_here=Exists(inviter))

    def _beside(self) -> Any:
        family = family_of(self.get_org_model())
        more = (beside.waiting,) if beside.can_bring_invitations(family) else ()
        return super()._beside() + more

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(**kwargs)
        rows = invitations.with_life(context["object_list"])
        self.prepare(rows)
        context[self.context_object_name] = rows
        return {
            **context,
            "state": self.state,
            "states": [(state.value, label) for state, label in STATES.items()],
            "waiting_count": beside.count_waiting(self.organization, self.access.member),
        }

    def prepare(self, rows: list[Any]) -> None:
        """Say of each offer what the viewer may do, and whether its inviter is gone."""
        reached = invitations.within_reach(rows, self.organization, self.access)
        for row in rows:
            row.inviter_left = (
                row.on_own_authority
                and row.kind != InvitationKind.REQUEST
                and not row.inviter_is_here
                and row.status in OPEN
                and not (row.invited_by and superuser_has_access(row.invited_by))
            )
            row.actions = self.actions(row, is_reached=row.pk in reached)

    def actions(self, row: Any, *, is_reached: bool) -> set[str]:
        """Return the verbs that the state, the kind and the viewer's rights allow."""
        possible = set(TRANSITIONS[row.state])
        if row.kind == InvitationKind.OWNERSHIP:
            may = self.access.has(permissions.TRANSFER_ORGANIZATION)
            return possible & {"revoke"} if may else set()
        if row.state is InvitationStatus.PROPOSED:
            return possible & {"approve", "decline"}
        if not (row.is_expired or row.state is InvitationStatus.PENDING):
            return set()
        if not is_reached:
            return set()
        renewable = row.kind in invitations.RENEWABLE
        return possible & ({"resend", "revoke"} if renewable else {"revoke"})


class LinkAdd(OffersMixin, TermsMixin, OrganizationFormMixin, PageMixin, FormView):
    """Makes a link by which people join."""

    form_class = LinkForm
    template_name = "organizations/organization_link_add.html"
    done = gettext_lazy("The link is ready.")

    def get_success_url(self) -> str:
        show_once(self.request, self.saved)
        return org_url("organization_link_shown", self.organization)


class LinkShown(OffersMixin, TemplateView):
    """Shows a new link, once: after that nobody can see it any more."""

    template_name = "organizations/organization_link_shown.html"
    http_method_names = ["get", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        found = request.session.get(ONCE_KEY)
        if not found or found["organization"] != str(self.organization.pk):
            return self.too_late()
        del request.session[ONCE_KEY]
        model = family_of(self.organization).invitation
        rows = model._default_manager.filter(organization_id=self.organization.pk)
        row = rows.filter(pk=found["invitation"]).select_related("organization").first()
        if row is None:
            return self.too_late()
        [row] = invitations.with_life([row])
        context = self.get_context_data(invitation=row, link=found["url"], **kwargs)
        return keep_secret(self.render_to_response(context))

    def too_late(self) -> HttpResponse:
        messages.info(
            self.request,
            _(
                "A link is shown once, within five minutes, and nobody can see it again. Choose "
                "“New link” beside it, or invite the address once more: that makes a new one, "
                "and the old one stops working."
            ),
        )
        return redirect(org_url("organization_invitations", self.organization))


class InvitationActionMixin(AccessRequiredMixin):
    """Fetches an invitation of the organization in the URL."""

    permission: str | None = permissions.INVITE_MEMBER

    def get_invitation(self) -> Any:
        model = family_of(self.organization).invitation
        key = as_key(model, self.kwargs["invitation_pk"]) if model is not None else None
        if key is None:
            raise Http404
        found = get_object_or_404(
            model._default_manager.select_related("organization", "invited_by"),
            pk=key,
            organization_id=self.organization.pk,
        )
        return invitations.with_life([found])[0]

    def back(self) -> HttpResponse:
        asks = invitation_backend().requires_acceptance
        name = "organization_invitations" if asks else "organization_user_list"
        return redirect(org_url(name, self.organization))


class InvitationResend(InvitationActionMixin, View):
    """Sends an invitation again, with a new link; a link is shown again instead."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        invitation = self.get_invitation()
        backend = invitation_backend()
        if not backend.requires_acceptance:
            raise Http404
        try:
            renewed = backend.resend(
                invitation, actor=request.user, now=timezone.now(), request=request
            )
        except NotAllowed:
            raise
        except OrganizationsError as error:
            messages.error(request, str(error))
            return self.back()
        if invitation.kind in LINKS:
            show_once(request, renewed)
            messages.success(request, _("The link is new. The old one does not work any more."))
            return redirect(org_url("organization_link_shown", self.organization))
        address = invitation.invitee_identifier
        messages.success(
            request,
            _("The invitation to %(address)s is on its way again.") % {"address": address},
        )
        return self.back()


class InvitationRevoke(InvitationActionMixin, TemplateView):
    """Withdraws an invitation."""

    template_name = "organizations/organizationinvitation_revoke.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask whether it is meant, where it can be done."""
        invitation = self.get_invitation()
        if "revoke" not in TRANSITIONS[invitation.state]:
            error = InvitationStateError(status=invitation.state, verb="revoke")
            messages.error(request, str(error))
            return self.back()
        if invitation.kind == InvitationKind.OWNERSHIP:
            self.access.require(permissions.TRANSFER_ORGANIZATION)
        elif not invitations.within_reach([invitation], self.organization, self.access):
            raise ExceedsOwnRights(())
        return self.render_to_response(self.get_context_data(invitation=invitation, **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        invitation = self.get_invitation()
        try:
            invitations.revoke(invitation, actor=request.user, now=timezone.now())
        except NotAllowed:
            raise
        except OrganizationsError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The invitation is withdrawn."))
        return self.back()


class DecisionMixin(InvitationActionMixin, OffersMixin):
    """For the decision about a request or a proposal, which may have been taken already."""

    def get_waiting(self) -> Any:
        """Return what is to be decided, or None with a message that says why there is nothing."""
        invitation = self.get_invitation()
        if invitation.state is InvitationStatus.PROPOSED:
            return invitation
        messages.error(self.request, _("Nothing waits for a decision here any more."))
        return None


class InvitationApprove(DecisionMixin, TermsMixin, OrganizationFormMixin, PageMixin, FormView):
    """Lets in who asked, or invites whom a member proposed, on terms that the viewer sets."""

    form_class = ApproveForm
    template_name = "organizations/organizationinvitation_approve.html"
    # Django's form views answer PUT as POST, and here an empty form is a valid one.
    http_method_names = ["get", "post", "head", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.invitation = self.get_waiting()
        return super().get(request, *args, **kwargs) if self.invitation else self.back()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.invitation = self.get_waiting()
        return super().post(request, *args, **kwargs) if self.invitation else self.back()

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "invitation": self.invitation}

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(invitation=self.invitation, **kwargs)

    def get_message(self, form: Any) -> str:
        address = {"address": self.invitation.invitee_identifier}
        if form.is_request:
            return _("%(address)s is a member now.") % address
        return _("The invitation to %(address)s is on its way.") % address

    def get_success_url(self) -> str:
        return org_url("organization_invitations", self.organization)


class InvitationDecline(DecisionMixin, TemplateView):
    """Says no to a request or a proposal."""

    template_name = "organizations/organizationinvitation_decline.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        invitation = self.get_waiting()
        if invitation is None:
            return self.back()
        return self.render_to_response(self.get_context_data(invitation=invitation, **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        invitation = self.get_waiting()
        if invitation is None:
            return self.back()
        try:
            declined = requests.decline(invitation, actor=request.user, now=timezone.now())
        except NotAllowed:
            raise
        except OrganizationsError as error:
            messages.error(request, str(error))
            return self.back()
        if declined.kind == InvitationKind.REQUEST:
            backend, base = invitation_backend(), link_base(request)
            jobs.mail_after_commit(
                backend, "send_request_answer", declined, approved=False, domain=base
            )
        messages.success(request, _("You have declined this."))
        return self.back()


class OrganizationInbox(PageMixin, TemplateView):
    """The open offers to the person who is signed in, and what the person has asked for."""

    template_name = "organizations/organization_inbox.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        model = family_of(self.get_org_model()).invitation
        if model is None or not invitation_backend().requires_acceptance:
            return not_found(request)
        now = timezone.now()
        return self.render_to_response(
            self.get_context_data(
                invitations=invitations.with_life(
                    invitations.open_for(request.user, model=model, now=now)
                ),
                requests=invitations.with_life(
                    requests.waiting_of(request.user, model=model, now=now)
                ),
                addresses=addresses.verified_addresses(request.user),
                **kwargs,
            )
        )


class InvitationAnswer(View):
    """Accepts or declines an open invitation to me, or takes my own request back (POST).

    An offer of an ownership has a page of its own, to which this one leads.
    """

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, invitation_pk: Any) -> HttpResponse:
        model = default_family().invitation
        key = as_key(model, invitation_pk) if model is not None else None
        if key is None:
            return not_found(request)
        action, now = request.POST.get("action"), timezone.now()
        if action == "withdraw":
            mine = requests.waiting_of(request.user, model=model, now=now)
        else:
            mine = invitations.open_for(request.user, model=model, now=now)
        found = mine.filter(pk=key).first()
        if found is None:
            return not_found(request)
        [invitation] = invitations.with_life([found])
        if invitation.kind == InvitationKind.OWNERSHIP:
            # The page there asks for more than a click.
            return redirect(org_url("organization_handover_answer", invitation.organization))
        came_from = "organization_list"
        if request.POST.get("from") == "inbox":
            came_from = "organization_inbox"
        try:
            if action == "withdraw":
                invitations.revoke(invitation, actor=request.user, now=now)
                messages.success(request, _("You have taken your request back."))
                return redirect(came_from)
            if action == "decline":
                invitations.decline(invitation, user=request.user, now=now)
                messages.success(request, _("You have declined the invitation."))
                return redirect(came_from)
            backend = invitation_backend()
            # One that asks nobody may stand beside offers that another one has made.
            asks = backend.requires_acceptance
            announce = backend.announce(request=request) if asks else None
            member = invitations.accept(invitation, user=request.user, now=now, announce=announce)
        except OrganizationsError as error:
            messages.error(request, barrier_words(error))
            return redirect(came_from)
        say_what_came(request, invitation, member)
        if member is None:
            return redirect("organization_inbox")
        if not asks:
            return redirect(org_url("organization_detail", invitation.organization))
        return redirect(backend.get_joined_url(invitation.organization))
