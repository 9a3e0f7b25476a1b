"""Who would gain and who would lose what: a verb, run without effect.

``preview(verb, ...)`` runs the same code as the verb, compares what the members may do before
and after it, and takes everything back. No signal and no mail leaves, no row stays::

    found = preview(members.set_admin, member, True, actor=ada)
    for change in found.changes:
        print(change.member, change.gained, change.lost)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import signals
from ..families import is_live, organization_of
from ..permissions import Access
from ._async import make_async
from ._locks import database_of, lock_organization
from .access import rights_of_members

__all__ = ["AccessChange", "Preview", "apreview", "preview"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessChange:
    """What one member would gain and lose, as permission names."""

    user_id: Any
    member: Any
    gained: frozenset[str]
    lost: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The effect of a verb on what members may do; members without a change are left out."""

    changes: tuple[AccessChange, ...]

    @property
    def gaining(self) -> tuple[AccessChange, ...]:
        return tuple(change for change in self.changes if change.gained)

    @property
    def losing(self) -> tuple[AccessChange, ...]:
        return tuple(change for change in self.changes if change.lost)

    def of(self, user: Any) -> AccessChange | None:
        """Return what would change for a user, or None."""
        return next((change for change in self.changes if change.user_id == user.pk), None)

    @property
    def digest(self) -> str:
        """A short text that is the same for the same effect, so that a page can notice another."""
        lines = [
            f"{change.user_id} +{sorted(change.gained)} -{sorted(change.lost)}"
            for change in self.changes
        ]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32]


class _TakeBack(Exception):
    pass


def preview(verb: Callable[..., Any], subject: Any, *args: Any, **kwargs: Any) -> Preview:
    """Run a verb without effect and return who would gain and lose what.

    Args:
        verb: a function of the services whose first argument is ``subject``.
        subject: an organization, or a row that belongs to one.
        args, kwargs: as for the verb.
    Raises:
        what the verb raises: a step that is refused is refused here, too.
    Queries: those of the verb and 3. Locks: as the verb, until the end of the call; inside a
        transaction until that one ends.
    """
    organization = organization_of(subject)
    changes: list[AccessChange] = []
    try:
        with transaction.atomic(using=database_of(organization)), signals.dry_run():
            # Held first, so that nobody else changes anything between the two looks.
            lock_organization(organization)
            before = _rights(organization)
            verb(subject, *args, **kwargs)
            after = _rights(organization)
            changes += _compare(before, after)
            raise _TakeBack
    except _TakeBack:
        pass
    return Preview(changes=tuple(changes))


def _rights(organization: Any) -> dict[Any, Access]:
    """Return what the members may do; who is suspended, or whose membership has ended, nothing."""
    now = timezone.now()
    rights = rights_of_members(organization)
    return {user_id: each for user_id, each in rights.items() if is_live(each.member, now)}


def _compare(before: dict[Any, Access], after: dict[Any, Access]) -> list[AccessChange]:
    changes = []
    for user_id in {**before, **after}:
        old, new = before.get(user_id), after.get(user_id)
        had = old.permissions if old else frozenset()
        has = new.permissions if new else frozenset()
        if had != has:
            row = new or old
            changes.append(
                AccessChange(
                    user_id=user_id,
                    member=row.member if row else None,
                    gained=has - had,
                    lost=had - has,
                )
            )
    return changes


apreview = make_async(preview)
