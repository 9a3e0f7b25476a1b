"""On PostgreSQL, a team and what points at it belong to the same organization.

The names of the columns are those of the tables in 0001. The constraints wait until the commit, as
Django's own foreign keys do.
"""

from typing import Any

from django.db import migrations

UNIQUE = "organizations_team_in_organization"
# Table, constraint, column that names a team
KEYS = [
    ("organizations_teams_teamancestor", "organizations_teamancestor_same_team", "team_id"),
    ("organizations_teams_teamancestor", "organizations_teamancestor_same_above", "ancestor_id"),
    ("organizations_teams_teammember", "organizations_teammember_same_team", "team_id"),
]
TEAM = "organizations_teams_team"


def add(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        f"ALTER TABLE {TEAM} ADD CONSTRAINT {UNIQUE} UNIQUE (organization_id, id)"
    )
    for table, name, column in KEYS:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} "
            f"FOREIGN KEY (organization_id, {column}) REFERENCES {TEAM} (organization_id, id) "
            "DEFERRABLE INITIALLY DEFERRED"
        )


def remove(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, name, _column in KEYS:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    schema_editor.execute(f"ALTER TABLE {TEAM} DROP CONSTRAINT {UNIQUE}")


class Migration(migrations.Migration):
    dependencies = [("organizations_teams", "0001_initial")]

    operations = [migrations.RunPython(add, remove)]
