"""Old path: the view mixins stand in ``organizations.views.mixins``."""

from .views.mixins import (
    AdminRequiredMixin,
    MembershipRequiredMixin,
    OrganizationMixin,
    OrganizationUserMixin,
    OwnerRequiredMixin,
)

__all__ = [
    "AdminRequiredMixin",
    "MembershipRequiredMixin",
    "OrganizationMixin",
    "OrganizationUserMixin",
    "OwnerRequiredMixin",
]
