import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from organizations import testing
from organizations.managers import OrganizationOwnedManager, OrganizationOwnedQuerySet
from organizations.models import Organization
from tests.app.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """ada owns two organizations, bo is in one of them, out is nowhere."""
    ada, bo = testing.make_user("ada"), testing.make_user("bo")
    acme = testing.make_organization("Acme", owner=ada, members=[bo, "cy", "di"])
    beta = testing.make_organization("Beta", owner=ada, is_active=False)
    other = testing.make_organization("Other", owner="olga")
    for organization in (acme, beta, other):
        for number in (1, 2):
            Product.objects.create(name=f"{organization.name} {number}", account=organization)
    return {"ada": ada, "bo": bo, "out": testing.make_user("out"), "acme": acme, "beta": beta}


PRODUCTS = [
    ("ada", ["Acme 1", "Acme 2", "Beta 1", "Beta 2"]),
    ("bo", ["Acme 1", "Acme 2"]),
    ("out", []),
]


@pytest.mark.parametrize(("name", "expected"), PRODUCTS)
def test_for_user_gives_exactly_the_rows_of_the_user(
    name, expected, world, django_assert_num_queries
):
    with django_assert_num_queries(1):
        found = [each.name for each in Product.objects.for_user(world[name])]
    assert sorted(found) == expected  # a list: none of them twice


@pytest.mark.parametrize(("name", "expected"), PRODUCTS)
def test_plain_filter_gives_the_same_rows(name, expected, world, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = [each.name for each in Product.objects.filter(account__users=world[name])]
    assert sorted(found) == expected


def test_rows_of_an_organization_with_many_members_are_not_doubled(world):
    assert Product.objects.for_user(world["ada"]).filter(account=world["acme"]).count() == 2
    assert world["acme"].products.filter(account__users=world["ada"]).count() == 2


def test_nobody_gets_nothing_without_a_query(world, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert list(Product.objects.for_user(AnonymousUser())) == []
        assert list(Organization.objects.for_user(AnonymousUser())) == []


def test_for_organization_takes_a_row_or_a_key(world, django_assert_num_queries):
    acme = world["acme"]
    with django_assert_num_queries(2):
        by_row = set(Product.objects.for_organization(acme))
        by_key = set(Product.objects.for_organization(acme.pk))
    assert by_row == by_key
    assert {each.name for each in by_row} == {"Acme 1", "Acme 2"}


def test_methods_can_be_chained(world):
    rows = Product.objects.filter(name__endswith="1").for_user(world["ada"])
    assert [each.name for each in rows.for_organization(world["beta"])] == ["Beta 1"]


def test_removed_member_sees_nothing_any_more(world):
    world["acme"].remove_user(world["bo"])
    assert not Product.objects.for_user(world["bo"]).exists()


@pytest.mark.parametrize(
    ("name", "expected"), [("ada", ["Acme", "Beta"]), ("bo", ["Acme"]), ("out", [])]
)
@pytest.mark.parametrize("method", ["for_user", "get_for_user"])
def test_organizations_of_a_user(method, name, expected, world, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = [each.name for each in getattr(Organization.objects, method)(world[name])]
    assert found == expected


def test_active_organizations(world):
    active = {"Acme", "Other"}
    assert {each.name for each in Organization.objects.active()} == active
    assert {each.name for each in Organization.active.all()} == active
    assert [each.name for each in Organization.active.for_user(world["ada"])] == ["Acme"]
    assert [each.name for each in Organization.active.get_for_user(world["ada"])] == ["Acme"]
    assert [each.name for each in Organization.objects.for_user(world["ada"]).active()] == ["Acme"]


@isolate_apps("tests.app")
def test_foreign_key_is_found_unless_there_are_several_or_none():
    class Chosen(OrganizationOwnedQuerySet):
        organization_field = "seller"

    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "host"

        def __str__(self):
            return str(self.pk)

    def key(name):
        return models.ForeignKey(Organization, models.CASCADE, related_name=f"+{name}")

    class Plain(Base):
        objects = OrganizationOwnedManager()

    class Order(Base):
        seller, buyer = key("seller"), key("buyer")
        objects = OrganizationOwnedManager()
        chosen = Chosen.as_manager()

    with pytest.raises(ImproperlyConfigured, match=r"host\.Plain .* found: none"):
        Plain.objects.for_organization(1)
    with pytest.raises(ImproperlyConfigured, match=r"found: seller, buyer.*organization_field"):
        Order.objects.for_user(testing.make_user("ada"))
    assert '"seller_id" = 1' in str(Order.chosen.for_organization(1).query)


def test_manager_is_the_queryset_with_a_manager_in_front():
    assert issubclass(OrganizationOwnedManager, models.Manager)
    for method in ("for_user", "for_organization"):
        assert hasattr(OrganizationOwnedManager, method)


def test_wrong_lookup_is_not_swallowed():
    with pytest.raises(FieldError):
        Product.objects.filter(account__nobody=1)
