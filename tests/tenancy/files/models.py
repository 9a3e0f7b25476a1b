"""Models of a project that belong to organizations, and one beside them that does not."""

from django.db import models

from organizations.tenancy.managers import OwnedManager
from organizations.tenancy.models import OrganizationOwned
from organizations.tenancy.rls import RowLevelSecurity, SameOrganization


class Folder(OrganizationOwned):
    name = models.CharField(max_length=100)
    made = models.DateField(default="2026-01-02")
    labels = models.ManyToManyField("Label")

    class Meta:
        constraints = [
            models.UniqueConstraint("organization", "name", name="folder_name_once"),
            models.UniqueConstraint(fields=["organization", "made", "name"], name="folder_once"),
            models.UniqueConstraint(fields=["organization", "id"], name="folder_key"),
            RowLevelSecurity(name="folder_rows", many_to_many=["labels"], history=["FolderEvent"]),
        ]

    def __str__(self):
        return self.name


class FolderEvent(models.Model):
    """What a folder was: a table as packages of histories make them, with a plain manager."""

    organization = models.ForeignKey(
        "organizations.Organization", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Label(models.Model):
    """Its foreign key has another name, and it brings its own manager."""

    company = models.ForeignKey("organizations.Organization", models.CASCADE)
    name = models.CharField(max_length=100)

    objects = OwnedManager(field="company")

    class Meta:
        constraints = [RowLevelSecurity(name="label_rows", field="company")]

    def __str__(self):
        return self.name


class Bookmark(models.Model):
    """Belongs to no organization, and points into one."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="bookmarks")

    class Meta:
        constraints = [RowLevelSecurity(name="bookmark_rows", parent="folder")]

    def __str__(self):
        return f"bookmark {self.pk}"


class Paper(OrganizationOwned):
    """Points at a row of its own organization: the database says that it is."""

    folder = models.ForeignKey(Folder, models.CASCADE, related_name="papers")

    class Meta:
        constraints = [
            RowLevelSecurity(name="paper_rows"),
            SameOrganization(name="paper_in_folder", field="folder"),
        ]

    def __str__(self):
        return f"paper {self.pk}"
