from django.db import models

from organizations.base import (
    OrganizationBase,
    OrganizationInvitationBase,
    OrganizationOwnerBase,
    OrganizationUserBase,
)


class Association(OrganizationBase):
    national = models.BooleanField(default=False)


class AssociationUser(OrganizationUserBase):
    player_number = models.IntegerField(default=1)


class AssociationOwner(OrganizationOwnerBase):
    pass


class AssociationInvitation(OrganizationInvitationBase):
    def activation_kwargs(self):
        return {"player_number": 11}
