"""Querysets: the questions that are asked of many rows."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from .families import family_of

__all__ = [
    "ActiveOrgManager",
    "OrgManager",
    "OrganizationOwnedManager",
    "OrganizationOwnedQuerySet",
    "OrganizationQuerySet",
]


class OrganizationQuerySet(models.QuerySet[Any]):
    """Organizations."""

    def active(self) -> Self:
        """Those that are in use."""
        return self.filter(is_active=True)

    def for_user(self, user: Any) -> Self:
        """Those the user is a member of; none for somebody who is not signed in."""
        if user.pk is None:
            return self.none()
        members = family_of(self.model).member._base_manager.filter(user_id=user.pk)
        return self.filter(pk__in=members.values("organization_id"))


class OrgManager(models.Manager.from_queryset(OrganizationQuerySet)):  # type: ignore[misc]
    """All organizations."""

    def get_for_user(self, user: Any) -> Any:
        """Return the organizations the user is a member of."""
        return self.get_queryset().filter(users=user)


class ActiveOrgManager(OrgManager):
    """Organizations that are in use."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(is_active=True)


class OrganizationOwnedQuerySet(models.QuerySet[Any]):
    """Rows of a host model that belong to an organization.

    The foreign key to the organization is found by itself. A model with several names the
    one that counts::

        class OrderQuerySet(OrganizationOwnedQuerySet):
            organization_field = "seller"
    """

    organization_field: str | None = None

    def for_user(self, user: Any) -> Self:
        """Rows of the organizations the user is a member of; never one twice."""
        if user.pk is None:
            return self.none()
        field = self._organization_field()
        members = family_of(field.related_model).member._base_manager.filter(user_id=user.pk)
        return self.filter(**{f"{field.name}__in": members.values("organization_id")})

    def for_organization(self, organization: Any) -> Self:
        """Rows of one organization, given as a row or a key."""
        return self.filter(**{self._organization_field().name: organization})

    def _organization_field(self) -> Any:
        meta = self.model._meta
        if self.organization_field is not None:
            return meta.get_field(self.organization_field)
        found = [
            field
            for field in meta.fields
            if field.is_relation
            and getattr(field.related_model, "family_kind", None) == "organization"
        ]
        if len(found) != 1:
            names = ", ".join(field.name for field in found) or "none"
            raise ImproperlyConfigured(
                f"{meta.label} must have one foreign key to an organization; found: {names}. "
                "Set 'organization_field' on the queryset class to the one that counts."
            )
        return found[0]


class OrganizationOwnedManager(models.Manager.from_queryset(OrganizationOwnedQuerySet)):  # type: ignore[misc]
    """The manager of a host model: ``objects = OrganizationOwnedManager()``."""
