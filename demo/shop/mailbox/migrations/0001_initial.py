from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Mail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sent", models.DateTimeField(auto_now_add=True)),
                ("subject", models.TextField()),
                ("sender", models.TextField()),
                ("recipients", models.TextField()),
                ("reply_to", models.TextField(blank=True)),
                ("text", models.TextField()),
                ("html", models.TextField(blank=True)),
                ("is_read", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["-sent", "-pk"],
            },
        ),
    ]
