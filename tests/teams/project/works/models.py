import uuid

from django.db import models

from organizations.abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
)


class Keyed(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class Works(Keyed, AbstractOrganization):  # noqa: DJ008
    pass


class WorksUser(Keyed, AbstractOrganizationUser):  # noqa: DJ008
    pass


class WorksOwner(Keyed, AbstractOrganizationOwner):  # noqa: DJ008
    pass


class WorksInvitation(Keyed, AbstractOrganizationInvitation):  # noqa: DJ008
    pass
