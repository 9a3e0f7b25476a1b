from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0008_verifiedaddress")]

    operations = [
        migrations.AddField(
            model_name="organizationinvitation",
            name="status",
            field=models.CharField(default="pending", editable=False, max_length=20),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="is_admin",
            field=models.BooleanField(default=False, verbose_name="as an admin"),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="token_digest",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="open_key",
            field=models.CharField(editable=False, max_length=64, null=True),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="expires_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="sent_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="organizationinvitation",
            name="send_count",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
    ]
