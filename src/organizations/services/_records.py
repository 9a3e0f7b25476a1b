"""Where an invitation's life is kept: in its own columns, or in a record beside it.

Invitation models that have ``InvitationLifecycle`` keep state, secret and expiry themselves.
Those of older projects have frozen tables; the package keeps an ``InvitationRecord`` for each.
Behind the functions here both look alike: a loaded invitation has all of ``FIELDS``.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from ..conf import get_settings
from ..expressions import one_of
from ..families import every, family_of, key_text
from ..states import InvitationKind, InvitationStatus
from . import _writes
from ._locks import database_of, locked

__all__ = [
    "FIELDS",
    "find",
    "find_all",
    "has_columns",
    "insert_all",
    "load",
    "load_all",
    "new",
    "open_rows",
    "parent_of",
    "rows_in",
    "save",
    "stamp",
    "update_all",
]

FIELDS = (
    "kind",
    "status",
    "is_admin",
    "on_own_authority",
    "token_digest",
    "open_key",
    "expires_at",
    "sent_at",
    "send_count",
    "presets",
    "member_until",
    "locale",
    "note",
    "max_uses",
    "use_count",
    "domain",
    "needs_approval",
    "parent_key",
)


def models_without_columns() -> list[Any]:
    """Return the invitation models of all families whose life stands in records."""
    found = [family.invitation for family in every() if family.invitation is not None]
    return [model for model in found if not has_columns(model)]


def has_columns(model: Any) -> bool:
    """Return whether the invitation model keeps its life itself."""
    return family_of(model).has_field("invitation", "token_digest")


def _records(model: Any) -> Any:
    rows = apps.get_model("organizations", "InvitationRecord")._base_manager
    return rows.filter(model=model._meta.concrete_model._meta.label_lower)


def find(model: Any, *, organization: Any = None, **lookup: Any) -> Any:
    """Return the invitation whose life matches, loaded and with its organization, or None.

    Args:
        organization: look only among its invitations.
        lookup: values of ``FIELDS``.
    """
    rows = model._base_manager.select_related("organization", "invited_by")
    if has_columns(model):
        if organization is not None:
            rows = rows.filter(organization_id=organization.pk)
        return rows.filter(**lookup).first()
    records = _records(model).filter(**lookup)
    if organization is not None:
        records = records.filter(organization_key=str(organization.pk))
    record = records.first()
    if record is None:
        return None
    invitation = rows.filter(pk=record.invitation_key).first()
    return invitation and _attach(invitation, record)


def find_all(model: Any, *, organization: Any, open_keys: Iterable[str]) -> dict[str, Any]:
    """Return the invitations that have these keys, by key, as ``find`` does for one.

    Queries: 1 with columns of its own, else 1 or 2.
    """
    rows = model._base_manager.select_related("organization", "invited_by")
    wanted = list(open_keys)
    if has_columns(model):
        rows = rows.filter(one_of("open_key", wanted, using=rows.db))
        return {row.open_key: row for row in rows.filter(organization_id=organization.pk)}
    records = _records(model).filter(organization_key=str(organization.pk))
    records = records.filter(one_of("open_key", wanted, using=records.db))
    by_key = {record.invitation_key: record for record in records}
    if not by_key:
        return {}
    loaded = [_attach(row, by_key[key_text(row)]) for row in rows.filter(pk__in=list(by_key))]
    return {row.open_key: row for row in loaded}


def load(invitation: Any) -> Any:
    """Return the invitation with its life. Queries: 0 with columns of its own, else 1."""
    return load_all([invitation])[0]


def load_all(invitations: Iterable[Any]) -> list[Any]:
    """Return the invitations, all of one model, with their lives. Queries: as ``load``."""
    rows = list(invitations)
    if not rows or has_columns(type(rows[0])):
        return rows
    records = _records(type(rows[0])).filter(invitation_key__in=[key_text(row) for row in rows])
    found = {record.invitation_key: record for record in records}
    return [_attach(row, found.get(key_text(row))) for row in rows]


def _attach(invitation: Any, record: Any) -> Any:
    if record is None:
        record = _records(type(invitation)).model(
            model=type(invitation)._meta.concrete_model._meta.label_lower,
            status=InvitationStatus.ACCEPTED if invitation.invitee_id else InvitationStatus.PENDING,
            expires_at=_expiry_of_old(invitation),
        )
    invitation._record = record
    for name in FIELDS:
        setattr(invitation, name, getattr(record, name))
    invitation.state, invitation.is_expired = record.state, record.is_expired
    return invitation


def _expiry_of_old(invitation: Any) -> datetime | None:
    """An invitation from before this package ends like those of today."""
    created = getattr(invitation, "created", None)
    return created and created + get_settings().INVITATION_LIFETIME


def save(invitation: Any) -> None:
    """Save an invitation with its life."""
    _write(invitation)
    if has_columns(type(invitation)):
        return
    _write_life(invitation)
    _write(invitation._record)


def _write(row: Any) -> None:
    if row._state.adding:
        _writes.insert(row)
    else:
        _writes.save(row)


def new(model: Any, **values: Any) -> Any:
    """Return an unsaved invitation with the life of one that was never sent."""
    invitation = model(**values)
    # ``save`` of the model would do it, which a dry run passes by.
    invitation.guid = invitation.guid or uuid.uuid4()
    return invitation if has_columns(model) else _attach(invitation, None)


def insert_all(invitations: Iterable[Any]) -> None:
    """Insert new invitations of one model with their lives, as ``save`` does for one.

    Django's signals around ``save`` are not sent. A model that is the multi-table child of
    another, and a database that does not tell the new keys, take a query per row.

    Queries: 1 with columns of its own, else 2; more where a query holds few parameters.
    """
    rows = list(invitations)
    if not rows:
        return
    model = type(rows[0])
    features = connections[database_of(rows[0])].features
    if model._meta.parents or not features.can_return_rows_from_bulk_insert:
        for row in rows:
            save(row)
        return
    _writes.insert_all(rows)
    if has_columns(model):
        return
    for row in rows:
        _write_life(row)
    records = [row._record for row in rows]
    type(records[0])._base_manager.bulk_create(records)


def update_all(invitations: Iterable[Any]) -> None:
    """Write stored invitations of one model with their lives, as ``save`` does for one.

    Django's signals around ``save`` are not sent.

    Queries: 2 with columns of its own, else 3; more where a query holds few parameters.
    """
    rows = list(invitations)
    if not rows:
        return
    model = type(rows[0])
    if model._meta.parents:
        for row in rows:
            save(row)
        return
    own = ("invited_by",)
    if has_columns(model):
        _update(rows, own + FIELDS)
        return
    _update(rows, own)
    for row in rows:
        _write_life(row)
    # Invitations from before this package have had no record until now.
    records = [row._record for row in rows]
    type(records[0])._base_manager.bulk_create([each for each in records if each._state.adding])
    _update([each for each in records if each.pk is not None], FIELDS)


def _write_life(invitation: Any) -> None:
    """Put the life of an invitation into its record."""
    record = invitation._record
    record.invitation_key = key_text(invitation)
    record.organization_key = str(invitation.organization_id)
    for name in FIELDS:
        setattr(record, name, getattr(invitation, name))


def _update(rows: list[Any], names: Iterable[str]) -> None:
    """Write some fields of stored rows: what is the same in all of them in one go."""
    model = type(rows[0])
    columns = [model._meta.get_field(name) for name in names]
    for field in model._meta.concrete_fields:
        before = getattr(rows[0], field.attname)
        if field not in columns and field.pre_save(rows[0], False) is not before:
            columns.append(field)  # when it was last saved
            for row in rows:
                setattr(row, field.attname, getattr(rows[0], field.attname))
    first = {field.attname: getattr(rows[0], field.attname) for field in columns}
    various = [
        field
        for field in columns
        if any(getattr(row, field.attname) != first[field.attname] for row in rows)
    ]
    same = {field.attname: first[field.attname] for field in columns if field not in various}
    model._base_manager.filter(pk__in=[row.pk for row in rows]).update(**same)
    if various:
        model._base_manager.bulk_update(rows, [field.name for field in various])


def forget(*, instance: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_delete`` of invitations without columns of their own: the life goes too.

    Else it would hold the one place that there is for an address. Queries: 1.
    """
    records = _records(type(instance)).using(using)
    records.filter(invitation_key=key_text(instance))._raw_delete(using)


