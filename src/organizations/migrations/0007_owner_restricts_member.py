import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """State only: the owner's member goes with its organization and in no other way."""

    dependencies = [("organizations", "0006_alter_organization_slug")]

    operations = [
        migrations.AlterField(
            model_name="organizationowner",
            name="organization_user",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.RESTRICT, to="organizations.organizationuser"
            ),
        ),
    ]
