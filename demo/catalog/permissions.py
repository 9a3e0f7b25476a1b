"""What people may do with products; the package asks, this file answers."""

from organizations.permissions import Standing, declare

VIEW_PRODUCT = declare("catalog.view_product", label="View products", default_for=Standing)
CHANGE_PRODUCT = declare(
    "catalog.change_product", label="Add and change products", default_for=Standing
)
