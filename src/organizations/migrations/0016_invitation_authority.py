from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0015_invitationrecord")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="on_own_authority",
            field=models.BooleanField(default=True, editable=False),
        )
        for name in ("organizationinvitation", "invitationrecord")
    ]
