from functools import partial

from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)
from organizations.utils import acreate_organization, create_organization


class Account(AbstractOrganization):
    monthly_fee = models.DecimalField(max_digits=8, decimal_places=2, default=0)

    class Meta(AbstractOrganization.Meta):
        permissions = [("bill_account", "Can bill an account")]


class AccountUser(AbstractOrganizationUser):
    job_title = models.CharField(max_length=100, blank=True)


class AccountOwner(AbstractOrganizationOwner):
    since = models.DateField(null=True)


class AccountInvitation(AbstractOrganizationInvitation):
    job_title = models.CharField(max_length=100, blank=True)


create_account = partial(create_organization, model=Account)
acreate_account = partial(acreate_organization, model=Account)
