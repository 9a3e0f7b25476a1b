"""The list question: which organizations, and which rows of them, may a person work on?"""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.test.utils import isolate_apps

from organizations import permissions, testing
from organizations.managers import OrganizationOwnedQuerySet
from organizations.models import Organization
from organizations.permissions import declared
from organizations.services import access, members, ownership
from tests.app.models import Product
from tests.core.people import NameSource, ShelfSource, give, registered

pytestmark = pytest.mark.django_db

ALL = [each.name for each in declared()]


@pytest.fixture
def world():
    """pat is something else in each organization; each has two products."""
    pat = testing.make_user("pat")
    for number, name in enumerate(["Owned", "Led", "Joined", "Left", "Foreign", "Closed"]):
        organization = testing.make_organization(
            name, owner=f"owner{number}", members=["bo", "cy", "di"]
        )
        if name != "Foreign":
            member = members.add(organization, pat, is_admin=name in {"Led", "Closed"})
        if name in {"Owned", "Closed"}:
            ownership.transfer(organization, member)
        if name == "Left":
            members.remove(organization, pat)
        for product in ("Anvil", "Bolt"):
            Product.objects.create(name=product, account=organization)
    Organization.objects.filter(name="Closed").update(is_active=False)
    with registered(NameSource(), ShelfSource()):
        yield pat


WHERE = [
    ("app.view_product", ["Joined", "Led", "Owned"]),
    ("app.change_product", ["Led", "Owned"]),
    ("app.refund_order", ["Owned"]),
    (permissions.TRANSFER_ORGANIZATION, ["Owned"]),
]


@pytest.mark.parametrize(("name", "expected"), WHERE)
def test_organizations_and_rows_where_a_user_can(name, expected, world):
    found = Organization.objects.where_user_can(world, name)
    assert sorted(each.name for each in found) == expected
    products = Product.objects.where_user_can(world, name)
    assert sorted(f"{each.account.name} {each.name}" for each in products) == [
        f"{each} {product}" for each in expected for product in ("Anvil", "Bolt")
    ]


@pytest.mark.parametrize("name", ALL)
def test_list_holds_exactly_what_the_check_says_yes_to(name, world):
    rows = Organization.objects.all()
    wanted = {each.pk for each in rows if access.access_of(world, each).has(name)}
    assert set(rows.where_user_can(world, name).values_list("pk", flat=True)) == wanted
    products = Product.objects.select_related("account")
    allowed = {each.pk for each in products if world.has_perm(name, each)}
    found = Product.objects.where_user_can(world, name).values_list("pk", flat=True)
    assert sorted(found) == sorted(allowed)


def test_further_filters_double_nothing_and_lose_nothing(world):
    rows = Organization.objects.filter(organization_users__is_admin=False)
    found = rows.where_user_can(world, "app.view_product").filter(users__username="bo").distinct()
    assert sorted(each.name for each in found) == ["Joined", "Led", "Owned"]
    found = Organization.objects.where_user_can(world, "app.view_product").filter(
        users__username="bo"
    )
    assert sorted(each.name for each in found) == ["Joined", "Led", "Owned"]
    found = Product.objects.filter(name="Anvil").where_user_can(world, "app.view_product")
    assert found.filter(account__users__username="cy").count() == 3
    assert found.exclude(account__name="Led").count() == 2
    assert found.order_by("-account__name")[1:2].get().account.name == "Led"


def test_two_lists_can_be_joined(world):
    may_view = Organization.objects.where_user_can(world, "app.view_product")
    may_change = Organization.objects.where_user_can(world, "app.change_product")
    assert sorted(each.name for each in may_view & may_change) == ["Led", "Owned"]
    assert sorted(each.name for each in may_view | may_change) == ["Joined", "Led", "Owned"]
    assert [each.name for each in may_view.exclude(pk__in=may_change)] == ["Joined"]


def test_list_can_be_changed_and_deleted_as_one(world):
    assert Product.objects.where_user_can(world, "app.change_product").update(price=1) == 4
    assert Product.objects.filter(price=1).values("account").distinct().count() == 2
    Product.objects.where_user_can(world, "app.refund_order").delete()
    assert set(Product.objects.values_list("account__name", flat=True)) == {
        *("Led", "Joined", "Left", "Foreign", "Closed")
    }


def test_a_source_reaches_every_organization_of_the_user_and_no_other(world):
    give(world, "app.refund_order")
    found = Organization.objects.where_user_can(world, "app.refund_order")
    assert sorted(each.name for each in found) == ["Joined", "Led", "Owned"]
    Product.objects.filter(account__name__in=["Joined", "Foreign"]).update(
        name=permissions.MANAGE_BILLING
    )
    found = Organization.objects.where_user_can(world, permissions.MANAGE_BILLING)
    assert sorted(each.name for each in found) == ["Joined", "Owned"]


@pytest.mark.parametrize("model", [Organization, Product], ids=["organizations", "rows"])
@pytest.mark.parametrize("is_on", [True, False])
def test_superuser_lists_all_that_is_in_use_unless_the_switch_is_off(model, is_on, world, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": is_on}
    root = testing.make_user("root", is_superuser=True)
    names = model.objects.where_user_can(root, "app.refund_order").values_list(
        "name" if model is Organization else "account__name", flat=True
    )
    assert set(names) == ({"Owned", "Led", "Joined", "Left", "Foreign"} if is_on else set())


@pytest.mark.parametrize("model", [Organization, Product], ids=["organizations", "rows"])
def test_nobody_and_the_deactivated_get_nothing_without_a_query(
    model, world, django_assert_num_queries
):
    world.is_active = False
    with django_assert_num_queries(0):
        assert not list(model.objects.where_user_can(AnonymousUser(), "app.view_product"))
        assert not list(model.objects.where_user_can(world, "app.view_product"))
        assert not list(model.objects.where_user_can(type(world)(), "app.view_product"))


def test_list_costs_one_query_however_many_organizations(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(Organization.objects.where_user_can(world, "app.view_product")) == 3
    with django_assert_num_queries(1):
        assert len(Product.objects.where_user_can(world, "app.view_product")) == 6


def test_managers_of_organizations_all_have_it(world):
    for manager in (Organization.objects, Organization.active):
        assert manager.where_user_can(world, "app.refund_order").count() == 1


@isolate_apps("tests.app")
def test_foreign_key_to_another_column_than_the_key():
    class Bill(models.Model):
        account = models.ForeignKey(
            Organization, models.CASCADE, to_field="slug", related_name="+", null=True
        )
        objects = OrganizationOwnedQuerySet.as_manager()

        class Meta:
            app_label = "host"

        def __str__(self):
            return "bill"

    acme = testing.make_organization("Acme", owner="ada", members=["bo"])
    ada = acme.owner.organization_user.user
    rows = Bill.objects.where_user_can(ada, "app.refund_order")
    assert re.search(r'"account_id" IN \(SELECT "?\w+"?\."slug"', str(rows.query))
    assert ada.has_perm("app.refund_order", Bill(account=acme))
