"""How offers end, alone and with a membership or an ownership that they stand on."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.utils import timezone

from .. import signals, states
from ..families import family_of
from ..states import InvitationKind, InvitationStatus
from . import _records

__all__ = ["void_handover", "void_offers_of"]


def close(invitation: Any, state: InvitationStatus) -> None:
    """Put an offer into a state in which nothing more is expected."""
    invitation.status = state
    invitation.open_key = None
    _records.save(invitation)


def tell(signal: signals.VerbSignal, invitation: Any, *, actor: Any, **more: Any) -> None:
    """Send one of the signals of offers."""
    signal.send(
        sender=type(invitation),
        organization=invitation.organization,
        invitation=invitation,
        actor=actor,
        **more,
    )


def _end(invitation: Any, verb: str, signal: signals.VerbSignal, *, actor: Any) -> None:
    """Take an offer to the end that the table has for a verb, past its time as before."""
    close(invitation, states.after(invitation.status, verb, expires_at=None, now=timezone.now()))
    tell(signal, invitation, actor=actor)


def supersede(invitation: Any, *, actor: Any) -> None:
    """Close an offer that something newer has replaced. Signals: invitation_superseded."""
    _end(invitation, "supersede", signals.invitation_superseded, actor=actor)


def void_offers_of(organization: Any, user: Any, *, actor: Any) -> None:
    """Withdraw the open offers that stand on somebody's rights, and those to the account.

    Those that the project's code vouches for stay. Queries: 2, and those of each offer.
    Signals: invitation_revoked.
    """
    made = _open_of(organization, invited_by_id=user.pk, life={"on_own_authority": True})
    received = _open_of(organization, invitee_id=user.pk)
    for invitation in _records.load_all({row.pk: row for row in (*made, *received)}.values()):
        _end(invitation, "revoke", signals.invitation_revoked, actor=actor)


def void_handover(organization: Any, *, actor: Any) -> None:
    """Close the open offer of an ownership that has just changed hands by another way.

    The new owner has offered nothing to anybody. Queries: 1, and those of the offer.
    Signals: invitation_superseded.
    """
    rows = _open_of(organization, life={"kind": InvitationKind.OWNERSHIP.value})
    for invitation in _records.load_all(rows):
        supersede(invitation, actor=actor)


def _open_of(organization: Any, **where: Any) -> Any:
    """Return the rows of an organization's open offers, none where no offers are kept."""
    model = family_of(organization).invitation
    if model is None or not apps.is_installed("organizations"):
        return []
    return _records.rows_in(model, organization_id=organization.pk, statuses=states.OPEN, **where)
