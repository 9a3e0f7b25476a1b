"""Models of a project that belong to organizations, and one beside them that does not."""

from django.db import models

from organizations.tenancy.managers import OwnedManager
from organizations.tenancy.models import OrganizationOwned


class Folder(OrganizationOwned):
    name = models.CharField(max_length=100)
    made = models.DateField(default="2026-01-02")
    labels = models.ManyToManyField("Label")

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "name", name="folder_name_once"),
            models.UniqueConstraint(fields=["organization", "made", "name"], name="folder_once"),
        ]

    def __str__(self):
        return self.name


class Label(models.Model):
    """Its foreign key has another name, and it brings its own manager."""

    company = models.ForeignKey("organizations.Organization", models.CASCADE)
    name = models.CharField(max_length=100)

    objects = OwnedManager(field="company")

    def __str__(self):
        return self.name


class Bookmark(models.Model):
    """Belongs to no organization, and points into one."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="bookmarks")

    def __str__(self):
        return f"bookmark {self.pk}"
