"""The one permission question: what may this user do in this organization?"""

from __future__ import annotations

from typing import Any

from django.db.models import F

from ..conf import get_settings
from ..families import family_of
from ..grants import names_of, standing_of
from ..permissions import Access, declared
from ._async import make_async

__all__ = ["aaccess_of", "access_of", "members_with_standing"]


def members_with_standing(organization: Any) -> Any:
    """Return the members of an organization as a queryset, each with ``owner_row``.

    ``owner_row`` is the key of the member's owner row, or None.
    """
    family = family_of(organization)
    return (
        family.member._default_manager.filter(organization_id=organization.pk)
        .annotate(owner_row=F(f"{family.owner_lookup}__pk"))
        .select_related("user")
    )


def access_of(user: Any, organization: Any) -> Access:
    """Return what a user may do in an organization.

    Nobody has access through an inactive account, and nobody to an inactive organization.
    An active superuser has every permission unless ``SUPERUSERS_HAVE_ACCESS`` is off.

    Queries: 1, and 0 for somebody who is not signed in.
    """
    nothing = Access(organization_id=organization.pk, user_id=user.pk)
    if user.pk is None or not user.is_active or not organization.is_active:
        return nothing
    superuser = bool(getattr(user, "is_superuser", False)) and get_settings().SUPERUSERS_HAVE_ACCESS
    every = frozenset(permission.name for permission in declared())
    member = members_with_standing(organization).filter(user_id=user.pk).first()
    if member is None:
        if not superuser:
            return nothing
        return Access(
            organization_id=organization.pk,
            user_id=user.pk,
            permissions=every,
            is_superuser=True,
        )
    standing = standing_of(
        is_owner=member.owner_row is not None, is_admin=getattr(member, "is_admin", False)
    )
    return Access(
        organization_id=organization.pk,
        user_id=user.pk,
        member=member,
        standing=standing,
        permissions=every if superuser else names_of(standing),
        is_superuser=superuser,
    )


aaccess_of = make_async(access_of)
