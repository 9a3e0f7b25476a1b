"""The simplest kind of group that can have roles: a named list of members."""

from django.db import models
from django.db.models import F


class Crew(models.Model):
    organization = models.ForeignKey("organizations.Organization", models.CASCADE)
    name = models.CharField(max_length=100)
    members = models.ManyToManyField("organizations.OrganizationUser", related_name="crews")

    def __str__(self):
        return self.name


class CrewGroups:
    kind = "crew"
    model = Crew
    is_fixed = True

    def reaching(self, member):
        rows = Crew.members.through.objects.filter(
            organizationuser=member, organizationuser__organization=F("crew__organization")
        )
        return rows.values("crew")

    def name_of(self, key):
        return Crew.objects.filter(pk=key).values("name")
