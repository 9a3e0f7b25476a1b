"""Django's own permission question, answered for organizations.

``user.has_perm("shop.change_product", organization)`` and, for a row that belongs to an
organization, ``user.has_perm("shop.change_product", product)``. Add the backend behind the
one that signs people in::

    AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "organizations.auth.OrganizationBackend",
    ]
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import BaseBackend

from .families import organization_of
from .services.access import access_of

__all__ = ["OrganizationBackend"]


class OrganizationBackend(BaseBackend):
    """Answers for organizations and for rows that belong to one; it signs nobody in.

    Without an object it has no answer: a right here is a right in one organization. A name
    that is not declared is none of its own, since another backend may know it; ``access_of``
    raises. Django asks no backend about an active superuser.

    Queries: 1, or 2 if the row's organization is not loaded.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if obj is None:
            return set()
        organization = organization_of(obj)
        if organization is None or user_obj.is_anonymous:
            return set()
        return set(access_of(user_obj, organization).permissions)

    async def ahas_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return await sync_to_async(self.has_perm)(user_obj, perm, obj)

    async def aget_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return await sync_to_async(self.get_all_permissions)(user_obj, obj)
