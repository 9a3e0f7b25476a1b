"""The pages without access control, for projects that bring their own.

``ViewFactory(model)`` gives them for another organization model. It makes subclasses and
never touches the classes here.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError
from django.db.models import Count, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import CreateView, DeleteView, DetailView, FormView, ListView, UpdateView

from ..backends import invitation_backend, registration_backend
from ..converters import url_part
from ..doors import link_base, sign_up_closed, with_status_of
from ..exceptions import (
    LimitReached,
    NotAllowed,
    OrganizationsError,
    OwnershipRequired,
    RegistrationClosed,
)
from ..families import default_family, family_of, live
from ..forms import (
    OrganizationAddForm,
    OrganizationForm,
    OrganizationUserAddForm,
    OrganizationUserForm,
    SignUpForm,
    add_verb_error,
)
from ..grants import standing_of
from ..jobs import mail_after_commit
from ..keyset import KeysetPagination, count_of
from ..managers import with_member
from ..services import addresses, limits, members, organizations, registration
from ..services.access import members_with_standing
from ..services.growth import growth_of
from ..words import gettext as _
from .mixins import LayoutMixin, OrganizationMixin, OrganizationUserMixin

__all__ = [
    "BaseOrganizationCreate",
    "BaseOrganizationDelete",
    "BaseOrganizationDetail",
    "BaseOrganizationList",
    "BaseOrganizationUpdate",
    "BaseOrganizationUserCreate",
    "BaseOrganizationUserDelete",
    "BaseOrganizationUserDetail",
    "BaseOrganizationUserList",
    "BaseOrganizationUserRemind",
    "BaseOrganizationUserUpdate",
    "OrganizationSignup",
    "ViewFactory",
]


class PageMixin(LayoutMixin):
    """The layout of every page, and the organization model of pages without one yet."""

    org_model: Any = None

    def get_org_model(self) -> Any:
        return self.org_model or default_family().organization


class TemplateMixin:
    """Takes the template that Django names after the model, else the package's page.

    Attributes:
        template_name: a template that is taken instead of both.
        page_template: the package's page.
    """

    template_name: str | None = None
    page_template: str

    def get_template_names(self) -> list[str]:
        names: list[str] = super().get_template_names()  # type: ignore[misc]
        return names if self.template_name else [*names, self.page_template]


class RequestFormMixin:
    """Hands the request to the form, and turns an error of a verb into one of the form."""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        return {**kwargs, "request": self.request}  # type: ignore[attr-defined]

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc, no-any-return]
        except OrganizationsError as error:
            add_verb_error(form, error)
            return with_status_of(error, self.form_invalid(form))  # type: ignore[attr-defined]
        except IntegrityError:
            form.add_error(None, _("Somebody else has just changed this. Try again."))
        return self.form_invalid(form)  # type: ignore[attr-defined, no-any-return]


def org_url(name: str, organization: Any, **kwargs: Any) -> str:
    """Return the URL of a page of an organization, with its slug if it has one."""
    return reverse(name, kwargs={"organization_pk": url_part(organization), **kwargs})


class OrganizationFormMixin(RequestFormMixin):
    """For forms that take the organization, call a verb in ``save()`` and end with a message."""

    done: Any = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        kwargs.pop("instance", None)
        return {**kwargs, "organization": self.organization}  # type: ignore[attr-defined]

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            self.saved = form.save()
        except NotAllowed:
            raise  # no field can mend it: the page that says so
        except OrganizationsError as error:
            add_verb_error(form, error)
            return with_status_of(error, self.form_invalid(form))  # type: ignore[attr-defined]
        messages.success(self.request, self.get_message(form))  # type: ignore[attr-defined]
        return redirect(self.get_success_url())  # type: ignore[attr-defined]

    def get_message(self, form: Any) -> str:
        return str(self.done)


def searched(request: HttpRequest) -> str:
    """Return what somebody searches for with ``q``."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


