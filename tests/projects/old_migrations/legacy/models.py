from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)
from organizations.fields import AutoCreatedField, AutoLastModifiedField, SlugField


class Company(AbstractOrganization):
    pass


class CompanyUser(AbstractOrganizationUser):
    pass


class CompanyOwner(AbstractOrganizationOwner):
    pass


class CompanyInvitation(AbstractOrganizationInvitation):
    pass


class Page(models.Model):
    """Uses the three fields by themselves."""

    title = models.CharField(max_length=100)
    hidden = SlugField(populate_from="title")
    shown = SlugField(max_length=80, populate_from="title", blank=False, editable=True, unique=True)
    bare = SlugField(populate_from="title", blank=True, editable=True)
    made = AutoCreatedField()
    seen = AutoCreatedField(editable=True)
    changed = AutoLastModifiedField()

    def __str__(self):
        return self.title
