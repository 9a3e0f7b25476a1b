"""Roles and teams for the demo's organizations: the same ones each time."""

from datetime import timedelta

from django.utils import timezone

from organizations import permissions
from organizations.models import Organization
from organizations.roles import services as roles
from organizations.teams import services as teams

from .permissions import STOCK_KEEPER


def add_roles_and_teams():
    """Give two organizations teams in teams, a role of their own, and one that ends soon."""
    kestrel = Organization.objects.get(slug="kestrel-tools")
    people = {member.user.username: member for member in kestrel.organization_users.all()}
    owner = people["demo-owner"].user
    billing = roles.create(
        kestrel,
        name="Billing",
        description="Plans, invoices, and who is paid for.",
        permissions=[permissions.MANAGE_BILLING, permissions.VIEW_MEMBER],
        actor=owner,
    )
    roles.assign(people["demo-billing"], billing, actor=owner)
    soon = timezone.now() + timedelta(days=5)
    roles.assign(people["demo-member"], STOCK_KEEPER, ends_at=soon, actor=owner)
    _add_teams(kestrel, owner, ("Workshop", None), ("Forge", "Workshop"), ("Office", None))

    meridian = Organization.objects.get(slug="meridian-freight")
    boss = meridian.owner.organization_user.user
    _add_teams(
        meridian,
        boss,
        ("Operations", None),
        ("Ports", "Operations"),
        ("Night shift", "Ports"),
        ("Customs", None),
    )


def _add_teams(organization, actor, *lines):
    """Make the teams and spread the plain members over them; the first in each leads it."""
    members = list(organization.organization_users.filter(is_admin=False).order_by("pk"))
    made = {}
    for number, (name, parent) in enumerate(lines):
        made[name] = teams.create(organization, name=name, parent=made.get(parent), actor=actor)
        for place, member in enumerate(members[number :: len(lines)][:6]):
            teams.add_member(made[name], member, is_lead=place == 0, actor=actor)
    roles.assign(made[lines[0][0]], STOCK_KEEPER, actor=actor)
