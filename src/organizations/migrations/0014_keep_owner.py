from django.db import migrations

from organizations.operations import KeepOwner


class Migration(migrations.Migration):
    dependencies = [("organizations", "0013_owneranchor_fill")]

    operations = [
        KeepOwner(
            organization="organization", member="organizationuser", owner="organizationowner"
        ),
    ]
