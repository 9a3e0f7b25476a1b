from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0017_invitation_kinds")]

    operations = [
        migrations.AddField(
            model_name="organizationuser",
            name=name,
            field=models.DateTimeField(editable=False, null=True),
        )
        for name in ("suspended_at", "ends_at")
    ]
