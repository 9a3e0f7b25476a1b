from django.db import migrations

from organizations.operations import KeepOwner


class Migration(migrations.Migration):
    dependencies = [("host", "0002_clubs")]

    operations = [KeepOwner(organization="club", member="clubmember", owner="clubowner")]
