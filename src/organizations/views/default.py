"""The default pages: those of ``views.base`` with access control and safer forms."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import SimpleLazyObject, cached_property
from django.views.generic import FormView, TemplateView

from .. import beside, permissions
from ..backends import invitation_backend
from ..conf import get_settings
from ..converters import as_key
from ..doors import not_found
from ..exceptions import NotAllowed, OrganizationsError, OwnershipRequired
from ..families import family_of
from ..forms import (
    DeleteOrganizationForm,
    InviteForm,
    MemberForm,
    OrganizationCreateForm,
    OrganizationSettingsForm,
    ReinstateForm,
    SuspendForm,
    add_verb_error,
)
from ..mail import display_name
from ..services import addresses, closing, handover, invitations, members
from ..services.access import with_grants
from ..services.acting import acting_in
from ..services.preview import Preview
from ..states import InvitationKind
from ..words import gettext as _
from ..words import gettext_lazy, ngettext
from . import base
from .base import OrganizationFormMixin as OrganizationFormMixin
from .base import PageMixin, RequestFormMixin, ViewFactory
from .base import org_url as org_url
from .fresh import FreshLoginRequiredMixin
from .mixins import AccessRequiredMixin, OrganizationUserMixin
from .offers import (
    InvitationAnswer,
    InvitationApprove,
    InvitationDecline,
    InvitationResend,
    InvitationRevoke,
    LinkAdd,
    LinkShown,
    OrganizationInbox,
    OrganizationInvitations,
    TermsMixin,
    show_once,
)
from .overview import growth_plot, stats, steps
from .preview import PreviewMixin

__all__ = [
    "InvitationAnswer",
    "InvitationApprove",
    "InvitationDecline",
    "InvitationResend",
    "InvitationRevoke",
    "LinkAdd",
    "LinkShown",
    "OrganizationCreate",
    "OrganizationDelete",
    "OrganizationDetail",
    "OrganizationInbox",
    "OrganizationInvitations",
    "OrganizationLeave",
    "OrganizationList",
    "OrganizationRestore",
    "OrganizationSignup",
    "OrganizationSignupDone",
    "OrganizationUpdate",
    "OrganizationUserCreate",
    "OrganizationUserDelete",
    "OrganizationUserDetail",
    "OrganizationUserList",
    "OrganizationUserReinstate",
    "OrganizationUserRemind",
    "OrganizationUserSuspend",
    "OrganizationUserUpdate",
    "bases",
]

#: The pages without access control, for the project's default model.
bases = ViewFactory(None)


class OrganizationList(base.BaseOrganizationList):
    """Mine, with the offers to my verified addresses and what I have deleted.

    Queries: 1, and for offers and for deleted ones 1 or 2 each where there are some. Where
    verified addresses have several sources, 1 for each more.
    """

    def enrich(self, rows: Any) -> Any:
        told = {"_has_deleted": Exists(self._deleted())}
        if self._offers is not None:
            told["_has_offers"] = Exists(self._offers)
        return super().enrich(rows).annotate(**told)

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(**kwargs)
        user, rows = self.request.user, context["object_list"]
        found: Any = []
        if self._offers is not None and _told(rows, "_has_offers"):
            found = invitations.with_life(self._offers)
        asks = invitation_backend().requires_acceptance
        choices = self._choices(context, pending=len(found) if asks else 0)
        if not asks:
            # Its invitations are answered by their mails alone; an ownership waits here.
            found = [each for each in found if each.kind == InvitationKind.OWNERSHIP]
        deleted: Any = []
        if _told(rows, "_has_deleted"):
            model = self.get_org_model()
            deleted = closing.restorable_for(user, now=timezone.now(), model=model)
        return {
            **context,
            "invitations": found,
            # Only a page without organizations says where invitations would come to.
            "addresses": SimpleLazyObject(lambda: addresses.verified_addresses(user)),
            "deleted": deleted,
            "org_choices": choices,
        }

    def _choices(self, context: Any, *, pending: int) -> beside.Choices | None:
        """Return the menu of the page, if that begins with the same organizations as the list."""
        rows = context["object_list"]
        is_whole = len(rows) >= beside.MOST_CHOICES or not context["is_paginated"]
        is_first = not (self.query or self.request.GET.get(self.page_kwarg))
        # A project's own list or managers may show others than the menu.
        is_ours = type(self).get_queryset is base.BaseOrganizationList.get_queryset
        if not (is_whole and is_first and is_ours and beside.has_all(self.get_org_model().active)):
            return None
        return beside.Choices(list(rows[: beside.MOST_CHOICES]), pending)

    @cached_property
    def _offers(self) -> Any:
        model = family_of(self.get_org_model()).invitation
        if model is None:
            return None
        return invitations.open_for(self.request.user, model=model, now=timezone.now())

    def _deleted(self) -> Any:
        return closing.restorable_rows(
            self.request.user, now=timezone.now(), model=self.get_org_model()
        )


def _told(rows: Any, name: str) -> bool:
    """Return what the rows of a page tell of something beside them.

    True where nobody tells it: there are no rows, or a project's own queryset brought them.
    """
    return bool(getattr(rows[0], name, True)) if rows else True


class OrganizationDetail(AccessRequiredMixin, base.BaseOrganizationDetail):
    """The overview: people, figures, growth, and what is left to set up."""

    permission = permissions.VIEW_ORGANIZATION

    def get_context_data(self, **kwargs: Any) -> Any:
        pending = beside.count_open_invitations(self.organization)
        offer = handover.offer_to(self.organization, self.request.user, now=timezone.now())
        context = super().get_context_data(pending_count=pending, ownership_offer=offer, **kwargs)
        about = self.organization, self.access, context["growth"]
        return {
            **context,
            "stats": stats(*about, pending=pending),
            "steps": steps(*about, pending=pending),
            "plot": growth_plot(context["growth"]),
        }


class OrganizationCreate(PageMixin, RequestFormMixin, FormView):
    """A new organization of the person who is signed in."""

    form_class = OrganizationCreateForm
    template_name = "organizations/organization_form.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "org_model": self.get_org_model()}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            organization = form.save()
        except OrganizationsError as error:
            add_verb_error(form, error)
            return self.form_invalid(form)
        messages.success(self.request, _("%(name)s is ready.") % {"name": organization})
        return redirect(org_url("organization_detail", organization))


class OrganizationUpdate(AccessRequiredMixin, OrganizationFormMixin, PageMixin, FormView):
    permission = permissions.CHANGE_ORGANIZATION
    form_class = OrganizationSettingsForm
    template_name = "organizations/organization_form.html"
    done = gettext_lazy("The settings are saved.")

    def get_context_data(self, **kwargs: Any) -> Any:
        accepts = invitation_backend().requires_acceptance
        return super().get_context_data(requires_acceptance=accepts, **kwargs)

    def get_success_url(self) -> str:
        return org_url("organization_edit", self.organization)


class OrganizationDelete(
    AccessRequiredMixin, FreshLoginRequiredMixin, OrganizationFormMixin, PageMixin, FormView
):
    permission = permissions.DELETE_ORGANIZATION
    form_class = DeleteOrganizationForm
    template_name = "organizations/organization_confirm_delete.html"
    success_url = reverse_lazy("organization_list")

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except (ProtectedError, RestrictedError):
            form.add_error(
                None,
                _("Other data still needs this organization. Remove that data first."),
            )
            return self.form_invalid(form)

    def get_message(self, form: Any) -> str:
        name = {"name": self.organization}
        if self.saved is None:
            return _("%(name)s is deleted.") % name
        until = date_format(timezone.localtime(self.saved.until), "DATE_FORMAT")
        return _("%(name)s is deleted. You can restore it until %(date)s.") % {
            **name,
            "date": until,
        }

    def get_context_data(self, **kwargs: Any) -> Any:
        grace = get_settings().DELETION_GRACE
        until = timezone.now() + grace if grace else None
        # What an app keeps closed to others is counted by whoever acts in it.
        with acting_in(self.organization, self.request.user):
            goes = consequences(self.organization)
        return super().get_context_data(consequences=goes, until=until, **kwargs)


class OrganizationRestore(PageMixin, TemplateView):
    """Takes the deletion of an organization back that I own."""

    template_name = "organizations/organization_restore.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        model = self.get_org_model()
        key = as_key(model, kwargs["organization_pk"])
        mine = closing.restorable_for(request.user, now=timezone.now(), model=model)
        found = [closed for closed in mine if closed.organization.pk == key]
        if not found:
            return not_found(request)
        self.closed = found[0]
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(
            organization=self.closed.organization, until=self.closed.until, **kwargs
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        organization = self.closed.organization
        name = {"name": organization}
        try:
            closing.restore(organization, actor=request.user, now=timezone.now())
        except OrganizationsError as error:
            messages.error(request, str(error))
            return redirect("organization_list")
        except ObjectDoesNotExist:
            return not_found(request)
        if not organization.is_active:
            messages.warning(
                request,
                _("%(name)s is restored, but stays suspended. Ask the operator of this site.")
                % name,
            )
            return redirect("organization_list")
        messages.success(request, _("%(name)s is restored.") % name)
        return redirect(org_url("organization_detail", organization))


def consequences(organization: Any) -> list[tuple[str, int]]:
    """Return what goes with an organization: names of kinds, with how many rows."""
    rows = []
    for relation in type(organization)._meta.related_objects:
        model = relation.related_model
        if relation.hidden or getattr(model, "family_kind", None) == "owner":
            continue
        if relation.one_to_one or relation.many_to_many:
            continue
        count = model._base_manager.filter(**{relation.field.name: organization.pk}).count()
        if count:
            rows.append((_kind(model, count), count))
    return rows


def _kind(model: Any, count: int) -> str:
    kind = getattr(model, "family_kind", None)
    if kind == "member":
        return ngettext("member", "members", count)
    if kind == "invitation":
        return ngettext("invitation", "invitations", count)
    return str(model._meta.verbose_name if count == 1 else model._meta.verbose_name_plural)


class OrganizationLeave(AccessRequiredMixin, TemplateView):
    """The end of one's own membership."""

    template_name = "organizations/organization_leave.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(
            member=self.access.member, blocked=self.access.is_owner, **kwargs
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_member()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_member()
        try:
            members.leave(self.organization, request.user)
        except OrganizationsError as error:
            messages.error(request, str(error))
            return self.render_to_response(self.get_context_data(), status=409)
        messages.success(request, _("You have left %(name)s.") % {"name": self.organization})
        return redirect("organization_list")

    def require_member(self) -> None:
        if not self.access.is_member:
            raise Http404


