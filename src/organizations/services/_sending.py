"""What a worker does with an offer before it mails it: the secret is made there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .. import tokens
from ..states import InvitationStatus
from . import _offers, _records
from ._locks import verb

__all__ = ["mark_sent", "open_anew"]


@verb
def open_anew(invitation: Any, *, send_count: int, now: datetime) -> tuple[Any, str] | None:
    """Give an offer a new secret, and return the fresh row and the secret.

    The secret that the request made was never mailed; it opens nothing from now on.

    Args:
        send_count: how often the offer had been sent when the job was made.
    Returns:
        None if nothing is to be mailed: the offer was answered, withdrawn, sent anew or mailed
        in the meantime, or its time is up.
    Raises:
        DoesNotExist: the row is gone.
    Locks: the organization, then the invitation.
    """
    invitation = _offers.lock(invitation)
    if (
        invitation.status != InvitationStatus.PENDING
        or invitation.send_count != send_count
        or invitation.sent_at is not None
        or (invitation.expires_at is not None and invitation.expires_at <= now)
    ):
        return None
    secret = tokens.make_secret()
    invitation.token_digest = tokens.digest(secret, purpose="invitation")
    _records.save(invitation)
    return invitation, secret


def mark_sent(invitation: Any, *, now: datetime) -> None:
    """Note that the mail of ``open_anew`` has left. Queries: 1."""
    _records.stamp(invitation, sent_at=now)
