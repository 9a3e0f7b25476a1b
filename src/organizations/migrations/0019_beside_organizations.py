import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def of_organization():
    return [
        ("id", models.BigAutoField(primary_key=True, serialize=False)),
        ("model", models.CharField(editable=False, max_length=200)),
        ("organization_key", models.CharField(editable=False, max_length=200)),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0018_member_lifecycle"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OrganizationRecord",
            fields=[
                *of_organization(),
                ("suspended_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("invitation_days", models.PositiveSmallIntegerField(editable=False, null=True)),
                ("accepts_requests", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "verbose_name": "organization record",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "organization_key"),
                        name="organizations_organizationrecord_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerSlug",
            fields=[
                *of_organization(),
                ("slug", models.CharField(editable=False, max_length=200)),
                ("left_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "verbose_name": "former slug",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "slug"), name="organizations_formerslug_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="JoinDomain",
            fields=[
                *of_organization(),
                ("domain", models.CharField(editable=False, max_length=253)),
                ("needs_approval", models.BooleanField(default=True)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="organizations_joindomain",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "domain",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model", "organization_key", "domain"),
                        name="organizations_joindomain_once",
                    )
                ],
                "indexes": [models.Index(fields=["domain"], name="organizations_joindomain_of")],
            },
        ),
        migrations.CreateModel(
            name="BulkInvitation",
            fields=[
                *of_organization(),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                ("offer", models.JSONField(default=dict, editable=False)),
                ("addresses", models.JSONField(default=list, editable=False)),
                ("results", models.JSONField(default=list, editable=False)),
                (
                    "created_by",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="organizations_bulkinvitation",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk invitation",
                "indexes": [
                    models.Index(fields=["model", "organization_key"], name="organizations_bulk_of")
                ],
            },
        ),
    ]
