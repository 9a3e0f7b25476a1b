"""The pages by which an ownership passes on: one side offers it, the other side answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.views.generic import FormView

from .. import handover_mail, permissions
from ..doors import link_base, not_found
from ..exceptions import NotAllowed, OrganizationsError
from ..forms import TakeOverForm, TransferForm
from ..mail import display_name
from ..services import handover, invitations
from ..words import gettext as _
from .base import PageMixin
from .default import OrganizationFormMixin, org_url
from .fresh import FreshLoginRequiredMixin
from .mixins import AccessRequiredMixin

__all__ = ["HandoverAnswer", "OrganizationTransfer"]


class OrganizationTransfer(
    AccessRequiredMixin, FreshLoginRequiredMixin, OrganizationFormMixin, PageMixin, FormView
):
    """Offers the ownership to a member, shows the open offer, and takes it back."""

    permission = permissions.TRANSFER_ORGANIZATION
    form_class = TransferForm
    template_name = "organizations/organization_transfer.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "withdraw":
            return self.withdraw()
        return super().post(request, *args, **kwargs)

    def withdraw(self) -> HttpResponse:
        offer = handover.open_offer(self.organization)
        try:
            if offer is not None:
                invitations.revoke(offer, actor=self.request.user, now=timezone.now())
        except NotAllowed:
            raise
        except OrganizationsError:
            offer = None
        if offer is None:
            messages.error(self.request, _("There is no open offer any more."))
        else:
            messages.success(self.request, _("The offer is withdrawn."))
        return redirect(org_url("organization_transfer", self.organization))

    def get_success_url(self) -> str:
        page = "organization_transfer" if self.saved is not None else "organization_detail"
        return org_url(page, self.organization)

    def get_message(self, form: Any) -> str:
        if self.saved is None:
            return _("%(name)s has a new owner.") % {"name": self.organization}
        return _("The ownership is offered to %(name)s, who has to accept it by %(date)s.") % {
            "name": display_name(self.saved.invitee),
            "date": date_format(timezone.localtime(self.saved.expires_at), "DATE_FORMAT"),
        }

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(
            offer=handover.standing_offer(self.organization, now=timezone.now()),
            can_offer=handover.can_offer(self.organization),
            **kwargs,
        )


class OfferedOwnershipMixin:
    """Lets in whom the ownership is offered to; for the others there is nothing here.

    Who has taken it lands in the organization: the link in the mail leads on, and so does a
    second click.
    """

    @cached_property
    def offer(self) -> Any:
        view: Any = self
        return handover.offer_to(view.organization, view.request.user, now=timezone.now())

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        view: Any = self
        if self.offer is None and view.access.is_owner:
            return redirect(org_url("organization_detail", view.organization))
        if self.offer is None:
            return not_found(
                request,
                _(
                    "The ownership of this organization is not offered to you at the moment. An "
                    "offer ends when it is withdrawn or its time is up; ask for a new one."
                ),
            )
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]


class HandoverAnswer(
    AccessRequiredMixin,
    OfferedOwnershipMixin,
    FreshLoginRequiredMixin,
    OrganizationFormMixin,
    PageMixin,
    FormView,
):
    """The member takes the ownership, or says no."""

    form_class = TakeOverForm
    template_name = "organizations/organization_handover_answer.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "offer": self.offer}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "decline":
            return self.decline()
        return super().post(request, *args, **kwargs)

    def decline(self) -> HttpResponse:
        try:
            invitations.decline(self.offer, user=self.request.user, now=timezone.now())
        except OrganizationsError as error:
            messages.error(self.request, str(error))
        else:
            handover_mail.tell_declined(self.offer, base=link_base(self.request))
            messages.success(self.request, _("You have declined the ownership."))
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return org_url("organization_detail", self.organization)

    def get_message(self, form: Any) -> str:
        return _("You own %(name)s now.") % {"name": self.organization}

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(invitation=self.offer, **kwargs)
