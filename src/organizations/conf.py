"""The settings of the package: one dictionary, ``ORGANIZATIONS``, typed and read late.

A key that does not exist, or a value of the wrong type, raises ``ImproperlyConfigured`` and
names the key; nothing is read when a module is imported.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = ["RESERVED_WORDS", "OrganizationsSettings", "get_settings", "is_reserved"]

# The flat names of django-organizations, still read where the dictionary is silent.
FLAT_NAMES = ("INVITATION_BACKEND", "REGISTRATION_BACKEND")


#: Words that are never a slug: they begin other pages of a site.
RESERVED_WORDS = frozenset(
    {
        # Django's auth pages, and the pages of this package
        *("login", "logout", "profile", "password_change", "password_reset", "reset"),
        *("add", "sign-up", "register", "invitations"),
        # django-allauth
        *("signup", "email", "confirm-email", "inactive", "social", "3rdparty", "password"),
        *("mfa", "sessions", "reauthenticate"),
        # whole sites
        *("admin", "api", "static", "media", "www", "mail", "help", "support", "status"),
        *("about", "accounts", "orgs", "organizations"),
    }
)


def is_reserved(slug: str) -> bool:
    """Return whether no organization may take the slug: reserved, or it would be read as a key."""
    word = slug.lower()
    own = {reserved.lower() for reserved in get_settings().RESERVED_SLUGS}
    return word.isdigit() or word in RESERVED_WORDS or word in own


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationsSettings:
    """Every setting with its type, unit and default."""

    #: The organization of the default pages, forms, admin and commands, as ``app_label.Model``.
    ORGANIZATION_MODEL: str = "organizations.Organization"
    #: Template that the pages extend; it needs the blocks ``title`` and ``content``.
    BASE_TEMPLATE: str | None = None
    #: Class that invites people, as a dotted path.
    INVITATION_BACKEND: str = "organizations.backends.defaults.InvitationBackend"
    #: Class that registers new people, as a dotted path.
    REGISTRATION_BACKEND: str = "organizations.backends.defaults.RegistrationBackend"
    #: How long an invitation stays open: 1 to 30 days.
    INVITATION_LIFETIME: timedelta = timedelta(days=7)
    #: Scheme and host of links in mails, such as ``"https://app.example.com"``.
    LINK_BASE: str | None = None
    #: What the site is called in mails; the host of ``LINK_BASE`` if this is empty.
    SITE_NAME: str = ""
    #: Words that no organization may take as its slug, besides the built-in ones.
    RESERVED_SLUGS: tuple[str, ...] = ()
    #: Whether an active superuser may enter every organization.
    SUPERUSERS_HAVE_ACCESS: bool = True
    #: Callables ``(user) -> iterable of addresses`` that the user has proven, as dotted paths.
    VERIFIED_ADDRESS_SOURCES: tuple[str, ...] = (
        "organizations.services.addresses.recorded_addresses",
    )

    def __post_init__(self) -> None:
        lifetime = self.INVITATION_LIFETIME
        if not timedelta(days=1) <= lifetime <= timedelta(days=30):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['INVITATION_LIFETIME'] is {lifetime}; it must be 1 to 30 days."
            )
        base = self.LINK_BASE
        if base is not None and not base.startswith(("https://", "http://")):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['LINK_BASE'] is {base!r}; it must start with https:// or http://."
            )


_TYPES: dict[str, tuple[type, ...]] = {
    "ORGANIZATION_MODEL": (str,),
    "BASE_TEMPLATE": (str, type(None)),
    "INVITATION_BACKEND": (str,),
    "REGISTRATION_BACKEND": (str,),
    "INVITATION_LIFETIME": (timedelta,),
    "LINK_BASE": (str, type(None)),
    "SITE_NAME": (str,),
    "RESERVED_SLUGS": (tuple,),
    "SUPERUSERS_HAVE_ACCESS": (bool,),
    "VERIFIED_ADDRESS_SOURCES": (tuple,),
}


@cache
def get_settings() -> OrganizationsSettings:
    """Return the settings now in force.

    Raises:
        ImproperlyConfigured: an unknown key, a wrong type or a value out of range.
    """
    given: Any = getattr(settings, "ORGANIZATIONS", {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured("The setting ORGANIZATIONS must be a dictionary.")
    known = [field.name for field in fields(OrganizationsSettings)]
    values: dict[str, Any] = {
        name: getattr(settings, name) for name in FLAT_NAMES if hasattr(settings, name)
    }
    for name, value in given.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" Known keys: {', '.join(known)}."
            raise ImproperlyConfigured(f"ORGANIZATIONS has no key {name!r}.{hint}")
        values[name] = tuple(value) if isinstance(value, list) else value
    for name, value in values.items():
        if not isinstance(value, _TYPES[name]):
            wanted = " or ".join(kind.__name__ for kind in _TYPES[name])
            raise ImproperlyConfigured(
                f"ORGANIZATIONS[{name!r}] is {type(value).__name__}; it must be {wanted}."
            )
    return OrganizationsSettings(**values)


@receiver(setting_changed)
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "ORGANIZATIONS" or setting in FLAT_NAMES:
        get_settings.cache_clear()
