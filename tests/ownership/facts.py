"""What must be true of the tables, whatever happened."""

from django.contrib.auth import get_user_model

from organizations.models import Organization, OrganizationOwner, OrganizationUser


def owners():
    """Return ``{organization key: (user key, organization key of the member, active, admin)}``."""
    rows = OrganizationOwner.objects.values_list(
        "organization_id",
        "organization_user__user_id",
        "organization_user__organization_id",
        "organization_user__user__is_active",
        "organization_user__is_admin",
    )
    return {key: tuple(rest) for key, *rest in rows}


def people():
    """Return the memberships as a list of ``(organization key, user key, is_admin)``."""
    return list(OrganizationUser.objects.values_list("organization_id", "user_id", "is_admin"))


def users(**filters):
    """Return ``{user key: is_active}``."""
    return dict(get_user_model().objects.filter(**filters).values_list("pk", "is_active"))


def organizations():
    """Return the keys of the organizations."""
    return set(Organization.objects.values_list("pk", flat=True))


def check_invariants():
    """Every organization has one owner: a live admin, and a member of this organization."""
    found = owners()
    assert set(found) == organizations(), "an organization without an owner row, or the reverse"
    for key, (user, members_organization, is_active, is_admin) in found.items():
        assert members_organization == key, f"{user} owns {key} but is a member elsewhere"
        assert is_active, f"{user} owns {key} and cannot sign in"
        assert is_admin, f"{user} owns {key} and is no admin"
    pairs = [(organization, user) for organization, user, _ in people()]
    assert len(pairs) == len(set(pairs)), "a membership is there twice"


def owner_name(organization):
    """Return the username of the owner, read afresh."""
    row = OrganizationOwner.objects.select_related("organization_user__user").get(
        organization=organization
    )
    return row.organization_user.user.get_username()
