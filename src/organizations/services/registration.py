"""New people: a pending account, its confirmation, and the organization that comes with it.

A pending account is one that somebody else's form made: switched off, never signed in, no
password that works. Only such an account is ever switched on here; one that an operator has
deactivated is not.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import identify_hasher
from django.db import transaction

from .. import signals
from ..conf import get_settings
from ..exceptions import AddressAmbiguous, NotAnAddress, OrganizationsError, RegistrationClosed
from ..families import default_family, family_of
from ..mail_domains import plain
from ..words import gettext as _
from . import _sides, addresses, organizations
from ._async import make_async
from ._locks import database_of, lock_organization

__all__ = [
    "NotPending",
    "aactivate",
    "activate",
    "aopen_organization",
    "apending_user",
    "is_pending",
    "new_username",
    "open_organization",
    "pending_user",
    "require_open",
    "user_with",
]


class NotPending(OrganizationsError):
    """The account was activated before, or is deactivated."""

    code = "not_pending"
    status_hint = 409


def require_open(address: str | None = None) -> None:
    """Refuse who may not sign up: the one place that knows ``REGISTRATION_MODE``.

    The answer depends on the domain of the address alone, so nobody learns who has an account.
    People who come by an invitation are not asked this.

    Args:
        address: in whatever form it was typed; None asks whether anybody may sign up.
    Raises:
        RegistrationClosed: only people who are invited may, or readers of other addresses.
    """
    settings = get_settings()
    if settings.REGISTRATION_MODE == "invitation":
        raise RegistrationClosed
    if settings.REGISTRATION_MODE == "domains" and address is not None:
        names = ", ".join(settings.REGISTRATION_DOMAINS)
        if _domain_of(address) not in set(map(plain, settings.REGISTRATION_DOMAINS)):
            raise RegistrationClosed(
                _(
                    "Only addresses of these domains can sign up here: %(domains)s. "
                    "Everybody else needs an invitation."
                )
                % {"domains": names}
                if names
                else None
            )


def _domain_of(address: str) -> str | None:
    try:
        return addresses.normalise(address).rpartition("@")[2]
    except NotAnAddress:
        return None


def user_with(address: str) -> Any:
    """Return the one user whose row has the address, or None. Queries: 1.

    Raises:
        NotAnAddress: the text is no address.
        AddressAmbiguous: several accounts have it.
    """
    found = addresses.find_users(addresses.normalise(address))
    if len(found) > 1:
        raise AddressAmbiguous
    return found[0] if found else None


def pending_user(address: str) -> Any:
    """Return a new pending account for an address that nobody has.

    Raises:
        NotAnAddress: the text is no address.
    Queries: 1.
    """
    model = get_user_model()
    user: Any = model()
    user.is_active = False
    setattr(user, model.get_email_field_name(), addresses.normalise(address))
    if model.USERNAME_FIELD != model.get_email_field_name():
        setattr(user, model.USERNAME_FIELD, new_username())
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def new_username() -> str:
    """Return a random, unique value for a required username, cut to the field's length."""
    model = get_user_model()
    field: Any = model._meta.get_field(model.USERNAME_FIELD)
    return str(uuid.uuid4())[: field.max_length]


def is_pending(user: Any) -> bool:
    """Return whether the account waits for its person, as opposed to being deactivated."""
    if user.is_active or user.last_login is not None:
        return False
    if not user.has_usable_password():
        return True
    try:
        # Older releases of django-organizations stored a random text that is no hash.
        identify_hasher(user.password)
    except ValueError:
        return True
    return False


def open_organization(user: Any, *, name: str, slug: str | None, model: Any = None) -> Any:
    """Return the organization that a pending account gets once it is confirmed.

    A second sign-up before the confirmation changes the first one's name and slug.

    Raises:
        SlugTaken: another organization has the slug.
    """
    family = family_of(model) if model is not None else default_family()
    waiting = family.owner._base_manager.filter(
        organization_user__user_id=user.pk, organization__is_active=False
    ).select_related("organization")
    found = (row.organization for row in waiting.order_by("organization_id"))
    organization = next((each for each in found if not _is_shut(each)), None)
    if organization is None:
        return organizations.create(
            user, name=name, slug=slug, is_active=False, model=model or family.organization
        )
    values = {"name": name} if slug is None else {"name": name, "slug": slug}
    # By the word of this code: an account that waits has no rights yet.
    return organizations.change(organization, **values)


def _is_shut(organization: Any) -> bool:
    """Return whether something else than the missing confirmation keeps it closed."""
    return _sides.is_shut(_sides.record_of(organization))


def activate(user: Any, *, model: Any = None) -> list[Any]:
    """Switch a pending account on, with the organizations it owns, and return those.

    The link that leads here was mailed to the user's address, so the address is verified. What
    an operator has suspended, or somebody deleted, stays closed.

    Args:
        user: the row with its new values (names, password) set and not yet saved.
        model: the organization model; None for the project's default.
    Raises:
        NotPending: the account is not waiting.
    Locks: the organizations, then the account. Signals: address_verified,
    organization_changed per organization.
    """
    family = family_of(model) if model is not None else default_family()
    users = type(user)._base_manager
    using = database_of(user)
    with transaction.atomic(using=using):
        owned = family.owner._base_manager.filter(
            organization_user__user_id=user.pk, organization__is_active=False
        ).select_related("organization")
        found = [row.organization for row in owned.order_by("organization_id")]
        for organization in found:
            lock_organization(organization)
            organization.refresh_from_db()
        found = [organization for organization in found if not _is_shut(organization)]
        fresh = users.using(using).select_for_update().get(pk=user.pk)
        # Whoever has proven an address was here before and is not waiting, but deactivated.
        if not is_pending(fresh) or addresses.recorded_addresses(fresh):
            raise NotPending
        user.is_active = True
        user.save()
        if addresses.address_of(user):
            addresses.verify(user, addresses.address_of(user))
        for organization in found:
            organization.is_active = True
            organization.save()
            signals.organization_changed.send(
                sender=type(organization),
                organization=organization,
                actor=user,
                changes={"is_active": (False, True)},
            )
    return found


aactivate = make_async(activate)
aopen_organization = make_async(open_organization)
apending_user = make_async(pending_user)
