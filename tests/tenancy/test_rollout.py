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

from organizations.tenancy.rls import RowLevelSecurity, SameOrganization
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


def policies():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename, policyname FROM pg_policies ORDER BY 1, 2")
        return cursor.fetchall()


def enforced():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]


#: Steps that a squashed migration may hold, and whether the policy is there after them.
IN_ONE = {
    "come and gone": (
        [
            migrations.AddConstraint("ticket", ENFORCED),
            migrations.RemoveConstraint("ticket", "ticket_rows"),
        ],
        False,
    ),
    "come, gone and come": (
        [
            migrations.AddConstraint("ticket", TOLD),
            migrations.RemoveConstraint("ticket", "ticket_rows"),
            migrations.AddConstraint("ticket", ENFORCED),
        ],
        True,
    ),
    "a key that comes and goes": (
        [
            migrations.AddConstraint("ticket", SameOrganization(name="same", field="folder")),
            migrations.RemoveConstraint("ticket", "same"),
        ],
        False,
    ),
    "a link that goes before its policy": (
        [
            migrations.AddField("ticket", "labels", models.ManyToManyField("files.Label")),
            migrations.AddConstraint(
                "ticket", RowLevelSecurity(name="ticket_rows", many_to_many=["labels"])
            ),
            migrations.RemoveField("ticket", "labels"),
            migrations.RemoveConstraint("ticket", "ticket_rows"),
            migrations.AddConstraint("ticket", ENFORCED),
        ],
        True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IN_ONE)
def test_several_steps_in_one_migration(name, scopes_alone):
    operations, is_there = IN_ONE[name]
    before = policies(), enforced()
    made = step(
        migrations.CreateModel(
            "Ticket",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("organization", organization()),
                ("folder", models.ForeignKey("files.Folder", models.CASCADE, related_name="+")),
            ],
        ),
        *operations,
    )
    state = ProjectState.from_apps(apps)
    with connection.schema_editor() as editor:
        after = made.apply(state.clone(), editor)
    ours = [("files_ticket", "ticket_rows_read"), ("files_ticket", "ticket_rows_scope")] * is_there
    assert policies() == sorted(before[0] + ours)
    assert enforced() == sorted(before[1] + ["files_ticket"] * is_there)
    with connection.schema_editor() as editor:
        editor.delete_model(after.apps.get_model("files", "Ticket"))
    assert (policies(), enforced()) == before
