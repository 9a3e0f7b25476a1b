from typing import Any

from django.db import migrations, models

# Text and numbers have a default in the database as well: while a new release is rolled out,
# the one before it still inserts rows and does not name these columns.
FIELDS: dict[str, Any] = {
    "kind": models.CharField(default="mail", db_default="mail", editable=False, max_length=20),
    "presets": models.JSONField(editable=False, null=True),
    "member_until": models.DateTimeField(editable=False, null=True),
    "locale": models.CharField(default="", db_default="", editable=False, max_length=20),
    "note": models.CharField(default="", db_default="", editable=False, max_length=500),
    "max_uses": models.PositiveIntegerField(editable=False, null=True),
    "use_count": models.PositiveIntegerField(default=0, db_default=0, editable=False),
    "domain": models.CharField(default="", db_default="", editable=False, max_length=253),
    "needs_approval": models.BooleanField(default=False, db_default=False, editable=False),
    "parent_key": models.CharField(default="", db_default="", editable=False, max_length=200),
}


class Migration(migrations.Migration):
    dependencies = [("organizations", "0016_invitation_authority")]

    operations = [
        migrations.AddField(model_name=model, name=name, field=field.clone())
        for model in ("organizationinvitation", "invitationrecord")
        for name, field in FIELDS.items()
    ]
