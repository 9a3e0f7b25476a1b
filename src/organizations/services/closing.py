"""Organizations are suspended, deleted on their page, restored, and gone for good in the end.

Each of these closes every door by ``is_active``, which all doors ask. Why it is off stands in a
record beside the organization, so that the one who opens it again opens no more than that:

===================  ==================================  ====================================
state                who brings it about                 who ends it
===================  ==================================  ====================================
suspended            an operator                         an operator
deleted on its page  who may delete the organization     its owner or an operator, in time
both                                                     both of them
===================  ==================================  ====================================

Members, roles, teams and offers stay as they are and are out of reach. Name and slug stay held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import F, ProtectedError, RestrictedError
from django.db.models.deletion import Collector

from .. import permissions, signals
from ..conf import get_settings
from ..exceptions import OrganizationsError, OrganizationStateError
from ..families import default_family, every, family_of
from ..words import gettext_lazy as _
from . import _sides, _writes, addresses, organizations, ownership, registration
from ._async import make_async
from ._locks import database_of, lock_organization, verb
from .access import rights_of_members
from .acting import acting_in
from .operators import may, require_operator

__all__ = [
    "Closed",
    "Purged",
    "aclose",
    "apurge",
    "areinstate",
    "arestore",
    "asuspend",
    "close",
    "end_of_grace",
    "is_shut",
    "purge",
    "reinstate",
    "restorable_for",
    "restore",
    "suspend",
    "with_state",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Closed:
    """An organization that was deleted on its page, when, and until when it can be restored."""

    organization: Any
    closed_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Purged:
    """An organization whose time was up: ``problem`` says why it stayed, or is empty."""

    organization: Any
    problem: str = ""


@verb
def suspend(organization: Any, *, actor: Any, now: datetime) -> Any:
    """Close an organization at every door, as an operator, and return it.

    Nothing is lost; a second time changes nothing.

    Args:
        actor: an operator; None for code that acts by its own word.
        now: aware.
    Raises:
        NotAllowed: the actor is no operator. Its owner is none either.
    Locks: the organization. Signals: organization_suspended.
    """
    record = _look(organization)
    require_operator(organization, actor)
    if record is not None and record.suspended_at and not organization.is_active:
        return organization
    _sides.write(organization, record, suspended_at=now)
    _set_active(organization, False)
    _send(signals.organization_suspended, organization, actor)
    return organization


@verb
def reinstate(organization: Any, *, actor: Any) -> Any:
    """Open a suspended organization again, and return it.

    One that was deleted on its page stays closed until it is restored, and one whose owner has
    never come until they come. One that was switched off by hand is switched on as well.

    Raises:
        NotAllowed: the actor is no operator.
        OrganizationStateError: it is in use, or deleted and not suspended, or waits for its
            owner.
    Locks: the organization. Signals: organization_reinstated.
    """
    record = _look(organization)
    require_operator(organization, actor)
    if record is None or not record.suspended_at:
        if organization.is_active:
            raise OrganizationStateError(_("The organization is in use already."))
        if record is not None and record.deleted_at:
            raise OrganizationStateError(_("The organization is deleted. Restore it instead."))
        if _waits(organization):
            raise OrganizationStateError(
                _("The organization opens when its owner has confirmed the account.")
            )
    else:
        record = _sides.write(organization, record, suspended_at=None)
    _open(organization, record)
    _send(signals.organization_reinstated, organization, actor)
    return organization


@verb
def close(organization: Any, *, actor: Any, now: datetime) -> Closed | None:
    """Delete an organization such that it can be restored for ``DELETION_GRACE``.

    It is closed at every door from now on, and ``purge`` deletes it when that time is over. A
    second time changes nothing.

    Returns:
        until when it can be restored; None if the setting is 0 and it is deleted for good.
    Raises:
        NotAllowed: the actor may not delete the organization.
    Locks: the organization. Signals: organization_closed, or organization_deleted.
    """
    record = _look(organization)
    may(organization, actor, permissions.DELETE_ORGANIZATION, action="delete")
    grace = get_settings().DELETION_GRACE
    if record is not None and record.deleted_at and not organization.is_active:
        return _closed(organization, record)
    if not grace:
        organizations.delete(organization, actor=actor)
        return None
    values = {"deleted_at": now}
    if not organization.is_active and not _sides.is_shut(record) and not _waits(organization):
        # An operator has switched it off by hand: who restores it must not switch it on.
        values["suspended_at"] = now
    record = _sides.write(organization, record, **values)
    _set_active(organization, False)
    _send(signals.organization_closed, organization, actor)
    return _closed(organization, record)


@verb
def restore(organization: Any, *, actor: Any, now: datetime) -> Any:
    """Take the deletion of an organization back, and return it; all is there as it was.

    A suspended one stays closed until it is reinstated.

    Raises:
        NotAllowed: the actor is neither its owner nor an operator.
        OrganizationStateError: it was not deleted on its page, or the time is over.
        DoesNotExist: it is gone.
    Locks: the organization. Signals: organization_restored.
    """
    record = _look(organization)
    if actor is not None and not _is_owner(organization, actor):
        require_operator(organization, actor)
    if record is None or not record.deleted_at:
        raise OrganizationStateError(_("The organization is not deleted."))
    if now >= end_of_grace(record.deleted_at):
        raise OrganizationStateError(_("The time in which this could be undone is over."))
    record = _sides.write(organization, record, deleted_at=None)
    _open(organization, record)
    _send(signals.organization_restored, organization, actor)
    return organization


def is_shut(organization: Any) -> bool:
    """Return whether an organization is suspended or deleted on its page. Queries: 1."""
    return _sides.is_shut(_sides.record_of(organization))


def with_state(rows: Any) -> Any:
    """Return a queryset of organizations, each with ``_suspended_at`` and ``_deleted_at``."""
    return rows.annotate(
        _suspended_at=_sides.column(rows.model, "suspended_at"),
        _deleted_at=_sides.column(rows.model, "deleted_at"),
    )


def end_of_grace(closed_at: datetime) -> datetime:
    """Return from when on an organization cannot be restored any more."""
    return closed_at + get_settings().DELETION_GRACE


def restorable_for(user: Any, *, now: datetime, model: Any = None) -> list[Closed]:
    """Return the deleted organizations that a user owns and can restore, newest first.

    Args:
        model: the organization model; None for the project's default.
    Queries: 1; 0 for somebody who is not signed in.
    """
    return [
        Closed(organization=row, closed_at=row._closed_at, until=end_of_grace(row._closed_at))
        for row in restorable_rows(user, now=now, model=model)
    ]


def restorable_rows(user: Any, *, now: datetime, model: Any = None) -> Any:
    """Return the organizations of ``restorable_for`` as a queryset."""
    grace = get_settings().DELETION_GRACE
    family = family_of(model) if model is not None else default_family()
    if user.pk is None or not user.is_active or not grace:
        return family.organization._base_manager.none()
    # Old databases have owner rows that name a member of another organization.
    owners = family.owner._base_manager.filter(
        organization_user__user_id=user.pk,
        organization_user__organization_id=F("organization_id"),
    )
    return (
        family.organization._base_manager.filter(
            is_active=False, pk__in=owners.values("organization_id")
        )
        .annotate(_closed_at=_sides.column(family.organization, "deleted_at"))
        .filter(_closed_at__gt=now - grace)
        .order_by("-_closed_at", "pk")
    )


def purge(*, now: datetime, batch: int = 100, dry_run: bool = False) -> list[Purged]:
    """Delete for good what was deleted on its page and cannot be restored any more.

    Each organization goes in a transaction of its own. One that rows of the project protect
    stays closed and is told; the others go on.

    Args:
        batch: how many are read at once.
        dry_run: only look what would go.
    Locks: each organization. Signals: organization_deleted for each.
    """
    before = now - get_settings().DELETION_GRACE
    done = []
    for family in every():
        last = 0
        while True:
            due = _sides.records(family.organization).filter(deleted_at__lte=before, pk__gt=last)
            found = list(due.order_by("pk")[:batch])
            for record in found:
                last = record.pk
                organization = _off(family.organization, record.organization_key)
                if organization is not None:
                    done.append(_purge(organization, before=before, dry_run=dry_run))
            if len(found) < batch:
                break
    return done


def _off(model: Any, key: str) -> Any:
    """Return the organization if it is there and not in use; SQL may have changed that."""
    return model._base_manager.filter(pk=key, is_active=False).first()


def _purge(organization: Any, *, before: datetime, dry_run: bool) -> Purged:
    problem = ""
    using = database_of(organization)
    try:
        with transaction.atomic(using=using):
            if dry_run:
                # What an app keeps closed to others goes along, too.
                with acting_in(organization, None):
                    Collector(using=using, origin=organization).collect([organization])
                return Purged(organization=organization)
            record = _look(organization)
            is_due = record is not None and record.deleted_at and record.deleted_at <= before
            if organization.is_active or not is_due:
                problem = str(_("It was restored."))
            else:
                organizations.delete(organization)
    except (ProtectedError, RestrictedError) as error:
        problem = str(error.args[0])
    except OrganizationsError as error:
        problem = str(error)
    except ObjectDoesNotExist:
        pass  # somebody else was faster
    return Purged(organization=organization, problem=problem)


def _look(organization: Any) -> Any:
    """Lock the organization, read again whether it is in use, and return its record or None."""
    lock_organization(organization)
    organization.refresh_from_db(fields=["is_active"])
    return _sides.record_of(organization)


def _set_active(organization: Any, is_active: bool) -> None:
    if organization.is_active != is_active:
        organization.is_active = is_active
        has_stamp = family_of(organization).has_field("organization", "modified")
        _writes.save(organization, "is_active", *(["modified"] if has_stamp else []))


def _open(organization: Any, record: Any) -> None:
    """Switch the organization on, if nothing else keeps it closed."""
    if not _sides.is_shut(record) and not _waits(organization):
        _set_active(organization, True)


def _waits(organization: Any) -> bool:
    """Return whether the owner has signed up and not come yet; the account's link opens it."""
    owner = ownership.owner_of(organization)
    if owner is None or not registration.is_pending(owner.user):
        return False
    return not addresses.recorded_addresses(owner.user)


def _is_owner(organization: Any, user: Any) -> bool:
    access = rights_of_members(organization, [user.pk]).get(user.pk)
    return access is not None and access.is_owner and access.member.user.is_active


def _closed(organization: Any, record: Any) -> Closed:
    at = record.deleted_at
    return Closed(organization=organization, closed_at=at, until=end_of_grace(at))


def _send(signal: Any, organization: Any, actor: Any) -> None:
    signal.send(sender=type(organization), organization=organization, actor=actor)


asuspend = make_async(suspend)
areinstate = make_async(reinstate)
aclose = make_async(close)
arestore = make_async(restore)
apurge = make_async(purge)
