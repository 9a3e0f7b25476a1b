from django.db import migrations, models

from organizations.operations import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations", "0021_member_of_index")]

    operations = [
        AddIndexInUse(
            model_name="organizationinvitation",
            index=models.Index(
                fields=["organization", "-created", "-id"], name="organizations_invitation_new"
            ),
        ),
    ]
