from django.db import migrations

from organizations.operations import DropFieldIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations_teams", "0002_same_organization")]

    operations = [
        DropFieldIndex("team", "organization"),
        DropFieldIndex("teamancestor", "team"),
        DropFieldIndex("teammember", "team"),
    ]
