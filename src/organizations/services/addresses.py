"""Verified addresses: which mailboxes a user has proven to read.

``user.email`` alone is never proof. A row is written when somebody opens a link that was
mailed to the address; joining reads the rows. Other proofs (an allauth project's own table)
come in through the setting ``VERIFIED_ADDRESS_SOURCES``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F, Q, Subquery
from django.db.models.functions import Lower
from django.utils.module_loading import import_string

from .. import signals
from ..conf import get_settings
from ..exceptions import NotAnAddress
from ..expressions import OneOf, one_of
from ._async import make_async

__all__ = [
    "address_of",
    "allauth_addresses",
    "averify",
    "find_users",
    "is_verified",
    "normalise",
    "recorded_addresses",
    "verified_addresses",
    "verify",
]


#: Characters of the longest address that Django's user model and our table hold.
LONGEST = 254


def normalise(text: str) -> str:
    """Return the one form of an address that is stored, compared and mailed to.

    Surrounding blanks go, composed letters are used, everything is lower case and the
    domain is in its ASCII form.

    Raises:
        NotAnAddress: the text is no address.
    """
    plain = unicodedata.normalize("NFC", text or "").strip()
    local, at, domain = plain.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
        address = f"{local}{at}{domain}".lower()
        validate_email(address)
        if len(address) > LONGEST:
            raise NotAnAddress
    except (UnicodeError, ValidationError):
        raise NotAnAddress from None
    return address


def same(text: str | None, address: str) -> bool:
    """Return whether a text is the normalised address in another spelling."""
    try:
        return normalise(text or "") == address
    except NotAnAddress:
        return False


def address_of(user: Any) -> str:
    """Return the address in the user's own row, as it stands there, or an empty text."""
    return getattr(user, user.get_email_field_name(), "") or ""


def find_users(address: str) -> list[Any]:
    """Return the users whose row has the address in any case, at most two. Queries: 1.

    In lower case, as every address is compared: an index on that makes it fast.
    """
    from django.contrib.auth import get_user_model

    model = get_user_model()
    rows: Any = model._default_manager.annotate(orgkit_address=Lower(model.get_email_field_name()))
    rows = rows.filter(orgkit_address=address.lower())
    # A database may fold more letters than we do; mail goes only to an equal address.
    return [user for user in rows.order_by("pk")[:2] if same(address_of(user), normalise(address))]


def verify(user: Any, address: str) -> None:
    """Record that the user reads the address.

    Raises:
        NotAnAddress: the text is no address.
    Queries: 1 to 2. Signals: address_verified, the first time.
    """
    address = normalise(address)
    if not apps.is_installed("organizations"):
        return
    rows = apps.get_model("organizations", "VerifiedAddress")._default_manager
    _row, created = rows.get_or_create(user=user, address=address)
    if created:
        signals.address_verified.send(sender=type(user), user=user, address=address)


def recorded_addresses(user: Any) -> Iterable[str]:
    """Source: the package's own rows."""
    if user.pk is None or not apps.is_installed("organizations"):
        return []
    return list(_recorded(user.pk))


def _recorded(user: Any) -> Any:
    rows = apps.get_model("organizations", "VerifiedAddress")._default_manager
    return rows.filter(user_id=user).values_list("address", flat=True)


def allauth_addresses(user: Any) -> Iterable[str]:
    """Source: the addresses that django-allauth has verified."""
    if user.pk is None:
        return []
    app, model = "account", "EmailAddress"
    rows = apps.get_model(app, model)._default_manager
    return list(rows.filter(user_id=user.pk, verified=True).values_list("email", flat=True))


def had_by(wanted: Iterable[str], users: Any) -> set[str]:
    """Return those of the normalised addresses that some users have in their row or have proven.

    Args:
        users: their keys, as a subquery.
    Queries: 2.
    """
    from django.contrib.auth import get_user_model

    model = get_user_model()
    asked = sorted(set(wanted))
    name = model.get_email_field_name()
    # Every normalised address is lower case; what a database folds besides is compared again.
    rows: Any = model._default_manager.annotate(orgkit_address=Lower(name))
    has_one = one_of("orgkit_address", asked, using=rows.db)
    rows = rows.filter(has_one, pk__in=users).values_list(name, flat=True)
    found = {text.lower() for text in rows.order_by() if same(text, text.lower())}
    if apps.is_installed("organizations"):
        proven: Any = apps.get_model("organizations", "VerifiedAddress")._default_manager.all()
        proven = proven.filter(one_of("address", asked, using=proven.db), user_id__in=users)
        found.update(proven.values_list("address", flat=True))
    return found.intersection(asked)


def verified_addresses(user: Any) -> list[str]:
    """Return every address the user has proven, normalised, in order. Queries: 1 per source."""
    found = set()
    for path in get_settings().VERIFIED_ADDRESS_SOURCES:
        for address in import_string(path)(user):
            found.add(normalise(address))
    return sorted(found)


def has_verified(name: str, user: Any) -> Any:
    """Return the condition that a column has one of ``verified_addresses``.

    Where the package's own rows are the only source, they are a part of the statement.
    Queries: 0 then, else 1 per source.
    """
    if not are_recorded():
        return Q(**{f"{name}__in": verified_addresses(user)})
    return has_recorded(name, user.pk)


def are_recorded() -> bool:
    """Return whether the package's own rows are the only source of verified addresses."""
    own = f"{__name__}.{recorded_addresses.__name__}"
    return tuple(get_settings().VERIFIED_ADDRESS_SOURCES) == (own,)


def has_recorded(name: str, user: Any) -> Q:
    """Return as ``has_verified`` where ``are_recorded``, by a user's key or an expression for it.

    Queries: 0.
    """
    if user is None or not apps.is_installed("organizations"):
        return Q(pk__in=())
    # Beside another condition PostgreSQL would read the whole table for ``IN``.
    return Q(OneOf(F(name), Subquery(_recorded(user))))


def is_verified(user: Any, address: str) -> bool:
    """Return whether the user has proven the normalised address."""
    return address in verified_addresses(user)


averify = make_async(verify)
