"""The four releases of the how-to, on a table that has rows and goes on being read."""

import pytest
from django.apps import apps
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, migrations, models, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ProjectState

from organizations.tenancy.rls import RowLevelSecurity
from tests.tenancy.conftest import APP

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def step(*operations, atomic=True):
    migration = migrations.Migration("step", "files")
    migration.operations, migration.atomic = list(operations), atomic
    return migration


def organization(**options):
    return models.ForeignKey(
        "organizations.Organization", models.CASCADE, related_name="+", **options
    )


FILLED = models.CheckConstraint(condition=models.Q(organization__isnull=False), name="filled")
TOLD = RowLevelSecurity(name="ticket_rows", enforce=False)
ENFORCED = RowLevelSecurity(name="ticket_rows")
RELEASES = [
    step(
        migrations.CreateModel(
            "Ticket",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=9)),
            ],
        )
    ),
    step(migrations.AddField("ticket", "organization", organization(null=True))),
    step(AddConstraintNotValid("ticket", FILLED)),
    step(ValidateConstraint("ticket", "filled")),
    step(migrations.AlterField("ticket", "organization", organization())),
    step(
        AddIndexConcurrently("ticket", models.Index("organization", "name", name="by_name")),
        atomic=False,
    ),
    step(migrations.AddConstraint("ticket", TOLD)),
    step(
        migrations.RemoveConstraint("ticket", "ticket_rows"),
        migrations.AddConstraint("ticket", ENFORCED),
    ),
]


def read(organization=None):
    """Return what the application's role reads, in a transaction that was told or not."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {APP}")
        if organization:
            value = f"organizations.organization:{organization.pk}"
            cursor.execute(f"SET LOCAL organizations.current = '{value}'")
        cursor.execute("SELECT name FROM files_ticket ORDER BY name")
        return [row[0] for row in cursor.fetchall()]


def test_four_releases_there_and_back(two, scopes_alone):
    states = [ProjectState.from_apps(apps)]
    try:
        for number, release in enumerate(RELEASES):
            with connection.schema_editor(atomic=release.atomic) as editor:
                states.append(release.apply(states[-1].clone(), editor))
            with transaction.atomic(), connection.cursor() as cursor:
                if number == 0:
                    cursor.execute("INSERT INTO files_ticket (name) VALUES ('a'), ('b'), ('c')")
                if number == 1:  # in batches
                    for keys, each in (("a", two.acme), ("bc", two.zenith)):
                        cursor.execute(
                            "UPDATE files_ticket SET organization_id = %s WHERE name = ANY (%s)",
                            [each.organization.pk, list(keys)],
                        )
            if number < len(RELEASES) - 1:
                assert read() == ["a", "b", "c"]
        assert read() == []
        assert read(two.acme.organization) == ["a"]
        assert read(two.zenith.organization) == ["b", "c"]

        last = RELEASES[-1]
        with connection.schema_editor() as editor:
            last.unapply(states[-2].clone(), editor)
        assert read() == ["a", "b", "c"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS files_ticket")


def test_makemigrations_writes_the_switch():
    before, after = ProjectState.from_apps(apps), ProjectState.from_apps(apps)
    before.models["files", "label"].options["constraints"] = [
        RowLevelSecurity(name="label_rows", field="company", enforce=False)
    ]
    changes = MigrationAutodetector(before, after)._detect_changes()
    found = [type(each).__name__ for each in changes["files"][0].operations]
    assert found == ["RemoveConstraint", "AddConstraint"]
