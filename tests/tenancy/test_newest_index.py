"""A dated row of an organization has the index for the newest of them, without a word."""

import pytest
from django.db import models
from django.db.migrations.state import ModelState
from django.test.utils import isolate_apps

from organizations.row_checks import check_newest
from organizations.tenancy.models import OrganizationOwned

FIELDS = ["organization", "-created", "-id"]


def indexes_of(model):
    """Return the indexes as a migration would make them."""
    return [index.fields for index in ModelState.from_model(model).options.get("indexes", ())]


@isolate_apps("tests.tenancy.files")
def test_a_dated_model_gets_it():
    class Letter(OrganizationOwned):
        created = models.DateTimeField()

        class Meta:
            app_label = "files"

    class Note(OrganizationOwned):
        created = models.DateTimeField()
        title = models.CharField(max_length=9)

        class Meta:
            app_label = "files"
            indexes = [models.Index(fields=["organization", "title"], name="note_title")]

    assert indexes_of(Letter) == [FIELDS]
    assert Letter._meta.indexes[0].name.startswith("files_lette_organiz_")
    assert indexes_of(Note) == [["organization", "title"], FIELDS]


@isolate_apps("tests.tenancy.files")
def test_others_do_not():
    class Dated(OrganizationOwned):
        created = models.DateTimeField()

        class Meta:
            abstract = True

    class Own(Dated):
        class Meta:
            app_label = "files"
            indexes = [models.Index(fields=["organization", "-created"], name="own_newest")]

    class Undated(OrganizationOwned):
        class Meta:
            app_label = "files"

    class Open(OrganizationOwned):
        created = models.DateTimeField(null=True)

        class Meta:
            app_label = "files"

    class Child(Own):
        class Meta:
            app_label = "files"

    class Proxy(Own):
        class Meta:
            app_label = "files"
            proxy = True

    assert indexes_of(Own) == [["organization", "-created"]]
    assert [indexes_of(each) for each in (Undated, Open, Child)] == [[], [], []]
    assert Dated._meta.indexes == []


def test_no_check_has_anything_to_say():
    assert [each.obj for each in check_newest() if issubclass(each.obj, OrganizationOwned)] == []


@pytest.mark.parametrize("key", ["uuid", "code"])
@isolate_apps("tests.tenancy.files")
def test_it_ends_with_the_key(key):
    class Keyed(OrganizationOwned):
        created = models.DateTimeField()
        uuid = models.UUIDField(primary_key=key == "uuid")
        code = models.CharField(max_length=9, primary_key=key == "code")

        class Meta:
            app_label = "files"

    assert indexes_of(Keyed) == [["organization", "-created", f"-{key}"]]
