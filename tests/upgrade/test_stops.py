"""A database that stopped at any of the six old migrations goes on to the end, rows and all."""

import pytest

from tests.conftest import database_name

from . import promises
from .databases import END, assert_kept, catalogue, copy_of, new_database

OLD = [
    "0001_initial",
    "0002_model_update",
    "0003_field_fix_and_editable",
    "0004_organizationinvitation",
    "0005_alter_organization_users_and_more",
    END,
]
UPGRADE = ["migrate -v0", "makemigrations --check --dry-run"]


def stop_at(migration):
    """Return the commands that bring a new database to that migration, with hard rows in it."""
    return [
        "migrate -v0 contenttypes",
        "migrate -v0 auth",
        f"migrate -v0 organizations {migration}",
        "migrate -v0 early",
        "fill_hard_rows",
        "dump_rows",
    ]


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """A database that was upgraded from the last old migration, its keys, its rows before."""
    with new_database(database_name(), tmp_path_factory.mktemp("upgraded")) as made:
        *_, filled, before, _migrated, missing = made.manage(*stop_at(END), *UPGRADE)
        assert missing.code == 0, missing.output
        yield made, filled.json(), before.json()


@pytest.fixture
def database(upgraded, tmp_path):
    with copy_of(upgraded[0], tmp_path) as copy:
        yield copy


@pytest.mark.parametrize("migration", OLD)
def test_it_goes_on_from(empty_database, migration):
    *_, filled, before, _migrated, missing, after = empty_database.manage(
        *stop_at(migration), *UPGRADE, "dump_rows"
    )

    assert missing.code == 0, missing.output
    rows = after.json()
    assert_kept(before.json(), rows)
    promises.check_anchors(rows)
    if migration >= "0004":
        promises.check_invitations(rows, filled.json())
    else:
        assert rows["organizations_organizationinvitation"] == []


def test_every_odd_row_is_reported_and_its_command_mends_it(database, upgraded):
    promises.check_doctor(database, upgraded[1], apps="early late")


def test_ordinary_work_goes_on(database):
    promises.check_use(database, apps="early late")


def test_the_way_back_and_forward_again_keeps_the_rows(database, upgraded):
    _database, keys, before = upgraded
    upgraded_rows = database.dump()

    _migrated, back, _again, after = database.manage(
        f"migrate -v0 organizations {END}", "dump_rows", "migrate -v0", "dump_rows"
    )

    assert_kept(before, back.json())
    columns = {table: set(rows[0]) for table, rows in before.items() if rows}
    assert {table: set(back.json()[table][0]) for table in columns} == columns
    assert set(back.json()) - set(before) == {"late_invoice"}, "our own tables are gone again"
    assert_kept(before, after.json())
    promises.check_invitations(after.json(), keys)
    promises.check_anchors(after.json())
    assert set(upgraded_rows) == set(after.json())


@pytest.mark.postgres
def test_upgraded_and_fresh_databases_are_equal_in_the_catalogue(database, empty_database):
    empty_database.manage("migrate -v0")

    assert catalogue(database) == catalogue(empty_database)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE organizations_organizationowner DISABLE TRIGGER USER",
        "ALTER TABLE organizations_organization ALTER name TYPE varchar(201)",
        "ALTER TABLE organizations_organization ALTER is_active DROP NOT NULL",
        "ALTER TABLE organizations_organizationinvitation ALTER status SET DEFAULT 'pending'",
        "CREATE INDEX one_more ON organizations_organization (created)",
        "ALTER TABLE organizations_organizationinvitation"
        " DROP CONSTRAINT organizations_invitation_one_open",
        "DROP FUNCTION organizations_organization_keep_owner CASCADE",
    ],
)
def test_the_comparison_sees_every_kind_of_difference(database, statement):
    before = catalogue(database)
    with database.connect() as link:
        link.execute(statement)

    assert catalogue(database) != before


def test_the_comparison_of_rows_sees_a_change():
    before = {"t": [{"id": 1, "a": "x"}], "django_migrations": [{"id": 1}]}
    grown = {"t": [{"id": 1, "a": "x", "new": 0}], "django_migrations": [{"id": 1}, {"id": 2}]}
    assert_kept(before, {**grown, "u": []})
    for rows in ([], [{"id": 1, "a": "y"}], [{"id": 2, "a": "x"}], [*grown["t"], *grown["t"]]):
        with pytest.raises(AssertionError):
            assert_kept(before, {**grown, "t": rows})
    with pytest.raises(AssertionError):
        assert_kept(before, {**grown, "django_migrations": []})