class BaseOrganizationList(KeysetPagination, PageMixin, TemplateMixin, ListView):
    """The organizations of the signed-in user, found by name with ``q``. Queries: 1."""

    context_object_name = "organizations"
    page_template = "organizations/organization_list.html"
    paginate_by = 50

    def get_queryset(self) -> Any:
        model = self.get_org_model()
        family = family_of(model)
        condition = live(family, timezone.now())
        rows = family.member._base_manager.filter(condition, organization_id=OuterRef("pk"))
        counts = rows.order_by().values("organization_id").annotate(n=Count("pk")).values("n")
        mine = rows.filter(user_id=self.request.user.pk)
        has_admins = family.has_field("member", "is_admin")
        self.query = searched(self.request)
        named = Q(name__icontains=self.query) if self.query else Q()
        return with_member(model.active.filter(named), self.request.user).annotate(
            member_count=Coalesce(Subquery(counts), 0),
            my_admin=Subquery(mine.values("is_admin")) if has_admins else Value(False),
            my_owner=Subquery(mine.values(f"{family.owner_lookup}__pk")),
        )

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(query=self.query, **kwargs)
        context[self.context_object_name] = context["object_list"]
        context["organization_count"] = count_of(context)
        for organization in context["object_list"]:
            organization.standing = standing_of(
                is_owner=organization.my_owner is not None, is_admin=organization.my_admin
            )
        return context


class BaseOrganizationDetail(OrganizationMixin, TemplateMixin, DetailView):
    """An organization with its first members and its growth. Queries: 4."""

    page_template = "organizations/organization_detail.html"
    members_shown = 12

    def get_context_data(self, **kwargs: Any) -> Any:
        rows = members_with_standing(self.organization)
        growth = growth_of(self.organization, now=timezone.now())
        return super().get_context_data(
            organization_users=rows[: self.members_shown],
            member_count=growth.count,
            growth=growth,
            owner=rows.filter(owner_row__isnull=False).first(),
            **kwargs,
        )


class BaseOrganizationCreate(PageMixin, RequestFormMixin, CreateView):
    """A new organization."""

    form_class: Any = OrganizationAddForm
    template_name = "organizations/organization_form.html"

    def get_queryset(self) -> Any:
        return self.get_org_model()._default_manager.all()

    def get_success_url(self) -> str:
        return reverse("organization_list")


class BaseOrganizationUpdate(OrganizationMixin, TemplateMixin, RequestFormMixin, UpdateView):
    """The settings of an organization."""

    form_class: Any = OrganizationForm
    page_template = "organizations/organization_form.html"


class BaseOrganizationDelete(OrganizationMixin, TemplateMixin, DeleteView):
    """The end of an organization, at once."""

    page_template = "organizations/organization_confirm_delete.html"
    # Django's DELETE would delete the row past the verb.
    http_method_names = ["get", "post", "head", "options"]

    def get_actor(self) -> Any:
        """Return by whose rights this is done; None if the project's own guards decide."""
        return None

    def form_valid(self, form: Any) -> HttpResponse:
        organizations.delete(self.organization, actor=self.get_actor())
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return reverse("organization_list")


class BaseOrganizationUserList(KeysetPagination, OrganizationMixin, TemplateMixin, ListView):
    """The members of an organization, found by name or address with ``q``. Queries: 2."""

    page_template = "organizations/organizationuser_list.html"
    paginate_by = 50

    def get_queryset(self) -> Any:
        rows = members_with_standing(self.organization).order_by("user_id")
        self.query = searched(self.request)
        if self.query:
            rows = rows.filter(self.matches(rows.model._meta.get_field("user").related_model))
        return rows

    def matches(self, user_model: Any) -> Q:
        """Return the condition for the words of the search: each in a name or the address."""
        has = {field.name for field in user_model._meta.fields}
        names = {
            user_model.USERNAME_FIELD,
            user_model.get_email_field_name(),
            "first_name",
            "last_name",
        }
        condition = Q()
        for word in self.query.split()[:5]:
            each = Q()
            for name in sorted(names & has):
                each |= Q(**{f"user__{name}__icontains": word})
            condition &= each
        return condition

    def get_context_data(self, **kwargs: Any) -> Any:
        context = super().get_context_data(query=self.query, **kwargs)
        context["organization_users"] = context["object_list"]
        # Of those found: the page says so when there is a search.
        context["member_count"] = count_of(context)
        return context


class BaseOrganizationUserDetail(OrganizationUserMixin, TemplateMixin, DetailView):
    """One member."""

    page_template = "organizations/organizationuser_detail.html"


class BaseOrganizationUserCreate(OrganizationMixin, RequestFormMixin, CreateView):
    """A new member."""

    form_class: Any = OrganizationUserAddForm
    template_name = "organizations/organizationuser_form.html"

    def get_queryset(self) -> Any:
        return family_of(self.get_org_model()).member._default_manager.all()

    def get_success_url(self) -> str:
        return reverse("organization_user_list", args=[self.organization.pk])

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "organization": self.organization}

    def get_context_data(self, **kwargs: Any) -> Any:
        accepts = invitation_backend().requires_acceptance
        return super().get_context_data(requires_acceptance=accepts, **kwargs)


