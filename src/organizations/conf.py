"""The settings of the package: one dictionary, ``ORGANIZATIONS``, typed and read late.

A key that does not exist, or a value of the wrong type, raises ``ImproperlyConfigured`` and
names the key; nothing is read when a module is imported.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

__all__ = [
    "RESERVED_WORDS",
    "OrganizationsSettings",
    "Rate",
    "get_settings",
    "is_reserved",
]

# The flat names of django-organizations, still read where the dictionary is silent.
FLAT_NAMES = ("INVITATION_BACKEND", "REGISTRATION_BACKEND")


#: Words that are never a slug: they begin other pages of a site.
RESERVED_WORDS = frozenset(
    {
        # Django's auth pages, and the pages of this package
        *("login", "logout", "profile", "password_change", "password_reset", "reset"),
        *("add", "sign-up", "register", "invitations", "join", "choose", "inbox", "mails"),
        *("confirm", "deleted"),
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


#: Seconds of the units that a rate may name.
UNITS = {"minute": 60, "hour": 3600, "day": 86400}

#: How often something may happen, by whom or what is counted; see ``RATES``.
RATES = {
    "inviter": "250/day",
    "organization": "500/day",
    "young_organization": "50/day",
    "recipient": "10/day",
    "client": "100/hour",
    "link": "60/hour",
}

REGISTRATION_MODES = ("open", "invitation", "domains")

#: What a word may not hold that is put into texts: they are HTML and have placeholders.
UNFIT = frozenset("<>&\"'%{}")

#: The shortest and the longest life of an invitation.
LIFETIMES = (timedelta(days=1), timedelta(days=30))


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """So many times in so many seconds."""

    times: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        """Read a text such as ``"50/day"``; the unit is minute, hour or day.

        Raises:
            ValueError: the text is something else.
        """
        match = re.fullmatch(r"([1-9][0-9]{0,8})/(minute|hour|day)", text)
        if match is None:
            raise ValueError(text)
        return cls(times=int(match[1]), seconds=UNITS[match[2]])


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganizationsSettings:
    """Every setting with its type, unit and default."""

    #: The organization of the default pages, forms, admin and commands, as ``app_label.Model``.
    ORGANIZATION_MODEL: str = "organizations.Organization"
    #: What an organization is called, by the code of a language: one and many, as inside of a
    #: sentence, such as ``{"en": ("clinic", "clinics"), "de": ("Praxis", "Praxen")}``. A plain
    #: pair is English alone. A language without a pair keeps our word, and that of a region takes
    #: what its language has.
    NAME: Mapping[str, tuple[str, str]] | tuple[str, str] | None = None
    #: Template that the pages extend; it needs the blocks ``title`` and ``content``.
    BASE_TEMPLATE: str | None = None
    #: Class that invites people, as a dotted path.
    INVITATION_BACKEND: str = "organizations.backends.defaults.InvitationBackend"
    #: Class that registers new people, as a dotted path.
    REGISTRATION_BACKEND: str = "organizations.backends.defaults.RegistrationBackend"
    #: How long an invitation stays open: 1 to 30 days. An organization may choose its own.
    INVITATION_LIFETIME: timedelta = timedelta(days=7)
    #: Whether an inviter may add a note of their own to the mail.
    INVITATION_NOTE: bool = False
    #: How many invitations an organization may have open at once; None for no limit.
    MAX_OPEN_INVITATIONS: int | None = 100
    #: How often people may invite and sign up, such as ``{"inviter": "250/day"}``. What is
    #: counted: each ``inviter``, each ``organization`` and each that is younger than a week
    #: (``young_organization``), mails to each ``recipient``, steps of each ``client`` address,
    #: mails by each ``link``.
    #: A key that is left out keeps its default; None takes the limit away.
    RATES: Mapping[str, str | None] = field(default_factory=dict)
    #: How many members an organization may have, those who are invited included: a number, or
    #: the dotted path of a callable ``(organization) -> number or None``. None for no limit.
    SEATS: int | str | None = None
    #: Callables ``(attempt) -> None``, as dotted paths, that may refuse somebody who is about to
    #: become a member by raising ``JoinRefused``.
    JOIN_POLICIES: tuple[str, ...] = ()
    #: Who may sign up: anybody (``"open"``), people who are invited (``"invitation"``), or
    #: readers of an address in ``REGISTRATION_DOMAINS`` (``"domains"``).
    REGISTRATION_MODE: str = "open"
    #: The domains of ``REGISTRATION_MODE = "domains"``.
    REGISTRATION_DOMAINS: tuple[str, ...] = ()
    #: Mail domains that anybody can have an address in, besides the built-in ones. No
    #: organization may let people join by such an address.
    PUBLIC_MAIL_DOMAINS: tuple[str, ...] = ()
    #: How long an organization that was deleted on its page can be restored.
    DELETION_GRACE: timedelta = timedelta(days=30)
    #: How old a sign-in may be for steps that ask for a fresh one.
    FRESH_LOGIN: timedelta = timedelta(minutes=15)
    #: Path of the project's own page that asks for the password again; None for the package's.
    #: It is called with ``?next=`` and must end in a sign-in or in ``doors.mark_fresh(request)``.
    REAUTHENTICATION_URL: str | None = None
    #: Scheme and host of links in mails, such as ``"https://app.example.com"``.
    LINK_BASE: str | None = None
    #: What the site is called in mails; the host of ``LINK_BASE`` if this is empty.
    SITE_NAME: str = ""
    #: Words that no organization may take as its slug, besides the built-in ones.
    RESERVED_SLUGS: tuple[str, ...] = ()
    #: What names the organization of a request besides its URL, which always comes first:
    #: callables as dotted paths, such as ``"organizations.resolvers.from_session"``.
    ORGANIZATION_RESOLVERS: tuple[str, ...] = ()
    #: The keywords of URLs that hold an organization's key or slug.
    ORGANIZATION_URL_KEYWORDS: tuple[str, ...] = ("organization_pk",)
    #: The host that organizations have subdomains of, such as ``"example.com"``.
    ORGANIZATION_HOST: str | None = None
    #: The field of the organization, or the path to one, that holds a domain of its own, such as
    #: ``"domain"``. Domains are stored in lower case and are unique.
    ORGANIZATION_HOST_FIELD: str | None = None
    #: The header that names the organization.
    ORGANIZATION_HEADER: str = "X-Organization"
    #: Name of the URL where a switch leads to, with or without the keyword ``organization_pk``;
    #: None for the organization's page.
    LANDING_URL: str | None = None
    #: Whether an active superuser may enter every organization.
    SUPERUSERS_HAVE_ACCESS: bool = True
    #: Callables ``(user) -> iterable of addresses`` that the user has proven, as dotted paths.
    VERIFIED_ADDRESS_SOURCES: tuple[str, ...] = (
        "organizations.services.addresses.recorded_addresses",
    )

    def __post_init__(self) -> None:
        self._check_name()
        lifetime = self.INVITATION_LIFETIME
        if not LIFETIMES[0] <= lifetime <= LIFETIMES[1]:
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['INVITATION_LIFETIME'] is {lifetime}; it must be 1 to 30 days."
            )
        if self.REGISTRATION_MODE not in REGISTRATION_MODES:
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['REGISTRATION_MODE'] is {self.REGISTRATION_MODE!r}; "
                f"it must be one of {', '.join(REGISTRATION_MODES)}."
            )
        for name in ("SEATS", "MAX_OPEN_INVITATIONS"):
            limit = getattr(self, name)
            if isinstance(limit, int) and limit < 1:
                raise ImproperlyConfigured(
                    f"ORGANIZATIONS[{name!r}] is {limit}; it must be 1 or more, or None."
                )
        if self.FRESH_LOGIN <= timedelta(0):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['FRESH_LOGIN'] is {self.FRESH_LOGIN}; it must be longer than "
                "nothing, or nobody would ever be let through."
            )
        for name in self.RATES:
            self.rate(name)
        base = self.LINK_BASE
        if base is not None and not base.startswith(("https://", "http://")):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['LINK_BASE'] is {base!r}; it must start with https:// or http://."
            )
        host = self.ORGANIZATION_HOST
        if host is not None and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['ORGANIZATION_HOST'] is {host!r}; it must be a host in lower case, "
                "without scheme, port and leading dot, such as 'example.com'."
            )
        if not re.fullmatch(r"[A-Za-z0-9-]+", self.ORGANIZATION_HEADER):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['ORGANIZATION_HEADER'] is {self.ORGANIZATION_HEADER!r}; it must be "
                "the name of a header, such as 'X-Organization'."
            )

    def _check_name(self) -> None:
        for code, pair in self._pairs().items():
            if not isinstance(code, str) or not re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]+)*", code):
                raise ImproperlyConfigured(
                    f"ORGANIZATIONS['NAME'] has the key {code!r}; it must be the code of a "
                    "language as in LANGUAGES, such as 'de' or 'pt-br'."
                )
            is_pair = isinstance(pair, tuple | list) and len(pair) == 2
            if not is_pair or not all(isinstance(word, str) for word in pair):
                raise ImproperlyConfigured(
                    f"ORGANIZATIONS['NAME'] says {pair!r} for {code!r}; it must be a pair of one "
                    "and many, such as ('clinic', 'clinics')."
                )
            for word in pair:
                if not word or word != " ".join(word.split()) or UNFIT.intersection(word):
                    raise ImproperlyConfigured(
                        f"ORGANIZATIONS['NAME'] has the word {word!r}; it must be words without "
                        f"spaces around them and without any of {' '.join(sorted(UNFIT))}"
                    )

    def _pairs(self) -> Mapping[Any, Any]:
        if self.NAME is None:
            return {}
        return {"en": self.NAME} if isinstance(self.NAME, tuple) else self.NAME

    def name_in(self, language: str) -> tuple[str, str] | None:
        """Return what one and what many organizations are called in a language.

        Args:
            language: a code such as ``"de"``; one of a region, such as ``"de-at"``, falls back.

        Returns: None where the project has no word of its own for that language.
        """
        pairs = self._pairs()
        while language:
            if language in pairs:
                one, many = pairs[language]
                return one, many
            language = language.rpartition("-")[0]
        return None

    def rate(self, name: str) -> Rate | None:
        """Return how often something may happen, or None for as often as one likes.

        Raises:
            ImproperlyConfigured: nothing of that name is counted, or the text is no rate.
        """
        if name not in RATES:
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['RATES'] has no key {name!r}. Known keys: {', '.join(RATES)}."
            )
        text = self.RATES.get(name, RATES[name])
        try:
            return None if text is None else Rate.parse(text)
        except (TypeError, ValueError):
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['RATES'][{name!r}] is {text!r}; write it as '50/day' (or hour, "
                "or minute), or None."
            ) from None


_TYPES: dict[str, tuple[type, ...]] = {
    "ORGANIZATION_MODEL": (str,),
    "NAME": (dict, tuple, type(None)),
    "BASE_TEMPLATE": (str, type(None)),
    "INVITATION_BACKEND": (str,),
    "REGISTRATION_BACKEND": (str,),
    "INVITATION_LIFETIME": (timedelta,),
    "INVITATION_NOTE": (bool,),
    "MAX_OPEN_INVITATIONS": (int, type(None)),
    "RATES": (dict,),
    "SEATS": (int, str, type(None)),
    "JOIN_POLICIES": (tuple,),
    "REGISTRATION_MODE": (str,),
    "REGISTRATION_DOMAINS": (tuple,),
    "PUBLIC_MAIL_DOMAINS": (tuple,),
    "DELETION_GRACE": (timedelta,),
    "FRESH_LOGIN": (timedelta,),
    "REAUTHENTICATION_URL": (str, type(None)),
    "LINK_BASE": (str, type(None)),
    "SITE_NAME": (str,),
    "RESERVED_SLUGS": (tuple,),
    "ORGANIZATION_RESOLVERS": (tuple,),
    "ORGANIZATION_URL_KEYWORDS": (tuple,),
    "ORGANIZATION_HOST": (str, type(None)),
    "ORGANIZATION_HOST_FIELD": (str, type(None)),
    "ORGANIZATION_HEADER": (str,),
    "LANDING_URL": (str, type(None)),
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
