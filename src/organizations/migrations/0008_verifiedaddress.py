import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("organizations", "0007_owner_restricts_member"),
    ]

    operations = [
        migrations.CreateModel(
            name="VerifiedAddress",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="organizations_verifiedaddress",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("address", models.EmailField(db_index=True, max_length=254)),
                ("verified_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "verified address",
                "verbose_name_plural": "verified addresses",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "address"), name="organizations_verifiedaddress_once"
                    )
                ],
            },
        ),
    ]