class OrganizationUserList(AccessRequiredMixin, base.BaseOrganizationUserList):
    """Members, and after them for who may invite the newest who have not answered yet.

    Queries: 1. For a superuser who is no member 2 more; for offers that bring roles or teams those
    of ``invitations.within_reach``.
    """

    permission = permissions.VIEW_MEMBER

    def enrich(self, rows: Any) -> Any:
        return with_grants(super().enrich(rows), now=timezone.now())

    def _beside(self) -> Any:
        family = family_of(self.get_org_model())
        more = (beside.open_invitations,) if beside.can_bring_invitations(family) else ()
        return super()._beside() + more

    def get_context_data(self, **kwargs: Any) -> Any:
        found = beside.OpenInvitations([], 0)
        if self.access.has(permissions.INVITE_MEMBER):
            found = beside.open_invitations_of(self.organization, self.access.member)
        reached = invitations.within_reach(found.rows, self.organization, self.access)
        for row in found.rows:
            row.within_reach = row.pk in reached
        return super().get_context_data(
            invitations=found.rows,
            invitation_count=found.count,
            requires_acceptance=invitation_backend().requires_acceptance,
            **kwargs,
        )


class OrganizationUserDetail(AccessRequiredMixin, base.BaseOrganizationUserDetail):
    """One member: oneself, or anybody for those who may change members."""

    permission = permissions.VIEW_MEMBER

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.organization_user.user_id != request.user.pk:
            self.access.require(permissions.CHANGE_MEMBER)
        return super().get(request, *args, **kwargs)


