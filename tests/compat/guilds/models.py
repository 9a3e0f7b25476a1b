"""A family on the base line, beside the package's own and the one on the abstract line."""

from django.db import models

from organizations.base import (
    OrganizationBase,
    OrganizationInvitationBase,
    OrganizationOwnerBase,
    OrganizationUserBase,
)


class Guild(OrganizationBase):
    craft = models.CharField(max_length=50, default="smiths")


class GuildUser(OrganizationUserBase):
    rank = models.IntegerField(default=1)


class GuildOwner(OrganizationOwnerBase):
    pass


class GuildInvitation(OrganizationInvitationBase):
    pass
