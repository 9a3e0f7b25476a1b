"""The errors of the package.

Every error has a stable ``code`` (for APIs), a ``status_hint`` (a plain number, for doors)
and a translated message that is safe to show to the person who caused it. Services raise
these; doors turn them into pages, form errors or status codes.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from .words import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = [
    "AccountOwnsOrganizations",
    "AddressAmbiguous",
    "DomainRefused",
    "ExceedsOwnRights",
    "InvitationNotForYou",
    "InvitationStateError",
    "InviterNotEntitled",
    "JoinRefused",
    "LifecycleMissing",
    "LimitReached",
    "MembershipEndsInThePast",
    "MembershipInactive",
    "NotAllowed",
    "NotAnAddress",
    "NotGrantable",
    "OrganizationMismatch",
    "OrganizationStateError",
    "OrganizationsError",
    "OwnerMustBeActive",
    "OwnerOutOfReach",
    "OwnershipRequired",
    "PermissionMissing",
    "RaisesOwnRights",
    "RegistrationClosed",
    "SeatsFull",
    "SlugTaken",
    "UnknownPermission",
]


class OrganizationsError(Exception):
    """Base of all errors: catch it to catch everything the package refuses."""

    code = "organizations_error"
    status_hint = 400
    message: str | _StrPromise = _("This is not possible.")

    def __init__(self, message: Any = None) -> None:
        if message is not None:
            self.message = message
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class OwnershipRequired(OrganizationsError):
    """The step would take an organization's owner away."""

    code = "ownership_required"
    status_hint = 409
    message = _(
        "An organization always needs its owner. "
        "Transfer the ownership to another member first, or delete the organization."
    )


class OwnerMustBeActive(OwnershipRequired):
    """Only a person who can sign in may own an organization."""

    code = "owner_must_be_active"
    message = _(
        "Only a member with an active account can own an organization. Choose another member."
    )


class AccountOwnsOrganizations(OwnershipRequired, PermissionDenied):
    """The account of an owner would be deleted or switched off.

    It is a ``PermissionDenied`` too: where nobody catches it, as in the admin pages of a user
    model, Django answers 403 and not 500.
    """

    code = "account_owns_organizations"


class OrganizationMismatch(OrganizationsError):
    """Two things belong to different organizations."""

    code = "organization_mismatch"
    status_hint = 409
    message = _("The member belongs to another organization. Choose a member of this one.")


class MembershipEndsInThePast(OrganizationsError):
    """A membership would end at a moment that has passed."""

    code = "membership_ends_in_the_past"
    message = _(
        "This moment has passed already. Choose a later one, or suspend or remove the member."
    )


class LifecycleMissing(OrganizationsError):
    """The project's members cannot be suspended: a programming error, so it is loud."""

    code = "lifecycle_missing"
    status_hint = 500

    def __init__(self, model: str) -> None:
        super().__init__(
            f"{model} has no columns for a membership's life, so its members cannot be suspended "
            "and no membership ends by itself. Put organizations.abstract.MemberLifecycle before "
            "the model's other base classes and make a migration."
        )


class OrganizationStateError(OrganizationsError):
    """Whether the organization is in use, suspended or deleted does not allow the step."""

    code = "organization_state"
    status_hint = 409
    message = _("The organization is suspended or deleted, so this is not possible now.")


class SlugTaken(OrganizationsError):
    """The short name in the address is in use or reserved."""

    code = "slug_taken"
    status_hint = 409
    message = _("This short name is taken. Choose another one.")


class NotAnAddress(OrganizationsError):
    """The text is no e-mail address."""

    code = "not_an_address"
    message = _("Enter a valid e-mail address.")


class NotAColour(OrganizationsError):
    """The text is no colour."""

    code = "not_a_colour"
    message = _("Write the colour as # and six digits, each 0 to 9 or a to f.")


class AddressAmbiguous(OrganizationsError):
    """Several accounts have the address, so none can be chosen."""

    code = "address_ambiguous"
    status_hint = 409
    message = _(
        "Several accounts use this e-mail address, so it is not clear who is meant. "
        "Ask the person for another address."
    )


class NotAllowed(OrganizationsError, PermissionDenied):
    """The acting person may not do this here.

    It is a ``PermissionDenied`` too: where no door catches it, Django answers 403.
    """

    code = "not_allowed"
    status_hint = 403
    message = _("You may not do this in this organization.")


class PermissionMissing(NotAllowed):
    """The person lacks a permission; ``permission`` names it."""

    code = "permission_missing"

    def __init__(self, permission: str, message: Any = None) -> None:
        self.permission = permission
        super().__init__(message)


