from django.db import migrations


def fill(apps, schema_editor):
    """Tie every organization that has an owner row to it; one statement for all rows."""
    anchor = apps.get_model("organizations", "OwnerAnchor")._meta
    owner = apps.get_model("organizations", "OrganizationOwner")._meta
    quote = schema_editor.quote_name
    column = quote(owner.get_field("organization").column)
    # Not by the schema editor, which refuses to run in a transaction of MySQL.
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(anchor.db_table)} "  # noqa: S608  # names from the models' state
            f"({quote(anchor.get_field('organization').column)}, "
            f"{quote(anchor.get_field('owner').column)}) "
            f"SELECT {column}, {column} FROM {quote(owner.db_table)}"
        )


class Migration(migrations.Migration):
    dependencies = [("organizations", "0012_owneranchor")]

    # Backwards there is nothing to undo: the table goes with the step before.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
