"""PostgreSQL itself refuses an assignment of another organization's role.

Elsewhere such a row, if anybody writes one, gives nothing: every query compares the two.
"""

from django.db import migrations

NAME = "organizations_roles_same_organization"


def _names(apps, schema_editor):
    quote = schema_editor.quote_name
    role = apps.get_model("organizations_roles", "Role")._meta
    assignment = apps.get_model("organizations_roles", "RoleAssignment")._meta
    return {
        "name": quote(NAME),
        "role": quote(role.db_table),
        "assignment": quote(assignment.db_table),
        "organization": quote(assignment.get_field("organization").column),
        "key": quote(assignment.get_field("role").column),
        "its_organization": quote(role.get_field("organization").column),
        "its_key": quote(role.pk.column),
    }


def keep(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE {assignment} ADD CONSTRAINT {name} FOREIGN KEY ({organization}, {key}) "
            "REFERENCES {role} ({its_organization}, {its_key}) "
            "DEFERRABLE INITIALLY DEFERRED".format(**_names(apps, schema_editor))
        )


def keep_no_more(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE {assignment} DROP CONSTRAINT {name}".format(**_names(apps, schema_editor))
        )


class Migration(migrations.Migration):
    dependencies = [("organizations_roles", "0001_initial")]

    operations = [migrations.RunPython(keep, keep_no_more)]
