"""Pages over each kind of column: to the last row of what it holds, and deaf to what it cannot."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.contrib.postgres.fields import ArrayField, IntegerRangeField
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from organizations import keyset
from tests.core.test_keyset import told

pytestmark = pytest.mark.django_db

#: Texts that some column's kind might read, and its database or the way there not take.
HOSTILE = [
    "", " ", "0", "-1", "x", "é", "\ud800", "\udfff\ud800", "\x00", "\x7f", "x" * 5_000,
    "9" * 19, "-" + "9" * 19, "9" * 400, "1_0", "\u0661", "1e5", "1e999999", "1e-999999", "NaN",
    "sNaN", "inf", "-Infinity", "True", "0001-01-01", "9999-12-31", "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59.999999-14:00",
    "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00+00:00", "00:00:00+14:00", "24:00",
    "999999999 23:59:59", "-999999999 0:0:0", "P99999999999D", "1.2.3.4", "256.1.1.1", "::1",
    "::ffff:1.2.3.4", "fe80::1%eth0", "::1/0", "f" * 32, "{" + "0" * 32 + "}",
    "urn:uuid:" + "0" * 32, "[]", "{}", "null", str(2**63), str(-(2**63)), "-0",
    "1.0", "0x10", "1e309", "2026-03-29T02:30:00", "0000-01-01T00:00:00+00:00", "10675199 02:48:05",
    "2026-03-01T00:00:00+00:00:30.5", "12:00+01:00", "2026-W01-1", "fe80::1%\u00e9", "1.2.3.4\n",
    '["a\\u0000"]', '["\\ud800"]', '["999999999999999999"]',
    '{"lower": "5", "upper": "1", "bounds": "[)"}',
]  # fmt: skip


class WithoutZone(models.DateTimeField):
    """A field of a project's, whose moments are naive whatever the others are."""

    def db_type(self, connection):
        return "timestamp" if connection.vendor == "postgresql" else "text"

    def get_prep_value(self, value):
        return models.Field.get_prep_value(self, value)

    def get_db_prep_value(self, value, connection, prepared=False):
        return value if connection.vendor == "postgresql" else str(value)

    def from_db_value(self, value, expression, connection):
        return value.replace(tzinfo=None)


#: Kinds of columns, and what they hold: the ends as well, and what a form would refuse.
KINDS = {
    "binary": (models.BinaryField(max_length=2), [b"", b"\x00\xff", b"abc"]),
    "boolean": (models.BooleanField(), [True, False, True]),
    "text": (models.CharField(max_length=50), ["", " ", "a", "é", "x" * 50]),
    "date": (models.DateField(), [date.min, date(2026, 3, 1), date.max]),
    "moment": (
        models.DateTimeField(),
        [
            datetime.min.replace(tzinfo=UTC),
            datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
            datetime.max.replace(tzinfo=UTC),
        ],
    ),
    "decimal": (
        models.DecimalField(max_digits=5, decimal_places=2),
        [Decimal("0"), Decimal("-999.99"), Decimal("1.5"), Decimal("999.99")],
    ),
    "duration": (
        models.DurationField(),
        [timedelta(0), timedelta(days=-1, seconds=5), timedelta(microseconds=1)],
    ),
    "address": (models.EmailField(), ["bad", "a@b.c", ""]),
    "float": (models.FloatField(), [0.0, 0.1, 1e300, float("inf"), float("-inf")]),
    "network": (models.GenericIPAddressField(protocol="IPv4"), ["1.2.3.4", "::1", "2.2.2.2"]),
    "number": (models.BigIntegerField(), [0, -(2**63), 2**63 - 1]),
    "small": (models.PositiveSmallIntegerField(), [0, 5, 32767]),
    "word": (models.SlugField(), ["a b", "é", "a"]),
    "time": (models.TimeField(), [time.min, time.max, time(1)]),
    "uuid": (models.UUIDField(), [uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.uuid4()]),
    "without zone": (WithoutZone(), [datetime(2026, 1, 2), datetime(2026, 1, 1), datetime.max]),
}


def model(name, **fields):
    body = {"Meta": type("Meta", (), {"app_label": "app"}), "__module__": __name__, **fields}
    return type(name, (models.Model,), body)


def made(field, values=()):
    """Return a model with one column beside its key, its table and its rows."""
    with isolate_apps("tests.app"):
        thing = model("Thing", held=field.clone())
    # SQLite's editor does nothing in a transaction, but says what it would do.
    editor = connection.schema_editor(collect_sql=True)
    editor.deferred_sql = []
    editor.create_model(thing)
    with connection.cursor() as cursor:
        for statement in editor.collected_sql:
            cursor.execute(statement)
    thing.objects.bulk_create(thing(held=value) for value in values)
    return thing


@pytest.mark.parametrize("way", ["", "-"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_end_behind_the_last_row_of_any_kind(kind, way):
    rows = made(*KINDS[kind]).objects.order_by(f"{way}held")
    expected = list(rows.order_by(f"{way}held", f"{way}pk"))
    page, found = keyset.page_of(rows, 1), []
    for _row in expected:
        found += page
        if page.has_next():
            page = keyset.page_of(rows, 1, page.next_page_number())
    assert found == expected
    assert not page.has_next()


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_of_a_link_is_sent_that_the_column_cannot_be_compared_to(kind):
    rows = made(*KINDS[kind]).objects.order_by("held")
    for text in HOSTILE:
        for way in ("after", "before"):
            with transaction.atomic():
                assert keyset.page_of(rows, 2, told(text, "1").replace("after", way)).object_list


@pytest.mark.parametrize(
    "field",
    [
        models.JSONField(),
        pytest.param(ArrayField(models.IntegerField()), marks=pytest.mark.postgres),
        pytest.param(IntegerRangeField(), marks=pytest.mark.postgres),
    ],
    ids=lambda field: type(field).__name__,
)
def test_what_holds_more_than_a_single_value_has_numbered_pages(field):
    assert keyset.columns_of(made(field).objects.order_by("held")) is None


def test_a_key_of_a_key_is_read_as_the_key_that_it_names():
    with isolate_apps("tests.app"):
        moment = model("Moment", at=models.DateTimeField(primary_key=True))
        beside = model("Beside", at=models.OneToOneField(moment, models.CASCADE, primary_key=True))
        row = model("Row", beside=models.ForeignKey(beside, models.CASCADE))
        columns, _downwards = keyset.columns_of(row.objects.order_by("beside_id"))
        for text in ("0001-01-01T00:00:00+23:59", "2026-03-01", "nonsense"):
            assert keyset._read(told(text, "1"), columns, connection) is None
        found = keyset._read(told("2026-03-01T01:00:00+01:00", "1"), columns, connection)
        assert found == [datetime(2026, 3, 1, tzinfo=UTC), 1]
