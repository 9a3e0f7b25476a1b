"""A host project's own rows that belong to an organization."""

from django.contrib.auth import get_user_model
from django.db import models
from django.utils import timezone

from organizations.managers import OrganizationOwnedQuerySet
from organizations.models import OrganizationOwner

from .clubs import Club, ClubInvitation, ClubMember, ClubOwner

__all__ = ["Club", "ClubInvitation", "ClubMember", "ClubOwner", "Person", "Product", "Proprietor"]


class Product(models.Model):
    name = models.CharField(max_length=100)
    account = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="products"
    )
    price = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    created = models.DateTimeField(default=timezone.now)

    objects = OrganizationOwnedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "-created", "-id"], name="product_newest")]

    def __str__(self):
        return self.name


class Person(get_user_model()):
    """A host project's own view of its users."""

    class Meta:
        proxy = True


class Proprietor(OrganizationOwner):
    class Meta:
        proxy = True