def stamp(*invitations: Any, sent_at: datetime) -> None:
    """Note when the mails left, but for invitations that have been sent anew since.

    Queries: 1.
    """
    model = type(invitations[0])
    if has_columns(model):
        rows = model._base_manager.filter(pk__in=[each.pk for each in invitations])
    else:
        rows = _records(model).filter(invitation_key__in=[key_text(each) for each in invitations])
    # Offers without a link have no digest, so the keys are needed as well.
    digests = {invitation.token_digest for invitation in invitations}
    known = Q(token_digest__in=digests - {None})
    if None in digests:
        known |= Q(token_digest__isnull=True)
    rows.filter(known).update(sent_at=sent_at)


def open_rows(model: Any, *, unexpired_at: datetime | None = None, **lookup: Any) -> Any:
    """Return the pending invitations to addresses, newest first; see ``rows_in``."""
    return rows_in(
        model,
        statuses=[InvitationStatus.PENDING],
        unexpired_at=unexpired_at,
        life={"kind": InvitationKind.MAIL.value},
        **lookup,
    )


def rows_in(
    model: Any,
    *,
    statuses: Iterable[str],
    unexpired_at: datetime | None = None,
    life: dict[str, Any] | None = None,
    **lookup: Any,
) -> Any:
    """Return the invitations in some of the stored states, newest first, as a queryset.

    Args:
        statuses: what is stored; "expired" never is.
        unexpired_at: leave out those whose time is up at that moment.
        life: conditions on ``FIELDS``.
        lookup: conditions on the invitation's own fields; they should narrow it down.
    """
    rows = model._base_manager.filter(**lookup).select_related("organization", "invited_by")
    created = any(field.name == "created" for field in model._meta.fields)
    rows = rows.order_by(*(["-created", "-pk"] if created else ["-pk"]))
    life = {**(life or {}), "status__in": [str(status) for status in statuses]}
    if has_columns(model):
        rows = rows.filter(**life)
        return rows if unexpired_at is None else rows.filter(expires_at__gt=unexpired_at)
    record = _records(model).filter(invitation_key=Cast(OuterRef("pk"), CharField()))
    found = record.filter(**life)
    if unexpired_at is not None:
        found = found.filter(Q(expires_at__gt=unexpired_at) | Q(expires_at__isnull=True))
    if not _is_life_of_old(life):
        return rows.filter(Exists(found))
    old = ~Exists(record) & Q(invitee__isnull=True)
    if unexpired_at is not None and created:
        old &= Q(created__gt=unexpired_at - get_settings().INVITATION_LIFETIME)
    return rows.filter(Exists(found) | old)


def _is_life_of_old(life: dict[str, Any]) -> bool:
    """Return whether an invitation from before this package, without a record, has such a life."""
    fresh = apps.get_model("organizations", "InvitationRecord")()
    for lookup, wanted in life.items():
        name, _, test = lookup.partition("__")
        value = getattr(fresh, name)
        if (value not in wanted) if test == "in" else (value != wanted):
            return False
    return True


def parent_of(invitation: Any) -> Any:
    """Return the link that an offer came by, loaded and held, or None. Queries: 0 to 2."""
    if not invitation.parent_key:
        return None
    rows = locked(type(invitation)._base_manager.using(database_of(invitation)))
    row = rows.filter(pk=invitation.parent_key, organization_id=invitation.organization_id).first()
    return row and load(row)
