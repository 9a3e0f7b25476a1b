from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Group(AbstractOrganization):
    remark = models.CharField(max_length=20, default="")


class GroupUser(AbstractOrganizationUser):
    remark = models.CharField(max_length=20, default="")


class GroupOwner(AbstractOrganizationOwner):
    remark = models.CharField(max_length=20, default="")


class GroupInvitation(AbstractOrganizationInvitation):
    remark = models.CharField(max_length=20, default="")
