"""Decorators for function views: the organization of the URL, and who may come in.

The view, sync or async, gets ``organization_pk`` as the organization's key, whatever the URL
has, and finds ``request.organization``, ``request.membership`` and ``request.access``. Strangers
are sent to the login page, everybody who is no member gets "not found", and a member without the
right gets a page that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from .converters import find_with_access, moved_url
from .doors import forbidden, not_found
from .exceptions import NotAllowed
from .families import default_family
from .permissions import Access
from .services.access import access_of
from .words import gettext_lazy as _

__all__ = ["admin_required", "membership_required", "owner_required", "permission_required"]

View = Callable[..., Any]

#: The attribute of a decorated view that names its permission; a system check reads it.
REQUIRED = "organizations_permission"

#: The attribute that holds the organization model of a decorated view; the resolver reads it.
MODEL = "organizations_model"


class _StandingMissing(NotAllowed):
    code = "standing_missing"


def _standing(allows: Callable[[Access], bool], refusal: Any) -> Callable[[Access], None]:
    def require(access: Access) -> None:
        if not (access.is_superuser or allows(access)):
            raise _StandingMissing(refusal)

    return require


def _require(require: Callable[[Access], None], view: View | None, org_model: Any) -> Any:
    def admit(request: HttpRequest, kwargs: dict[str, Any]) -> HttpResponseBase | None:
        """Return the answer to somebody who may not come in; None for everybody else."""
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        model = org_model or default_family().organization
        value = kwargs.get("organization_pk")
        organization, access = find_with_access(model, value, request.user)
        if organization is None:
            moved = moved_url(request, model, value)
            return not_found(request) if moved is None else redirect(moved)
        if access is None:
            access = access_of(request.user, organization)
        if not access.may_enter:
            return not_found(request)
        request.organization = organization  # type: ignore[attr-defined]
        request.membership = access.member  # type: ignore[attr-defined]
        request.access = access  # type: ignore[attr-defined]
        try:
            require(access)
        except NotAllowed as error:
            return refuse(request, error)
        kwargs["organization_pk"] = organization.pk
        return None

    def refuse(request: Any, error: NotAllowed) -> HttpResponseBase:
        return forbidden(request, error, organization=request.organization, access=request.access)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refusal = admit(request, kwargs)
            if refusal is not None:
                return refusal
            try:
                return view(request, *args, **kwargs)
            except NotAllowed as error:
                return refuse(request, error)

        @wraps(view)
        async def awrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refusal = await sync_to_async(admit)(request, kwargs)
            if refusal is not None:
                return refusal
            try:
                return await view(request, *args, **kwargs)
            except NotAllowed as error:
                return await sync_to_async(refuse)(request, error)

        # By asgiref: async class views are marked in a way of which "inspect" may not know.
        decorated: Any = awrapped if iscoroutinefunction(view) else wrapped
        setattr(decorated, MODEL, org_model)
        return decorated  # type: ignore[no-any-return]

    return decorate(view) if view is not None else decorate


def permission_required(permission: str, *, org_model: Any = None) -> Any:
    """Let those in who have a permission in the organization of the URL. Queries: 1 for a member.

    ::

        @permission_required("shop.refund_order")
        def refund(request, organization_pk, pk): ...
    """
    decorate = _require(lambda access: access.require(permission), None, org_model)

    def decorate_and_name(view: View) -> View:
        decorated: Any = decorate(view)
        setattr(decorated, REQUIRED, permission)
        return decorated  # type: ignore[no-any-return]

    return decorate_and_name


def membership_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let members in. Queries: 1 for a member."""
    return _require(_standing(lambda access: access.is_member, ""), view, org_model)


def admin_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let admins in. Queries: 1 for a member."""
    refusal = _("Only admins of the organization may do this.")
    return _require(_standing(lambda access: access.is_admin, refusal), view, org_model)


def owner_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let the owner in. Queries: 1 for a member."""
    refusal = _("Only the owner of the organization may do this.")
    return _require(_standing(lambda access: access.is_owner, refusal), view, org_model)
