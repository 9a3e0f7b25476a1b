"""The minimal abstract models: a name, an active flag, and the relations of a family.

Migrations of host projects import this module, so it never moves, and its classes never
gain a column, a constraint or a signal argument.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.base import ModelBase
from django.db.models.signals import class_prepared
from django.urls import reverse

from . import families
from .managers import ActiveOrgManager, OrgManager
from .services import invitations, members
from .services._async import make_async
from .words import gettext_lazy as _

__all__ = [
    "USER_MODEL",
    "AbstractBaseInvitation",
    "AbstractBaseOrganization",
    "AbstractBaseOrganizationOwner",
    "AbstractBaseOrganizationUser",
    "OrgMeta",
    "OrganizationBase",
    "OrganizationInvitationBase",
    "OrganizationOwnerBase",
    "OrganizationUserBase",
    "with_metaclass",
]

USER_MODEL: str = getattr(settings, "AUTH_USER_MODEL", "auth.User")


class OrgMeta(ModelBase):
    """Kept for projects that name it; families are joined in ``organizations.families``."""


def with_metaclass(meta: type, *bases: type) -> type:
    """Return a base class that brings the metaclass to its children, as ``six`` does."""

    class Metaclass(type):
        def __new__(cls, name: str, this_bases: Any, namespace: dict[str, Any]) -> Any:
            return meta(name, bases, namespace)

    return type.__new__(Metaclass, "temporary_class", (), {})


def _join_family(*, sender: type[models.Model], **kwargs: Any) -> None:
    families.join(sender)


# Connected here, not in an app config: a project may use these classes without the app.
class_prepared.connect(_join_family, dispatch_uid="organizations.families")


class AbstractBaseOrganization(models.Model):
    """A group account that users are members of."""

    family_kind = "organization"
    #: The invitation class of the family, set when the family is joined.
    invitation_model: Any = None

    name = models.CharField(max_length=200, help_text=_("The name of the organization"))
    is_active = models.BooleanField(default=True)

    objects = OrgManager()
    active = ActiveOrgManager()

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def user_relation_name(self) -> str:
        """Name by which a user row reaches organizations of this class."""
        return f"{self._meta.app_label.lower()}_{type(self).__name__.lower()}"

    @property
    def _org_user_model(self) -> Any:
        return families.family_of(self).member

    @property
    def _org_owner_model(self) -> Any:
        return families.family_of(self).owner

    def is_member(self, user: Any) -> bool:
        """Return whether the user is a member. Queries: 1, or 0 with prefetched users."""
        return members.is_member(self, user)

    async def ais_member(self, user: Any) -> bool:
        """Async twin of ``is_member``."""
        return await make_async(self.is_member)(user)


class OrganizationBase(AbstractBaseOrganization):
    """Minimal organization, to be subclassed together with the other three."""

    class Meta(AbstractBaseOrganization.Meta):
        abstract = True

    def add_user(self, user: Any, **kwargs: Any) -> Any:
        """Make the user a member and return the member; nobody becomes the owner by this."""
        return members.add(self, user, first_owns=False, **kwargs)

    async def aadd_user(self, user: Any, **kwargs: Any) -> Any:
        """Async twin of ``add_user``."""
        return await make_async(self.add_user)(user, **kwargs)


class AbstractBaseOrganizationUser(models.Model):
    """A member: one user in one organization."""

    family_kind = "member"

    # Added when the family is joined, or written out by the project.
    user: Any
    organization: Any

    class Meta:
        abstract = True
        ordering = ["organization", "user"]
        unique_together = ("user", "organization")

    def __str__(self) -> str:
        return f"{_label(self)} {self.organization.name}"

    @property
    def name(self) -> str:
        """The user's full name, else whatever the user is called."""
        return _name(self)


def _name(member: Any) -> str:
    if member.user is None:
        return ""
    full_name = getattr(member.user, "get_full_name", None)
    return str(full_name()) if full_name else str(member.user)


def _label(member: Any) -> str:
    user = member.user
    if user is None:
        return ""
    if not user.is_active:
        return str(getattr(user, user.get_email_field_name(), "") or user)
    return member.name or str(user)


class OrganizationUserBase(AbstractBaseOrganizationUser):
    """Minimal member, to be subclassed together with the other three."""

    class Meta(AbstractBaseOrganizationUser.Meta):
        abstract = True


class AbstractBaseOrganizationOwner(models.Model):
    """The fact that one member owns the organization."""

    family_kind = "owner"

    # Added when the family is joined, or written out by the project.
    organization_user: Any
    organization: Any

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.organization}: {self.organization_user}"


class OrganizationOwnerBase(AbstractBaseOrganizationOwner):
    """Minimal owner, to be subclassed together with the other three."""

    class Meta(AbstractBaseOrganizationOwner.Meta):
        abstract = True


class AbstractBaseInvitation(models.Model):
    """An offer to become a member."""

    family_kind = "invitation"

    # Added when the family is joined, or written out by the project.
    invited_by: Any
    invitee: Any
    organization: Any

    guid = models.UUIDField(editable=False)
    invitee_identifier = models.CharField(
        max_length=1000,
        help_text=_(
            "The contact identifier for the invitee, email, phone number, social media handle, etc."
        ),
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.organization}: {self.invitee_identifier}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.guid:
            self.guid = uuid.uuid4()
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("invitations_register", kwargs={"guid": self.guid})

    def activation_kwargs(self) -> dict[str, Any]:
        """Return further arguments of ``add_user`` upon acceptance; override it to give some."""
        return {}

    def activate(self, user: Any) -> Any:
        """Make the user a member by this invitation and return the member.

        The caller vouches for the user; pages use ``services.invitations.accept``.
        """
        return invitations.activate(self, user)

    async def aactivate(self, user: Any) -> Any:
        """Async twin of ``activate``."""
        return await make_async(self.activate)(user)

    def invitation_token(self) -> str:
        """Hook for a project's own tokens; the package's are not kept in the row."""
        raise NotImplementedError


class OrganizationInvitationBase(AbstractBaseInvitation):
    """Minimal invitation, to be subclassed together with the other three."""

    class Meta(AbstractBaseInvitation.Meta):
        abstract = True
