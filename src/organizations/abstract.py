"""The full abstract models: timestamps, slug, admins, and one-line doors to the verbs."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone

from . import states
from .base import (
    USER_MODEL,
    AbstractBaseInvitation,
    AbstractBaseOrganization,
    AbstractBaseOrganizationOwner,
    AbstractBaseOrganizationUser,
    _label,
)
from .exceptions import OrganizationMismatch, OwnershipRequired
from .families import family_of
from .fields import AutoCreatedField, AutoLastModifiedField, SlugField
from .services import members, ownership
from .services._async import make_async
from .states import InvitationKind, InvitationStatus
from .words import gettext_lazy as _

__all__ = [
    "USER_MODEL",
    "AbstractOrganization",
    "AbstractOrganizationInvitation",
    "AbstractOrganizationOwner",
    "AbstractOrganizationUser",
    "InvitationLifecycle",
    "MemberLifecycle",
    "SharedBaseModel",
]


class SharedBaseModel(models.Model):
    """When a row was made and last saved."""

    created = AutoCreatedField()
    modified = AutoLastModifiedField()

    class Meta:
        abstract = True

    @property
    def _org_user_model(self) -> Any:
        return family_of(self).member

    @property
    def _org_owner_model(self) -> Any:
        return family_of(self).owner


class AbstractOrganization(SharedBaseModel, AbstractBaseOrganization):
    """A group account that users are members of."""

    slug = SlugField(
        max_length=200,
        blank=False,
        editable=True,
        populate_from="name",
        unique=True,
        help_text=_("The name in all lowercase, suitable for URL identification"),
    )

    class Meta(AbstractBaseOrganization.Meta):
        abstract = True
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("organization_detail", kwargs={"organization_pk": self.pk})

    def add_user(self, user: Any, is_admin: bool = False) -> Any:
        """Make the user a member; the first one becomes admin and owner. See ``members.add``."""
        return members.add(self, user, is_admin=is_admin)

    async def aadd_user(self, user: Any, is_admin: bool = False) -> Any:
        """Async twin of ``add_user``."""
        return await make_async(self.add_user)(user, is_admin=is_admin)

    def remove_user(self, user: Any) -> None:
        """End the user's membership. See ``members.remove``."""
        members.remove(self, user)

    async def aremove_user(self, user: Any) -> None:
        """Async twin of ``remove_user``."""
        await make_async(self.remove_user)(user)

    def get_or_add_user(self, user: Any, **kwargs: Any) -> Any:
        """Return ``(member, created)``. See ``members.get_or_add``."""
        return members.get_or_add(self, user, **kwargs)

    async def aget_or_add_user(self, user: Any, **kwargs: Any) -> Any:
        """Async twin of ``get_or_add_user``."""
        return await make_async(self.get_or_add_user)(user, **kwargs)

    def change_owner(self, new_owner: Any) -> None:
        """Make a member the owner. See ``ownership.transfer``."""
        ownership.transfer(self, new_owner)

    async def achange_owner(self, new_owner: Any) -> None:
        """Async twin of ``change_owner``."""
        await make_async(self.change_owner)(new_owner)

    def is_admin(self, user: Any) -> bool:
        """Return whether the user is an admin here. Queries: 1, or 0 with prefetched members."""
        return members.is_admin(self, user)

    async def ais_admin(self, user: Any) -> bool:
        """Async twin of ``is_admin``."""
        return await make_async(self.is_admin)(user)

    def is_owner(self, user: Any) -> bool:
        """Return whether the user is the owner. Queries: 1, or 0 with a loaded owner."""
        return ownership.is_owner(self, user)

    async def ais_owner(self, user: Any) -> bool:
        """Async twin of ``is_owner``."""
        return await make_async(self.is_owner)(user)


class AbstractOrganizationUser(SharedBaseModel, AbstractBaseOrganizationUser):
    """A member: one user in one organization."""

    organization_id: Any
    user_id: Any

    is_admin = models.BooleanField(default=False)

    class Meta(AbstractBaseOrganizationUser.Meta):
        abstract = True
        verbose_name = _("organization user")
        verbose_name_plural = _("organization users")

    def __str__(self) -> str:
        return f"{_label(self)} ({self.organization.name})"

    def get_absolute_url(self) -> str:
        return reverse(
            "organization_user_detail",
            kwargs={"organization_pk": self.organization_id, "user_pk": self.user_id},
        )

    def delete(self, using: Any = None, keep_parents: bool = False) -> Any:
        """Delete the member; the owner is refused with ``OwnershipRequired``."""
        if members.owns(self):
            raise OwnershipRequired
        return super().delete(using=using, keep_parents=keep_parents)


