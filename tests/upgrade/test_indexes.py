"""Indexes come and go while others write, and after an interruption."""

import pytest

pytestmark = pytest.mark.postgres

DUPLICATES = """
    SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
    FROM pg_index one JOIN pg_index other
        ON one.indrelid = other.indrelid AND one.indexrelid <> other.indexrelid
    WHERE one.indrelid::regclass::text LIKE 'organizations!_%%' ESCAPE '!'
        AND one.indpred IS NULL AND other.indpred IS NULL
        AND one.indexprs IS NULL AND NOT one.indisunique
        AND one.indkey[0] = other.indkey[0] AND one.indnatts = 1
        AND one.indclass[0] = other.indclass[0]
"""
WINGS = "organizations.roles organizations.teams"
OURS = ("organizations_member_of", "organizations_invitation_new", "organizations_invitation_to")


def indexes(database, *, whole=True):
    with database.connect() as link:
        found = link.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indisvalid = %s", [whole]
        )
        return {name for (name,) in found}


def test_no_index_begins_another_one(empty_database):
    empty_database.manage("migrate -v0 organizations 0020")
    with empty_database.connect() as link:
        assert len(link.execute(DUPLICATES).fetchall()) >= 2, "what is dropped"
    empty_database.manage("migrate -v0")
    with empty_database.connect() as link:
        assert link.execute(DUPLICATES).fetchall() == []
    assert set(OURS) <= indexes(empty_database)


def test_the_way_back_brings_the_indexes_of_before(empty_database):
    empty_database.manage("migrate -v0 organizations 0020")
    before = indexes(empty_database)
    empty_database.manage("migrate -v0 organizations", "migrate -v0 organizations 0020")
    assert indexes(empty_database) == before


def test_nor_in_the_optional_apps(empty_database):
    def manage(*commands):
        return empty_database.manage(*commands, apps=WINGS)

    labels = ("organizations_roles", "organizations_teams")
    back = [f"migrate -v0 {label} 0002" for label in labels]
    manage("migrate -v0", *back)
    with empty_database.connect() as link:
        assert len(link.execute(DUPLICATES).fetchall()) >= 5, "what is dropped"
    before = indexes(empty_database)
    manage("migrate -v0")
    with empty_database.connect() as link:
        assert link.execute(DUPLICATES).fetchall() == []
    manage(*back)
    assert indexes(empty_database) == before
    for label in labels:
        [printed] = manage(f"sqlmigrate {label} 0003")
        _nobody_waits(printed.output)


@pytest.mark.parametrize("name", OURS)
def test_what_an_interrupted_run_has_left_is_made_anew(empty_database, name):
    """PostgreSQL keeps an index that it could not finish, and does not read it."""
    empty_database.manage("migrate -v0")
    with empty_database.connect() as link:
        link.execute("DELETE FROM django_migrations WHERE app = 'organizations' AND name >= '0021'")
        link.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", [name]
        )
    assert indexes(empty_database, whole=False) == {name}
    empty_database.manage("migrate -v0")
    assert set(OURS) <= indexes(empty_database)
    assert indexes(empty_database, whole=False) == set()


@pytest.mark.parametrize("number", ["0021", "0022", "0023", "0024"])
def test_others_may_write_meanwhile(empty_database, number):
    [printed] = empty_database.manage(f"sqlmigrate organizations {number}")
    _nobody_waits(printed.output)


def _nobody_waits(printed):
    statements = [line for line in printed.splitlines() if line.endswith(";")]
    assert statements
    assert all("CONCURRENTLY" in line for line in statements), statements
