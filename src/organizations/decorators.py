"""Decorators for function views: the organization of the URL, and who may come in.

The view gets ``organization_pk`` as the organization's key, whatever the URL has, and finds
``request.organization`` and ``request.access``. Strangers are sent to the login page, everybody
who is no member gets "not found", and a member without the right gets a page that says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .converters import find_organization
from .doors import forbidden, not_found
from .exceptions import OrganizationsError
from .families import default_family
from .permissions import Access
from .services.access import access_of

__all__ = ["admin_required", "membership_required", "owner_required"]

View = Callable[..., Any]


class _StandingMissing(OrganizationsError):
    code = "standing_missing"
    status_hint = 403


def _require(
    allows: Callable[[Access], bool], refusal: Any, view: View | None, org_model: Any
) -> Any:
    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            model = org_model or default_family().organization
            organization = find_organization(model, kwargs.get("organization_pk"))
            if organization is None:
                return not_found(request)
            access = access_of(request.user, organization)
            if not access.may_enter:
                return not_found(request)
            if not (access.is_superuser or allows(access)):
                error = _StandingMissing(refusal)
                return forbidden(request, error, organization=organization, access=access)
            request.organization = organization  # type: ignore[attr-defined]
            request.access = access  # type: ignore[attr-defined]
            return view(request, *args, **{**kwargs, "organization_pk": organization.pk})

        return wrapped

    return decorate(view) if view is not None else decorate


def membership_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let members in. Queries: 2."""
    return _require(lambda access: access.is_member, "", view, org_model)


def admin_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let admins in. Queries: 2."""
    refusal = _("Only admins of the organization may do this.")
    return _require(lambda access: access.is_admin, refusal, view, org_model)


def owner_required(view: View | None = None, *, org_model: Any = None) -> Any:
    """Let the owner in. Queries: 2."""
    refusal = _("Only the owner of the organization may do this.")
    return _require(lambda access: access.is_owner, refusal, view, org_model)
