"""The offers that wait for somebody are found by indexes, wherever they are asked for."""

import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists
from django.utils import timezone

from organizations import testing
from organizations.expressions import CountOf
from organizations.models import Organization, OrganizationInvitation
from organizations.services import addresses, invitations

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    """An organization with many open invitations, two of them to one reader."""
    acme = testing.make_organization("Acme", owner="ada")
    now = timezone.now()
    OrganizationInvitation.objects.bulk_create(
        OrganizationInvitation(
            organization=acme,
            invited_by=acme.owner.organization_user.user,
            invitee_identifier=f"new{number}@example.com",
            guid=uuid.uuid4(),
            expires_at=now + timezone.timedelta(days=7),
        )
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return acme


@pytest.fixture
def reader(acme):
    reader = testing.make_user("reader")
    for number in (7, 700):
        addresses.verify(reader, f"new{number}@example.com")
    return reader


def offers(user):
    return invitations.open_for(user, model=OrganizationInvitation, now=timezone.now())


#: As the inbox asks, the bar of the layout, and the list of one's organizations.
WAYS = {
    "rows": lambda found: found,
    "count": lambda found: Organization.objects.annotate(
        waiting=CountOf(found.order_by().values("pk"))
    ),
    "whether": lambda found: Organization.objects.annotate(waiting=Exists(found)),
}


# SQLite chooses otherwise from one version to another.
@pytest.mark.postgres
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_no_more_than_the_readers_are_read(way, reader):
    plan = way(offers(reader)).explain()
    assert "organizations_invitation_to" in plan
    assert "Seq Scan on organizations_organizationinvitation" not in plan


def test_what_they_find(acme, reader):
    found = {offer.invitee_identifier for offer in offers(reader)}
    assert found == {"new7@example.com", "new700@example.com"}
    assert {row.waiting for row in WAYS["count"](offers(reader))} == {2}
    nobody = testing.make_user("nobody")
    assert {row.waiting for row in WAYS["whether"](offers(nobody))} == {False}
    assert list(offers(AnonymousUser())) == []
