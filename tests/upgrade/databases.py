"""Empty databases for one test each, and what is in them: rows and the catalogue."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tools.embedded_postgres import postgres_database

ROOT = Path(__file__).resolve().parents[2]
# The last migration of the releases 2.0, and of every release since 2.1.
END_OF_2_0 = "0004_organizationinvitation"
END = "0006_alter_organization_slug"

_numbers = count(1)


class Database:
    """A database that the host project runs on, in whichever environment."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.is_postgres = settings["ENGINE"].endswith("postgresql")

    def connect(self) -> Any:
        if self.is_postgres:
            return psycopg.connect(
                host=self.settings["HOST"],
                user=self.settings["USER"],
                dbname=self.settings["NAME"],
                autocommit=True,
            )
        return sqlite3.connect(self.settings["NAME"])

    def manage(
        self,
        *commands: str | list[str],
        apps: str = "early late",
        python: str | Path = sys.executable,
        options: Iterable[str] = (),
    ) -> list[Answer]:
        """Run commands of the host project; one that fails with an error fails the test."""
        lines = [each.split() if isinstance(each, str) else each for each in commands]
        done = subprocess.run(
            [str(python), *options, "-m", "tests.upgrade.project.run"],
            cwd=ROOT,
            env=self.environment(apps),
            input=json.dumps(lines),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [Answer(*each) for each in json.loads(done.stdout)]

    def environment(self, apps: str) -> dict[str, str]:
        """Return the environment variables that the host project is run with."""
        ours = ("DJANGO_", "ORGKIT_", "PYTEST_", "COV_", "PYTHON")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return {
            **kept,
            "HOST_DATABASE": json.dumps(self.settings),
            "HOST_APPS": apps,
            "PYTHONPATH": str(ROOT),
            "PYTHONIOENCODING": "utf-8",
        }

    def tables(self) -> list[str]:
        query = (
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            if self.is_postgres
            else "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        )
        with self.reading() as link:
            return [name for (name,) in link.execute(query).fetchall()]

    @contextmanager
    def reading(self) -> Iterator[Any]:
        link = self.connect()
        try:
            yield link
        finally:
            link.close()

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.reading() as link:
            cursor = link.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row of every table."""
        return {table: self.rows(table) for table in self.tables()}


class Answer:
    """What a command said, and its exit code."""

    def __init__(self, code: int, output: str) -> None:
        self.code = code
        self.output = output

    def json(self) -> Any:
        return json.loads(self.output)


# Django itself adds a row to these when an app brings a new model or migration.
GROWING = {"django_migrations", "django_content_type", "auth_permission"}


def assert_kept(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]):
    """Every row and key is still there with equal values; new columns and tables aside."""
    for table, rows in before.items():
        assert table in after, f"the table {table} is gone"
        columns = list(rows[0]) if rows else []
        kept = [{name: row[name] for name in columns} for row in after[table]]
        if table in GROWING:
            assert [row for row in rows if row not in kept] == [], table
        else:
            assert kept == rows, table


@contextmanager
def new_database(engine: str, folder: Path) -> Iterator[Database]:
    """Give a test an empty database, and take it away again."""
    name = f"upgrade_{os.getpid()}_{next(_numbers)}"
    if engine == "sqlite":
        yield Database({"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / name)})
        return
    settings = postgres_database("tests", name=name)
    try:
        yield Database(settings)
    finally:
        _administer(settings, "DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def copy_of(database: Database, folder: Path) -> Iterator[Database]:
    """Give a test a copy of a database that nobody is connected to."""
    with new_database("postgres" if database.is_postgres else "sqlite", folder) as copy:
        if database.is_postgres:
            _administer(copy.settings, "DROP DATABASE {}", copy.settings["NAME"])
            names = copy.settings["NAME"], database.settings["NAME"]
            _administer(copy.settings, "CREATE DATABASE {} TEMPLATE {}", *names)
        else:
            shutil.copy(database.settings["NAME"], copy.settings["NAME"])
        yield copy


def _administer(settings: dict[str, Any], statement: str, *names: str) -> None:
    with psycopg.connect(
        host=settings["HOST"], user=settings["USER"], dbname="postgres", autocommit=True
    ) as link:
        link.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


CATALOGUE = {
    # Serial columns of older Django and identity columns of later ones number alike.
    "column": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               CASE WHEN a.attidentity <> '' OR pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%'
                    THEN 'numbered' ELSE coalesce(pg_get_expr(d.adbin, d.adrelid), '') END,
               (SELECT collname FROM pg_collation l WHERE l.oid = a.attcollation)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraint": """
        SELECT c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated
        FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE c.relnamespace = 'public'::regnamespace AND k.contype <> 'n'""",
    "index": """
        SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'""",
    "trigger": """
        SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE NOT t.tgisinternal""",
    "function": """
        SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace""",
    "other": """
        SELECT relname, relkind FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I')""",
}


def catalogue(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return what PostgreSQL knows of the tables, hashes in names made equal.

    The order of columns does not count, nor does the kind of numbering of a key.
    """
    with database.reading() as link:
        return {
            kind: sorted(
                tuple(
                    re.sub(r"_[0-9a-f]{8}(?=_|\b)", "_HASH", cell)
                    if isinstance(cell, str)
                    else cell
                    for cell in row
                )
                for row in link.execute(query.replace("%%", "%"))
            )
            for kind, query in CATALOGUE.items()
        }
