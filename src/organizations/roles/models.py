"""Roles of an organization, and who has which role until when."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from organizations.fields import AutoCreatedField, AutoLastModifiedField, PermissionSetField
from organizations.words import gettext_lazy as _

from .managers import RoleAssignmentQuerySet

__all__ = ["Role", "RoleAssignment"]

# The foreign keys named ``organization`` and ``member`` lead to the project's own family; the
# app config adds them.


class Role(models.Model):
    """A named set of permissions inside one organization."""

    organization: Any
    organization_id: Any

    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), max_length=300, blank=True)
    permissions: Any = PermissionSetField(_("permissions"))
    created = AutoCreatedField()
    modified = AutoLastModifiedField()

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "organization", Lower("name"), name="organizations_roles_name_once"
            ),
            # What the foreign key of assignments on PostgreSQL refers to.
            models.UniqueConstraint(
                fields=["organization", "id"], name="organizations_roles_in_organization"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RoleAssignment(models.Model):
    """The fact that a member, or a group of members, has a role.

    ``role_name`` is empty, or the name of a role that stands in code. A group is known by the
    kind that an app has registered, and its key.
    """

    organization: Any
    organization_id: Any
    member: Any
    member_id: Any

    role = models.ForeignKey(
        Role, models.CASCADE, null=True, blank=True, related_name="assignments"
    )
    role_name = models.CharField(max_length=100, blank=True)
    group_kind = models.CharField(max_length=30, blank=True)
    group_key = models.BigIntegerField(null=True, blank=True)
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created = AutoCreatedField()
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__isnull=False, role_name="")
                | Q(role__isnull=True) & ~Q(role_name=""),
                name="organizations_roles_one_role",
            ),
            models.CheckConstraint(
                condition=Q(member__isnull=False, group_kind="", group_key__isnull=True)
                | Q(member__isnull=True, group_key__isnull=False) & ~Q(group_kind=""),
                name="organizations_roles_one_holder",
            ),
            models.UniqueConstraint(
                fields=["organization", "member", "role"],
                condition=Q(member__isnull=False, role__isnull=False),
                name="organizations_roles_member_role",
            ),
            models.UniqueConstraint(
                fields=["organization", "member", "role_name"],
                condition=Q(member__isnull=False, role__isnull=True),
                name="organizations_roles_member_code",
            ),
            models.UniqueConstraint(
                fields=["organization", "group_kind", "group_key", "role"],
                condition=Q(member__isnull=True, role__isnull=False),
                name="organizations_roles_group_role",
            ),
            models.UniqueConstraint(
                fields=["organization", "group_kind", "group_key", "role_name"],
                condition=Q(member__isnull=True, role__isnull=True),
                name="organizations_roles_group_code",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "group_kind", "group_key"],
                name="organizations_roles_groups",
            ),
        ]

    def __str__(self) -> str:
        return str(self.role) if self.role_id else self.role_name
