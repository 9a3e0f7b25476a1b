"""The one permission question: what may this user do in this organization?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.sql import Query
from django.utils import timezone

from ..compiled import Compiled, Parameter
from ..conf import get_settings
from ..families import Family, family_of, is_live
from ..grants import groups, names_of, sources_for, standing_of, superuser_has_access
from ..permissions import Access, Grant, declared
from ._async import make_async

__all__ = [
    "aaccess_of",
    "access_at",
    "access_of",
    "arights_of_members",
    "is_plain",
    "members_with_grants",
    "members_with_standing",
    "rights_of_members",
    "rights_of_row",
    "with_grants",
]

#: Returns annotations of member rows by name; see ``access_at``.
Columns = Callable[..., dict[str, Any]]


def members_with_standing(organization: Any) -> Any:
    """Return the members of an organization as a queryset, each with ``owner_row``.

    ``owner_row`` is the key of the member's owner row, or None.
    """
    members = family_of(organization).member._default_manager
    return _with_standing(members.filter(organization_id=organization.pk))


def _with_standing(members: Any) -> Any:
    lookup = family_of(members.model).owner_lookup
    # Old databases have owner rows that name a member of another organization.
    own = Q(**{f"{lookup}__organization_id": F("organization_id")})
    return members.annotate(owner_row=Case(When(own, then=F(f"{lookup}__pk")))).select_related(
        "user"
    )


def access_of(user: Any, organization: Any) -> Access:
    """Return what a user may do in an organization.

    Nobody has access through an inactive account, and nobody to an inactive organization. A
    member who is suspended, or whose membership has ended, is as good as none.
    An active superuser has every permission unless ``SUPERUSERS_HAVE_ACCESS`` is off.

    Queries: 1, whatever the number of roles and teams; 0 for somebody who is not signed in.
    """
    if user.pk is None or not user.is_active or not organization.is_active:
        return Access(organization_id=organization.pk, user_id=user.pk)
    now = timezone.now()
    return _as_it_is_now(access_in_any_state(user, organization, now=now), now=now)


def _as_it_is_now(access: Access, *, now: datetime) -> Access:
    if access.is_superuser or access.member is None or is_live(access.member, now):
        return access
    return Access(organization_id=access.organization_id, user_id=access.user_id)


def access_at(
    user: Any, organizations: Any, *, name: str, value: Any, columns: tuple[Columns, ...]
) -> tuple[Any, Access] | None:
    """Return an organization of a queryset, and as ``access_of`` what a member may do in it.

    None for everybody who has no membership there, whatever its state, and where the queryset
    brings more than the rows of the table: look for the organization then, and ask ``access_of``.

    Args:
        organizations: where to look.
        name, value: a unique field, and what it holds.
        columns: functions that return annotations of the member row by name, as in ``beside``;
            called with the family, a moment ``now`` and the key of the ``user``, or expressions for
            these. They are compiled once as well, so they may depend on nothing else.
    Queries: 1.
    """
    if user.pk is None or not _is_bare(organizations):
        return None
    family = family_of(organizations.model)
    relation = family.member._meta.get_field("organization")
    if relation.related_model is not organizations.model:
        return None
    now = timezone.now()
    if organizations.query.where:
        found = {name: value}
        keys = organizations.filter(**found).order_by().values(relation.target_field.attname)
        members = family.member._base_manager.filter(user_id=user.pk, organization_id__in=keys)
        members = with_grants(_with_standing(members), now=now)
        row = _at(members, family, columns, now=now, user=user.pk).first()
    else:
        field = organizations.model._meta.get_field(name)
        row = _row_of(family, user, f"organization__{name}", field, value, now=now, columns=columns)
    if row is None:
        return None
    _know(row, user)
    organization = row.organization
    if not user.is_active or not organization.is_active:
        return organization, Access(organization_id=organization.pk, user_id=user.pk)
    return organization, _as_it_is_now(_access_by(row, user, organization, now=now), now=now)


def _at(rows: Any, family: Family, columns: Any, *, now: Any, user: Any) -> Any:
    """Return rows without their users: who asks has the user already."""
    rows = rows.select_related(None).order_by("pk")
    if columns is None:
        return rows
    for each in columns:
        rows = rows.annotate(**each(family, now=now, user=user))
    return rows.select_related("organization")


def _know(row: Any, user: Any) -> None:
    field = row._meta.get_field("user")
    if isinstance(user, field.related_model):
        field.set_cached_value(row, user)


#: Statements for ``_row_of``, with what they were made of.
_compiled: dict[Any, tuple[Any, Compiled]] = {}


def _row_of(
    family: Family,
    user: Any,
    name: str,
    field: Any,
    value: Any,
    *,
    now: Any,
    columns: tuple[Columns, ...] | None = None,
    is_fresh: bool = False,
) -> Any:
    """Return a user's member row with grants where a field has a value, or None. Queries: 1.

    Args:
        columns: see ``access_at``, and with the organization; None without it.
        is_fresh: with the user's row, and as ``_in_use`` whether the organization is active.
    """
    members = family.member._base_manager.all()
    sources = sources_for(family)
    made_of = (*sources, *groups()) if sources else ()

    def rows(moment: Any, person: Any, value: Any) -> Any:
        found = members.filter(**{"user_id": person, name: value})
        found = with_grants(_with_standing(found), now=moment)
        if is_fresh:
            return found.annotate(_in_use=F("organization__is_active")).order_by("pk")
        return _at(found, family, columns, now=moment, user=person)

    # What projects add may depend on more than the parameters, and so may their managers.
    is_fixed = all(getattr(each, "is_fixed", False) for each in made_of)
    if not is_fixed or not _is_bare(members) or members.query.where:
        return rows(now, user.pk, value).first()
    # The one setting that a column of ``beside`` may hold, see ``_records.rows_in``.
    lifetime = get_settings().INVITATION_LIFETIME
    # Asked once: a router might choose another database for the statement than for the key.
    using = members.db
    key = (family.member, using, name, is_fresh, columns, lifetime, *map(id, made_of))
    if key not in _compiled:
        moment = Parameter("now", DateTimeField())
        person = Parameter("user", family.member._meta.get_field("user").target_field)
        once = Compiled(rows(moment, person, Parameter("value", field)).using(using)[:1])
        # With what it was made of, so that nothing new gets an old one's id.
        _compiled[key] = made_of, once
    return _compiled[key][1].first(now=now, user=user.pk, value=value)


def is_plain(manager: Any) -> bool:
    """Return whether a manager gives all rows of its table as they are, at any moment."""
    rows = manager.all()
    query = rows.query
    chosen = query.where or query.order_by or query.extra_order_by or query.distinct
    return not chosen and _is_bare(rows)


def _is_bare(rows: Any) -> bool:
    """Return whether a queryset brings all columns of its table and nothing else.

    A ``Query`` of another kind may add what it likes when it is compiled, as those of scopes do.
    """
    query = rows.query
    return type(query) is Query and not (
        query.annotations
        or query.select_related
        or query.deferred_loading[0]
        or rows._prefetch_related_lookups
        or rows._fields is not None
    )


def access_in_any_state(user: Any, organization: Any, *, now: datetime) -> Access:
    """Return as ``access_of``, but without a look at the state of what the access goes through.

    That is the organization, the account and the membership. A superuser with access does not
    come through a membership, so one that is not live gives nothing here either.
    """
    family = family_of(organization)
    field = family.member._meta.get_field("organization").target_field
    row = _row_of(family, user, "organization_id", field, organization.pk, now=now)
    if row is not None:
        _know(row, user)
    return _access_by(row, user, organization, now=now)


def _access_by(row: Any, user: Any, organization: Any, *, now: datetime) -> Access:
    nothing = Access(organization_id=organization.pk, user_id=user.pk)
    if not superuser_has_access(user):
        return nothing if row is None else rights_of_row(row)
    return _as_superuser(nothing if row is None or not is_live(row, now) else rights_of_row(row))


def access_now(user: Any, organization: Any) -> Access:
    """Return as ``access_of``, by the rows as they stand, whatever the caller's copies say.

    For verbs, under the lock: the organization may have been closed, the account switched off
    and the member suspended, since the request began. A superuser with access has it in a closed
    organization, too, so that an operator can mend it.

    Queries: 1, and 1 more for a superuser who is no member; 0 for nobody.
    """
    nothing = Access(organization_id=organization.pk, user_id=user.pk)
    if user.pk is None or not user.is_active:
        return nothing
    now = timezone.now()
    family = family_of(organization)
    field = family.member._meta.get_field("organization").target_field
    row = _row_of(family, user, "organization_id", field, organization.pk, now=now, is_fresh=True)
    if row is not None:
        user, access = row.user, rights_of_row(row) if is_live(row, now) else nothing
    elif superuser_has_access(user):
        users = family.member._meta.get_field("user").related_model._base_manager
        user, access = users.filter(pk=user.pk).first(), nothing
    else:
        return nothing
    if user is None or not user.is_active:
        return nothing
    if superuser_has_access(user):
        return _as_superuser(access)
    return access if row is not None and row._in_use else nothing


def rights_of_members(organization: Any, users: Any = None) -> dict[Any, Access]:
    """Return the access of members by the key of their user, as it is while all are active.

    A member who is switched off or suspended keeps rights, to be used again afterwards; whoever
    gives and takes rights must see them. So ask ``access_of`` when somebody knocks, and this one
    to compare people.

    Args:
        users: keys of the users to look at; None for all members.
    Queries: 1.
    """
    rows = _all_with_grants(organization, now=timezone.now()).order_by("pk")
    if users is not None:
        rows = rows.filter(user_id__in=users)
    return {row.user_id: rights_of_row(row) for row in rows}


def members_with_grants(organization: Any, *, now: datetime) -> Any:
    """Return the members as ``members_with_standing``, with what every source adds."""
    return with_grants(members_with_standing(organization), now=now)


def _all_with_grants(organization: Any, *, now: datetime) -> Any:
    """Return the members with their grants, those too that the project's manager hides.

    ``where_user_can`` and the verbs see them as well, and the ceiling must not overlook any.
    """
    members = family_of(organization).member._base_manager
    return with_grants(_with_standing(members.filter(organization_id=organization.pk)), now=now)


def with_grants(rows: Any, *, now: datetime) -> Any:
    """Return rows of ``members_with_standing`` such that ``rights_of_row`` needs no query.

    Each has a mark, ``has_grants``.
    """
    rows = rows.annotate(has_grants=Value(True))
    for source in sources_for(family_of(rows.model)):
        rows = source.annotate(rows, now=now)
    return rows


def rights_of_row(row: Any) -> Access:
    """Return the access of a member row that ``with_grants`` has prepared, as if all is active."""
    standing = standing_of(
        is_owner=row.owner_row is not None, is_admin=getattr(row, "is_admin", False)
    )
    grants = [Grant(kind=standing.value, permissions=names_of(standing))]
    for source in sources_for(family_of(row)):
        grants += source.grants_from(row)
    return Access(
        organization_id=row.organization_id,
        user_id=row.user_id,
        member=row,
        standing=standing,
        permissions=_union(grants),
        grants=tuple(grants),
    )


def _as_superuser(access: Access) -> Access:
    every = frozenset(permission.name for permission in declared())
    return Access(
        organization_id=access.organization_id,
        user_id=access.user_id,
        member=access.member,
        standing=access.standing,
        permissions=every,
        grants=(*access.grants, Grant(kind="superuser", permissions=every)),
        is_superuser=True,
    )


def _union(grants: list[Grant]) -> frozenset[str]:
    """Return what the grants bring together. A name that is declared no longer counts no more."""
    known = {permission.name for permission in declared()}
    live = (grant.permissions for grant in grants if not grant.ended)
    return frozenset().union(*live) & known


aaccess_of = make_async(access_of)
arights_of_members = make_async(rights_of_members)
