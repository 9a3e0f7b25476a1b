from django.conf import settings
from django.db import migrations

from organizations.operations import DropFieldIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("organizations", "0023_invitation_to_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        DropFieldIndex("organizationuser", "user"),
        DropFieldIndex("organizationuser", "organization"),
        DropFieldIndex("organizationinvitation", "organization"),
        DropFieldIndex("verifiedaddress", "user"),
    ]
