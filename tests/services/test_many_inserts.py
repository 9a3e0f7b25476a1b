"""Many rows in one statement: the same rows as Django's own way stores."""

import uuid
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext, isolate_apps

from organizations import testing
from organizations.models import OrganizationInvitation
from organizations.services import _writes

pytestmark = pytest.mark.django_db
VALUES = {
    "what is the same": {},
    "what differs": {
        "presets": [{"roles": ["cashier"]}, None, {"teams": [1, 2], "roles": []}, {}],
        "note": ["", 'quotes " and {braces}, \\ and ,', "two\nlines", "NULL"],
        "is_admin": [True, False, False, True],
        "sent_at": [None, datetime(2026, 1, 1, tzinfo=UTC), None, None],
        "max_uses": [None, 1, None, 3],
        "open_key": ["a", None, "b", None],
    },
    "what is null in all": {"presets": [None] * 4, "sent_at": [None] * 4},
    "what is equal but not the same": {"presets": [{"roles": ["cashier"]} for _each in range(4)]},
    "what Python calls equal": {"presets": [{"x": [1]}, {"x": [True]}, {"x": [1.0]}, {"x": [1]}]},
}


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada")


def rows(acme, values, *, number=4):
    return [
        OrganizationInvitation(
            organization=acme,
            invited_by=acme.users.get(),
            guid=uuid.uuid4(),
            invitee_identifier=f"new{each}@example.com",
            **{name: given[each] for name, given in values.items()},
        )
        for each in range(number)
    ]


def stored():
    """Return every column of every row but key and what must differ."""
    skipped = {"id", "guid", "created", "modified"}
    names = [each.attname for each in OrganizationInvitation._meta.concrete_fields]
    found = OrganizationInvitation.objects.order_by("invitee_identifier")
    rows = found.values_list(*(name for name in names if name not in skipped))
    return [tuple(map(repr, row)) for row in rows]  # 1 == True


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES)
def test_the_same_rows_as_djangos(acme, values):
    OrganizationInvitation.objects.bulk_create(rows(acme, values))
    expected = stored()
    OrganizationInvitation.objects.all().delete()
    made = _writes.insert_all(rows(acme, values))
    assert stored() == expected
    for row in made:
        found = OrganizationInvitation.objects.get(pk=row.pk)
        assert (found.guid, found.created) == (row.guid, row.created)
        assert not row._state.adding
        assert row._state.db == "default"


def test_one_and_none(acme):
    [row] = _writes.insert_all(rows(acme, {}, number=1))
    assert OrganizationInvitation.objects.get() == row
    assert _writes.insert_all([]) == []


def test_what_the_database_works_out_is_left_to_django(acme):
    given = rows(acme, {})
    given[1].note = Concat(Value("by "), Value("hand"))
    _writes.insert_all(given)
    assert OrganizationInvitation.objects.get(pk=given[1].pk).note == "by hand"


def test_what_does_not_fit_is_an_error_and_not_left_out(acme):
    given = rows(acme, {"open_key": ["a", "b", "a", None]})
    with pytest.raises(IntegrityError), transaction.atomic():
        _writes.insert_all(given)
    assert not OrganizationInvitation.objects.exists()


@pytest.mark.postgres
@isolate_apps("tests.app")
def test_what_the_database_generates_is_not_sent():
    class Crate(models.Model):
        width = models.IntegerField()
        height = models.IntegerField()
        area = models.GeneratedField(
            expression=models.F("width") * models.F("height"),
            output_field=models.IntegerField(),
            db_persist=True,
        )

        class Meta:
            app_label = "app"
            unique_together = ("width", "height")

        def __str__(self):
            return f"{self.area}"

    with connection.schema_editor() as editor:
        editor.create_model(Crate)
    _writes.insert_all([Crate(width=2, height=3), Crate(width=2, height=4)])
    assert list(Crate.objects.order_by("area").values_list("area", flat=True)) == [6, 8]
    rows = [Crate(width=2, height=4), Crate(width=2, height=5)]
    assert _writes.insert_new(rows, unique=("width", "height")) == rows[1:]


@pytest.mark.postgres
def test_what_is_the_same_is_sent_once(acme):
    given = rows(acme, {"note": ["a long note"] * 4})
    with CaptureQueriesContext(connection) as queries:
        _writes.insert_all(given)
    [query] = queries
    assert query["sql"].count("a long note") == 1
    assert query["sql"].count("example.com") == 4
