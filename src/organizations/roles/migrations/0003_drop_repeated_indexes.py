import django.db.models.deletion
from django.db import migrations, models

from organizations.families import default_family
from organizations.operations import DropFieldIndex

ORGANIZATION = default_family().organization._meta.label


def without_index(model):
    """Return the operation for the organization, with which another index begins."""
    field = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to=ORGANIZATION,
    )
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model, "organization", field)],
        database_operations=[DropFieldIndex(model, "organization")],
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations_roles", "0002_same_organization")]

    operations = [without_index("role"), without_index("roleassignment")]
