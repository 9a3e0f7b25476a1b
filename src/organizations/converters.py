"""The part of a URL that names an organization: its key or its slug."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import validate_unicode_slug
from django.db import models
from django.http import HttpRequest
from django.urls import NoReverseMatch, register_converter, reverse

from . import slugs
from .conf import is_reserved
from .families import family_of
from .grants import superuser_has_access
from .permissions import Access
from .services.access import Columns, access_at, access_of
from .words import gettext_lazy as _

__all__ = [
    "AccountTokenConverter",
    "OrganizationConverter",
    "as_key",
    "clean_slug",
    "find_organization",
    "find_with_access",
    "moved_url",
    "register",
    "url_part",
]


class OrganizationConverter:
    """Takes a key or a slug, and leaves reserved words to the patterns behind it."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        if is_reserved(value) and not value.isdigit():
            raise ValueError(f"{value!r} is the name of another page")
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


class AccountTokenConverter:
    """A token of Django's password reset, so that a key with hyphens may stand before it."""

    regex = "[0-9a-z]+-[0-9a-f]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


@cache
def register() -> None:
    """Make the converters known to Django; called by the modules that name them in patterns."""
    register_converter(OrganizationConverter, "organization")
    register_converter(AccountTokenConverter, "account_token")


def as_key(model: type[models.Model], value: Any) -> Any:
    """Return the value as a key of the model, or None if it cannot be one.

    An integer is written in plain digits: Python would read "1_000" as a number too, which is
    a good slug.
    """
    if "\x00" in str(value):
        return None
    try:
        key = model._meta.pk.to_python(value)
        if isinstance(key, int) and isinstance(value, str) and not _is_plain(value):
            return None
        # What the column cannot hold is no key; SQLite would raise instead of finding nothing.
        model._meta.pk.run_validators(key)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None
    return key


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isdigit()


def url_part(organization: Any) -> Any:
    """Return what names an organization in our own links: the slug, if it can be read back."""
    slug = getattr(organization, "slug", None)
    # Rows of older releases may have a slug that is now reserved, or looks like a key.
    return slug if slug and not is_reserved(slug) else organization.pk


def clean_slug(value: str, *, model: Any, current: Any = None) -> str:
    """Return a slug in its normal form, or raise what is wrong with it.

    Args:
        model: the organization model.
        current: the organization that has the slug, if there is one.
    """
    slug = unicodedata.normalize("NFKC", value or "").strip().lower()
    if not slug:
        return ""
    validate_unicode_slug(slug)
    if current is not None and slug == current.slug:
        return slug
    # The normal form may be longer than what was typed.
    too_long = len(slug) > model._meta.get_field("slug").max_length
    if too_long or is_reserved(slug) or _is_mixed(slug):
        raise ValidationError(_("This short name cannot be used. Choose another one."))
    if slugs.taken(model, [slug], but=current):
        if current is None and (free := slugs.like(model, slug)):
            raise ValidationError(
                _("This short name is taken. These are free: %(slugs)s."),
                params={"slugs": ", ".join(free)},
            )
        raise ValidationError(_("This short name is taken. Choose another one."))
    return slug


#: Scripts whose letters look like each other's.
LOOKALIKES = ("LATIN", "CYRILLIC", "GREEK")


def _is_mixed(slug: str) -> bool:
    """Return whether a text mixes scripts that are easily confused."""
    names = [unicodedata.name(character, "") for character in slug]
    return sum(any(name.startswith(script) for name in names) for script in LOOKALIKES) > 1


def _get(rows: Any, name: str, value: Any) -> Any:
    return rows.filter(**{name: value}).first()


#: Returns the row of a queryset whose field has a value, or None.
Get = Callable[[Any, str, Any], Any]


def find_organization(model: Any, value: Any, *, get: Get = _get) -> Any:
    """Return the organization with that key or, if it has none, with that slug; else None.

    Args:
        get: looks for the organization in a queryset.
    Queries: 1 of ``get``, or 2 where keys are texts.
    """
    rows = model._default_manager.all()
    key = as_key(model, value)
    if key is not None:
        found = get(rows, model._meta.pk.name, key)
        if found is not None or isinstance(key, int):
            return found
    if not any(field.name == "slug" for field in model._meta.fields):
        return None
    if "\x00" in str(value):
        return None
    return get(rows, "slug", value)


def find_with_access(
    model: Any,
    value: Any,
    user: Any,
    *,
    get: Get = _get,
    columns: tuple[Columns, ...] = (),
) -> tuple[Any, Access | None]:
    """Return as ``find_organization``, and what the user may do there if that came along.

    Args:
        get: as for ``find_organization``, where no membership leads to the organization.
        columns: see ``access_at``.
    Queries: 1 for a member, else 1 more than ``find_organization``.
    """
    accesses: list[Access] = []

    def get_with_access(rows: Any, name: str, value: Any) -> Any:
        found = access_at(user, rows, name=name, value=value, columns=columns)
        if found is None:
            return get(rows, name, value)
        accesses.append(found[1])
        return found[0]

    slug = next((field for field in model._meta.fields if field.name == "slug"), None)
    if slug is not None and not slug.unique:
        return find_organization(model, value, get=get), None
    return find_organization(model, value, get=get_with_access), accesses[0] if accesses else None


def moved_url(request: HttpRequest, model: Any, value: Any) -> str | None:
    """Return where a page stands now whose organization has left the slug that the URL names.

    That is for those who may enter and for reading alone. Everybody else gets None, as for a
    slug that nobody ever had.

    Args:
        value: what the URL names, after ``find_organization`` has found nothing.
    Queries: 1, the same whether the slug is a former one or none; 2 more for those who may enter.
    """
    match: Any = request.resolver_match
    if request.method not in ("GET", "HEAD") or match is None or not _may_be_slug(model, value):
        return None
    organization = _formerly(model, value, request.user)
    if organization is None or not access_of(request.user, organization).may_enter:
        return None
    kwargs = {**(match.captured_kwargs or {}), "organization_pk": url_part(organization)}
    try:
        path = reverse(match.view_name, kwargs=kwargs, current_app=match.namespace)
    except NoReverseMatch:
        return None  # a page without a name
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _may_be_slug(model: Any, value: Any) -> bool:
    return (
        isinstance(value, str)
        and "\x00" not in value
        and not isinstance(as_key(model, value), int)
        and family_of(model).has_field("organization", "slug")
        and apps.is_installed("organizations")
    )


def _formerly(model: Any, slug: str, user: Any) -> Any:
    """Return the organization that had the slug, if the user belongs to it or may enter all."""
    keys = slugs.keys_of_former(model, slug)
    if not superuser_has_access(user):
        members = family_of(model).member._base_manager
        # One query for both: whether the slug is a former one must not be told by the time.
        keys = list(
            members.filter(user_id=user.pk, organization_id__in=keys).values_list(
                "organization_id", flat=True
            )
        )
        if not keys:
            return None
    return model._default_manager.filter(pk__in=keys).first()
