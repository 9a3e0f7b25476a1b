"""The signals of the package, all sent inside the transaction of the verb.

The four old ones keep the contract that projects rely on: the *instance* is the sender and
there are no further arguments. The others send the model class and carry the facts.

===================== =========================== ======================================
signal                sender                      arguments
===================== =========================== ======================================
user_added            the organization (instance) user
user_removed          the organization (instance) user
owner_changed         the organization (instance) old, new (members; ``old`` may be None)
invitation_accepted   the invitation (instance)
organization_created  organization class          organization, actor
organization_changed  organization class          organization, actor, changes
organization_deleted  organization class          organization (key still set), actor
member_added          member class                organization, member, actor
member_changed        member class                organization, member, actor, changes
member_removed        member class                organization, member, actor
ownership_transferred owner class                 organization, old, new, actor
invitation_created    invitation class            organization, invitation, actor
invitation_resent     invitation class            organization, invitation, actor
invitation_revoked    invitation class            organization, invitation, actor
invitation_declined   invitation class            organization, invitation, actor
address_verified      user class                  user, address
===================== =========================== ======================================

``actor`` is the user who acts, or None where code acts by itself. ``changes`` maps a field
name to ``(before, after)``. A receiver that raises undoes the whole step.
"""

from django.dispatch import Signal

__all__ = [
    "address_verified",
    "invitation_accepted",
    "invitation_created",
    "invitation_declined",
    "invitation_resent",
    "invitation_revoked",
    "member_added",
    "member_changed",
    "member_removed",
    "organization_changed",
    "organization_created",
    "organization_deleted",
    "owner_changed",
    "ownership_transferred",
    "user_added",
    "user_removed",
]

user_added = Signal()
user_removed = Signal()
owner_changed = Signal()
invitation_accepted = Signal()

organization_created = Signal()
organization_changed = Signal()
organization_deleted = Signal()
member_added = Signal()
member_changed = Signal()
member_removed = Signal()
ownership_transferred = Signal()
invitation_created = Signal()
invitation_resent = Signal()
invitation_revoked = Signal()
invitation_declined = Signal()
address_verified = Signal()
