from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0019_beside_organizations")]

    operations = [
        migrations.AddField(
            model_name="organizationrecord",
            name="accent",
            field=models.CharField(blank=True, default="", editable=False, max_length=7),
        ),
    ]