class BaseOrganizationUserRemind(OrganizationUserMixin, DetailView):
    """Mails a pending account's link again; 410 for a person who has come already.

    For backends that make an account for an address, as the default one does.
    """

    template_name = "organizations/organizationuser_remind.html"

    def get_success_url(self) -> str:
        return reverse("organization_user_list", args=[self.organization.pk])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not registration.is_pending(self.organization_user.user):
            return self.gone()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.organization_user.user
        if not registration.is_pending(user):
            return self.gone()
        try:
            remind(user, organization=self.organization, request=request)
        except LimitReached as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("The mail is on its way."))
        return redirect(self.get_success_url())

    def gone(self) -> HttpResponse:
        """Say that there is nothing to remind of."""
        self.object = self.organization_user
        return self.render_to_response(self.get_context_data(gone=True), status=410)


def remind(user: Any, *, organization: Any, request: HttpRequest) -> None:
    """Mail a pending account's link again, after the transaction.

    Raises:
        LimitReached: too many invitations of the organization, of who reminds, or to the address.
    """
    limits.invitation(
        organization,
        inviter=request.user,
        address=addresses.address_of(user),
        now=timezone.now(),
    )
    backend = invitation_backend()
    if backend.requires_acceptance:
        # Its links are those of invitations; accounts are the other backend's.
        backend = registration_backend()
    mail_after_commit(
        backend,
        "send_reminder",
        user,
        domain=link_base(request),
        organization=organization,
        sender=request.user,
    )


class BaseOrganizationUserUpdate(OrganizationUserMixin, TemplateMixin, UpdateView):
    """What a member may do."""

    form_class: Any = OrganizationUserForm
    page_template = "organizations/organizationuser_form.html"


class BaseOrganizationUserDelete(OrganizationUserMixin, TemplateMixin, DeleteView):
    """The end of a membership."""

    page_template = "organizations/organizationuser_confirm_delete.html"
    # Django's DELETE would delete the row past the verb.
    http_method_names = ["get", "post", "head", "options"]

    def get_actor(self) -> Any:
        """Return by whose rights this is done; None if the project's own guards decide."""
        return None

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(blocked=members.owns(self.organization_user), **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            members.remove(self.organization, self.organization_user.user, actor=self.get_actor())
        except OwnershipRequired as error:
            messages.error(self.request, str(error))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return redirect(self.get_success_url())

    def get_success_url(self) -> str:
        return reverse("organization_user_list", args=[self.organization.pk])


class OrganizationSignup(PageMixin, FormView):
    """A visitor who is new signs up with an organization; the backend mails the link.

    Attributes:
        backend: a registration backend; None for the project's.
        success_url: where to go then; needed unless ``get_success_url`` is overridden.
    """

    form_class: Any = SignUpForm
    template_name = "organizations/signup_form.html"
    backend: Any = None
    success_url: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.user.is_authenticated:
            return redirect("organization_add")
        try:
            registration.require_open()
        except RegistrationClosed as error:
            return sign_up_closed(request, error)
        return super().dispatch(request, *args, **kwargs)

    def get_success_url(self) -> str:
        if self.success_url:
            return str(self.success_url)
        raise ImproperlyConfigured(
            f"{type(self).__name__} must either have a `success_url` attribute "
            "or override `get_success_url`"
        )

    def form_valid(self, form: Any) -> HttpResponse:
        success_url = self.get_success_url()
        backend = self.backend or registration_backend()
        data = form.cleaned_data
        try:
            backend.register(
                data["email"],
                name=data["name"],
                slug=data.get("slug") or None,
                request=self.request,
            )
        except OrganizationsError as error:
            add_verb_error(form, error)
            return with_status_of(error, self.form_invalid(form))
        return redirect(success_url)


class ViewFactory:
    """The pages of another organization model, without access control.

    ``ViewFactory(Account).OrganizationList`` is a new subclass of ``BaseOrganizationList``.
    """

    def __init__(self, org_model: Any) -> None:
        self.org_model = org_model

    def __getattr__(self, name: str) -> Any:
        base = globals().get(f"Base{name}")
        if not name.startswith("Organization") or base is None:
            raise AttributeError(f"ViewFactory has no view named {name!r}.")
        view = type(name, (base,), {"org_model": self.org_model, "__doc__": base.__doc__})
        setattr(self, name, view)
        return view
