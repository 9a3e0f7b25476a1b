"""The pages of joining without an invitation, and the step after a sign-up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from .. import permissions
from ..backends import invitation_backend
from ..doors import not_found
from ..exceptions import NotAllowed, OrganizationsError, SeatsFull
from ..families import family_of
from ..joining_forms import AddDomainForm, AskForm, JoiningForm, ProposeForm
from ..services import addresses, domains, invitations, members, requests
from ..services.access import access_of
from ..words import gettext as _
from ..words import gettext_lazy
from .base import PageMixin
from .default import OrganizationFormMixin, org_url
from .mixins import AccessRequiredMixin, OrganizationMixin

__all__ = [
    "OrganizationChoose",
    "OrganizationJoin",
    "OrganizationJoining",
    "OrganizationUserPropose",
]


def require_offers(organization_model: Any) -> Any:
    """Return the backend if it asks people before they join; else there are no such pages."""
    backend = invitation_backend()
    if not backend.requires_acceptance or family_of(organization_model).invitation is None:
        raise Http404
    return backend


class OrganizationJoin(OrganizationMixin, TemplateView):
    """The way in for somebody who is signed in and no member.

    It is there if one of the person's proven addresses lets them join, if the organization
    takes requests, or while a request waits. For everybody else there is no such organization.
    """

    template_name = "organizations/organization_join.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_active:
            return redirect_to_login(request.get_full_path())
        try:
            return self.elsewhere() or super().dispatch(request, *args, **self.kwargs)
        except (Http404, ObjectDoesNotExist):
            return not_found(request)

    def elsewhere(self) -> HttpResponse | None:
        """Send members to their organization; raise ``Http404`` if there is nothing to see."""
        self.backend = require_offers(self.get_org_model())
        organization, user = self.organization, self.request.user
        if access_of(user, organization).is_member:
            return redirect(org_url("organization_detail", organization))
        # Somebody may be a member who has no access at the moment.
        if not organization.is_active or members.is_member(organization, user):
            raise Http404
        if not (self.way or self.takes_requests or self.waiting):
            raise Http404
        return None

    @cached_property
    def way(self) -> domains.WayIn | None:
        return domains.way_for(self.organization, self.request.user)

    @cached_property
    def takes_requests(self) -> bool:
        return requests.accepts_requests(self.organization)

    @cached_property
    def waiting(self) -> Any:
        """My request, if one waits."""
        model = family_of(self.organization).invitation
        mine = requests.waiting_of(self.request.user, model=model, now=timezone.now())
        return mine.filter(organization_id=self.organization.pk).first()

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(
            way=self.way,
            waiting=self.waiting,
            addresses=addresses.verified_addresses(self.request.user),
            form=kwargs.pop("form", None) or AskForm(),
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if request.POST.get("action") == "withdraw":
                return self.withdraw()
            form = AskForm(request.POST)
            if not form.is_valid():
                return self.render_to_response(self.get_context_data(form=form))
            return self.step(form.cleaned_data.get("note", ""))
        except SeatsFull:
            messages.error(
                request,
                _("All seats are taken at the moment. Ask somebody who belongs to it."),
            )
        except OrganizationsError as error:
            messages.error(request, str(error))
        return self.back()

    def step(self, note: str) -> HttpResponse:
        organization, user = self.organization, self.request.user
        given: dict[str, Any] = {
            "user": user,
            "now": timezone.now(),
            "note": note,
            "announce": self.backend.announce(request=self.request),
        }
        verb = domains.join if self.way else requests.ask
        if verb(organization, **given) is not None and self.way:
            name = {"organization": organization}
            messages.success(self.request, _("Welcome to %(organization)s.") % name)
            return redirect(self.backend.get_joined_url(organization))
        messages.success(self.request, _("Your request is on its way. Somebody decides on it."))
        return self.back()

    def withdraw(self) -> HttpResponse:
        if self.waiting is None:
            return self.back()
        invitations.revoke(self.waiting, actor=self.request.user, now=timezone.now())
        messages.success(self.request, _("You have taken your request back."))
        return redirect("organization_choose")

    def back(self) -> HttpResponse:
        return redirect(org_url("organization_join", self.organization))


class OrganizationJoining(AccessRequiredMixin, OrganizationFormMixin, PageMixin, FormView):
    """Who may join, and how: requests, mail domains, the life of invitations."""

    permission = permissions.CHANGE_ORGANIZATION
    form_class = JoiningForm
    template_name = "organizations/organization_joining.html"
    done = gettext_lazy("The settings are saved.")

    def get_success_url(self) -> str:
        return org_url("organization_joining", self.organization)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_offers(self.get_org_model())
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_offers(self.get_org_model())
        match request.POST.get("action"):
            case "add":
                return self.add()
            case "change" | "remove" as action:
                return self.mend(action, request.POST.get("domain", ""))
        return super().post(request, *args, **kwargs)

    def add(self) -> HttpResponse:
        form = AddDomainForm(self.request, self.organization, self.request.POST)
        if form.is_valid():
            try:
                row = form.save()
            except NotAllowed:
                raise
            except OrganizationsError as error:
                form.add_error("domain", str(error))
            else:
                messages.success(
                    self.request,
                    _("People with an address at %(domain)s may join now.")
                    % {"domain": row.domain},
                )
                return redirect(self.get_success_url())
        return self.render_to_response(
            self.get_context_data(
                form=JoiningForm(self.request, self.organization), domain_form=form
            )
        )

    def mend(self, action: str, domain: str) -> HttpResponse:
        given: dict[str, Any] = {"actor": self.request.user}
        try:
            if action == "remove":
                domains.remove(self.organization, domain, **given)
            else:
                needs_approval = self.request.POST.get("needs_approval") == "yes"
                domains.change(self.organization, domain, needs_approval=needs_approval, **given)
        except NotAllowed:
            raise
        except OrganizationsError as error:
            messages.error(self.request, str(error))
        else:
            messages.success(self.request, self.get_message(None))
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> Any:
        kwargs.setdefault("domain_form", AddDomainForm(self.request, self.organization))
        return super().get_context_data(
            domains=domains.of_organization(self.organization),
            may_let_in=self.access.has(permissions.INVITE_MEMBER),
            joining_url=self.request.build_absolute_uri(
                org_url("organization_join", self.organization)
            ),
            **kwargs,
        )


class OrganizationUserPropose(AccessRequiredMixin, OrganizationFormMixin, PageMixin, FormView):
    """A member who may not invite proposes somebody; who may invite has the other page."""

    permission = permissions.PROPOSE_MEMBER
    form_class = ProposeForm
    template_name = "organizations/organizationuser_propose.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.elsewhere() or super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (elsewhere := self.elsewhere()) is not None:
            return elsewhere
        if request.POST.get("action") == "withdraw":
            return self.withdraw(request.POST.get("proposal", ""))
        return super().post(request, *args, **kwargs)

    def elsewhere(self) -> HttpResponse | None:
        self.backend = require_offers(self.get_org_model())
        if self.access.has(permissions.INVITE_MEMBER):
            return redirect(org_url("organization_user_add", self.organization))
        return None

    def get_form_kwargs(self) -> dict[str, Any]:
        return {
            **super().get_form_kwargs(),
            "announce": self.backend.announce(request=self.request),
        }

    def mine(self) -> Any:
        return requests.proposed_by(self.request.user, self.organization, now=timezone.now())

    def withdraw(self, key: str) -> HttpResponse:
        # Only among one's own: a key of another one is not found, whatever it is.
        proposal = next((each for each in self.mine() if str(each.pk) == key), None)
        if proposal is None:
            raise Http404
        invitations.revoke(proposal, actor=self.request.user, now=timezone.now())
        messages.success(self.request, _("The proposal is taken back."))
        return redirect(self.get_success_url())

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(proposals=self.mine()[:100], **kwargs)

    def get_success_url(self) -> str:
        return org_url("organization_user_propose", self.organization)

    def get_message(self, form: Any) -> str:
        # The same whether it is new, somebody has proposed it before, or it is invited already.
        address = form.cleaned_data["email"]
        return _("Thank you. Those who may invite decide on %(address)s.") % {"address": address}


class OrganizationChoose(PageMixin, TemplateView):
    """Where to go: my organizations, what waits for me, what I could join, or a new one.

    Who has just one organization, and nothing that waits, goes on to it. Queries: at most 10.
    """

    template_name = "organizations/organization_choose.html"
    organizations_shown = 50

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = self.get_context_data(**kwargs)
        mine = context["organizations"]
        others = ("invitations", "joinable", "waiting")
        if len(mine) == 1 and not any(context[each] for each in others):
            return redirect(org_url("organization_detail", mine[0]))
        return self.render_to_response(context)

    def get_context_data(self, **kwargs: Any) -> Any:
        model, user = self.get_org_model(), self.request.user
        mine = model.active.filter(users=user).order_by("name", "pk")
        found = list(mine[: self.organizations_shown + 1])
        return super().get_context_data(
            organizations=found[: self.organizations_shown],
            has_more=len(found) > self.organizations_shown,
            addresses=addresses.verified_addresses(user),
            **self.ways(model, user),
            **kwargs,
        )

    def ways(self, model: Any, user: Any) -> dict[str, Any]:
        """Return what waits for somebody, and what the person could join."""
        offers = family_of(model).invitation
        if offers is None or not invitation_backend().requires_acceptance:
            return {"invitations": [], "waiting": [], "joinable": []}
        now = timezone.now()
        invited = invitations.with_life(invitations.open_for(user, model=offers, now=now))
        waiting = list(requests.waiting_of(user, model=offers, now=now))
        # An invitation may bring more than the domain does; a request waits already.
        known = {each.organization_id for each in (*invited, *waiting)}
        joinable = [
            way for way in domains.offered_to(user, model=model) if way.organization.pk not in known
        ]
        return {"invitations": invited, "waiting": waiting, "joinable": joinable}
