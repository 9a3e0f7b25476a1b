"""A family of mixed lines, and behind it a second organization with members alone."""

from django.conf import settings
from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)
from organizations.base import OrganizationInvitationBase


class Guild(AbstractOrganization):
    pass


class GuildUser(AbstractOrganizationUser):
    pass


class GuildOwner(AbstractOrganizationOwner):
    pass


class GuildInvitation(OrganizationInvitationBase):
    pass


class Chapter(AbstractOrganization):
    guild = models.ForeignKey(Guild, on_delete=models.CASCADE)
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="guilds.ChapterUser", related_name="chapters"
    )


class ChapterUser(AbstractOrganizationUser):
    pass
