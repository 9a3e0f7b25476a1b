"""The signals of the package, all sent inside the transaction of the verb.

The four old ones keep the contract that projects rely on: the *instance* is the sender and
there are no further arguments. The others send the model class and carry the facts.

======================= =========================== ======================================
signal                  sender                      arguments
======================= =========================== ======================================
user_added              the organization (instance) user
user_removed            the organization (instance) user
owner_changed           the organization (instance) old, new (members; ``old`` may be None)
invitation_accepted     the invitation (instance)
organization_created    organization class          organization, actor
organization_changed    organization class          organization, actor, changes
organization_deleted    organization class          organization (key still set), actor
organization_suspended  organization class          organization, actor
organization_reinstated organization class          organization, actor
organization_closed     organization class          organization, actor
organization_restored   organization class          organization, actor
member_added            member class                organization, member, actor
member_changed          member class                organization, member, actor, changes
member_removed          member class                organization, member, actor
member_suspended        member class                organization, member, actor
member_reinstated       member class                organization, member, actor
ownership_transferred   owner class                 organization, old, new, actor
invitation_created      invitation class            organization, invitation, actor
invitation_resent       invitation class            organization, invitation, actor
invitation_revoked      invitation class            organization, invitation, actor
invitation_declined     invitation class            organization, invitation, actor
invitation_proposed     invitation class            organization, invitation, actor
invitation_approved     invitation class            organization, invitation, actor
invitation_superseded   invitation class            organization, invitation, actor
invitation_fulfilled    invitation class            organization, invitation, member, actor
address_verified        user class                  user, address
role_created            role class                  organization, role, actor
role_changed            role class                  organization, role, actor, changes
role_deleted            role class                  organization, role, actor, replacement
role_assigned           assignment class            organization, assignment, actor
role_unassigned         assignment class            organization, assignment, actor
assignment_changed      assignment class            organization, assignment, actor, changes
team_created            team class                  organization, team, actor
team_changed            team class                  organization, team, actor, changes
team_deleted            team class                  organization, team, actor
team_member_added       team member class           organization, team, member, actor
team_member_changed     team member class           organization, team, member, actor, changes
team_member_removed     team member class           organization, team, member, actor
group_deleted           group class                 organization_id, kind, key
======================= =========================== ======================================

``actor`` is the user who acts, or None where code acts by itself. ``changes`` maps a field
name to ``(before, after)``. A receiver that raises undoes the whole step.

Those of roles and teams are sent by the apps of that name, if they are installed; they stand
here so that other apps can listen without knowing them.

In a dry run (``services.preview``) no signal of this module is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.dispatch import Signal

__all__ = [
    "address_verified",
    "assignment_changed",
    "group_deleted",
    "invitation_accepted",
    "invitation_approved",
    "invitation_created",
    "invitation_declined",
    "invitation_fulfilled",
    "invitation_proposed",
    "invitation_resent",
    "invitation_revoked",
    "invitation_superseded",
    "member_added",
    "member_changed",
    "member_reinstated",
    "member_removed",
    "member_suspended",
    "organization_changed",
    "organization_closed",
    "organization_created",
    "organization_deleted",
    "organization_reinstated",
    "organization_restored",
    "organization_suspended",
    "owner_changed",
    "ownership_transferred",
    "role_assigned",
    "role_changed",
    "role_created",
    "role_deleted",
    "role_unassigned",
    "team_changed",
    "team_created",
    "team_deleted",
    "team_member_added",
    "team_member_changed",
    "team_member_removed",
    "user_added",
    "user_removed",
]

_dry_run: ContextVar[bool] = ContextVar("organizations_dry_run", default=False)


def is_dry_run() -> bool:
    """Return whether the verbs run without effect at the moment."""
    return _dry_run.get()


@contextmanager
def dry_run() -> Iterator[None]:
    """Keep the signals of this module silent inside the block."""
    token = _dry_run.set(True)
    try:
        yield
    finally:
        _dry_run.reset(token)


class VerbSignal(Signal):
    """A signal that is silent in a dry run."""

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        return [] if is_dry_run() else super().send(sender, **named)


user_added = VerbSignal()
user_removed = VerbSignal()
owner_changed = VerbSignal()
invitation_accepted = VerbSignal()

organization_created = VerbSignal()
organization_changed = VerbSignal()
organization_deleted = VerbSignal()
member_added = VerbSignal()
member_changed = VerbSignal()
member_removed = VerbSignal()
ownership_transferred = VerbSignal()
invitation_created = VerbSignal()
invitation_resent = VerbSignal()
invitation_revoked = VerbSignal()
invitation_declined = VerbSignal()
invitation_proposed = VerbSignal()
invitation_approved = VerbSignal()
invitation_superseded = VerbSignal()
invitation_fulfilled = VerbSignal()
member_suspended = VerbSignal()
member_reinstated = VerbSignal()
organization_suspended = VerbSignal()
organization_reinstated = VerbSignal()
organization_closed = VerbSignal()
organization_restored = VerbSignal()
address_verified = VerbSignal()
group_deleted = VerbSignal()
role_created = VerbSignal()
role_changed = VerbSignal()
role_deleted = VerbSignal()
role_assigned = VerbSignal()
role_unassigned = VerbSignal()
assignment_changed = VerbSignal()
team_created = VerbSignal()
team_changed = VerbSignal()
team_deleted = VerbSignal()
team_member_added = VerbSignal()
team_member_changed = VerbSignal()
team_member_removed = VerbSignal()
