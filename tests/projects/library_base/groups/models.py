from django.db import models

from organizations.abstract import SharedBaseModel
from organizations.base import (
    OrganizationBase,
    OrganizationInvitationBase,
    OrganizationOwnerBase,
    OrganizationUserBase,
)


class Organization(SharedBaseModel, OrganizationBase):
    sport = models.CharField(max_length=100, default="chess")


class OrganizationUser(OrganizationUserBase):
    player_number = models.IntegerField(null=True)


class OrganizationOwner(OrganizationOwnerBase):
    pass


class OrganizationInvitation(OrganizationInvitationBase):
    pass
