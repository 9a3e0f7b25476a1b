"""A second kind of account, with a family of its own on the abstract line."""

from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Club(AbstractOrganization):
    colours = models.CharField(max_length=50, default="blue and white")


class ClubMember(AbstractOrganizationUser):
    position = models.CharField(max_length=50, blank=True)


class ClubOwner(AbstractOrganizationOwner):
    pass


class ClubInvitation(AbstractOrganizationInvitation):
    pass
