"""What slows lists of a project's own rows down is said by a check, with the lines to paste."""

import re

import pytest
from django.contrib.postgres.indexes import BrinIndex, BTreeIndex
from django.db import connection, models
from django.test.utils import isolate_apps

from organizations import row_checks
from organizations.managers import OrganizationOwnedManager, OrganizationOwnedQuerySet
from organizations.models import Organization
from tests.app.models import Product


@pytest.fixture
def heard(monkeypatch):
    """Return a function that checks models that a function declares."""

    def check(declare):
        with isolate_apps("organizations", "tests.app") as apps:
            models_ = declare()
            monkeypatch.setattr(row_checks, "apps", apps)
            monkeypatch.setattr(apps, "get_models", lambda: models_)
            return {
                each.id.removeprefix("organizations."): each for each in row_checks.check_newest()
            }

    return check


def dated(date, *indexes, name="Order", **fields):
    """Declare a model with a date of its own."""

    def declare():
        meta = type("Meta", (), {"app_label": "host", "indexes": list(indexes)})
        body = {
            "organization": models.ForeignKey(Organization, models.CASCADE, related_name="+"),
            "created": date,
            "objects": OrganizationOwnedManager(),
            "Meta": meta,
            "__module__": __name__,
            **fields,
        }
        return [type(name, (models.Model,), body)]

    return declare


def test_a_model_without_the_index_is_told_the_line_to_paste(heard):
    found = heard(dated(models.DateTimeField()))
    assert set(found) == {"W018"}
    assert "host.Order has no index on organization and created" in found["W018"].msg
    line = re.search(r"models\.Index\((.*)\)\]", found["W018"].hint)[1]
    index = eval(f"models.Index({line})")  # the line is ours
    assert heard(dated(models.DateTimeField(), index)) == {}


@pytest.mark.parametrize(
    "fields", [["organization", "-created"], ["organization", "created", "id"]]
)
def test_either_direction_will_do(heard, fields):
    assert heard(dated(models.DateTimeField(), models.Index(fields=fields, name="newest"))) == {}


@pytest.mark.parametrize("date", [models.DateTimeField(null=True), models.CharField(max_length=9)])
def test_what_is_no_date_of_every_row_is_left_alone(heard, date):
    assert heard(dated(date)) == {}


def test_other_models_are_left_alone(heard):
    assert heard(dated(models.DateTimeField(), objects=models.Manager())) == {}
    rows = OrganizationOwnedQuerySet.as_manager()
    assert heard(dated(models.DateTimeField(), objects=rows, organization=None)) == {}


GOOD = models.Index(fields=["organization", "-created", "-id"], name="order_newest")


@pytest.mark.parametrize(
    ("date", "indexes"),
    [
        (models.DateTimeField(db_index=True), [GOOD]),
        (models.DateTimeField(), [GOOD, models.Index(fields=["-created"], name="alone")]),
        (models.DateTimeField(), [GOOD, models.Index(fields=["-created", "-id"], name="both")]),
        (models.DateTimeField(), [GOOD, BTreeIndex(fields=["created", "id"], name="tree")]),
    ],
)
def test_an_index_that_begins_with_the_date_misleads_postgresql(heard, date, indexes):
    found = heard(dated(date, *indexes))
    assert set(found) == ({"W019"} if connection.vendor == "postgresql" else set())


SOME = models.Q(id__gt=5)


def test_what_does_not_order_all_rows_neither_serves_nor_misleads(heard):
    some = models.Index(fields=["organization", "-created"], condition=SOME, name="some")
    assert set(heard(dated(models.DateTimeField(), some))) == {"W018"}
    blocks = BrinIndex(fields=["created"], name="blocks")
    newest = models.Index(fields=["-created"], condition=SOME, name="newest")
    assert heard(dated(models.DateTimeField(), GOOD, blocks, newest)) == {}


def test_rows_of_the_tests_have_their_index():
    assert {each.obj for each in row_checks.check_newest()} & {Product} == set()
