"""View mixins: fetch the organization of the URL, and let only some people in.

``MembershipRequiredMixin``, ``AdminRequiredMixin`` and ``OwnerRequiredMixin`` raise
``PermissionDenied`` and presume a login check, as they always have. ``AccessRequiredMixin``
is what the default pages use: it sends strangers to the login page, answers "not found" to
everybody who is no member, and tells a member which permission is missing.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic.base import TemplateResponseMixin

from .. import beside
from ..converters import as_key, find_organization, find_with_access, moved_url
from ..doors import forbidden, not_found, page_context, too_often, varying
from ..exceptions import LimitReached, NotAllowed
from ..families import default_family, family_of
from ..permissions import Access
from ..services.access import Columns, access_of, members_with_grants
from ..services.organizations import with_accent
from ..words import gettext_lazy as _

__all__ = [
    "AccessRequiredMixin",
    "AdminRequiredMixin",
    "MembershipRequiredMixin",
    "OrganizationMixin",
    "OrganizationUserMixin",
    "OwnerRequiredMixin",
    "PermissionRequiredMixin",
]


class LayoutMixin:
    """The layout around a page: the project's, the package's, or none where htmx asks."""

    request: Any

    def get_context_data(self, **kwargs: Any) -> Any:
        kwargs = {**page_context(self.request), **kwargs}
        return super().get_context_data(**kwargs)  # type: ignore[misc]

    def render_to_response(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return varying(super().render_to_response(*args, **kwargs))  # type: ignore[misc]


class _OrganizationLookup(LayoutMixin):
    """What the mixins share, so that a view may name them in any order."""

    org_model: Any = None
    org_context_name = "organization"
    request: Any
    args: Any
    kwargs: Any

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)  # type: ignore[misc]
        # Looking a slug up is a query, which an async view must make in a thread.
        if not getattr(self, "view_is_async", False):
            self.kwargs = self._with_key(kwargs)

    def _with_key(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the URL's keywords with the organization's key in place of its slug."""
        value = kwargs.get("organization_pk")
        model = self.get_org_model()
        key = as_key(model, value)
        if value is None or isinstance(key, int):
            return {**kwargs, "organization_pk": key} if key is not None else kwargs
        found = self._find(value)
        if found is None:
            return kwargs
        self.__dict__["organization"] = found  # what the property below would fetch again
        return {**kwargs, "organization_pk": found.pk}

    def _find(self, value: Any) -> Any:
        return find_organization(self.get_org_model(), value, get=self._get)

    def _get(self, rows: Any, name: str, value: Any) -> Any:
        # The colour of its pages comes along, so that they need no query for it.
        return with_accent(rows).filter(**{name: value}).first()

    def get_org_model(self) -> Any:
        return self.org_model or default_family().organization

    def get_context_data(self, **kwargs: Any) -> Any:
        kwargs = {self.org_context_name: self.organization, **kwargs}
        return super().get_context_data(**kwargs)

    @cached_property
    def organization(self) -> Any:
        value = self.kwargs.get("organization_pk")
        # A view that never ran ``setup``, as those of REST framework, still has the slug.
        found = None if value is None else self._find(value)
        if found is None:
            raise Http404
        return found

    def get_object(self, queryset: Any = None) -> Any:
        return self.organization

    get_organization = get_object  # available when get_object is overridden


class OrganizationMixin(_OrganizationLookup):
    """Fetches the organization that the URL keyword ``organization_pk`` names.

    Attributes:
        org_model: the organization class; None for the project's default.
        org_context_name: what templates call the organization.
    """


class OrganizationUserMixin(OrganizationMixin):
    """Fetches the member that ``organization_pk`` and ``user_pk`` (a user's key) name.

    Attributes:
        user_model: the member class; None for the one of the organization's family.
        org_user_context_name: what templates call the member.
    """

    user_model: Any = None
    org_user_context_name = "organization_user"

    def get_user_model(self) -> Any:
        return self.user_model or family_of(self.get_org_model()).member

    def get_context_data(self, **kwargs: Any) -> Any:
        kwargs = {self.org_user_context_name: self.organization_user, **kwargs}
        return super().get_context_data(**kwargs)

    @cached_property
    def organization_user(self) -> Any:
        model = self.get_user_model()
        key = as_key(model._meta.get_field("user").related_model, self.kwargs.get("user_pk"))
        if key is None:
            raise Http404
        rows = members_with_grants(self.organization, now=timezone.now())
        if rows.model is not model:
            rows = model._default_manager.filter(
                organization_id=self.organization.pk
            ).select_related("user")
        return get_object_or_404(rows.select_related("organization", "user"), user_id=key)

    def get_object(self, queryset: Any = None) -> Any:
        return self.organization_user


