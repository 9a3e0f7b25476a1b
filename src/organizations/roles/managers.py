"""Questions about assignments as queryset methods."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from organizations.grants import groups

__all__ = ["RoleAssignmentQuerySet"]


class RoleAssignmentQuerySet(QuerySet[Any]):
    """Who has which role, and what reaches whom."""

    def live(self, now: datetime) -> RoleAssignmentQuerySet:
        """Leave out what has ended; it ends at that very moment."""
        return self.filter(is_live(now))

    def reaching(self, member: Any, organization: Any) -> RoleAssignmentQuerySet:
        """Return what a member has itself or through groups, ended ones among them.

        A row that crosses organizations reaches nobody, wherever its keys lead.

        Args:
            member: the key of the member row, or an expression for it.
            organization: the key of the member's organization, or an expression for it.
        """
        holders: Any = Q(member=member)
        # Asked inside a further query, so that an expression leads one step further out.
        inner = OuterRef(member) if isinstance(member, OuterRef) else member
        for kind in groups():
            at_home = kind.model._base_manager.filter(
                pk=OuterRef("group_key"), organization=OuterRef("organization")
            )
            holders |= Q(group_kind=kind.kind, group_key__in=kind.reaching(inner)) & Exists(at_home)
        return self.filter(
            holders,
            Q(role__isnull=True) | Q(role__organization=F("organization")),
            organization=organization,
        )


def is_live(now: datetime) -> Q:
    """Return the condition on assignments that have not ended."""
    return Q(ends_at__isnull=True) | Q(ends_at__gt=now)
