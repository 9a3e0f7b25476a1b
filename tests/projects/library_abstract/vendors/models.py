from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Vendor(AbstractOrganization):
    street = models.CharField(max_length=100, default="")
    city = models.CharField(max_length=100, default="")


class VendorUser(AbstractOrganizationUser):
    user_type = models.CharField(max_length=1, default="")


class VendorOwner(AbstractOrganizationOwner):
    pass


class VendorInvitation(AbstractOrganizationInvitation):
    pass
