"""Organizations whose owner is gone: which they are, who could take over, and the step itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import F

from .. import mail
from ..exceptions import OrganizationsError
from ..families import Family, default_family, family_of
from ..words import gettext_lazy as _
from . import members, ownership, registration
from ._async import make_async
from ._locks import lock_organization, verb
from .operators import require_operator

__all__ = ["HasOwner", "NoMember", "arecover", "candidates", "ownerless", "recover"]

#: Tells a person what happened: takes the organization, the new owner and that person, as users.
Tell = Callable[[Any, Any, Any], Any]


class HasOwner(OrganizationsError):
    """The organization has an owner who can act."""

    code = "has_owner"
    status_hint = 409
    message = _(
        "The organization has an owner who can sign in. The ownership passes by a transfer."
    )


class NoMember(OrganizationsError):
    """The person is no member of the organization."""

    code = "no_member"
    status_hint = 409
    message = _("This person is no member of the organization.")


def ownerless(family: Family | None = None) -> list[Any]:
    """Return the organizations without a live owner, in the order of their keys.

    They have no owner row, or the owner's account is switched off, or the owner is suspended, or
    the owner is a member of another organization. One whose owner has signed up and not
    confirmed yet is none of them.

    Queries: 1.
    """
    family = family or default_family()
    rows = family.organization._base_manager.exclude(pk__in=_live(family).values("organization_id"))
    rows = rows.select_related("owner__organization_user__user").order_by("pk")
    return [row for row in rows if not _waits(row)]


def _live(family: Family) -> Any:
    return family.owner._base_manager.filter(
        organization_user__organization_id=F("organization_id"),
        organization_user__in=family.member._base_manager.filter(ownership.may_own(family)),
    )


def _waits(organization: Any) -> bool:
    owner = getattr(organization, "owner", None)
    if owner is None or organization.is_active:
        return False
    return registration.is_pending(owner.organization_user.user)


def candidates(organization: Any) -> list[Any]:
    """Return the members who could take over, admins first. Queries: 1."""
    family = family_of(organization)
    rows = family.member._base_manager.filter(
        ownership.may_own(family), organization_id=organization.pk
    ).select_related("user")
    has_admins = family.has_field("member", "is_admin")
    return list(rows.order_by(*(["-is_admin", "pk"] if has_admins else ["pk"])))


@verb
def recover(
    organization: Any,
    user: Any,
    *,
    actor: Any = None,
    add: bool = False,
    tell: Tell | None = None,
) -> Any:
    """Make a member the owner of an organization whose owner is gone; return the member.

    Args:
        user: who takes over; the account must be active.
        actor: an operator; None for code that acts by its own word.
        add: whether somebody who is no member becomes one.
        tell: is called for each admin after the commit.
    Raises:
        NotAllowed: the actor is no operator.
        HasOwner: there is an owner who can sign in.
        NoMember: the user is no member, and none shall be added.
        OwnerMustBeActive: the user's account is switched off.
    Locks: as ``ownership.transfer``. Signals: owner_changed, ownership_transferred; those of
    ``members.add`` for somebody who is added.
    """
    lock_organization(organization)
    require_operator(organization, actor)
    family = family_of(organization)
    if _live(family).filter(organization_id=organization.pk).exists():
        raise HasOwner
    member = family.member._base_manager.filter(
        organization_id=organization.pk, user_id=user.pk
    ).first()
    if member is None and not add:
        raise NoMember
    if member is None:
        member = members.join(organization, user, actor=actor, first_owns=False)
    member = ownership.hand_to(organization, member, actor=actor)
    if tell is not None:
        for admin in candidates(organization):
            if getattr(admin, "is_admin", admin == member):
                _tell_later(tell, organization, member, admin)
    return member


def _tell_later(tell: Tell, organization: Any, member: Any, admin: Any) -> None:
    mail.after_commit(lambda: tell(organization, member.user, admin.user))


arecover = make_async(recover)
