"""What ends with a membership, and with an ownership: offers that stand on them."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from .. import signals, states
from ..families import family_of
from ..states import InvitationKind, InvitationStatus
from . import _records

__all__ = ["void_handover", "void_offers_of"]


def void_offers_of(organization: Any, user: Any, *, actor: Any) -> None:
    """Withdraw the open offers that stand on somebody's rights, and those to the account.

    Those that the project's code vouches for stay. Queries: 2, and those of each offer.
    Signals: invitation_revoked.
    """
    model = family_of(organization).invitation
    if model is None or not apps.is_installed("organizations"):
        return
    where = {"organization_id": organization.pk, "statuses": states.OPEN}
    made = _records.rows_in(model, invited_by_id=user.pk, life={"on_own_authority": True}, **where)
    received = _records.rows_in(model, invitee_id=user.pk, **where)
    rows = {row.pk: row for row in (*made, *received)}
    for invitation in _records.load_all(rows.values()):
        invitation.status = InvitationStatus.REVOKED
        invitation.open_key = None
        _records.save(invitation)
        signals.invitation_revoked.send(
            sender=model, organization=organization, invitation=invitation, actor=actor
        )


def void_handover(organization: Any, *, actor: Any) -> None:
    """Close the open offer of an ownership that has just changed hands by another way.

    The new owner has offered nothing to anybody. Queries: 1, and those of the offer.
    Signals: invitation_superseded.
    """
    model = family_of(organization).invitation
    if model is None or not apps.is_installed("organizations"):
        return
    rows = _records.rows_in(
        model,
        organization_id=organization.pk,
        statuses=states.OPEN,
        life={"kind": InvitationKind.OWNERSHIP.value},
    )
    for invitation in _records.load_all(rows):
        invitation.status = InvitationStatus.SUPERSEDED
        invitation.open_key = None
        _records.save(invitation)
        signals.invitation_superseded.send(
            sender=model, organization=organization, invitation=invitation, actor=actor
        )
