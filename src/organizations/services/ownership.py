"""Exactly one owner, who is a live member: the one place where code keeps that rule.

The database keeps its part below all of this (see ``organizations.operations``): an
organization that has an owner row never loses it. What it cannot see, an owner whose account
is switched off, is refused here.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from .. import permissions, signals
from ..exceptions import AccountOwnsOrganizations, OrganizationMismatch, OwnerMustBeActive
from ..families import Family, every, family_of, is_live, live
from ..words import gettext_lazy as _
from . import _endings, _writes
from ._async import make_async
from ._locks import database_of, lock_organization, locked, verb
from .ceiling import authority
from .members import make_owner

__all__ = [
    "anchor",
    "atransfer",
    "hand_to",
    "is_owner",
    "lasts",
    "may_own",
    "owned_by",
    "owner_of",
    "refuse_to_deactivate",
    "refuse_to_orphan",
    "remember_owned",
    "transfer",
]


def owner_of(organization: Any) -> Any:
    """Return the member who owns the organization, or None. Queries: 1."""
    owners = family_of(organization).owner._base_manager
    row = (
        owners.filter(organization_id=organization.pk)
        .select_related("organization_user__user")
        .first()
    )
    return row.organization_user if row else None


def is_owner(organization: Any, user: Any) -> bool:
    """Return whether the user owns the organization. Queries: 1, or 0 with a loaded owner."""
    if user is None or user.pk is None:
        return False
    now = timezone.now()
    row = organization._state.fields_cache.get("owner")
    member = row._state.fields_cache.get("organization_user") if row is not None else None
    if member is not None:
        return bool(member.user_id == user.pk and is_live(member, now))
    family = family_of(organization)
    rows = family.owner._base_manager.filter(
        live(family, now, prefix="organization_user__"),
        organization_id=organization.pk,
        organization_user__user_id=user.pk,
    )
    return bool(rows.exists())


def may_own(family: Family) -> Q:
    """Return the condition on members who can become owners, as ``transfer`` asks for it."""
    condition = Q(user__is_active=True)
    if family.has_member_lifecycle:
        condition &= Q(suspended_at__isnull=True, ends_at__isnull=True)
    return condition


def lasts(member: Any) -> bool:
    """Return whether the member is neither suspended nor comes to an end, as an owner must be."""
    if not family_of(member).has_member_lifecycle:
        return True
    return member.suspended_at is None and member.ends_at is None


@verb
def transfer(organization: Any, member: Any, *, actor: Any = None) -> Any:
    """Make a member the owner and return the fresh member.

    The old owner stays a member and an admin. An organization without an owner gains one. An
    offer of the ownership that is open ends, since it was the old owner's.

    Args:
        member: the member (not the user) who takes over.
    Raises:
        TypeError: ``member`` is not a member row.
        OrganizationMismatch: the member belongs to another organization, or is gone.
        OwnerMustBeActive: the member's account is switched off, or the member is suspended, or
            the membership ends or has ended.
        NotAllowed: the actor does not own the organization, and has no access as a superuser.
    Locks: the organization, the member, the user.
    Signals: owner_changed, ownership_transferred, if it changed; invitation_superseded for an
    offer that was open.
    """
    family = family_of(organization)
    if not isinstance(member, family.member):
        raise TypeError(
            f"The new owner must be a {family.member.__name__}, not {type(member).__name__}: "
            "pass organization.organization_users.get(user=user)."
        )
    lock_organization(organization)
    authority(organization, actor).require(permissions.TRANSFER_ORGANIZATION)
    return hand_to(organization, member, actor=actor)


def hand_to(organization: Any, member: Any, *, actor: Any) -> Any:
    """Make a member the owner, under the lock of the organization; the step of every transfer.

    Whoever calls it has asked whether it may be done. Raises and sends as ``transfer``.
    """
    family = family_of(organization)
    members = family.member._base_manager.using(database_of(organization))
    fresh = locked(members.filter(pk=member.pk, organization_id=organization.pk)).first()
    if fresh is None:
        raise OrganizationMismatch
    # The user is held too, so that nobody is switched off while becoming an owner.
    users = family.member._meta.get_field("user").related_model._base_manager
    user = locked(users.using(database_of(organization)).filter(pk=fresh.user_id)).first()
    if user is None or not user.is_active:
        raise OwnerMustBeActive
    fresh.user = user
    if not lasts(fresh):
        raise OwnerMustBeActive(
            _(
                "A suspended member, or one whose membership ends, cannot own an organization. "
                "Reinstate the member or take the end away first, or choose another member."
            )
        )
    row = (
        family.owner._base_manager.filter(organization_id=organization.pk)
        .select_related("organization_user")
        .first()
    )
    old = row.organization_user if row else None
    if old == fresh:
        return fresh
    if family.has_field("member", "is_admin") and not fresh.is_admin:
        fresh.is_admin = True
        _writes.save(fresh)
    if row is None:
        row = make_owner(family, organization, fresh)
    else:
        row.organization_user = fresh
        _writes.save(row)
    _forget_cached_owner(organization)
    signals.owner_changed.send(sender=organization, old=old, new=fresh)
    signals.ownership_transferred.send(
        sender=family.owner, organization=organization, old=old, new=fresh, actor=actor
    )
    _endings.void_handover(organization, actor=actor)
    return fresh


def _forget_cached_owner(organization: Any) -> None:
    organization._state.fields_cache.pop("owner", None)


def refuse_to_deactivate(
    *,
    sender: Any,
    instance: Any,
    using: str,
    raw: bool = False,
    update_fields: Any = None,
    **kwargs: Any,
) -> None:
    """Receiver of ``pre_save`` of the user: an owner's account is not switched off.

    ``save()`` opens no transaction around this signal. The account is therefore switched off
    here already, under the lock that a transfer to this user takes as well.

    Queries: none for an active account, 1 for one that was off before, else 2 and 1 per family.
    """
    if raw or instance.pk is None or instance.is_active:
        return
    if update_fields is not None and "is_active" not in update_fields:
        return
    users = sender._base_manager.using(using)
    with transaction.atomic(using=using):
        if locked(users.filter(pk=instance.pk, is_active=True)).first() is None:
            return  # a new account, or one that was off before
        if owned := owned_by(instance, using=using):
            raise AccountOwnsOrganizations(
                _(
                    "This account owns %(organizations)s and cannot be deactivated. "
                    "Transfer the ownership first, or delete the organization."
                )
                % {"organizations": ", ".join(map(str, owned[:5]))}
            )
        users.filter(pk=instance.pk).update(is_active=False)


def owned_by(user: Any, *, using: str | None = None) -> list[Any]:
    """Return the organizations a user owns, of every family. Queries: 1 per family."""
    found: list[Any] = []
    for family in every():
        owners = family.owner._base_manager.using(using)
        rows = owners.filter(organization_user__user_id=user.pk).select_related("organization")
        found += [row.organization for row in rows]
    return found


def remember_owned(*, sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``pre_delete`` of the user: note what the account owns."""
    instance._organizations_owned = owned_by(instance, using=using)


