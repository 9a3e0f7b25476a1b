from django.db import models

from organizations.abstract import (
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class TeamUser(AbstractOrganizationUser):
    nickname = models.CharField(max_length=100, default="")


class TeamOwner(AbstractOrganizationOwner):
    pass


class TeamInvitation(AbstractOrganizationInvitation):
    pass
