from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Vendor(AbstractOrganization):
    city = models.CharField(max_length=100, default="")


class VendorUser(AbstractOrganizationUser):
    pass


class VendorOwner(AbstractOrganizationOwner):
    pass


class VendorInvitation(AbstractOrganizationInvitation):
    pass
