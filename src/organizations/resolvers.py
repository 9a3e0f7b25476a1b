"""What names the organization of a request: its URL first, then what the project chooses.

A resolver is a callable ``(request) -> key, slug, Q or None``. None says that the request names
no organization in this way, and the next resolver is asked. Whatever else it returns decides:
names that nobody has, or that lead to an organization of others, give no organization at all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.exceptions import DisallowedHost, FieldError, ImproperlyConfigured
from django.db.models import Exists, F, FilteredRelation, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from .conf import get_settings, is_reserved
from .converters import as_key
from .decorators import MODEL
from .families import default_family, family_of, live
from .grants import superuser_has_access

__all__ = [
    "NOBODY",
    "Resolver",
    "from_header",
    "from_host",
    "from_session",
    "from_url",
    "remember",
]

Resolver = Callable[[Any], Any]

#: Names an organization that does not exist, so that no other resolver is asked. No query.
NOBODY = Q(pk__in=[])

#: Where the session keeps the key of the organization that the person has switched to.
HINT = "organizations_hint"

#: Longer texts are neither keys nor slugs.
LONGEST_NAME = 255


def chosen() -> tuple[Resolver, ...]:
    """Return the resolvers that are asked after the URL, in the order of the setting.

    Raises:
        ImproperlyConfigured: a path leads to nothing that can be called.
    """
    return _load(get_settings().ORGANIZATION_RESOLVERS)


@cache
def _load(paths: tuple[str, ...]) -> tuple[Resolver, ...]:
    return tuple(_resolver(path) for path in paths)


def _resolver(path: Any) -> Resolver:
    try:
        found = import_string(path)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImproperlyConfigured(
            f"ORGANIZATIONS['ORGANIZATION_RESOLVERS'] names {path!r}, which cannot be imported: "
            f"{error}"
        ) from error
    if not callable(found):
        raise ImproperlyConfigured(
            f"ORGANIZATIONS['ORGANIZATION_RESOLVERS'] names {path!r}, which cannot be called."
        )
    return found  # type: ignore[no-any-return]


def from_url(request: HttpRequest) -> Any:
    """Return what the URL's keyword holds; see ``ORGANIZATION_URL_KEYWORDS``. Always asked.

    Where the view is about organizations of another model, its keys mean nothing here.
    """
    match = request.resolver_match
    if match is None:
        return None
    for name in get_settings().ORGANIZATION_URL_KEYWORDS:
        if match.kwargs.get(name) is not None:
            return NOBODY if _is_of_other_model(match.func) else match.kwargs[name]
    return None


def _is_of_other_model(view: Any) -> bool:
    """Return whether a view says that its organizations are not those of the default family."""
    model = getattr(view, "view_initkwargs", {}).get("org_model")
    for holder, name in ((getattr(view, "view_class", None), "org_model"), (view, MODEL)):
        model = model or getattr(holder, name, None)
    return model is not None and family_of(model) != default_family()


def from_host(request: HttpRequest) -> Any:
    """Return the subdomain of ``ORGANIZATION_HOST``, or whose own domain the host is.

    Only hosts that Django's ``ALLOWED_HOSTS`` lets through count. Names of the site's own, such
    as ``www``, name no organization.

    Raises:
        ImproperlyConfigured: ``ORGANIZATION_HOST`` is not set.
    """
    settings = get_settings()
    if settings.ORGANIZATION_HOST is None:
        raise ImproperlyConfigured(
            "organizations.resolvers.from_host needs the host that subdomains stand below: "
            "ORGANIZATIONS = {'ORGANIZATION_HOST': 'example.com'}."
        )
    try:
        host = request.get_host().lower().rsplit("]")[-1].partition(":")[0].rstrip(".")
    except DisallowedHost:
        return NOBODY
    if host == settings.ORGANIZATION_HOST:
        return None
    if host.endswith(f".{settings.ORGANIZATION_HOST}"):
        return _subdomain(host.removesuffix(f".{settings.ORGANIZATION_HOST}"))
    if settings.ORGANIZATION_HOST_FIELD is None:
        return None
    return Q(**{settings.ORGANIZATION_HOST_FIELD: host}) if host else NOBODY


def _subdomain(label: str) -> Any:
    if "." in label or not label:
        return NOBODY
    if label.startswith("xn--"):
        try:
            label = label.encode("ascii").decode("idna")
        except UnicodeError:
            return NOBODY
    if is_reserved(label) and not label.isdigit():
        return None
    return label


def from_header(request: HttpRequest) -> Any:
    """Return what the header ``ORGANIZATION_HEADER`` holds, for APIs."""
    return request.headers.get(get_settings().ORGANIZATION_HEADER) or None


def from_session(request: HttpRequest) -> Any:
    """Return the organization that the person has switched to last in this browser."""
    session = getattr(request, "session", None)
    hint = None if session is None else session.get(HINT)
    if hint is None:
        return None
    key = as_key(default_family().organization, hint) if isinstance(hint, str) else None
    return NOBODY if key is None else Q(pk=key)


def remember(request: HttpRequest, organization: Any) -> None:
    """Note in the session where the person wants to be."""
    request.session[HINT] = str(organization.pk)


def forget_hint(request: HttpRequest) -> None:
    """Forget where the person wanted to be."""
    request.session.pop(HINT, None)


def look(request: HttpRequest, user: Any) -> tuple[Any, Any]:
    """Return the organization of a request and the person's membership, or None for either.

    The first resolver that names something decides. A hint of the session that leads nowhere any
    more is forgotten.

    Queries: 1, besides those of the session and of the project's own resolvers; 0 for somebody
    who is not signed in, and where nothing is named.
    """
    if not (user.is_authenticated and user.is_active):
        return None, None
    for resolver in (from_url, *chosen()):
        name = resolver(request)
        if name is None:
            continue
        found = find(name, user)
        if found[0] is None and resolver is from_session:
            forget_hint(request)
        return found
    return None, None


def find(name: Any, user: Any) -> tuple[Any, Any]:
    """Return the organization of a name and the user's membership in it, both as they are now.

    Both are None for an unknown organization, one that is not in use, and one that the user is
    no live member of. Superusers with access find any organization in use.

    Args:
        name: a key, a slug or a condition on organizations.
        user: active and signed in.
    Queries: 1.
    Raises:
        ImproperlyConfigured: the condition of ``ORGANIZATION_HOST_FIELD`` fits no field.
    """
    family = default_family()
    condition = name if isinstance(name, Q) else _named(family, name)
    if condition is None:
        return None, None
    relation = family.member._meta.get_field("organization").related_query_name()
    prefix = f"{relation}__"
    own = Q(**{f"{prefix}user_id": user.pk}) & live(family, timezone.now(), prefix=prefix)
    try:
        rows = (
            family.organization._default_manager.filter(condition, is_active=True)
            .annotate(own_membership=FilteredRelation(relation, condition=own))
            .select_related("own_membership")
            .annotate(own_key=F("own_membership__pk"))
            .order_by("pk")
        )
    except FieldError as error:
        raise ImproperlyConfigured(f"The organization of a request: {error}") from error
    if not superuser_has_access(user):
        rows = rows.filter(own_key__isnull=False)
    organization = rows.first()
    if organization is None:
        return None, None
    member = None if organization.own_key is None else organization.own_membership
    if member is not None:
        member.organization = organization
        if isinstance(user, member._meta.get_field("user").related_model):
            member.user = user
    return organization, member


def _named(family: Any, name: Any) -> Q | None:
    """Return the condition on the organization of that key or, if there is none, that slug."""
    text = str(name)
    if not 0 < len(text) <= LONGEST_NAME or "\x00" in text or not _can_be_stored(text):
        return None
    key = as_key(family.organization, name)
    if isinstance(key, int):
        return Q(pk=key)
    has_slug = family.has_field("organization", "slug")
    if key is None:
        return Q(slug=text) if has_slug else None
    if not has_slug:
        return Q(pk=key)
    # A key wins over an equal slug, also one of an organization that the person may not see.
    has_key = Exists(family.organization._default_manager.filter(pk=key).order_by())
    return Q(pk=key) | Q(~has_key, slug=text)


def _can_be_stored(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
