"""Helpers for tests of projects that use the package: people and organizations in a line.

::

    from organizations import testing

    ada = testing.make_user("ada")
    acme = testing.make_organization("Acme", owner=ada, admins=["bo"], members=["cy", "di"])
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core import mail

from ..services import addresses, members, organizations

__all__ = ["links_in_mail", "make_member", "make_organization", "make_user"]


def make_user(
    name: str, *, verified: bool = True, password: str | None = None, **values: Any
) -> Any:
    """Return a new active user, ``name@example.com``, who has proven that address.

    Args:
        name: the username, where the user model has one, and the part before the @.
        verified: False for somebody whose address is not proven.
        password: None for an account without one; tests sign in with ``force_login``.
        values: further fields of the user.
    """
    model = get_user_model()
    email = model.get_email_field_name()
    values.setdefault(email, f"{name}@example.com")
    if model.USERNAME_FIELD != email:
        values.setdefault(model.USERNAME_FIELD, name)
    user: Any = model(**values)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(password)
    user.save()
    if verified:
        addresses.verify(user, getattr(user, email))
    return user


def make_organization(
    name: str,
    *,
    owner: Any,
    admins: Iterable[Any] = (),
    members: Iterable[Any] = (),
    **values: Any,
) -> Any:
    """Return a new organization with its people, given as users or by their names.

    A name is that of a user who exists, or a new one is made.
    """
    organization = organizations.create(_user(owner), name=name, **values)
    for admin in admins:
        make_member(organization, admin, is_admin=True)
    for member in members:
        make_member(organization, member)
    return organization


def make_member(organization: Any, user: Any, **values: Any) -> Any:
    """Return the member row of a user, given as a row or by name."""
    return members.add(organization, _user(user), **values)


def links_in_mail(position: int = -1) -> list[str]:
    """Return the links in the text of a mail in Django's outbox, the newest by default."""
    return re.findall(r"https?://\S+", str(mail.outbox[position].body))


def _user(user: Any) -> Any:
    if not isinstance(user, str):
        return user
    model = get_user_model()
    email = model.get_email_field_name()
    known = model._default_manager.filter(**{email: f"{user}@example.com"}).first()
    return known or make_user(user)
