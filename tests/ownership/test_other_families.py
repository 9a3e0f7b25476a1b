"""What guards the owners of a family that a project made itself.

Its tables are what the abstract classes have always made: the owner row cascades, so Python
refuses what RESTRICT refuses in the package's own tables.
"""

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction

from organizations import testing
from organizations.exceptions import OrganizationMismatch, OwnershipRequired
from organizations.services import members, organizations, ownership
from organizations.services.access import access_of
from tests.app.models import Club, ClubMember, ClubOwner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ada():
    return testing.make_user("ada")


@pytest.fixture
def rovers(ada):
    return testing.make_organization("Rovers", owner=ada, members=["bo"], model=Club)


@pytest.fixture
def bo(rovers):
    return get_user_model().objects.get(username="bo")


def test_the_verbs_work_in_the_family_of_the_organization(rovers, ada, bo):
    assert type(rovers) is Club
    assert set(rovers.users.all()) == {ada, bo}
    assert rovers.is_owner(ada)
    assert access_of(bo, rovers).is_member

    rovers.change_owner(rovers.organization_users.get(user=bo))

    assert rovers.is_owner(bo)
    assert ClubOwner.objects.count() == 1


def test_the_account_of_an_owner_cannot_be_deleted(rovers, ada):
    with pytest.raises(OwnershipRequired, match="Rovers"):
        ada.delete()

    assert get_user_model().objects.filter(pk=ada.pk).exists()
    assert rovers.is_owner(ada)


def test_not_by_a_queryset_either(rovers, ada):
    with pytest.raises(OwnershipRequired, match="Rovers"), transaction.atomic():
        get_user_model().objects.filter(username__in=["ada", "bo"]).delete()

    assert get_user_model().objects.filter(username__in=["ada", "bo"]).count() == 2


def test_the_account_of_a_plain_member_can_be_deleted(rovers, bo):
    bo.delete()

    assert rovers.users.count() == 1


def test_the_account_of_an_owner_goes_after_the_club(rovers, ada):
    organizations.delete(rovers)

    ada.delete()

    assert not get_user_model().objects.filter(username="ada").exists()


def test_the_account_of_an_owner_cannot_be_switched_off(rovers, ada):
    ada.is_active = False

    with pytest.raises(OwnershipRequired, match="Rovers"):
        ada.save()

    ada.refresh_from_db()
    assert ada.is_active


def test_the_owners_member_row_cannot_be_deleted(rovers, ada):
    with pytest.raises(OwnershipRequired):
        rovers.organization_users.get(user=ada).delete()
    with pytest.raises(OwnershipRequired):
        members.remove(rovers, ada)


def test_the_owner_is_a_member_of_the_same_club(rovers, ada):
    other = testing.make_organization("Others", owner=ada, model=Club)
    foreign = ClubMember.objects.get(organization=other)

    with pytest.raises(OrganizationMismatch):
        ownership.transfer(rovers, foreign)
    row = ClubOwner.objects.get(organization=rovers)
    row.organization_user = foreign
    with pytest.raises(OrganizationMismatch):
        row.save()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM host_clubowner",
        "UPDATE host_clubmember SET organization_id = %(other)s WHERE organization_id = %(club)s",
    ],
)
def test_keep_owner_guards_the_club_against_raw_sql(rovers, statement):
    other = testing.make_organization("Others", owner="cy", model=Club)

    with (
        pytest.raises(IntegrityError, match="would lose its owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement, {"club": rovers.pk, "other": other.pk})


@pytest.mark.postgres
def test_keep_owner_lets_the_whole_club_go(rovers):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM host_clubowner")
        cursor.execute("DELETE FROM host_clubmember")
        cursor.execute("DELETE FROM host_club")

    assert not Club.objects.exists()
