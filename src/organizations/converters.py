"""The part of a URL that names an organization: its key or its slug."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import register_converter

from .conf import is_reserved

__all__ = [
    "AccountTokenConverter",
    "OrganizationConverter",
    "as_key",
    "find_organization",
    "register",
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
    """Return the value as a key of the model, or None if it cannot be one."""
    try:
        key = model._meta.pk.to_python(value)
        # What the column cannot hold is no key; SQLite would raise instead of finding nothing.
        model._meta.pk.run_validators(key)
    except (ValidationError, ValueError, TypeError, OverflowError):
        return None
    return key


def find_organization(model: Any, value: Any) -> Any:
    """Return the organization with that key or, if it has none, with that slug; else None.

    Queries: 1, or 2 where keys are texts.
    """
    key = as_key(model, value)
    if key is not None:
        found = model._default_manager.filter(pk=key).first()
        if found is not None or isinstance(key, int):
            return found
    if not any(field.name == "slug" for field in model._meta.fields):
        return None
    if "\x00" in str(value):
        return None
    return model._default_manager.filter(slug=value).first()
