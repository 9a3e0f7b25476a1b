"""The newest rows of all organizations of a user, and of one: right, in pages, and by the index."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import FieldError
from django.db import connection
from django.utils import timezone

from organizations import testing
from organizations.services import suspension
from tests.app.models import Product

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)


def fill(organization, number, *, seed=0):
    """Make rows at few different moments, so that the key has to decide."""
    chance = random.Random(f"{organization.pk} {seed}")
    Product.objects.bulk_create(
        Product(
            account=organization,
            name=f"{organization.name} {each}",
            created=START + timedelta(minutes=chance.randrange(number // 2 + 1)),
        )
        for each in range(number)
    )


@pytest.fixture
def ada():
    """A member of three organizations of different sizes; a fourth is none of hers."""
    ada = testing.make_user("ada")
    for name, number in (("Acme", 40), ("Bell", 11), ("Cord", 0), ("Dial", 30)):
        organization = testing.make_organization(name, owner="olga" if name == "Dial" else ada)
        fill(organization, number)
    return ada


def in_order(rows):
    return sorted(rows, key=lambda row: (row.created, row.pk), reverse=True)


@pytest.mark.parametrize("count", [1, 7, 51, 1000])
def test_the_rows_are_those_of_for_user_newest_first(ada, count, django_assert_num_queries):
    expected = in_order(Product.objects.for_user(ada))[:count]
    with django_assert_num_queries(1):
        assert list(Product.objects.newest_for_user(ada, count)) == expected


@pytest.mark.parametrize("size", [1, 4, 10])
def test_pages_follow_each_other_without_a_gap_or_a_double(ada, size):
    seen, after = [], None
    while page := list(Product.objects.newest_for_user(ada, size, after=after)):
        seen += page
        after = page[-1] if len(seen) % 2 else (page[-1].created, page[-1].pk)
    assert seen == in_order(Product.objects.for_user(ada))


def test_the_newest_come_first_whatever_was_turned_around_before(ada):
    acme = ada.organizations_organization.get(name="Acme")
    turned = Product.objects.order_by("created").reverse()
    assert list(turned.newest_for_user(ada, 7)) == in_order(Product.objects.for_user(ada))[:7]
    expected = in_order(Product.objects.filter(account=acme))[:7]
    assert list(turned.newest_for_organization(acme, 7)) == expected


def test_filters_come_first_and_related_rows_may_follow(ada, django_assert_num_queries):
    some = Product.objects.filter(name__endswith="1")
    found = list(some.newest_for_user(ada, 3).select_related("account"))
    assert found == in_order(some.for_user(ada))[:3]
    with django_assert_num_queries(0):
        assert {each.account.name for each in found} <= {"Acme", "Bell"}


def test_one_organization(ada):
    acme = ada.organizations_organization.get(name="Acme")
    expected = in_order(Product.objects.filter(account=acme))
    first = list(Product.objects.newest_for_organization(acme, 15))
    assert first == expected[:15]
    then = Product.objects.newest_for_organization(acme.pk, 15, after=first[-1])
    assert list(then) == expected[15:30]


def test_another_order(ada):
    found = Product.objects.newest_for_user(ada, 5, by="id")
    assert [each.pk for each in found] == sorted(
        (each.pk for each in Product.objects.for_user(ada)), reverse=True
    )[:5]


def test_who_is_not_signed_in_or_suspended_finds_nothing(ada):
    assert list(Product.objects.newest_for_user(AnonymousUser(), 5)) == []
    acme = ada.organizations_organization.get(name="Acme")
    bo = testing.make_user("bo")
    member = acme.add_user(bo)
    assert len(Product.objects.newest_for_user(bo, 5)) == 5
    suspension.suspend(member, actor=None, now=timezone.now())
    assert list(Product.objects.newest_for_user(bo, 5)) == []


@pytest.mark.parametrize("count", [0, -1, 2.5, "9", True, None])
def test_a_count_is_a_number_of_rows(ada, count):
    with pytest.raises(ValueError, match="from 1 on"):
        Product.objects.newest_for_user(ada, count)


def test_the_date_is_one_that_every_row_has(ada):
    with pytest.raises(FieldError, match=r"Product\.price can be null"):
        Product.objects.newest_for_user(ada, 5, by="price")
    with pytest.raises(FieldError, match="is no field"):
        Product.objects.newest_for_user(ada, 5, by="nothing")


def test_rows_that_are_cut_already_are_refused(ada):
    with pytest.raises(ValueError, match="cut already"):
        Product.objects.all()[:9].newest_for_user(ada, 5)


def nodes_of(plan):
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes_of(each)


def work_of(rows):
    """Return the indexes that a statement reads, and the most rows that a step of it gives."""
    plan = json.loads(rows.explain(analyze=True, format="json"))[0]["Plan"]
    nodes = list(nodes_of(plan))
    most = max(node["Actual Rows"] * node["Actual Loops"] for node in nodes)
    return {node["Index Name"] for node in nodes if "Index Name" in node}, most


@pytest.mark.postgres
@pytest.mark.parametrize("lone_index", [False, True])
def test_the_work_depends_on_what_is_wanted_not_on_what_there_is(lone_index):
    """A lone index on the date, which misleads the planner of a plain ``IN``, does no harm."""
    with connection.cursor() as cursor:
        if lone_index:
            cursor.execute("CREATE INDEX ON host_product (created)")
    ada = testing.make_user("ada")
    for number in range(5):
        fill(testing.make_organization(f"Org {number}", owner=ada), 2000)
    fill(testing.make_organization("Others", owner="olga"), 10_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE host_product, organizations_organizationuser")

    indexes, most = work_of(Product.objects.newest_for_user(ada, 50))
    assert "product_newest" in indexes
    assert most == 5 * 50
    # A late page costs what the first one does.
    after = in_order(Product.objects.for_user(ada))[4_000]
    indexes, most = work_of(Product.objects.newest_for_user(ada, 50, after=after))
    assert "product_newest" in indexes
    assert most == 5 * 50
    if not lone_index:
        _indexes, most = work_of(Product.objects.for_user(ada).order_by("-created", "-pk")[:50])
        assert most >= 10_000, "what it is compared with reads them all"
