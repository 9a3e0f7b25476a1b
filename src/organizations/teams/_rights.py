"""The ceiling over teams: what a step gives and takes is compared with what its actor has.

This app does not know what is given to teams, only that somebody may do so (``grants``). So a
step is done first, then compared, and undone if it goes too far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..permissions import Access, declared
from ..services.access import rights_of_members
from ..services.ceiling import Authority

__all__ = ["within_rights"]


@contextmanager
def within_rights(may: Authority, users: list[Any]) -> Iterator[None]:
    """Refuse what happens in the block if it goes beyond the actor's rights.

    Grants are compared, not only what they bring together: what somebody has already from
    elsewhere must not come from a second side by the hand of somebody who has less. What a member
    loses, and what a member has who loses something, must be within the actor's rights; to the
    owner nothing is ever lost. The transaction of the verb undoes what is refused.

    Args:
        users: keys of the users whose rights may change.
    Queries: 2, or 0 for code that acts by its own word.
    Raises:
        ExceedsOwnRights: the step gives or takes what the actor does not have.
        RaisesOwnRights: it gives something to the actor, who does not own the organization.
    """
    if may.access is None or not users:
        yield
        return
    before = rights_of_members(may.organization, users)
    yield
    after = rights_of_members(may.organization, users)
    for user_id, old in before.items():
        _compare(may, old, after[user_id])


def _compare(may: Authority, old: Access, new: Access) -> None:
    gained = _brought(_live(new) - _live(old))
    lost = _brought(_live(old) - _live(new))
    if gained:
        may.may_raise(new.member)
        may.may_give(gained)
    # Stepping down is free.
    if lost and not may.is_self(old.member):
        may.may_give(lost)
        if not old.is_owner:
            may.may_give(old.permissions)


def _live(access: Access) -> Counter[Any]:
    return Counter(grant for grant in access.grants if not grant.ended)


def _brought(grants: Counter[Any]) -> frozenset[str]:
    # A name that is declared no longer counts no more.
    known = {permission.name for permission in declared()}
    return frozenset().union(*(grant.permissions for grant in grants)) & known
