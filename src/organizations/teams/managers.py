"""Questions to many teams. A row that crosses organizations is no answer to any of them."""

from __future__ import annotations

from typing import Any, Self

from django.db.models import Count, F
from django.db.models.functions import Lower

from ..managers import OrganizationOwnedQuerySet

__all__ = ["TeamMemberQuerySet", "TeamQuerySet"]


class TeamQuerySet(OrganizationOwnedQuerySet):
    """Teams; also ``for_user``, ``for_organization`` and ``where_user_can``, as for host models."""

    def above(self, team: Any) -> Self:
        """Teams above a team, the highest first, each with its ``distance``."""
        return (
            self.filter(
                organization=team.organization_id,
                descendant_rows__team=team.pk,
                descendant_rows__distance__gt=0,
            )
            .annotate(distance=F("descendant_rows__distance"))
            .order_by("-distance")
        )

    def directly_below(self, team: Any) -> Self:
        """Teams whose parent is the team, by name."""
        return self.filter(
            organization=team.organization_id,
            ancestor_rows__ancestor=team.pk,
            ancestor_rows__distance=1,
        )

    def with_member(self, member: Any) -> Self:
        """Teams that a member is in, by name; not those above them."""
        return self.filter(organization=member.organization_id, memberships__member=member.pk)

    def counted(self) -> Self:
        """Teams by name, each with its number of members as ``member_count``."""
        found = self.annotate(member_count=Count("memberships"))
        # Said here, since Django drops the usual order where it groups.
        return found.order_by(Lower("name"), "pk")


class TeamMemberQuerySet(OrganizationOwnedQuerySet):
    """Rows that say who is in a team."""

    def of_team(self, team: Any) -> Self:
        """Rows of one team, leads first, each with its member and user."""
        return (
            self.filter(
                team=team.pk,
                organization=team.organization_id,
                member__organization=team.organization_id,
            )
            .select_related("member__user")
            .order_by("-is_lead", "pk")
        )

    def leads(self) -> Self:
        """Rows of those who lead."""
        return self.filter(is_lead=True)
