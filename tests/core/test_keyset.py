"""Pages that begin after a row: complete, in order, flat, and deaf to nonsense."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.validators import MinLengthValidator, validate_slug
from django.db import connection
from django.db.models import F
from django.db.models.functions import Lower
from django.test.utils import CaptureQueriesContext

from organizations import keyset, testing
from organizations.models import Organization, OrganizationUser
from organizations.services.access import members_with_grants
from tests.app.models import Product

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada")


@pytest.fixture
def products(acme):
    """Thirty rows at nine moments, so that the key has to decide."""
    Product.objects.bulk_create(
        Product(account=acme, name=f"{number % 4}", created=START + timedelta(days=number % 9))
        for number in range(30)
    )
    return Product.objects.filter(account=acme)


def walk(rows, size):
    """Return the pages from the first to the last, having gone back all the way as well."""
    pages, page = [], keyset.page_of(rows, size)
    pages.append(page)
    while page.has_next():
        page = keyset.page_of(rows, size, page.next_page_number())
        assert all(page[0] not in each for each in pages), "these pages have no end"
        pages.append(page)
    back = [page]
    while page.has_previous():
        page = keyset.page_of(rows, size, page.previous_page_number())
        back.append(page)
    assert [list(each) for each in back[::-1]] == [list(each) for each in pages]
    assert not pages[0].has_previous()
    return pages


@pytest.mark.parametrize("order", [["-created", "-pk"], ["created"], ["name", "id"], ["-name"]])
@pytest.mark.parametrize("size", [1, 7, 10, 29, 30, 31])
def test_pages_follow_each_other_without_a_gap_or_a_double(products, order, size):
    rows = products.order_by(*order)
    key = "-pk" if order[0].startswith("-") else "pk"
    pages = walk(rows, size)
    assert [row for page in pages for row in page] == list(products.order_by(*order, key))
    assert {len(page) for page in pages[:-1]} <= {size}
    assert {page.count for page in pages} == {30}
    assert pages[0].has_other_pages() is (size < 30)


def test_by_default_pages_are_ordered_as_the_model_is(db):
    for name in "cabbac":
        Organization.objects.create(name=name, slug=f"{name}{Organization.objects.count()}")
    found = [row.name for page in walk(Organization.objects.all(), 2) for row in page]
    assert found == list("aabbcc")


def test_a_page_is_one_query(products, django_assert_num_queries):
    rows = products.order_by("-created")
    with django_assert_num_queries(1):
        first = keyset.page_of(rows, 10)
    with django_assert_num_queries(1):
        second = keyset.page_of(rows, 10, first.next_page_number())
    with django_assert_num_queries(1):
        keyset.page_of(rows, 10, second.next_page_number())
    with django_assert_num_queries(0):
        keyset.page_of(products.none(), 10)


def test_rows_that_come_and_go_move_no_page(products, acme):
    rows = products.order_by("created", "pk")
    everything = list(rows)
    first = keyset.page_of(rows, 10)
    Product.objects.create(account=acme, name="new", created=START - timedelta(days=1))
    everything[9].delete()  # the one that the next page begins after
    second = keyset.page_of(rows, 10, first.next_page_number())
    assert list(second) == everything[10:20]


def test_a_page_that_has_become_empty_is_the_first(products):
    rows = products.order_by("created")
    pages = walk(rows, 10)
    Product.objects.filter(pk__in=[row.pk for row in pages[-1]]).delete()
    assert list(keyset.page_of(rows, 10, pages[1].next_page_number())) == list(pages[0])


def test_the_first_page_is_full_also_when_it_is_come_back_to(products):
    rows = products.order_by("created")
    first, second, *_rest = walk(rows, 10)
    first[0].delete()
    page = keyset.page_of(rows, 10, second.previous_page_number())
    assert len(page) == 10
    assert not page.has_previous()


def told(*values):
    return "after-" + urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


NONSENSE = [
    "2", "last", "after-", "after-x", "before", "after-AAAA", "after-é", "after-////",
    told(), told("1"), told(1, 2), told("2026-03-01", "1", "1"), told(None, None),
    told("yesterday", "1"), told("2026-03-01T00:00:00+00:00", "x"),
    told("2026-03-01T00:00:00+00:00", "9" * 40), told("2026-03-01T00:00:00\x00", "1"),
    told(["2026-03-01"], "1"), told("", ""), "after-" + "A" * 10_000,
    "after-" + urlsafe_b64encode(b"\xff\xfe").decode(), told({"a": 1}, {}),
    "after-" + urlsafe_b64encode(b"[" * 5_000).decode(), told("2026-03-01", "1"),
    told("2026-03-01T00:00:00", "1"), told("2026-03-01T00:00:00+00:00", str(2**63)),
    told("2026-03-01T00:00:00+00:00", "\ud800"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(NONSENSE)))
def test_what_says_nothing_gives_the_first_page(products, number):
    rows = products.order_by("-created")
    assert list(keyset.page_of(rows, 10, NONSENSE[number])) == list(keyset.page_of(rows, 10))


@pytest.mark.parametrize("texts", [["", "x" * 150, "y" * 250, "é\n", " "], ["a", "-", "0"]])
def test_rows_that_fail_a_validator_are_no_dead_end(acme, monkeypatch, texts):
    name = Product._meta.get_field("name")
    monkeypatch.setattr(name, "validators", [MinLengthValidator(3), validate_slug])
    fit = [text[: name.max_length] for text in texts]
    Product.objects.bulk_create(Product(account=acme, name=text) for text in fit)
    rows = Product.objects.order_by("name")
    assert [row for page in walk(rows, 1) for row in page] == list(rows.order_by("name", "pk"))


def test_nothing_is_an_empty_page(acme):
    for rows in (Product.objects.none(), Product.objects.order_by("created")):
        page = keyset.page_of(rows, 10)
        assert (list(page), page.count, page.has_other_pages()) == ([], 0, False)


def test_nobody_counts_beyond_a_thousand(acme):
    Product.objects.bulk_create(Product(account=acme, name="x", created=START) for _ in range(1005))
    assert keyset.page_of(Product.objects.order_by("pk"), 10).count == keyset.COUNTED + 1


@pytest.mark.parametrize(
    "rows",
    [
        lambda: OrganizationUser.objects.order_by("user"),
        lambda: OrganizationUser.objects.order_by("user__username"),
        lambda: OrganizationUser.objects.order_by("-created", "pk"),
        lambda: OrganizationUser.objects.order_by("ends_at"),
        lambda: OrganizationUser.objects.order_by("?"),
        lambda: OrganizationUser.objects.order_by(F("created").desc()),
        lambda: Product.objects.order_by(Lower("name")),
        lambda: Product.objects.order_by(),
        lambda: Product.objects.order_by("pk").reverse(),
        lambda: Product.objects.order_by("pk").distinct(),
        lambda: Product.objects.order_by("pk")[:3],
        lambda: Product.objects.order_by("pk").values("name"),
        lambda: Product.objects.order_by("pk").union(Product.objects.order_by("pk")),
        lambda: Product.objects.annotate(place=F("pk")).order_by("place"),
    ],
)
def test_other_orders_are_refused(rows):
    assert keyset.columns_of(rows()) is None
    with pytest.raises(ValueError, match="ordered by their columns"):
        keyset.page_of(rows(), 10)


@pytest.mark.postgres
@pytest.mark.parametrize("place", ["first", "middle"])
def test_no_more_rows_are_read_than_a_page_has(acme, place):
    """Members with their users and grants: neither their table nor that of users is walked."""
    model = get_user_model()
    users = model.objects.bulk_create(model(username=f"u{number}") for number in range(4_000))
    others = [testing.make_organization(f"Org {number}", owner=f"o{number}") for number in range(4)]
    OrganizationUser.objects.bulk_create(
        OrganizationUser(organization=organization, user=user)
        for organization in (acme, *others)
        for user in users
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL random_page_cost = 1.1")  # as for anything but spinning discs
    rows = members_with_grants(acme, now=START).order_by("user_id")
    wanted = ""
    if place == "middle":
        middle = acme.organization_users.get(user=users[2_000])
        wanted = keyset.KeysetPage(
            [middle], columns=keyset.columns_of(rows)[0], before=True, after=True, count=1
        ).next_page_number()
    with CaptureQueriesContext(connection) as queries:
        page = keyset.page_of(rows, 50, wanted)
    assert page.has_next()
    assert page.count == keyset.COUNTED + 1
    [query] = queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
        [[[plan]]] = cursor.fetchall()
    assert max(read_by(plan["Plan"])) <= 6 * 51  # there are five owners to look for
    # The keys are read once, whatever PostgreSQL knows of the tables.
    assert "= ANY(ARRAY(SELECT" in query["sql"]


def read_by(plan):
    """Yield how many rows each step of a plan gives, but for the count."""
    yield plan["Actual Rows"] * plan["Actual Loops"]
    for each in plan.get("Plans", ()):
        if (each["Parent Relationship"], each["Node Type"]) != ("InitPlan", "Aggregate"):
            yield from read_by(each)
