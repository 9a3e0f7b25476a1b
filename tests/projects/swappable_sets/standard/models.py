from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Group(AbstractOrganization):
    class Meta(AbstractOrganization.Meta):
        swappable = "STANDARD_GROUP_MODEL"


class GroupUser(AbstractOrganizationUser):
    class Meta(AbstractOrganizationUser.Meta):
        swappable = "STANDARD_GROUPUSER_MODEL"


class GroupOwner(AbstractOrganizationOwner):
    class Meta(AbstractOrganizationOwner.Meta):
        swappable = "STANDARD_GROUPOWNER_MODEL"


class GroupInvitation(AbstractOrganizationInvitation):
    class Meta(AbstractOrganizationInvitation.Meta):
        swappable = "STANDARD_GROUPINVITATION_MODEL"
