"""Rows that come as a column of others: whole, as they are, or not at all."""

import uuid
from datetime import UTC, date, datetime, timedelta
from datetime import timezone as zone

import pytest
from django.db import connection, models
from django.test.utils import isolate_apps
from django.utils import timezone

from organizations.expressions import RowsOf
from organizations.models import Organization, OrganizationInvitation, OrganizationUser


class Shouted(models.UUIDField):
    """A field of a project's, whose values the database layer makes first."""

    def from_db_value(self, value, expression, connection):
        return None if value is None else value.hex.upper()


def rows_of(model, *lines):
    column = RowsOf.__new__(RowsOf)
    column.model = model
    return column._as_instances(list(lines), None, connection)


def test_our_rows_travel():
    for model in (Organization, OrganizationUser, OrganizationInvitation):
        assert RowsOf.travels(model)


@isolate_apps("organizations")
def test_rows_that_would_lose_something_do_not_travel():
    class Base(models.Model):  # noqa: DJ008
        class Meta:
            app_label = "organizations"

    def made(name, **fields):
        meta = type("Meta", (), {"app_label": "organizations"})
        return type(name, (models.Model,), {"Meta": meta, "__module__": __name__, **fields})

    assert RowsOf.travels(made("Plain", about=models.TextField(), base=foreign(Base)))
    assert not RowsOf.travels(made("Costs", price=models.DecimalField()))
    assert not RowsOf.travels(made("Blob", data=models.BinaryField()))
    wide = {f"field_{number}": models.CharField() for number in range(44)}
    assert RowsOf.travels(made("Wide", **wide))
    wide = {f"field_{number}": models.CharField() for number in range(45)}
    assert not RowsOf.travels(made("Wider", **wide))
    keyed = made("Keyed", key=models.DecimalField(primary_key=True))
    assert not RowsOf.travels(made("ToKeyed", keyed=foreign(keyed)))


def foreign(model):
    return models.ForeignKey(model, on_delete=models.CASCADE)


@isolate_apps("organizations")
def test_values_are_what_the_database_layer_gives():
    class Key(models.Model):  # noqa: DJ008
        key = Shouted(primary_key=True)

        class Meta:
            app_label = "organizations"

    class Row(models.Model):  # noqa: DJ008
        to = foreign(Key)
        other = models.UUIDField(null=True)
        day = models.DateField(null=True)
        at = models.DateTimeField(null=True)
        is_on = models.BooleanField(null=True)
        data = models.JSONField(null=True)
        picture = models.FileField()

        class Meta:
            app_label = "organizations"

    key = uuid.uuid4()
    data = '{"a": [1, null]}' if connection.vendor == "sqlite" else {"a": [1, None]}
    full, empty = rows_of(
        Row,
        {
            "id": 2**60,
            "to_id": key.hex,
            "other": str(key),
            "day": "2026-03-01",
            "at": "2026-03-01T10:00:00.000001+00:00",
            "is_on": 0,
            "data": data,
            "picture": "a/b.png",
        },
        {
            "id": 1,
            "to_id": None,
            "other": None,
            "day": None,
            "at": None,
            "is_on": None,
            "data": None,
            "picture": "",
        },
    )
    assert (full.pk, full.to_id, full.other) == (2**60, key.hex.upper(), key)
    assert (full.day, full.is_on, full.data) == (date(2026, 3, 1), False, {"a": [1, None]})
    assert full.at == datetime(2026, 3, 1, 10, microsecond=1, tzinfo=UTC)
    assert (full.picture.name, full._state.db, full._state.adding) == ("a/b.png", "default", False)
    assert [empty.to_id, empty.other, empty.day, empty.at, empty.is_on, empty.data] == [None] * 6
    assert not full.get_deferred_fields()


@isolate_apps("organizations")
def test_without_zones_a_moment_stands_in_that_of_the_project(settings):
    class Row(models.Model):  # noqa: DJ008
        at = models.DateTimeField()

        class Meta:
            app_label = "organizations"

    settings.USE_TZ = False
    settings.TIME_ZONE = "America/New_York"
    with timezone.override(zone(timedelta(hours=9))):
        [row] = rows_of(Row, {"id": 1, "at": "2026-03-01T10:00:00"})
    assert row.at == datetime(2026, 3, 1, 10)


def test_no_rows_at_all_are_an_empty_list():
    column = RowsOf.__new__(RowsOf)
    column.model = Organization
    assert column._as_instances(None, None, connection) == []


@pytest.mark.django_db
def test_a_queryset_of_nothing_gives_an_empty_list():
    rows = OrganizationUser.objects.annotate(found=RowsOf(Organization.objects.none()))
    assert [each.found for each in rows] == []
