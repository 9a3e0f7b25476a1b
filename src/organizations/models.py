"""The four models of the default family, and the two tables that guard it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .abstract import (
    AbstractOrganization,
    AbstractOrganizationInvitation,
    AbstractOrganizationOwner,
    AbstractOrganizationUser,
    InvitationLifecycle,
    MemberLifecycle,
)
from .exceptions import OwnershipRequired
from .indexes import EqualityIndex
from .words import gettext_lazy as _

__all__ = [
    "BulkInvitation",
    "FormerSlug",
    "InvitationRecord",
    "JoinDomain",
    "Organization",
    "OrganizationInvitation",
    "OrganizationOwner",
    "OrganizationRecord",
    "OrganizationUser",
    "OwnerAnchor",
    "VerifiedAddress",
]


class Organization(AbstractOrganization):
    """A group account that users are members of."""

    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="organizations.OrganizationUser",
        related_name="%(app_label)s_%(class)s",
    )


class OrganizationUser(MemberLifecycle, AbstractOrganizationUser):
    """A member: one user in one organization."""

    # The two indexes below begin with these, so that they need none of their own.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="%(app_label)s_%(class)s",
        db_index=False,
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="organization_users", db_index=False
    )

    class Meta(AbstractOrganizationUser.Meta):
        indexes = [
            # For pages of members; the unique one begins with the user.
            models.Index(fields=["organization", "user"], name="organizations_member_of"),
        ]


class OrganizationOwner(AbstractOrganizationOwner):
    """The fact that one member owns the organization.

    RESTRICT lets the owner's member go with the whole organization and in no other way: not
    with its user, not by a queryset.
    """

    organization_user = models.OneToOneField(OrganizationUser, models.RESTRICT)
    organization = models.OneToOneField(Organization, models.CASCADE, related_name="owner")

    def delete(self, using: str | None = None, keep_parents: bool = False) -> object:  # type: ignore[override]
        """Refused: an owner row goes with its organization or passes to another member."""
        raise OwnershipRequired


class OrganizationInvitation(InvitationLifecycle, AbstractOrganizationInvitation):
    """An offer to become a member, sent to one address."""

    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="%(app_label)s_%(class)s_sent_invitations",
    )
    invitee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="%(app_label)s_%(class)s_invitations",
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="organization_invites", db_index=False
    )

    class Meta(AbstractOrganizationInvitation.Meta):
        indexes = [
            models.Index(
                fields=["organization", "-created", "-id"], name="organizations_invitation_new"
            ),
            # For the inbox; an identifier may be longer than the entry of a tree.
            EqualityIndex(fields=["invitee_identifier"], name="organizations_invitation_to"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "open_key"],
                name="organizations_invitation_one_open",
            )
        ]


class InvitationRecord(InvitationLifecycle):
    """The life of an invitation whose own table cannot keep it.

    For invitation models without ``InvitationLifecycle``: those of projects whose tables stood
    before this package did.
    """

    id = models.BigAutoField(primary_key=True)
    #: The invitation's model, as ``app_label.modelname``, and its key as text.
    model = models.CharField(max_length=200, editable=False)
    invitation_key = models.CharField(max_length=200, editable=False)
    organization_key = models.CharField(max_length=200, editable=False)

    class Meta:
        verbose_name = _("invitation record")
        constraints = [
            models.UniqueConstraint(
                fields=["model", "invitation_key"], name="organizations_invitationrecord_once"
            ),
            models.UniqueConstraint(
                fields=["model", "organization_key", "open_key"],
                name="organizations_invitationrecord_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.invitation_key}"


class OfOrganization(models.Model):
    """A row beside an organization of whatever model, which may have a frozen table."""

    id = models.BigAutoField(primary_key=True)
    #: The organization's model, as ``app_label.modelname``, and its key as text.
    model = models.CharField(max_length=200, editable=False)
    organization_key = models.CharField(max_length=200, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.model} {self.organization_key}"


class OrganizationRecord(OfOrganization):
    """What the package keeps about an organization beside the project's own table."""

    #: Since when an operator has closed it.
    suspended_at = models.DateTimeField(null=True, editable=False)
    #: When it was deleted on its page; it can be restored for ``DELETION_GRACE``.
    deleted_at = models.DateTimeField(null=True, editable=False)
    #: How many days its invitations stay open; None for the setting.
    invitation_days = models.PositiveSmallIntegerField(null=True, editable=False)
    #: Whether people may ask to join.
    accepts_requests = models.BooleanField(default=False, editable=False)
    #: The colour of its pages, as ``#rrggbb``; empty for that of the site.
    accent = models.CharField(max_length=7, blank=True, default="", editable=False)

    class Meta:
        verbose_name = _("organization record")
        constraints = [
            models.UniqueConstraint(
                fields=["model", "organization_key"], name="organizations_organizationrecord_once"
            )
        ]


class FormerSlug(OfOrganization):
    """A slug that an organization had; nobody else gets it, and members are led on."""

    slug = models.CharField(max_length=200, editable=False)
    left_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("former slug")
        constraints = [
            models.UniqueConstraint(fields=["model", "slug"], name="organizations_formerslug_once")
        ]


class JoinDomain(OfOrganization):
    """A mail domain whose readers may join an organization."""

    domain = models.CharField(max_length=253, editable=False)
    #: Whether somebody of the organization approves each of them.
    needs_approval = models.BooleanField(default=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="organizations_joindomain",
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("domain")
        constraints = [
            models.UniqueConstraint(
                fields=["model", "organization_key", "domain"],
                name="organizations_joindomain_once",
            )
        ]
        indexes = [models.Index(fields=["domain"], name="organizations_joindomain_of")]


class BulkInvitation(OfOrganization):
    """Many invitations in one go: what was asked for, and what became of each line."""

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        editable=False,
        related_name="organizations_bulkinvitation",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)
    #: What each of them is offered, as keyword arguments of the verb.
    offer = models.JSONField(default=dict, editable=False)
    #: The addresses in order, and a code and a message for each that is done.
    addresses = models.JSONField(default=list, editable=False)
    results = models.JSONField(default=list, editable=False)

    class Meta:
        verbose_name = _("bulk invitation")
        indexes = [models.Index(fields=["model", "organization_key"], name="organizations_bulk_of")]


class VerifiedAddress(models.Model):
    """An address that a user has proven to read, in its normalised form."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="organizations_verifiedaddress",
        db_index=False,  # the constraint begins with it
    )
    address = models.EmailField(max_length=254, db_index=True)
    verified_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("verified address")
        verbose_name_plural = _("verified addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "address"], name="organizations_verifiedaddress_once"
            )
        ]

    def __str__(self) -> str:
        return self.address


class OwnerAnchor(models.Model):
    """Ties an organization to its owner row, so that the database keeps the row.

    The row goes with the organization. While it stands, its second foreign key holds the
    owner row; the check comes at commit, so that a transfer may replace that row. This is
    the guard that works on every database; see ``organizations.operations`` for the rest.
    """

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="+"
    )
    owner = models.ForeignKey(
        OrganizationOwner, models.DO_NOTHING, to_field="organization", related_name="+"
    )

    class Meta:
        verbose_name = _("owner anchor")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(owner=models.F("organization")),
                name="organizations_owneranchor_same",
            )
        ]

    def __str__(self) -> str:
        return str(self.organization_id)