def refuse_to_orphan(*, sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_delete`` of the user: no organization stays behind without an owner.

    The package's own tables refuse earlier, by RESTRICT. This is for families whose frozen
    migrations say CASCADE. It decides after the fact, inside the deletion's transaction:
    before it nobody knows whether the organization goes too.
    """
    orphans = []
    for organization in getattr(instance, "_organizations_owned", []):
        family = family_of(organization)
        rows = family.organization._base_manager.using(using).filter(pk=organization.pk)
        if rows.exists() and not rows.filter(owner__isnull=False).exists():
            orphans.append(str(organization))
    if orphans:
        raise AccountOwnsOrganizations(
            _(
                "This account owns %(organizations)s and cannot be deleted. "
                "Transfer the ownership first, or delete the organization."
            )
            % {"organizations": ", ".join(orphans)}
        )


def anchor(*, sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_save`` of the owner: tie the organization to its owner row.

    From then on an anchor row refers to the owner row, so no database lets that row go
    while the organization stays. Queries: 1.
    """
    anchors = apps.get_model("organizations", "OwnerAnchor")._base_manager
    key = instance.organization_id
    anchors.using(using).bulk_create(
        [anchors.model(organization_id=key, owner_id=key)], ignore_conflicts=True
    )


atransfer = make_async(transfer)
