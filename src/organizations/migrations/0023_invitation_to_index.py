from django.db import migrations

from organizations.indexes import EqualityIndex
from organizations.operations import AddIndexInUse


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("organizations", "0022_invitation_new_index")]

    operations = [
        AddIndexInUse(
            model_name="organizationinvitation",
            index=EqualityIndex(fields=["invitee_identifier"], name="organizations_invitation_to"),
        ),
    ]
