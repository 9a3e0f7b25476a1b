"""``manage.py organizations_rls``: the SQL for the role that the application signs in as."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder

__all__ = ["Command", "statements"]


class Command(BaseCommand):
    help = (
        "Print the SQL that makes a PostgreSQL role for the application: one that owns nothing, "
        "obeys every policy, and can read and write rows, but not empty tables or look past "
        "policies with foreign keys of its own. Nothing is changed."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", default="app", help="name of the role; app unless given")
        parser.add_argument(
            "--database", metavar="ALIAS", default=DEFAULT_DB_ALIAS, help="alias in DATABASES"
        )

        parser.add_argument(
            "--schema", default="public", help="where the tables are; public unless given"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] not in connections:
            raise CommandError(f"DATABASES has no {options['database']!r}.")
        connection: Any = connections[options["database"]]
        if connection.vendor != "postgresql":
            raise CommandError(
                f"{connection.display_name} has no row-level security: scopes guard alone there."
            )
        for name in (options["role"], options["schema"]):
            if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
                raise CommandError(f"{name!r} is no name for it: say letters, digits and _.")
        settings = connection.settings_dict
        if options["role"] == settings["USER"]:
            raise CommandError(
                f"{options['role']!r} runs the migrations here, so it owns the tables. Name "
                "another role, and let the application sign in as that one."
            )
        self.stdout.write(
            f"-- Run this as the role that runs the migrations ({settings['USER'] or 'yours'}), on "
            f"the database {settings['NAME']}:\n"
            f"--   manage.py organizations_rls --role {options['role']} | manage.py dbshell\n"
            f"-- Then give the role a password, and DATABASES of the application its name.\n"
        )
        for statement in statements(connection, options["role"], options["schema"]):
            self.stdout.write(f"{statement};")


def statements(connection: Any, role: str, schema: str = "public") -> list[str]:
    """Return what makes the role, and what it may. Safe to run again. No queries."""
    quote = connection.ops.quote_name
    name, place = quote(role), f"SCHEMA {quote(schema)}"
    history = quote(MigrationRecorder.Migration._meta.db_table)
    return [
        f"DO $$ BEGIN CREATE ROLE {name} LOGIN; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        # Only who is a superuser may say so of a role, even of one that is none.
        f"DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}' AND (rolsuper OR "
        "rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication)) THEN "
        f"ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION; "
        "END IF; END $$",
        f"GRANT USAGE ON {place} TO {name}",
        # No TRUNCATE, which no policy stops; no REFERENCES and no TRIGGER, which look past them.
        f"REVOKE ALL ON ALL TABLES IN {place} FROM {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN {place} TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN {place} TO {name}",
        f"REVOKE INSERT, UPDATE, DELETE ON {history} FROM {name}",
        # What the next migrations make.
        f"ALTER DEFAULT PRIVILEGES IN {place} "
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}",
        f"ALTER DEFAULT PRIVILEGES IN {place} GRANT USAGE, SELECT ON SEQUENCES TO {name}",
    ]
