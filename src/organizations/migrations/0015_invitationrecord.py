from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0014_keep_owner")]

    operations = [
        migrations.CreateModel(
            name="InvitationRecord",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("status", models.CharField(default="pending", editable=False, max_length=20)),
                ("is_admin", models.BooleanField(default=False, verbose_name="as an admin")),
                (
                    "token_digest",
                    models.CharField(editable=False, max_length=64, null=True, unique=True),
                ),
                ("open_key", models.CharField(editable=False, max_length=64, null=True)),
                ("expires_at", models.DateTimeField(editable=False, null=True)),
                ("sent_at", models.DateTimeField(editable=False, null=True)),
                ("send_count", models.PositiveIntegerField(default=0, editable=False)),
                ("model", models.CharField(editable=False, max_length=200)),
                ("invitation_key", models.CharField(editable=False, max_length=200)),
                ("organization_key", models.CharField(editable=False, max_length=200)),
            ],
            options={
                "verbose_name": "invitation record",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "invitation_key"),
                        name="organizations_invitationrecord_once",
                    ),
                    models.UniqueConstraint(
                        fields=("model", "organization_key", "open_key"),
                        name="organizations_invitationrecord_one_open",
                    ),
                ],
            },
        ),
    ]
