from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Firm(AbstractOrganization):
    pass


class FirmUser(AbstractOrganizationUser):
    pass


class FirmOwner(AbstractOrganizationOwner):
    pass


class FirmInvitation(AbstractOrganizationInvitation):
    pass


class Workshop(Firm):
    """Has a maker of slugs of its own."""

    def slugify_function(self, content):
        return f"workshop-{content.lower()}"
