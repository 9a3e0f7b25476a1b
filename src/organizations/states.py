"""The life of an invitation: which verb leads from which state to which.

House rules: the table below is the only place that knows a transition, and "expired" is
never stored. It follows from the time, so no job has to run to make it true.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .exceptions import InvitationStateError

__all__ = ["TRANSITIONS", "InvitationKind", "InvitationStatus", "after", "current"]


class InvitationKind(StrEnum):
    """How somebody joins; each is an offer with the states of the table below."""

    #: An offer to an address, which the mail or a link tells of.
    MAIL = "mail"
    #: A link for one person, whoever that is.
    LINK = "link"
    #: A link that several people may use.
    SHARED = "shared"
    #: Somebody asks to join.
    REQUEST = "request"
    #: Somebody joins by an address in a domain of the organization.
    DOMAIN = "domain"
    #: The ownership is offered to a member.
    OWNERSHIP = "ownership"


class InvitationStatus(StrEnum):
    """What has become of an invitation."""

    PROPOSED = "proposed"
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


S = InvitationStatus

TRANSITIONS: dict[InvitationStatus, dict[str, InvitationStatus]] = {
    # A member proposes somebody, or somebody asks to join.
    S.PROPOSED: {
        "approve": S.PENDING,
        "decline": S.DECLINED,
        "revoke": S.REVOKED,
        "supersede": S.SUPERSEDED,
    },
    S.PENDING: {
        "use": S.PENDING,
        "accept": S.ACCEPTED,
        "decline": S.DECLINED,
        "revoke": S.REVOKED,
        "resend": S.PENDING,
        "supersede": S.SUPERSEDED,
    },
    S.EXPIRED: {
        "revoke": S.REVOKED,
        "resend": S.PENDING,
        "supersede": S.SUPERSEDED,
    },
    S.ACCEPTED: {},
    S.DECLINED: {},
    S.REVOKED: {},
    S.SUPERSEDED: {},
}

#: The states that an answer is still expected in; time ends both.
OPEN = frozenset({S.PROPOSED, S.PENDING})


def current(status: str, *, expires_at: datetime | None, now: datetime) -> InvitationStatus:
    """Return the state at a moment: an open invitation whose time is up is expired.

    Args:
        status: what is stored.
        expires_at: aware; from this very moment on the invitation is expired.
        now: aware.
    """
    stored = InvitationStatus(status)
    if stored in OPEN and expires_at is not None and expires_at <= now:
        return S.EXPIRED
    return stored


def after(
    status: str, verb: str, *, expires_at: datetime | None, now: datetime
) -> InvitationStatus:
    """Return the state that the verb leads to.

    Raises:
        InvitationStateError: the state does not allow the verb.
    """
    state = current(status, expires_at=expires_at, now=now)
    try:
        return TRANSITIONS[state][verb]
    except KeyError:
        raise InvitationStateError(status=state, verb=verb) from None
