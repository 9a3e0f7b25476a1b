"""Databases made by releases of django-organizations itself carry over.

Each release is installed from the package index into an environment of its own.
"""

import pytest

from tests.conftest import database_name

from . import promises
from .databases import catalogue, copy_of, new_database
from .peers import RELEASES, peer_python

pytestmark = pytest.mark.slow


def apps_of(release):
    """Return the apps of a host project that was written for the release."""
    return "early middle" if release.startswith("2.0") else "early late"


@pytest.fixture(scope="module", params=RELEASES)
def upgraded(request, tmp_path_factory):
    """A database that the release made and filled, upgraded; and what was in it before."""
    release = request.param
    with new_database(database_name(), tmp_path_factory.mktemp("upgraded")) as made:
        _migrated, filled, _more = made.manage(
            "migrate -v0",
            "fill_hard_rows",
            "fill_by_peer",
            apps=apps_of(release),
            python=peer_python(release),
        )
        before, after = promises.upgrade(made, apps=apps_of(release))
        yield made, apps_of(release), filled.json(), before, after


@pytest.fixture
def database(upgraded, tmp_path):
    with copy_of(upgraded[0], tmp_path) as copy:
        yield copy


def test_the_release_has_made_every_kind_of_row(upgraded):
    _database, apps, _keys, before, _after = upgraded
    names = ["organization", "organizationuser", "organizationowner", "organizationinvitation"]
    assert all(before[f"organizations_{name}"] for name in names)
    assert before["early_note"]
    assert "organizations_owneranchor" not in before
    applied = [row["name"] for row in before["django_migrations"] if row["app"] == "organizations"]
    assert len(applied) == (4 if "middle" in apps else 6)
    assert any(row["last_login"] for row in before["auth_user"])
    assert any(len(row["slug"]) == 200 for row in before["organizations_organization"])


def test_every_row_is_kept_and_every_new_column_filled(upgraded):
    """The fixture has compared the rows, and found no missing migration."""
    _database, _apps, keys, _before, after = upgraded
    promises.check_invitations(after, keys)
    promises.check_anchors(after)


def test_every_odd_row_is_reported_and_its_command_mends_it(database, upgraded):
    _database, apps, keys, _before, _after = upgraded
    promises.check_doctor(database, keys, apps=apps)


def test_ordinary_work_goes_on(database, upgraded):
    promises.check_use(database, apps=upgraded[1])


@pytest.mark.postgres
def test_upgraded_and_fresh_databases_are_equal_in_the_catalogue(upgraded, empty_database):
    database, apps, *_ = upgraded
    empty_database.manage("migrate -v0", apps=apps)

    assert catalogue(database) == catalogue(empty_database)
