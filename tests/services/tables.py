"""What stands in the tables, to see that nothing or just one thing has changed."""

from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
    OwnerAnchor,
    VerifiedAddress,
)

MODELS = [
    Organization,
    OrganizationUser,
    OrganizationOwner,
    OwnerAnchor,
    OrganizationInvitation,
    VerifiedAddress,
]


def dump():
    """Return every row of the package's tables."""
    return {model.__name__: sorted(model._base_manager.values_list(), key=str) for model in MODELS}


def names(organization):
    """Return ``{username: is_admin}`` of the members."""
    rows = organization.organization_users.values_list("user__username", "is_admin")
    return dict(rows)
