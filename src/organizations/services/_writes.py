"""Writes that leave no trace outside the transaction while a verb runs dry.

A dry run is undone, but Django's own signals around ``save`` and ``delete`` would have told
the host project of it by then. So the verbs that can run dry write through these.
"""

from __future__ import annotations

from typing import Any

from ..signals import is_dry_run


def insert(row: Any) -> Any:
    """Insert a new row and return it."""
    if is_dry_run():
        type(row)._base_manager.bulk_create([row])
    else:
        row.save(force_insert=True)
    return row


def save(row: Any, *fields: str) -> None:
    """Write the fields of a row that is stored already; without names, all of them."""
    if is_dry_run():
        # Those of parents, too: a proxy has none of its own.
        own = [each for each in row._meta.concrete_fields if not each.generated]
        names = fields or [each.attname for each in own if not each.primary_key]
        values = {name: getattr(row, name) for name in names}
        type(row)._base_manager.filter(pk=row.pk).update(**values)
    else:
        row.save(update_fields=fields or None)


def delete(rows: Any) -> None:
    """Delete the rows of a queryset."""
    if is_dry_run():
        # Without the collector: it would send signals and follow relations of the host.
        rows._raw_delete(rows.db)
    else:
        rows.delete()


def delete_row(row: Any) -> None:
    """Delete one row, as its own ``delete()`` does it."""
    if is_dry_run():
        delete(type(row)._base_manager.filter(pk=row.pk))
    else:
        row.delete()
