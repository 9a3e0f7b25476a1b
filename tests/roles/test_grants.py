"""What roles give: one query, and the same answer in both directions."""

from datetime import timedelta

from django.utils import timezone

from organizations import grants
from organizations.families import family_of
from organizations.permissions import INVITE_MEMBER
from organizations.roles import services
from organizations.services.access import access_of


def test_a_role_gives_its_permissions_to_members_and_through_groups(acme, crew):
    role = services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)
    people = {row.user.username: row for row in acme.organization_users.select_related("user")}
    until = timezone.now() + timedelta(days=1)
    services.assign(people["cy"], role, ends_at=until, actor=None)
    services.assign(crew, role, actor=None)

    (own,) = access_of(people["cy"].user, acme).sources_of(INVITE_MEMBER)
    (shared,) = access_of(people["di"].user, acme).sources_of(INVITE_MEMBER)
    found = grants.members_with(family_of(acme), INVITE_MEMBER, now=timezone.now())

    assert (own.kind, own.name, own.via, own.until, own.ended) == (
        "role",
        "Sales",
        "",
        until,
        False,
    )
    assert (shared.name, shared.via, shared.until) == ("Sales", "Night crew", None)
    names = acme.organization_users.filter(found).values_list("user__username", flat=True)
    assert set(names) == {"ada", "al", "bo", "cy", "di"}
