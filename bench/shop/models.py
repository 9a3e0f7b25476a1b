"""The same orders twice: behind both layers, and in a table that nothing guards."""

from django.db import models

from organizations.tenancy.models import OrganizationOwned
from organizations.tenancy.rls import RowLevelSecurity


class OrderFields(models.Model):
    number = models.PositiveBigIntegerField()
    title = models.CharField(max_length=100)
    created = models.DateTimeField()
    total = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Order(OrganizationOwned, OrderFields):
    class Meta:
        indexes = [models.Index(fields=["organization", "-created"], name="order_newest")]
        constraints = [RowLevelSecurity(name="order_rows")]


class PlainOrder(OrderFields):
    organization = models.ForeignKey("organizations.Organization", models.CASCADE)

    class Meta:
        indexes = [models.Index(fields=["organization", "-created"], name="plain_order_newest")]
