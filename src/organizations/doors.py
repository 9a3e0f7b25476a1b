"""What all doors share: the site's address, signing in, and the pages that refuse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers

from . import permissions
from .conf import get_settings
from .exceptions import (
    ExceedsOwnRights,
    LimitReached,
    OrganizationsError,
    PermissionMissing,
    RegistrationClosed,
)
from .mail import LinkBase, configured_base

__all__ = [
    "client_address",
    "forbidden",
    "is_fresh",
    "keep_secret",
    "link_base",
    "mark_fresh",
    "not_found",
    "own_not_found",
    "page",
    "page_context",
    "sign_in",
    "sign_up_closed",
    "too_often",
    "varying",
    "with_status_of",
]

#: Where the session keeps who has signed in or confirmed the password, and when.
FRESH_KEY = "organizations_fresh"

#: The layout of an answer to htmx: none.
PART = "organizations/part.html"
#: What says whether htmx wants a page or its inside (htmx 2 and 4).
HTMX_HEADERS = ("HX-Request", "HX-Request-Type", "HX-Boosted", "HX-History-Restore-Request")


def link_base(request: HttpRequest | None) -> LinkBase:
    """Return where links in mails lead to.

    The setting ``LINK_BASE`` decides; without it the project's Site; without that the host of
    the request, if Django has compared it with a list of names.

    Raises:
        ImproperlyConfigured: nothing trustworthy names the host. A request's own word is not
            taken: a forged Host header would put a stranger's site into our mails.
    """
    if get_settings().LINK_BASE is not None:
        return configured_base()
    has_sites = apps.is_installed("django.contrib.sites")
    if has_sites and (request is not None or getattr(settings, "SITE_ID", None)):
        from django.contrib.sites.shortcuts import get_current_site

        site = get_current_site(request)
        scheme = (request.scheme if request is not None else None) or "https"
        return LinkBase(scheme=scheme, domain=site.domain, name=site.name)
    if request is None:
        return configured_base()
    if "*" in settings.ALLOWED_HOSTS and not settings.DEBUG:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS accepts any host, so the links in mails cannot be trusted to lead "
            "here. Set ORGANIZATIONS = {'LINK_BASE': 'https://app.example.com'}."
        )
    host = request.get_host()
    return LinkBase(scheme=request.scheme or "https", domain=host, name=host)


def client_address(request: HttpRequest) -> str:
    """Return the network address that a request came from: ``REMOTE_ADDR``, and nothing else.

    A header such as ``X-Forwarded-For`` is what the visitor says. Behind a proxy, middleware
    that knows the proxy must put the visitor's address there.
    """
    return str(request.META.get("REMOTE_ADDR", ""))


def sign_in(request: HttpRequest, user: Any) -> None:
    """Sign a user in who has just proven an address by a mailed link."""
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])


def mark_fresh(request: HttpRequest, user: Any = None) -> None:
    """Note that the person has just shown who they are, as a sign-in does by itself.

    For a project's own page of ``REAUTHENTICATION_URL``: call it once the proof is given.

    Args:
        user: None for the user of the request.
    """
    person = request.user if user is None else user
    request.session[FRESH_KEY] = [str(person.pk), timezone.now().timestamp()]


def is_fresh(request: HttpRequest) -> bool:
    """Return whether the person has signed in, or confirmed it, within ``FRESH_LOGIN``.

    A session that says nothing counts as old, and so does one of another user or with a time
    that has not come yet.
    """
    match request.session.get(FRESH_KEY):
        case [str() as key, int() | float() as then] if key == str(request.user.pk):
            age = timezone.now().timestamp() - then
            return 0 <= age < get_settings().FRESH_LOGIN.total_seconds()
    return False


def note_sign_in(*, request: Any, user: Any, **kwargs: Any) -> None:
    """Receiver of ``user_logged_in``, which some send for requests without a session."""
    if getattr(request, "session", None) is not None:
        mark_fresh(request, user)


def keep_secret(response: HttpResponse) -> HttpResponse:
    """Mark an answer whose URL or page holds a secret: not cached, not told to other sites."""
    add_never_cache_headers(response)
    # "no-referrer" would make browsers send "Origin: null", which Django's CSRF check refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return what every page of the package needs in its context: the layout around it."""
    return {"base_template": PART if is_part(request) else get_settings().BASE_TEMPLATE}


def is_part(request: HttpRequest) -> bool:
    """Return whether htmx asks for the inside of a page, without the layout.

    It takes the whole body for boosted links, for pages that it shows again, and where it selects
    by itself.
    """
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-Request-Type") != "full"
        and not {"HX-Boosted", "HX-History-Restore-Request"} & headers.keys()
    )


def varying(response: HttpResponse) -> HttpResponse:
    """Mark a page as one that htmx gets without its layout, so that no cache mixes the two."""
    patch_vary_headers(response, HTMX_HEADERS)
    return response


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Return a page of the package, for views that are functions."""
    context = {**page_context(request), **context}
    return varying(render(request, template, context, status=status))


def not_found(request: HttpRequest, message: Any = None) -> HttpResponse:
    """Answer as if there were nothing: the same for an unknown thing and a foreign one.

    Args:
        message: what to say in place of the usual sentence.
    """
    return page(request, "organizations/404.html", {"message": message}, status=404)


def own_not_found(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view that raises ``Http404`` answer with the package's page and its words."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404 as error:
            return not_found(request, str(error))

    return wrapped


def forbidden(
    request: HttpRequest, error: OrganizationsError, *, organization: Any = None, access: Any = None
) -> HttpResponse:
    """Tell a member what is missing."""
    missing: list[str] = []
    if isinstance(error, PermissionMissing):
        missing = [error.permission]
    elif isinstance(error, ExceedsOwnRights):
        missing = sorted(error.permissions)
    context = {
        "message": str(error),
        "missing": [permissions.get(name).label for name in missing],
        "organization": organization,
        "access": access,
    }
    return page(request, "organizations/403.html", context, status=403)


def with_status_of(error: OrganizationsError, response: HttpResponse) -> HttpResponse:
    """Let a page that shows a limit say so by its status as well; other errors change nothing."""
    if isinstance(error, LimitReached):
        response.status_code = error.status_hint
        if error.retry_after is not None:
            response["Retry-After"] = str(error.retry_after)
    return response


def too_often(request: HttpRequest, error: LimitReached) -> HttpResponse:
    """Tell somebody that this was done too often, and when it can be done again."""
    answer = page(request, "organizations/429.html", {"message": str(error)})
    return with_status_of(error, answer)


def sign_up_closed(request: HttpRequest, error: RegistrationClosed) -> HttpResponse:
    """Tell a visitor that people are invited here, and lead those who have been to the sign-in."""
    context = {"message": str(error)}
    return page(request, "organizations/signup_closed.html", context, status=error.status_hint)