class OrganizationUserCreate(
    AccessRequiredMixin, TermsMixin, OrganizationFormMixin, PageMixin, FormView
):
    """Invites somebody, or adds at once if the project's backend does not ask."""

    permission = permissions.INVITE_MEMBER
    form_class = InviteForm
    template_name = "organizations/organizationuser_form.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        accepts = invitation_backend().requires_acceptance
        return super().get_context_data(requires_acceptance=accepts, **kwargs)

    def get_success_url(self) -> str:
        if hasattr(self.saved, "url"):
            show_once(self.request, self.saved)
            return org_url("organization_link_shown", self.organization)
        return org_url("organization_user_list", self.organization)

    def get_message(self, form: Any) -> str:
        address = form.cleaned_data["email"]
        if hasattr(self.saved, "url"):
            return _("The invitation for %(address)s is made.") % {"address": address}
        if invitation_backend().requires_acceptance:
            return _("The invitation to %(address)s is on its way.") % {"address": address}
        return _("%(address)s is a member now.") % {"address": address}


class OrganizationUserUpdate(
    AccessRequiredMixin,
    PreviewMixin,
    OrganizationFormMixin,
    OrganizationUserMixin,
    PageMixin,
    FormView,
):
    """Changes a member's standing and the end of the membership, once the effect has been seen."""

    permission = permissions.CHANGE_MEMBER
    form_class = MemberForm
    template_name = "organizations/organizationuser_form.html"
    done = gettext_lazy("The change is saved.")

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        del kwargs["organization"]  # the member has it
        return {**kwargs, "member": self.organization_user}

    def get_preview(self, form: Any) -> Preview:
        return form.preview()  # type: ignore[no-any-return]

    def get_success_url(self) -> str:
        return org_url("organization_user_list", self.organization)


