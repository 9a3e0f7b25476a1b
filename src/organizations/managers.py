"""Querysets: the questions that are asked of many rows."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone

from .families import Family, family_of, live, organization_field
from .grants import members_with, superuser_has_access
from .newest import newest
from .permissions import get

__all__ = [
    "ActiveOrgManager",
    "OrgManager",
    "OrganizationOwnedManager",
    "OrganizationOwnedQuerySet",
    "OrganizationQuerySet",
    "of_member",
    "with_member",
]


def with_member(organizations: Any, user: Any) -> Any:
    """Return those organizations of a queryset that a saved user is a live member of."""
    try:
        family = family_of(organizations.model)
    except ImproperlyConfigured:
        # A second organization with members alone, as some projects have it: check W009.
        return organizations.filter(users=user)
    return of_member(organizations, family, user.pk, now=timezone.now())


def of_member(organizations: Any, family: Family, user: Any, *, now: Any) -> Any:
    """Return as ``with_member``, by a user's key and a moment, or expressions for them."""
    members = family.member._base_manager.filter(live(family, now), user_id=user)
    return organizations.filter(pk__in=members.values("organization_id"))


class OrganizationQuerySet(models.QuerySet[Any]):
    """Organizations."""

    def active(self) -> Self:
        """Those that are in use."""
        return self.filter(is_active=True)

    def for_user(self, user: Any) -> Self:
        """Those the user is a live member of; none for somebody who is not signed in."""
        if user.pk is None:
            return self.none()
        found: Self = with_member(self, user)
        return found

    def where_user_can(self, user: Any, permission: str) -> Self:
        """Those in which the user has a permission: what ``access_of`` says, as a queryset.

        Raises:
            UnknownPermission: nobody declared the name.
        """
        get(permission)
        if user.pk is None or not user.is_active:
            return self.none()
        if superuser_has_access(user):
            return self.active()
        family = family_of(self.model)
        members = family.member._base_manager.filter(
            members_with(family, permission, now=timezone.now()), user_id=user.pk
        )
        return self.active().filter(pk__in=members.values("organization_id"))


class OrgManager(models.Manager.from_queryset(OrganizationQuerySet)):  # type: ignore[misc]
    """All organizations."""

    def get_for_user(self, user: Any) -> Any:
        """Return the organizations the user is a live member of."""
        return with_member(self.get_queryset(), user)


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
        """Rows of the organizations the user is a live member of; never one twice."""
        if user.pk is None:
            return self.none()
        field = self._organization_field()
        family = family_of(field.related_model)
        members = family.member._base_manager.filter(live(family, timezone.now()), user_id=user.pk)
        return self.filter(**{f"{field.name}__in": members.values("organization_id")})

    def for_organization(self, organization: Any) -> Self:
        """Rows of one organization, given as a row or a key."""
        return self.filter(**{self._organization_field().name: organization})

    def newest_for_user(
        self, user: Any, count: int, *, by: str = "created", after: Any = None
    ) -> Self:
        """The newest rows of all organizations the user is a live member of, newest first.

        The same rows as ``for_user(user).order_by("-created", "-pk")[:count]``. On PostgreSQL they
        are read from each organization in turn, so that the time does not grow with the number
        of rows, given an index on (organization, -created, -key): check W018. Filter before,
        not after; ``select_related`` may follow.

        Args:
            by: the date; a field that every row has.
            after: the last row shown before, or a pair of its date and key; what follows it.
        Raises:
            ValueError: ``count`` is not positive, or the queryset is cut already.
            FieldError: there is no such field, or it can be null.
        """
        if user.pk is None:
            return self.none()
        field = self._organization_field()
        family = family_of(field.related_model)
        members = family.member._base_manager.filter(live(family, timezone.now()), user_id=user.pk)
        # A foreign key may refer to another column than the key.
        organizations = members.order_by().values_list(f"organization__{field.target_field.name}")
        found: Self = newest(
            self, count, by=by, after=after, organizations=organizations, field=field
        )
        return found

    def newest_for_organization(
        self, organization: Any, count: int, *, by: str = "created", after: Any = None
    ) -> Self:
        """The newest rows of one organization, newest first; otherwise as ``newest_for_user``."""
        field = self._organization_field()
        rows = self.for_organization(organization)
        found: Self = newest(rows, count, by=by, after=after, organizations=None, field=field)
        return found

    def where_user_can(self, user: Any, permission: str) -> Self:
        """Rows of the organizations in which the user has a permission; never one twice.

        As many as ``user.has_perm(permission, row)`` says yes to.

        Raises:
            UnknownPermission: nobody declared the name.
        """
        field = self._organization_field()
        organizations = OrganizationQuerySet(field.related_model)
        allowed = organizations.where_user_can(user, permission)
        # Without naming a column: a foreign key may refer to another one than the key.
        return self.filter(**{f"{field.name}__in": allowed})

    def _organization_field(self) -> Any:
        return organization_field(self.model, self.organization_field)


class OrganizationOwnedManager(models.Manager.from_queryset(OrganizationOwnedQuerySet)):  # type: ignore[misc]
    """The manager of a host model: ``objects = OrganizationOwnedManager()``."""
