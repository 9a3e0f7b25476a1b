"""The goods of the organizations; ``crowd`` makes the table."""

from django.db import models

from organizations.managers import OrganizationOwnedQuerySet


class Good(models.Model):
    organization = models.ForeignKey("organizations.Organization", models.CASCADE)
    name = models.CharField(max_length=100)
    created = models.DateTimeField()
    price = models.DecimalField(max_digits=12, decimal_places=2)

    objects = OrganizationOwnedQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "goods_good"

    def __str__(self) -> str:
        return self.name
