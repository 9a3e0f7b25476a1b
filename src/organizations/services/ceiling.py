"""The ceiling: nobody gives, changes or takes more than they have themselves.

Every verb that changes who belongs or who may do what asks here, under the lock of the
organization, so that every door gives the same answer:

1. The actor needs the verb's permission.
2. What somebody gets, and what somebody has who is changed or removed, must be part of the
   actor's own rights. Sets of permissions are compared, never the names of roles.
3. Nobody raises their own rights; stepping down is free.
4. The owner is out of reach for everybody but the owner.

The actor is a user. ``None`` stands for code that acts by its own word, as scripts and the
documented model methods do; nothing is compared then. A superuser with access has every
permission and may do all of this, in an organization that is not in use as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..exceptions import ExceedsOwnRights, OwnerOutOfReach, RaisesOwnRights
from ..permissions import Access
from .access import access_now, rights_of_members, rights_of_row

__all__ = ["Authority", "authority", "within_reach"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Authority:
    """What an actor may give, change and take in one organization, right now.

    Attributes:
        access: the actor's access; None for code that acts by its own word.
    """

    organization: Any
    access: Access | None

    def require(self, permission: str) -> None:
        """Refuse an actor without the permission.

        Raises:
            PermissionMissing: the actor lacks it.
        """
        if self.access is not None:
            self.access.require(permission)

    def may_give(self, permissions: Iterable[str]) -> None:
        """Refuse to give, change or take these rights if the actor has less.

        Raises:
            ExceedsOwnRights: the actor lacks some of them.
        """
        if self.access is None:
            return
        if lacking := frozenset(permissions) - self.access.permissions:
            raise ExceedsOwnRights(lacking)

    def may_touch(self, member: Any) -> None:
        """Refuse to change or remove a member who is the owner or has more than the actor.

        Members may touch themselves; what they do to themselves is asked in ``may_raise``.

        Queries: 0 or 1.
        Raises:
            OwnerOutOfReach: the member owns the organization and the actor does not.
            ExceedsOwnRights: the member has rights that the actor lacks.
        """
        if self.access is None or self.is_self(member):
            return
        target = rights_of_members(self.organization, [member.user_id]).get(member.user_id)
        if target is not None:
            self._may_reach(target)

    def _may_reach(self, target: Access) -> None:
        if target.is_owner and self.access is not None and not self.access.is_superuser:
            raise OwnerOutOfReach
        self.may_give(target.permissions)

    def may_touch_all(self, members: list[Any]) -> None:
        """Refuse as ``may_touch`` if one of the members is out of reach. Queries: 0 or 1."""
        if self.access is None or not members:
            return
        rights = rights_of_members(self.organization, [each.user_id for each in members])
        for member in members:
            target = rights.get(member.user_id)
            if target is not None and not self.is_self(member):
                self._may_reach(target)

    def may_raise(self, member: Any) -> None:
        """Refuse a step by which the member gets something, if the member is the actor.

        The owner has everything, so nothing the owner gets is a raise.

        Raises:
            RaisesOwnRights: the actor is that member.
        """
        if self.access is None or self.access.is_owner or self.access.is_superuser:
            return
        if self.is_self(member):
            raise RaisesOwnRights

    def is_self(self, member: Any) -> bool:
        """Return whether the member is the actor."""
        return self.access is not None and member.user_id == self.access.user_id


def within_reach(access: Access, row: Any) -> bool:
    """Return whether somebody could change or remove a member: what ``may_touch`` says, for lists.

    Args:
        access: of the person who looks.
        row: a member row that ``access.with_grants`` has prepared.
    """
    target = rights_of_row(row)
    if target.user_id == access.user_id or access.is_superuser:
        return True
    return not target.is_owner and target.permissions <= access.permissions


def authority(organization: Any, actor: Any) -> Authority:
    """Return what an actor may do to the rights of others. Call it under the lock.

    Args:
        actor: a user, or None for code that acts by its own word.
    Queries: 1, 2 for a superuser who is no member, 0 for None.
    """
    if actor is None:
        return Authority(organization=organization, access=None)
    return Authority(organization=organization, access=access_now(actor, organization))