class ExceedsOwnRights(NotAllowed):
    """Rights would be given, changed or taken that the acting person does not have.

    ``permissions`` holds the names that the person lacks.
    """

    code = "exceeds_own_rights"
    message = _(
        "This goes beyond your own rights here: you can give, change or take only what you "
        "have yourself. Ask the owner, or somebody who has these rights."
    )

    def __init__(self, permissions: Iterable[str]) -> None:
        self.permissions = frozenset(permissions)
        super().__init__()


class RaisesOwnRights(NotAllowed):
    """Somebody would change their own standing, roles or teams other than to step down."""

    code = "raises_own_rights"
    message = _(
        "Nobody gives rights to themselves. Ask the owner, or another person who may do this."
    )


class OwnerOutOfReach(NotAllowed):
    """Somebody else than the owner would change what the owner is or has."""

    code = "owner_out_of_reach"
    message = _("Only the owner can change what the owner is or may do.")


class NotGrantable(OrganizationsError):
    """A right that comes with a standing alone would go into a role; ``permission`` names it."""

    code = "not_grantable"
    message = _("This right stays with the owner and cannot be part of a role.")

    def __init__(self, permission: str) -> None:
        self.permission = permission
        super().__init__()


class UnknownPermission(OrganizationsError, LookupError):
    """A permission name that nobody declared: a programming error, so it is loud."""

    code = "unknown_permission"
    status_hint = 500

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(
            f"No permission named {name!r} is declared.{hint} "
            "Declare it with organizations.permissions.declare() before it is asked for."
        )


class InvitationStateError(OrganizationsError):
    """The invitation's state does not allow the verb."""

    code = "invitation_state"
    status_hint = 409

    MESSAGES = {
        "accepted": _("This invitation has been used already."),
        "declined": _("This invitation was declined. Ask for a new one if that was a mistake."),
        "revoked": _("This invitation was withdrawn. Ask the organization for a new one."),
        "expired": _("This invitation has expired. Ask the organization for a new one."),
        "superseded": _("A newer invitation has replaced this one. Use the newest mail."),
        "proposed": _("This waits for somebody of the organization to decide."),
        "pending": _("This invitation is still open."),
    }

    def __init__(self, *, status: str, verb: str) -> None:
        self.status = status
        self.verb = verb
        super().__init__(self.MESSAGES.get(status, self.message))


class InvitationNotForYou(OrganizationsError):
    """The acting person has not proven the invited address."""

    code = "invitation_not_for_you"
    status_hint = 403
    message = _(
        "This invitation is for another e-mail address than the ones you have confirmed. "
        "Sign in with the invited account, or ask for an invitation to your address."
    )


class InviterNotEntitled(OrganizationsError):
    """Whoever made the offer may no longer do so, and nobody has renewed it."""

    code = "inviter_not_entitled"
    status_hint = 409
    message = _(
        "The person who sent this invitation may no longer invite you to this organization. "
        "Ask the organization for a new invitation."
    )


class JoinRefused(OrganizationsError):
    """A policy does not let this person in; the message says why and what to do."""

    code = "join_refused"
    status_hint = 403
    message = _("You cannot join this organization. Ask somebody who belongs to it.")


class MembershipInactive(JoinRefused):
    """Somebody belongs to the organization and has no access to it at the moment."""

    code = "membership_inactive"
    message = _("Your membership is suspended or has ended. Ask an admin of the organization.")


class DomainRefused(OrganizationsError):
    """People cannot join by addresses of this domain, or not because this person says so."""

    code = "domain_refused"
    status_hint = 409
    message = _("People cannot join by addresses of this domain.")


class SeatsFull(OrganizationsError):
    """The organization has as many members and open invitations as it may have."""

    code = "seats_full"
    status_hint = 409
    message = _(
        "All seats of this organization are taken. Remove a member, withdraw an open "
        "invitation, or get more seats."
    )


class LimitReached(OrganizationsError):
    """Something happens too often, or too much of it is open at once.

    ``limit`` names the limit, and ``retry_after`` the seconds until it is free again, if that
    is known.
    """

    code = "limit_reached"
    status_hint = 429
    message = _("This was done too often. Wait a while and try again.")

    def __init__(
        self, message: Any = None, *, limit: str = "", retry_after: int | None = None
    ) -> None:
        self.limit = limit
        self.retry_after = retry_after
        super().__init__(message)


class RegistrationClosed(OrganizationsError):
    """This person may not sign up here."""

    code = "registration_closed"
    status_hint = 403
    message = _("Only people who are invited can sign up here. Ask for an invitation.")
