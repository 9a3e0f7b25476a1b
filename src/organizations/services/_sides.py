"""What the package keeps beside an organization of whatever model.

The organization's own table may be a project's and frozen, so its rows are found by the name of
the model and the key as text. They go with the organization; those of one that has vanished
without Django are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import CharField, OuterRef, Q, Subquery
from django.db.models.functions import Cast

from ..conf import is_reserved
from ..families import every, family_of, key_text, side_label
from . import _writes
from ._locks import database_of

__all__ = [
    "FORMER_SLUGS",
    "clear",
    "column",
    "hold_slug",
    "is_shut",
    "organization_models",
    "record_of",
    "records",
    "write",
]

#: How many former slugs an organization holds: the newest.
FORMER_SLUGS = 10

#: Tables beside organizations of one model, by the name of theirs.
BESIDE = ("OrganizationRecord", "FormerSlug", "JoinDomain", "BulkInvitation")


def _rows(name: str, using: str) -> Any:
    return apps.get_model("organizations", name)._base_manager.using(using)


def _beside(name: str, organization: Any) -> Any:
    rows = _rows(name, database_of(organization))
    return rows.filter(
        model=side_label(type(organization)), organization_key=key_text(organization)
    )


def record_of(organization: Any) -> Any:
    """Return the organization's record, or None if it has none. Queries: 1."""
    if not apps.is_installed("organizations"):
        return None  # a project that uses the abstract classes alone
    return _beside("OrganizationRecord", organization).first()


def records(model: Any) -> Any:
    """Return the records of organizations of a model, as a queryset."""
    rows = apps.get_model("organizations", "OrganizationRecord")._base_manager
    return rows.filter(model=side_label(model))


def column(model: Any, name: str, *, key: str = "pk") -> Any:
    """Return a column of the record, as an annotation of organizations.

    Args:
        key: where other rows than organizations hold their key.
    """
    text = Cast(OuterRef(key), CharField())
    return Subquery(records(model).filter(organization_key=text).values(name)[:1])


def write(organization: Any, record: Any, **values: Any) -> Any:
    """Set fields of the organization's record, and return it. Call it under the lock.

    Args:
        record: what ``record_of`` gave under the lock.
    Queries: 1.
    """
    if record is None:
        model = apps.get_model("organizations", "OrganizationRecord")
        record = model(
            model=side_label(type(organization)), organization_key=key_text(organization), **values
        )
        record._state.db = database_of(organization)
        return _writes.insert(record)
    for name, value in values.items():
        setattr(record, name, value)
    _writes.save(record, *values)
    return record


def is_shut(record: Any) -> bool:
    """Return whether a record, which may be None, says that its organization is not in use."""
    return record is not None and bool(record.suspended_at or record.deleted_at)


def hold_slug(organization: Any, slug: str) -> None:
    """Keep the slug that an organization has left for it; call it under the lock.

    The slug that it has now is no former one any more. Queries: 4.
    """
    if not apps.is_installed("organizations"):
        return
    own = _beside("FormerSlug", organization)
    _writes.delete(own.filter(slug=organization.slug))
    if not slug or is_reserved(slug):
        return  # nothing led there
    model, label = apps.get_model("organizations", "FormerSlug"), side_label(type(organization))
    # Whose it was before: an organization that has vanished, or one that code took it from.
    rows = _rows("FormerSlug", database_of(organization))
    _writes.delete(rows.filter(model=label, slug=slug))
    row = model(model=label, organization_key=key_text(organization), slug=slug)
    row._state.db = database_of(organization)
    _writes.insert(row)
    newest = own.order_by("-left_at", "-pk").values_list("pk", flat=True)
    if too_many := list(newest[FORMER_SLUGS:]):
        _writes.delete(own.filter(pk__in=too_many))


def organization_models() -> Iterable[type[models.Model]]:
    """Return the organization models of all families, with their proxies and children."""
    roots = tuple(family.organization for family in every())
    return [model for model in apps.get_models() if roots and issubclass(model, roots)]


def clear(*, sender: Any, instance: Any, using: str, **kwargs: Any) -> None:
    """Receiver of ``post_delete`` of organizations: what stood beside one goes with it.

    Queries: 1 per table.
    """
    # Some write the key as Python does, whatever the database would say.
    keys = {key_text(instance), str(instance.pk)}
    labels = {side_label(sender), sender._meta.concrete_model._meta.label_lower}
    of_it = Q(model__in=labels, organization_key__in=keys)
    for name in BESIDE:
        _rows(name, using).filter(of_it)._raw_delete(using)
    try:
        invitation = family_of(sender).invitation
    except ImproperlyConfigured:
        return
    if invitation is not None:
        label = invitation._meta.concrete_model._meta.label_lower
        lives = _rows("InvitationRecord", using).filter(model=label, organization_key__in=keys)
        lives._raw_delete(using)
