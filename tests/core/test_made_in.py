"""Which migration makes a model's table, for apps whose tables point at it."""

import sys
from types import ModuleType

import pytest
from django.contrib.auth import get_user_model
from django.db import migrations

from organizations.families import made_in
from organizations.models import InvitationRecord, Organization, OrganizationUser
from tests.app.models import Club


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Organization, ("organizations", "0001_initial")),
        (OrganizationUser, ("organizations", "0001_initial")),
        (InvitationRecord, ("organizations", "0015_invitationrecord")),
        (get_user_model(), ("auth", "0001_initial")),
    ],
)
def test_migration_is_the_one_that_makes_the_table(model, expected):
    assert made_in(model) == expected


@pytest.fixture
def migrations_of_app(monkeypatch, settings, tmp_path):
    """Write migrations for the app of the tests and let Django read those."""

    def write(**operations):
        package = ModuleType("made_for_the_test")
        package.__path__ = [str(tmp_path)]
        monkeypatch.setitem(sys.modules, "made_for_the_test", package)
        settings.MIGRATION_MODULES = {"host": "made_for_the_test"}
        for name, found in operations.items():
            (tmp_path / f"{name}.py").write_text("")
            module = ModuleType(name)
            module.Migration = type("Migration", (), {"operations": found})
            monkeypatch.setitem(sys.modules, f"made_for_the_test.{name}", module)

    return write


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("CLUB", []),
        migrations.RenameModel("Circle", "Club"),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.CreateModel("Club", [])]),
    ],
)
def test_model_may_come_later_and_in_several_ways(operation, migrations_of_app):
    other = migrations.CreateModel("Other", [])
    migrations_of_app(m1=[other], m2=[other, operation], m3=[operation], _helper=[operation])
    assert made_in(Club) == ("host", "m2")


@pytest.mark.parametrize("where", [None, "no.such.package"])
def test_app_without_migrations_is_named_by_its_first(where, settings):
    settings.MIGRATION_MODULES = {"host": where}
    assert tuple(made_in(Club)) == ("host", "__first__")


def test_model_that_no_migration_makes_is_named_by_its_first(migrations_of_app):
    migrations_of_app(m1=[migrations.CreateModel("Other", [])])
    assert tuple(made_in(Club)) == ("host", "__first__")
