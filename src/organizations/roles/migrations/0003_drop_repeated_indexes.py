from django.db import migrations

from organizations.operations import DropFieldIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations_roles", "0002_same_organization")]

    operations = [
        DropFieldIndex("role", "organization"),
        DropFieldIndex("roleassignment", "organization"),
    ]