class OrganizationUserSuspend(
    AccessRequiredMixin,
    PreviewMixin,
    OrganizationFormMixin,
    OrganizationUserMixin,
    PageMixin,
    FormView,
):
    """Takes a member's access away for the time being; the page begins with what comes of it."""

    permission = permissions.SUSPEND_MEMBER
    form_class: Any = SuspendForm
    preview_template_name = "organizations/organizationuser_suspend.html"
    preview_submit = gettext_lazy("Suspend")
    preview_risky = True
    title = gettext_lazy("Suspend %(name)s?")
    done = gettext_lazy("%(name)s is suspended.")
    # A form without fields would take an empty PUT for a click.
    http_method_names = ["get", "post", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not family_of(self.get_org_model()).has_member_lifecycle:
            return not_found(request)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form()
        return self.render_preview(form, self.get_preview(form))

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        del kwargs["organization"]  # the member has it
        return {**kwargs, "member": self.organization_user}

    def get_preview(self, form: Any) -> Preview:
        try:
            return form.preview()  # type: ignore[no-any-return]
        except OwnershipRequired as error:
            # There is no field to put it beside: the page that says so.
            raise NotAllowed(str(error)) from error

    def needs_preview(self, form: Any, preview: Preview) -> bool:
        return True  # there is no other page that asks

    def get_preview_context(self, form: Any, preview: Preview) -> dict[str, Any]:
        ends_at = self.organization_user.ends_at
        return {
            **super().get_preview_context(form, preview),
            "preview_title": self.title % self.names(),
            "preview_cancel_url": self.get_success_url(),
            "has_ended": ends_at is not None and ends_at <= timezone.now(),
        }

    def names(self) -> dict[str, str]:
        return {"name": display_name(self.organization_user.user)}

    def get_message(self, form: Any) -> str:
        return str(self.done) % self.names()

    def get_success_url(self) -> str:
        return org_url("organization_user_list", self.organization)


class OrganizationUserReinstate(OrganizationUserSuspend):
    """Gives a suspended member the access back; the page begins with what comes of it."""

    form_class = ReinstateForm
    preview_template_name = "organizations/organizationuser_reinstate.html"
    preview_submit = gettext_lazy("Reinstate")
    preview_risky = False
    title = gettext_lazy("Reinstate %(name)s?")
    done = gettext_lazy("%(name)s is reinstated.")


class OrganizationUserDelete(AccessRequiredMixin, base.BaseOrganizationUserDelete):
    permission = permissions.REMOVE_MEMBER

    def get_actor(self) -> Any:
        return self.request.user

    def get_success_url(self) -> str:
        if self.organization_user.user_id == self.request.user.pk:
            name = {"name": self.organization}
            messages.success(self.request, _("You have left %(name)s.") % name)
            return reverse("organization_list")
        messages.success(self.request, _("The member is removed."))
        return org_url("organization_user_list", self.organization)


class OrganizationUserRemind(AccessRequiredMixin, base.BaseOrganizationUserRemind):
    permission = permissions.INVITE_MEMBER

    def get_success_url(self) -> str:
        return org_url("organization_user_list", self.organization)


class OrganizationSignup(base.OrganizationSignup):
    """Sign-up with an organization, as the project's backend does it."""

    success_url = reverse_lazy("organization_signup_done")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if response.status_code == 302:
            self.request.session["organizations_signup"] = form.cleaned_data["email"]
        return response


class OrganizationSignupDone(PageMixin, TemplateView):
    """Look into your mailbox."""

    template_name = "organizations/register_success.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        address = self.request.session.get("organizations_signup", "")
        return super().get_context_data(address=address, **kwargs)
