from django.db import migrations

import organizations.base  # older releases made projects import it
import organizations.fields

HELP = "The name in all lowercase, suitable for URL identification"


class Migration(migrations.Migration):
    dependencies = [("legacy", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="company",
            name="slug",
            field=organizations.fields.SlugField(
                blank=False,
                editable=True,
                help_text=HELP,
                max_length=200,
                populate_from="name",
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="shown",
            field=organizations.fields.SlugField(
                editable=True, max_length=80, populate_from="title", unique=True
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="bare",
            field=organizations.fields.SlugField(blank=False, populate_from="title"),
        ),
    ]
