import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import organizations.fields

CASCADE = django.db.models.deletion.CASCADE


def key():
    return models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def timestamps():
    return [
        (
            "created",
            organizations.fields.AutoCreatedField(
                default=django.utils.timezone.now, editable=False
            ),
        ),
        (
            "modified",
            organizations.fields.AutoLastModifiedField(
                default=django.utils.timezone.now, editable=False
            ),
        ),
    ]


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", key()),
                (
                    "name",
                    models.CharField(help_text="The name of the organization", max_length=200),
                ),
                ("is_active", models.BooleanField(default=True)),
                *timestamps(),
                (
                    "slug",
                    organizations.fields.SlugField(
                        editable=True,
                        help_text="The name in all lowercase, suitable for URL identification",
                        max_length=200,
                        populate_from="name",
                        unique=True,
                    ),
                ),
            ],
            options={
                "verbose_name": "organization",
                "verbose_name_plural": "organizations",
                "ordering": ["name"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrganizationOwner",
            fields=[
                ("id", key()),
                *timestamps(),
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=CASCADE, related_name="owner", to="organizations.organization"
                    ),
                ),
            ],
            options={
                "verbose_name": "organization owner",
                "verbose_name_plural": "organization owners",
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrganizationUser",
            fields=[
                ("id", key()),
                *timestamps(),
                ("is_admin", models.BooleanField(default=False)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=CASCADE,
                        related_name="organization_users",
                        to="organizations.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=CASCADE,
                        related_name="organizations_organizationuser",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "organization user",
                "verbose_name_plural": "organization users",
                "ordering": ["organization", "user"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="organizationowner",
            name="organization_user",
            field=models.OneToOneField(on_delete=CASCADE, to="organizations.organizationuser"),
        ),
        migrations.AddField(
            model_name="organization",
            name="users",
            field=models.ManyToManyField(
                related_name="organizations_organization",
                through="organizations.OrganizationUser",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterUniqueTogether(
            name="organizationuser", unique_together={("user", "organization")}
        ),
    ]
