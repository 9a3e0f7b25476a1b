from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse

from organizations.managers import OrganizationOwnedManager


class Product(models.Model):
    """Something that an organization sells."""

    account = models.ForeignKey(
        "organizations.Organization", on_delete=models.CASCADE, related_name="products"
    )
    name = models.CharField(max_length=100)
    sku = models.CharField("SKU", max_length=40, help_text="The number of the article.")
    price = models.DecimalField(max_digits=10, decimal_places=2, validators=[MinValueValidator(0)])
    description = models.TextField(blank=True, max_length=2000)

    objects = OrganizationOwnedManager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "sku"], name="catalog_product_sku_once")
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse(
            "product_edit",
            kwargs={"organization_pk": self.account.slug, "product_pk": self.pk},
        )
