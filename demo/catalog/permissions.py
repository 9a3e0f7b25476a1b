"""What people may do with products; the package asks, this file answers."""

from organizations.permissions import Standing, declare
from organizations.roles import registry as roles

VIEW_PRODUCT = declare(
    "catalog.view_product", label="View products", group="Shop", risk="low", default_for=Standing
)
CHANGE_PRODUCT = declare(
    "catalog.change_product", label="Add and change products", group="Shop", default_for=Standing
)
DELETE_PRODUCT = declare(
    "catalog.delete_product",
    label="Delete products",
    group="Shop",
    risk="high",
    default_for={Standing.ADMIN},
)

# A role that every organization has; each may make more of its own.
STOCK_KEEPER = roles.declare(
    "stock-keeper",
    label="Stock keeper",
    description="Looks after the list of products.",
    permissions=[VIEW_PRODUCT, CHANGE_PRODUCT, DELETE_PRODUCT],
)
