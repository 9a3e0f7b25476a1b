import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core import serializers

from organizations import testing
from organizations.exceptions import OwnershipRequired
from organizations.families import every
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.services import ownership
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def member(organization, name):
    return organization.organization_users.get(user__username=name)


@pytest.mark.parametrize("name", ["bo", "cy"])
def test_transfer_makes_a_member_owner_and_admin(name, acme):
    row = member(acme, name)
    fresh = ownership.transfer(acme, row)
    assert (fresh, fresh.is_admin) == (row, True)
    assert ownership.owner_of(acme) == row
    assert OrganizationOwner.objects.count() == 1
    # The one who hands over stays, as an admin.
    assert names(acme) == {"ada": True, "bo": True, "cy": name == "cy"}


def test_transfer_sends_the_old_signal_with_the_instance_and_the_new_one_with_the_class(acme, sent):
    old, new = member(acme, "ada"), member(acme, "cy")
    sent.sent.clear()
    ownership.transfer(acme, new, actor=old.user)
    assert sent.sent == [
        ("owner_changed", acme, {"old": old, "new": new}),
        (
            "ownership_transferred",
            OrganizationOwner,
            {"organization": acme, "old": old, "new": new, "actor": old.user},
        ),
    ]


def test_second_transfer_to_the_same_member_changes_nothing(acme, sent):
    ownership.transfer(acme, member(acme, "cy"))
    sent.sent.clear()
    before = dump()
    assert ownership.transfer(acme, member(acme, "cy")) == member(acme, "cy")
    assert dump() == before
    assert not sent.sent


def test_organization_without_owner_gains_one_and_the_signal_says_from_nobody(sent):
    empty = Organization.objects.create(name="Empty")
    row = OrganizationUser.objects.create(organization=empty, user=testing.make_user("ada"))
    ownership.transfer(empty, row)
    assert ownership.owner_of(empty) == row
    assert sent.of("owner_changed") == (empty, {"old": None, "new": row})


def test_organization_in_hand_knows_its_new_owner(acme):
    assert acme.owner.organization_user.user.username == "ada"
    acme.change_owner(member(acme, "cy"))
    assert acme.owner.organization_user.user.username == "cy"


@pytest.mark.parametrize("signal", ["owner_changed", "ownership_transferred"])
def test_nothing_is_transferred_against_a_receiver(signal, acme):
    row = member(acme, "cy")
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        ownership.transfer(acme, row)
    assert dump() == before


def test_transfer_costs_the_same_in_an_organization_of_any_size(
    acme, django_assert_max_num_queries
):
    for number in range(20):
        testing.make_member(acme, f"user{number}")
    row = member(acme, "cy")
    with django_assert_max_num_queries(10):
        ownership.transfer(acme, row)


@pytest.mark.parametrize("twin", ["verb", "method"])
def test_async_twin_does_the_same(twin, acme):
    row = member(acme, "cy")
    if twin == "verb":
        async_to_sync(ownership.atransfer)(acme, row)
    else:
        async_to_sync(acme.achange_owner)(row)
    assert ownership.owner_of(acme) == row


# Questions


@pytest.mark.parametrize(("name", "answer"), [("ada", True), ("bo", False), ("cy", False)])
@pytest.mark.parametrize("loaded", [True, False])
def test_is_owner(name, answer, loaded, acme):
    rows = Organization.objects.all()
    if loaded:
        rows = rows.select_related("owner__organization_user")
    person = member(acme, name).user
    assert rows.get(pk=acme.pk).is_owner(person) is answer


@pytest.mark.parametrize(("loaded", "queries"), [(True, 0), (False, 1)])
def test_is_owner_costs(loaded, queries, acme, django_assert_num_queries):
    person = member(acme, "bo").user
    rows = Organization.objects.all()
    if loaded:
        rows = rows.select_related("owner__organization_user")
    acme = rows.get(pk=acme.pk)
    with django_assert_num_queries(queries):
        acme.is_owner(person)


@pytest.mark.parametrize("nobody", [None, AnonymousUser()], ids=["none", "anonymous"])
def test_nobody_owns_nothing(nobody, acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not acme.is_owner(nobody)


def test_owner_of_another_organization_is_not_the_owner_here(acme):
    olga = testing.make_organization("Other", owner="olga").owner.organization_user.user
    assert not acme.is_owner(olga)


def test_owner_of_an_organization_without_owner_is_nobody(django_assert_num_queries):
    empty = Organization.objects.create(name="Empty")
    with django_assert_num_queries(1):
        assert ownership.owner_of(empty) is None


def test_owner_of_costs_one_query_with_the_user(acme, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert ownership.owner_of(acme).user.username == "ada"


# The account of an owner


def test_refusal_to_switch_off_an_account_names_the_organizations_at_most_five():
    ada = testing.make_user("ada")
    for number in range(7):
        testing.make_organization(f"Firm {number}", owner=ada)
    ada.is_active = False
    with pytest.raises(OwnershipRequired) as caught:
        ada.save()
    assert str(caught.value).count("Firm") == 5
    assert "Transfer the ownership first" in str(caught.value)


@pytest.mark.parametrize(
    ("was", "becomes", "queries"),
    [(True, True, 1), (False, False, 1 + 3), (True, False, 1 + 4 + len(every()))],
    ids=["active", "off before", "switched off"],
)
def test_saving_an_account_costs(was, becomes, queries, django_assert_num_queries):
    """An active account pays nothing; of the others, two are the savepoint.

    Whether the account owns something is one question per family.
    """
    cy = testing.make_user("cy", is_active=was)
    cy.is_active = becomes
    with django_assert_num_queries(queries):
        cy.save()


def test_fixture_is_loaded_as_it_is():
    """Loading data must not ask rules of rows that are not there yet."""
    ada = testing.make_user("ada")
    testing.make_organization("Acme", owner=ada)
    ada.is_active = False
    (row,) = serializers.deserialize("json", serializers.serialize("json", [ada]))
    row.save()
    ada.refresh_from_db()
    assert not ada.is_active
