import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from organizations.operations import DropFieldIndex


def without_index(model, name, to, related_name):
    """Return the operation for a foreign key that another index begins with."""
    field = models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=to,
    )
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model_name=model, name=name, field=field)],
        database_operations=[DropFieldIndex(model, name)],
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("organizations", "0023_invitation_to_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        without_index(
            "organizationuser", "user", settings.AUTH_USER_MODEL, "%(app_label)s_%(class)s"
        ),
        without_index(
            "organizationuser", "organization", "organizations.organization", "organization_users"
        ),
        without_index(
            *("organizationinvitation", "organization"),
            *("organizations.organization", "organization_invites"),
        ),
        without_index(
            *("verifiedaddress", "user"),
            *(settings.AUTH_USER_MODEL, "organizations_verifiedaddress"),
        ),
    ]
