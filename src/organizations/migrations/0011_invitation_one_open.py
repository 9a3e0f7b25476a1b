from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0010_invitation_lifecycle_fill")]

    operations = [
        migrations.AddConstraint(
            model_name="organizationinvitation",
            constraint=models.UniqueConstraint(
                fields=("organization", "open_key"), name="organizations_invitation_one_open"
            ),
        ),
    ]
