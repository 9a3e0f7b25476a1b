import secrets

from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


def make_key():
    return f"s{secrets.token_hex(10)}"


class Shop(AbstractOrganization):
    id = models.CharField(max_length=40, primary_key=True, default=make_key)


class ShopUser(AbstractOrganizationUser):
    id = models.AutoField(primary_key=True)


class ShopOwner(AbstractOrganizationOwner):
    pass


class ShopInvitation(AbstractOrganizationInvitation):
    id = models.CharField(max_length=40, primary_key=True, default=make_key)
