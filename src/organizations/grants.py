"""Where permissions come from: the built-in standings, and the sources that apps register.

A source answers two questions from one declaration. *What has this member?* It adds its share
to the one query for member rows (``annotate``) and reads it back (``grants_from``). *Who has
this permission?* It gives a condition on member rows (``members_with``). Both must agree.

Sources and groups know the project's default family; other families have standings alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.db.models import F, Q, QuerySet
from django.db.models.signals import post_delete

from . import signals
from .conf import get_settings
from .expressions import JSONRows
from .families import Family, default_family, family_of, live
from .permissions import Grant, Standing, declared, get

__all__ = [
    "GrantSource",
    "JSONRows",
    "MemberGroups",
    "groups",
    "members_with",
    "names_given_to",
    "names_of",
    "register",
    "register_groups",
    "sources_for",
    "standing_of",
    "superuser_has_access",
]


class GrantSource(Protocol):
    """Something that gives permissions to members, such as roles.

    What it adds to the query may depend on the moment, the person or the thread. One that takes
    nothing but its arguments says ``is_fixed = True``: it is then compiled once, with an expression
    for ``now``, which makes each request faster. The same holds for groups.
    """

    #: One word; registering the same name again replaces the source.
    name: str

    def annotate(self, members: QuerySet[Any], *, now: datetime) -> QuerySet[Any]:
        """Add what the member rows need, in the same query."""

    def grants_from(self, row: Any) -> Iterable[Grant]:
        """Return the grants of one annotated row, those that have ended among them."""

    def members_with(self, permission: str, *, now: datetime) -> Q:
        """Return the condition on member rows that have the permission from here."""


class MemberGroups(Protocol):
    """A kind of group of members, such as teams, to which roles can be given.

    Keys are integers.
    """

    #: One word, stored beside the keys.
    kind: str
    #: The model of the groups; it has a foreign key named ``organization``.
    model: Any

    def reaching(self, member: Any) -> QuerySet[Any]:
        """Return the keys of the groups whose grants reach the member, as one column.

        Args:
            member: the key of the member row, or an expression for it (``OuterRef("pk")``).
        """

    def name_of(self, key: Any) -> QuerySet[Any]:
        """Return what people call the group of that key, as one row of one text column."""


_sources: dict[str, GrantSource] = {}
_groups: dict[str, MemberGroups] = {}


def register(source: GrantSource) -> None:
    """Let a source take part in every permission question. Call it in ``AppConfig.ready``."""
    _sources[source.name] = source


def register_groups(groups: MemberGroups) -> None:
    """Make a kind of group known. Call it in ``AppConfig.ready``.

    When a group is deleted, ``signals.group_deleted`` tells those that keep its key.
    """
    _groups[groups.kind] = groups
    post_delete.connect(_tell_of_deletion, sender=groups.model, dispatch_uid=groups.kind)


def _tell_of_deletion(*, sender: Any, instance: Any, **kwargs: Any) -> None:
    kind = next(each.kind for each in _groups.values() if each.model is sender)
    signals.group_deleted.send(
        sender=sender, organization_id=instance.organization_id, kind=kind, key=instance.pk
    )


def groups() -> tuple[MemberGroups, ...]:
    """Return the kinds of groups that are known."""
    return tuple(_groups.values())


def sources_for(family: Family) -> tuple[GrantSource, ...]:
    """Return the sources that give something to members of a family."""
    if not _sources:
        return ()
    try:
        return tuple(_sources.values()) if family == default_family() else ()
    except ImproperlyConfigured:
        return ()  # check E002 tells about it


def names_given_to(
    organization: Any, *, kind: str, keys: Collection[int], now: datetime
) -> dict[int, frozenset[str]]:
    """Return the permissions that sources give to groups of a kind, by group, for offers.

    Sources that give something to groups have ``given_to(organization, *, kind, keys, now)``; of
    others nothing is known before somebody is in the group, and whoever joins by an offer is
    compared with its maker once more then.
    """
    found: dict[int, frozenset[str]] = {}
    for source in sources_for(family_of(organization)):
        given_to = getattr(source, "given_to", None)
        if given_to is None:
            continue
        for key, names in given_to(organization, kind=kind, keys=keys, now=now).items():
            found[key] = found.get(key, frozenset()) | names
    return found


def standing_of(*, is_owner: bool, is_admin: bool) -> Standing:
    """Return the standing of a member from the two facts that the tables hold."""
    if is_owner:
        return Standing.OWNER
    return Standing.ADMIN if is_admin else Standing.MEMBER


def names_of(standing: Standing) -> frozenset[str]:
    """Return the names of the permissions that come with a standing."""
    return frozenset(
        permission.name for permission in declared() if standing in permission.default_for
    )


def members_with(family: Family, permission: str, *, now: datetime) -> Q:
    """Return the condition on member rows of a family that have a permission.

    Who is suspended, or whose membership has ended, has none, whatever the sources say.

    Raises:
        UnknownPermission: nobody declared the name.
    """
    found = _standings(family, get(permission).default_for)
    for source in sources_for(family):
        found |= source.members_with(permission, now=now)
    return found & live(family, now)


def _standings(family: Family, standings: frozenset[Standing]) -> Q:
    # Whoever stands above has it too, so the lowest standing decides.
    if Standing.MEMBER in standings:
        return Q(pk__isnull=False)
    # Old databases have owner rows that name a member of another organization.
    owner = Q(**{f"{family.owner_lookup}__organization_id": F("organization_id")})
    if Standing.ADMIN in standings and family.has_field("member", "is_admin"):
        return owner | Q(is_admin=True)
    return owner


def superuser_has_access(user: Any) -> bool:
    """Return whether a user has every permission everywhere: the one place that decides it."""
    flag = bool(getattr(user, "is_superuser", False)) and bool(user.is_active)
    return flag and get_settings().SUPERUSERS_HAVE_ACCESS
