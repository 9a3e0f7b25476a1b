"""The one place that every way into an organization passes: seats, then the project's policies.

A project refuses somebody by a callable that the setting ``JOIN_POLICIES`` names::

    def staff_need_two_factors(attempt):
        if attempt.member_is_admin and not has_second_factor(attempt.user):
            raise JoinRefused(_("Set up a second factor first."))

It is asked under the lock of the organization, right before the member row is written, whoever
brings the person in: an offer, an admin, a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.module_loading import import_string

from ..conf import get_settings
from ..exceptions import OrganizationsError, SeatsFull
from . import seats

__all__ = ["JoinAttempt", "by_offer", "check", "check_many"]


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinAttempt:
    """Somebody is about to become a member.

    Attributes:
        organization: where.
        user: who.
        actor: by whose step: the person's own, or somebody's who adds; None for code.
        invitation: the offer that brings the person, or None.
        fields: the values of the member row, such as ``is_admin``.
        now: aware.
    """

    organization: Any
    user: Any
    actor: Any
    invitation: Any
    fields: dict[str, Any]
    now: datetime

    @property
    def member_is_admin(self) -> bool:
        return bool(self.fields.get("is_admin"))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Offer:
    invitation: Any = None
    now: datetime | None = None
    has_seat: bool = False


NO_OFFER = _Offer()

_offer: ContextVar[_Offer] = ContextVar("organizations_offer", default=NO_OFFER)


@contextmanager
def by_offer(invitation: Any, *, now: datetime, has_seat: bool) -> Iterator[None]:
    """Say inside the block which offer brings the person, whatever code adds the member.

    Args:
        has_seat: the offer has reserved a seat.
    """
    token = _offer.set(_Offer(invitation=invitation, now=now, has_seat=has_seat))
    try:
        yield
    finally:
        _offer.reset(token)


def check(organization: Any, user: Any, *, actor: Any, fields: dict[str, Any]) -> None:
    """Refuse somebody for whom there is no seat, or whom a policy keeps out.

    Raises:
        SeatsFull: there is no seat.
        JoinRefused: a policy says no.
        ImproperlyConfigured: a policy cannot be imported.
    """
    offer = _offer.get()
    if offer.invitation is not None and offer.invitation.organization_id != organization.pk:
        offer = NO_OFFER  # a project's own code adds people elsewhere on the way
    now = offer.now or timezone.now()
    seats.require(organization, now=now, reserved=offer.has_seat)
    _ask_policies(
        JoinAttempt(
            organization=organization,
            user=user,
            actor=actor,
            invitation=offer.invitation,
            fields=fields,
            now=now,
        )
    )


def check_many(
    organization: Any, users: Iterable[Any], *, actor: Any, fields: dict[str, Any]
) -> Iterator[tuple[Any, OrganizationsError | None]]:
    """Yield each user with what ``check`` would raise, the seats of those before counted.

    A policy is asked when its user is, so it finds the rows that the caller has written by then.

    Queries: 0 without a limit of seats, else 2, whatever the number; those of the policies.
    """
    now = timezone.now()
    free = seats.free_of(organization, now=now)
    for user in users:
        if free is not None and free < 1:
            yield user, SeatsFull()
            continue
        try:
            _ask_policies(
                JoinAttempt(
                    organization=organization,
                    user=user,
                    actor=actor,
                    invitation=None,
                    fields=fields,
                    now=now,
                )
            )
        except OrganizationsError as error:
            yield user, error
            continue
        yield user, None
        free = None if free is None else free - 1


def _ask_policies(attempt: JoinAttempt) -> None:
    for path in get_settings().JOIN_POLICIES:
        try:
            policy = import_string(path)
        except ImportError as error:
            raise ImproperlyConfigured(
                f"ORGANIZATIONS['JOIN_POLICIES'] names {path!r}, which cannot be imported: {error}"
            ) from error
        policy(attempt)
