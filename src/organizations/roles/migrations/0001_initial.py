import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import organizations.fields
from organizations.families import default_family, made_in

# The tables lead to the family that the project has chosen.
FAMILY = default_family()
ORGANIZATION = FAMILY.organization._meta.label
MEMBER = FAMILY.member._meta.label


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        made_in(FAMILY.organization),
        made_in(FAMILY.member),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Role",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "description",
                    models.TextField(blank=True, max_length=300, verbose_name="description"),
                ),
                (
                    "permissions",
                    organizations.fields.PermissionSetField(
                        blank=True, default=frozenset, verbose_name="permissions"
                    ),
                ),
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
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=ORGANIZATION,
                    ),
                ),
            ],
            options={
                "verbose_name": "role",
                "verbose_name_plural": "roles",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("role_name", models.CharField(blank=True, max_length=100)),
                ("group_kind", models.CharField(blank=True, max_length=30)),
                ("group_key", models.BigIntegerField(blank=True, null=True)),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="ends at")),
                (
                    "created",
                    organizations.fields.AutoCreatedField(
                        default=django.utils.timezone.now, editable=False
                    ),
                ),
                ("reminded_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "assigned_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=MEMBER,
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=ORGANIZATION,
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="organizations_roles.role",
                    ),
                ),
            ],
            options={
                "verbose_name": "role assignment",
                "verbose_name_plural": "role assignments",
                "ordering": ["pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("name"),
                name="organizations_roles_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="organizations_roles_in_organization"
            ),
        ),
        migrations.AddIndex(
            model_name="roleassignment",
            index=models.Index(
                fields=["organization", "group_kind", "group_key"],
                name="organizations_roles_groups",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role__isnull", False), ("role_name", "")),
                    models.Q(("role__isnull", True), models.Q(("role_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="organizations_roles_one_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("group_key__isnull", True), ("group_kind", ""), ("member__isnull", False)
                    ),
                    models.Q(
                        ("group_key__isnull", False),
                        ("member__isnull", True),
                        models.Q(("group_kind", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="organizations_roles_one_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("member__isnull", False), ("role__isnull", False)),
                fields=("organization", "member", "role"),
                name="organizations_roles_member_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("member__isnull", False), ("role__isnull", True)),
                fields=("organization", "member", "role_name"),
                name="organizations_roles_member_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("member__isnull", True), ("role__isnull", False)),
                fields=("organization", "group_kind", "group_key", "role"),
                name="organizations_roles_group_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("member__isnull", True), ("role__isnull", True)),
                fields=("organization", "group_kind", "group_key", "role_name"),
                name="organizations_roles_group_code",
            ),
        ),
    ]
