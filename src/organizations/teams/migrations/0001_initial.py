"""The tables of teams, joined to the project's own organization and member."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models.functions import Greatest, Least, Lower

from organizations.families import default_family, made_in
from organizations.fields import AutoCreatedField, AutoLastModifiedField

FAMILY = default_family()
ORGANIZATION = FAMILY.organization._meta.label
MEMBER = FAMILY.member._meta.label


def key() -> Any:
    return models.BigAutoField(
        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
    )


def moment(field: Any) -> Any:
    return field(default=django.utils.timezone.now, editable=False)


def to(model: str, related_name: str = "+") -> Any:
    return models.ForeignKey(
        on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=model
    )


class Migration(migrations.Migration):
    initial = True

    dependencies = [made_in(FAMILY.organization), made_in(FAMILY.member)]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", key()),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                (
                    "description",
                    models.TextField(blank=True, max_length=300, verbose_name="description"),
                ),
                ("created", moment(AutoCreatedField)),
                ("modified", moment(AutoLastModifiedField)),
                ("organization", to(ORGANIZATION, "organizations_teams")),
            ],
            options={
                "verbose_name": "team",
                "verbose_name_plural": "teams",
                "ordering": [Lower("name"), "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        "organization",
                        Lower("name"),
                        name="organizations_team_name_once",
                        violation_error_message="There is a team of this name already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamAncestor",
            fields=[
                ("id", key()),
                ("distance", models.PositiveSmallIntegerField()),
                ("organization", to(ORGANIZATION)),
                ("team", to("organizations_teams.team", "ancestor_rows")),
                ("ancestor", to("organizations_teams.team", "descendant_rows")),
            ],
            options={
                "verbose_name": "team above a team",
                "verbose_name_plural": "teams above teams",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "ancestor"), name="organizations_teamancestor_once"
                    ),
                    models.UniqueConstraint(
                        fields=("team", "distance"), name="organizations_teamancestor_one_each"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(distance=0, team=models.F("ancestor"))
                        | models.Q(distance__gt=0) & ~models.Q(team=models.F("ancestor")),
                        name="organizations_teamancestor_self",
                    ),
                    models.UniqueConstraint(
                        Least("team", "ancestor"),
                        Greatest("team", "ancestor"),
                        condition=models.Q(distance__gt=0),
                        name="organizations_teamancestor_no_cycle",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                ("id", key()),
                ("is_lead", models.BooleanField(default=False, verbose_name="leads the team")),
                ("created", moment(AutoCreatedField)),
                ("member", to(MEMBER, "organizations_team_memberships")),
                ("organization", to(ORGANIZATION)),
                ("team", to("organizations_teams.team", "memberships")),
            ],
            options={
                "verbose_name": "member of a team",
                "verbose_name_plural": "members of teams",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "member"), name="organizations_teammember_once"
                    )
                ],
            },
        ),
    ]
