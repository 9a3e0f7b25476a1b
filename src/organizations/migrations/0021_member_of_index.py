from django.db import migrations, models

from organizations.operations import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations", "0020_organizationrecord_accent")]

    operations = [
        AddIndexInUse(
            model_name="organizationuser",
            index=models.Index(fields=["organization", "user"], name="organizations_member_of"),
        ),
    ]
