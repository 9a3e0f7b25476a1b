from importlib.metadata import PackageNotFoundError, distribution

import django.db.models.deletion
from django.core.exceptions import ImproperlyConfigured
from django.db import migrations, models

# The one thing that happens at import: where the files of django-organizations lie over ours,
# its app config is in force and no system check of ours runs, but these files are still read.
try:
    distribution("django-organizations")
except PackageNotFoundError:
    pass
else:
    raise ImproperlyConfigured(
        "django-organizations and django-orgkit are installed together, and both bring the "
        "package 'organizations'. Remove both, then install django-orgkit alone: "
        "pip uninstall django-organizations django-orgkit && pip install django-orgkit"
    )


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
