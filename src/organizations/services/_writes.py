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
        names = fields or [each.attname for each in row._meta.local_concrete_fields]
        values = {
            name: getattr(row, name) for name in names if not row._meta.get_field(name).primary_key
        }
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
