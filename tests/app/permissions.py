"""What the host project's people may do with its products; found at start-up."""

from organizations import permissions
from organizations.permissions import Standing

VIEW_PRODUCT = permissions.declare(
    "app.view_product",
    label="View products",
    group="Shop",
    risk="low",
    default_for=[Standing.MEMBER],
)
CHANGE_PRODUCT = permissions.declare(
    "app.change_product", label="Change products", group="Shop", default_for=[Standing.ADMIN]
)
REFUND_ORDER = permissions.declare(
    "app.refund_order",
    label="Refund orders",
    help="The money goes back at once.",
    group="Shop",
    risk="high",
)
