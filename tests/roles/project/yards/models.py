import uuid

from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Place(models.Model):
    """There before the organizations, so that these are not in the first migration."""

    name = models.CharField(max_length=100)

    def __str__(self):
        return self.name


class Yard(AbstractOrganization):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class YardMember(AbstractOrganizationUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class YardOwner(AbstractOrganizationOwner):
    pass


class YardInvitation(AbstractOrganizationInvitation):
    pass
