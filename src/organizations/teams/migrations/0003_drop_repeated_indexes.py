import django.db.models.deletion
from django.db import migrations, models

from organizations.families import default_family
from organizations.operations import DropFieldIndex

ORGANIZATION = default_family().organization._meta.label
TEAM = "organizations_teams.team"


def without_index(model, name, to, related_name):
    """Return the operation for a foreign key that another index begins with."""
    field = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=to,
    )
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model, name, field)],
        database_operations=[DropFieldIndex(model, name)],
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations_teams", "0002_same_organization")]

    operations = [
        without_index("team", "organization", ORGANIZATION, "organizations_teams"),
        without_index("teamancestor", "team", TEAM, "ancestor_rows"),
        without_index("teammember", "team", TEAM, "memberships"),
    ]