class _RequiredMixin(_OrganizationLookup):
    """What the three guards share. Each has a ``dispatch`` of its own, so that several add up."""

    def _called_with(self, request: HttpRequest, args: Any, kwargs: Any) -> dict[str, Any]:
        """Take what the view is called with; return the keywords, with the key."""
        self.request, self.args = request, args
        self.kwargs = found = self._with_key(kwargs)
        return found

    def _require(self, allowed: bool, refusal: Any) -> None:
        """Refuse everybody who is not allowed, but for superusers."""
        if not (allowed or getattr(self.request.user, "is_superuser", False)):
            raise PermissionDenied(refusal)


class MembershipRequiredMixin(_RequiredMixin):
    """Lets members in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kwargs = self._called_with(request, args, kwargs)
        self._require(self.organization.is_member(request.user), _("Wrong organization"))
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]


class AdminRequiredMixin(_RequiredMixin):
    """Lets admins in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kwargs = self._called_with(request, args, kwargs)
        self._require(self.organization.is_admin(request.user), _("Sorry, admins only"))
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]


class OwnerRequiredMixin(_RequiredMixin):
    """Lets the owner in."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        kwargs = self._called_with(request, args, kwargs)
        refusal = _("You are not the organization owner")
        self._require(self.organization.is_owner(request.user), refusal)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]


class AccessRequiredMixin(_OrganizationLookup):
    """Lets those in who have ``permission``; ``self.access`` holds the answer.

    For sync and async views alike. Members who come by a slug that the organization has left are
    sent to the new one.

    Attributes:
        permission: the name of the needed permission; None asks for nothing but access.
    Queries: 1, the organization with the access of a member; 3 for others.
    """

    permission: str | None = None
    _known: Access | None = None

    def _find(self, value: Any) -> Any:
        model = self.get_org_model()
        found, self._known = find_with_access(
            model, value, self.request.user, get=self._get, columns=self._beside()
        )
        member: Any = self._known.member if self._known is not None else None
        if hasattr(member, "_org_accent"):
            found._org_accent = member._org_accent
        return found

    def _beside(self) -> tuple[Columns, ...]:
        """Return what comes along with the viewer's member row; see ``beside``."""
        family = family_of(self.get_org_model())
        if not isinstance(self, TemplateResponseMixin):
            return (beside.accent,)
        return beside.columns_for(self.request, family)

    @cached_property
    def access(self) -> Any:
        organization = self.organization
        if self._known is not None and self._known.organization_id == organization.pk:
            return self._known
        return access_of(self.request.user, organization)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if getattr(self, "view_is_async", False):
            return self._adispatch(request, args)
        try:
            return self._refusal() or super().dispatch(request, *args, **self.kwargs)  # type: ignore[misc]
        except _REFUSALS as error:
            return self._answer(error)

    async def _adispatch(self, request: HttpRequest, args: Any) -> HttpResponseBase:
        try:
            refusal = await sync_to_async(self._late_refusal)()
            if refusal is not None:
                return refusal
            return await super().dispatch(request, *args, **self.kwargs)  # type: ignore[misc, no-any-return]
        except _REFUSALS as error:
            return await sync_to_async(self._answer)(error)

    def _late_refusal(self) -> HttpResponseBase | None:
        self.kwargs = self._with_key(self.kwargs)
        return self._refusal()

    def _refusal(self) -> HttpResponseBase | None:
        """Return the answer to somebody who may not come in; None for everybody else."""
        if not self.request.user.is_authenticated:
            return redirect_to_login(self.request.get_full_path())
        try:
            access = self.access
        except Http404:
            value = self.kwargs.get("organization_pk")
            moved = moved_url(self.request, self.get_org_model(), value)
            if moved is None:
                raise
            return redirect(moved)
        if not access.may_enter:
            return not_found(self.request)
        if self.permission is not None:
            access.require(self.permission)
        return None

    def _answer(self, error: Exception) -> HttpResponseBase:
        if isinstance(error, NotAllowed):
            organization = self.organization
            return forbidden(self.request, error, organization=organization, access=self.access)
        if isinstance(error, LimitReached):
            return too_often(self.request, error)
        # A verb finds no row any more if somebody else has just deleted it.
        return not_found(self.request)

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(**{"access": self.access, **kwargs})


#: What the views let through to the page that says so.
_REFUSALS = (NotAllowed, LimitReached, Http404, ObjectDoesNotExist)


class PermissionRequiredMixin(AccessRequiredMixin):
    """Lets members in who have ``permission`` in the organization of the URL::

        class Refund(PermissionRequiredMixin, View):
            permission = "shop.refund_order"

    Somebody who is not signed in goes to the login page, somebody who is no member gets "not
    found", and a member without the right gets a page that says what is missing.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.permission is None:
            raise ImproperlyConfigured(
                f"{type(self).__name__} must say what it asks for: permission = "
                '"app_label.codename".'
            )
        return super().dispatch(request, *args, **kwargs)