class MemberLifecycle(models.Model):
    """The columns of a membership's life, for member models that want them.

    The package's own member has them. A project's own family adds this class before
    ``AbstractOrganizationUser`` and makes a migration; without it, its members cannot be
    suspended and no membership ends by itself.
    """

    #: Read by ``families.live``.
    has_member_lifecycle = True

    #: Since when the member has no access; standing, roles and teams stay.
    suspended_at = models.DateTimeField(null=True, editable=False)
    #: From when on the member has no access.
    ends_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class AbstractOrganizationOwner(SharedBaseModel, AbstractBaseOrganizationOwner):
    """The fact that one member owns the organization."""

    organization_id: Any

    class Meta(AbstractBaseOrganizationOwner.Meta):
        abstract = True
        verbose_name = _("organization owner")
        verbose_name_plural = _("organization owners")

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Keys, not objects: the organization may be the multi-table child of the other.
        if self.organization_user.organization_id != self.organization_id:
            raise OrganizationMismatch
        super().save(*args, **kwargs)


class AbstractOrganizationInvitation(SharedBaseModel, AbstractBaseInvitation):
    """An offer to become a member."""

    class Meta(AbstractBaseInvitation.Meta):
        abstract = True


class InvitationLifecycle(models.Model):
    """The columns of an invitation's life, for invitation models that want them.

    The package's own invitation has them. A project's own family adds this class before
    ``AbstractOrganizationInvitation`` and makes a migration.
    """

    #: A value of ``InvitationKind``.
    kind = models.CharField(
        max_length=20,
        default=InvitationKind.MAIL.value,
        db_default=InvitationKind.MAIL.value,
        editable=False,
    )
    #: A value of ``InvitationStatus``; "expired" is never stored.
    status = models.CharField(max_length=20, default=InvitationStatus.PENDING.value, editable=False)
    is_admin = models.BooleanField(_("as an admin"), default=False)
    #: Whether the inviter's own rights carry the offer, or the project's code vouches for it.
    on_own_authority = models.BooleanField(default=True, editable=False)
    #: Digest of the secret in the mailed link; the secret itself is nowhere.
    token_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    #: Digest of the address while the offer is open; with the organization it is unique.
    open_key = models.CharField(max_length=64, null=True, editable=False)  # noqa: DJ001
    expires_at = models.DateTimeField(null=True, editable=False)
    #: When the mail left the house; empty if it could not be sent.
    sent_at = models.DateTimeField(null=True, editable=False)
    send_count = models.PositiveIntegerField(default=0, editable=False)
    #: What the member gets besides the standing, by the name of the preset: ``{"roles": [...]}``.
    presets = models.JSONField(null=True, editable=False)
    #: When the membership ends, if it does.
    member_until = models.DateTimeField(null=True, editable=False)
    #: The language of the mail, such as ``de``; empty for the site's.
    locale = models.CharField(max_length=20, default="", db_default="", editable=False)
    #: What the inviter adds in their own words: plain text.
    note = models.CharField(max_length=500, default="", db_default="", editable=False)
    #: How many people may use a link, None for any number; and how many have.
    max_uses = models.PositiveIntegerField(null=True, editable=False)
    use_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    #: The mail domain that a link is for; empty for any.
    domain = models.CharField(max_length=253, default="", db_default="", editable=False)
    #: Whether somebody of the organization approves each person who uses the link.
    needs_approval = models.BooleanField(default=False, db_default=False, editable=False)
    #: The key of the link, as text, that this offer came by.
    parent_key = models.CharField(max_length=200, default="", db_default="", editable=False)

    class Meta:
        abstract = True

    @property
    def state(self) -> InvitationStatus:
        """What the invitation is at this moment; expired follows from the time."""
        return states.current(self.status, expires_at=self.expires_at, now=timezone.now())

    @property
    def is_expired(self) -> bool:
        return self.state is InvitationStatus.EXPIRED
