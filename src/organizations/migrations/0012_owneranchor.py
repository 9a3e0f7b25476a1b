import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organizations", "0011_invitation_one_open")]

    operations = [
        migrations.CreateModel(
            name="OwnerAnchor",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.organizationowner",
                        to_field="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "owner anchor",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("owner", models.F("organization"))),
                        name="organizations_owneranchor_same",
                    )
                ],
            },
        ),
    ]
