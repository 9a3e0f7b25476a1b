"""The routes of a project, and the URLs that lead into one organization or another."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.urls import NoReverseMatch, get_resolver, reverse

from ..conf import get_settings
from ..families import default_family

__all__ = ["Route", "attribute_of", "malformed", "model_of", "routes", "unknown"]

#: What no converter expects: too large for a column, empty bytes, quotes, another script.
MALFORMED = ("9" * 40, "%00", "'\"><x", "½-½")


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver."""

    name: str
    space: str
    route: str
    keywords: tuple[str, ...]
    view: Any

    @property
    def label(self) -> str:
        return self.name or self.space + self.route

    @property
    def module(self) -> str:
        view = getattr(self.view, "view_class", None) or getattr(self.view, "cls", None)
        return str(getattr(view or self.view, "__module__", ""))

    def url(self, arguments: dict[str, Any]) -> str:
        """Return its URL.

        Raises:
            NoReverseMatch: it has no name and takes arguments, or they do not fit.
        """
        if self.name:
            return reverse(self.name, kwargs=arguments or None)
        if self.keywords:
            raise NoReverseMatch(f"{self.route} has no name")
        path = self.route.strip("^$").replace(".*", "kit").replace("\\Z", "")
        return "/" + path


def routes() -> Iterator[Route]:
    """Return every route of ``ROOT_URLCONF``, those that are included too."""
    yield from _of(get_resolver(), "", "", ())


def _of(resolver: Any, prefix: str, space: str, keywords: tuple[str, ...]) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        names = keywords + tuple(
            getattr(pattern.pattern, "converters", None) or pattern.pattern.regex.groupindex
        )
        if hasattr(pattern, "url_patterns"):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from _of(pattern, route, inner, names)
        else:
            name = f"{space}{pattern.name}" if pattern.name else ""
            yield Route(name, space, route, names, pattern.callback)


def model_of(route: Route, keyword: str, owned: dict[Any, Any]) -> Any:
    """Return the model whose key a keyword holds, or None if nobody can tell."""
    family = default_family()
    if keyword in get_settings().ORGANIZATION_URL_KEYWORDS:
        return family.organization
    stem = keyword.removesuffix("_pk").removesuffix("_id").removesuffix("_slug")
    if stem != keyword:
        if stem == "user":
            return get_user_model()
        named = [model for model in owned if model._meta.model_name == stem.replace("_", "")]
        return named[0] if len(named) == 1 else None
    if keyword in ("pk", "id", "object_id", "slug", *_lookups(route)):
        model = _of_view(route)
        return model if model in owned else None
    return None


def attribute_of(route: Route, keyword: str) -> str:
    """Return the field of a row that a keyword holds."""
    api = getattr(route.view, "cls", None)
    if api is not None and keyword in _lookups(route):
        return str(getattr(api, "lookup_field", "pk"))
    if keyword.endswith("slug"):
        return str(getattr(getattr(route.view, "view_class", None), "slug_field", "slug"))
    return "pk"


def _lookups(route: Route) -> tuple[str, ...]:
    view = getattr(route.view, "cls", None)
    return (str(getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", "pk")),)


def _of_view(route: Route) -> Any:
    view = getattr(route.view, "view_class", None) or getattr(route.view, "cls", None)
    given = getattr(route.view, "view_initkwargs", None) or getattr(route.view, "initkwargs", {})
    admin = getattr(route.view, "model_admin", None)
    for holder in (admin, view):
        model = getattr(holder, "model", None)
        if model is not None:
            return model
    queryset = given.get("queryset", getattr(view, "queryset", None))
    if queryset is not None:
        return queryset.model
    meta = getattr(getattr(view, "serializer_class", None), "Meta", None)
    return given.get("model") or getattr(meta, "model", None)


def unknown(value: Any) -> Any:
    """Return a value of the same kind that nothing has."""
    if isinstance(value, int):
        return value + 100_000_000
    if isinstance(value, uuid.UUID):
        return uuid.uuid4()
    return "nothing-has-this-name"


def malformed(url: str, value: Any) -> Iterator[str]:
    """Return the URLs with something else in place of a value, whatever the converter says."""
    before, found, after = f"{url.removesuffix('/')}/".rpartition(f"/{value}/")
    if found:
        for each in MALFORMED:
            changed = f"{before}/{each}/{after}"
            yield changed if url.endswith("/") else changed.removesuffix("/")
