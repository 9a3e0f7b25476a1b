"""Operators: who runs the site, and so may do more to an organization than its own people."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename

from ..exceptions import NotAllowed, PermissionMissing
from ..families import family_of
from ..grants import superuser_has_access
from .ceiling import authority

__all__ = ["is_operator", "may", "require_operator"]


def is_operator(user: Any, organization: Any, *, action: str = "change") -> bool:
    """Return whether a user is an operator of an organization, by the rows as they stand.

    That is a superuser with access, or somebody of the staff who has Django's own permission
    for the organization's model, as Django's admin asks for it. The account must be active.

    Args:
        action: whose permission is asked for: change or delete.
    Queries: 1, and those of Django's permissions for the staff.
    """
    if user.pk is None:
        return False
    family = family_of(organization)
    users = family.member._meta.get_field("user").related_model._base_manager
    fresh = users.filter(pk=user.pk, is_active=True).first()
    if fresh is None:
        return False
    if superuser_has_access(fresh):
        return True
    if not getattr(fresh, "is_staff", False):
        return False
    # Django's admin asks for the model that it shows, which may be a proxy or a child.
    models = {type(organization), family.organization}
    names = {f"{m._meta.app_label}.{get_permission_codename(action, m._meta)}" for m in models}
    return any(fresh.has_perm(name) for name in names)


def require_operator(organization: Any, actor: Any) -> None:
    """Refuse everybody but operators, and code that acts by its own word.

    Raises:
        NotAllowed: the actor is no operator.
    """
    if actor is not None and not is_operator(actor, organization):
        raise NotAllowed


def may(organization: Any, actor: Any, permission: str, *, action: str = "change") -> None:
    """Refuse an actor who has not the permission here and is no operator. Call it under the lock.

    Raises:
        PermissionMissing: the actor is neither.
    Queries: as ``ceiling.authority``; those of ``is_operator`` if the permission is missing.
    """
    try:
        authority(organization, actor).require(permission)
    except PermissionMissing:
        if not is_operator(actor, organization, action=action):
            raise
