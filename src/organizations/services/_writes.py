"""Writes that leave no trace outside the transaction while a verb runs dry.

A dry run is undone, but Django's own signals around ``save`` and ``delete`` would have told
the host project of it by then. So the verbs that can run dry write through these.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connections

from ..signals import is_dry_run
from ._locks import database_of


def insert(row: Any) -> Any:
    """Insert a new row and return it."""
    if is_dry_run():
        type(row)._base_manager.bulk_create([row])
    else:
        row.save(force_insert=True)
    return row


def insert_new(rows: list[Any], *, unique: tuple[str, str]) -> list[Any]:
    """Insert new rows of one model, and return those that no row was in the way of.

    Django's own signals are not sent, as by ``bulk_create``.

    Args:
        unique: the two fields that no two rows share.
    Queries: 1 on PostgreSQL, else 1 per batch of Django's.
    """
    if not rows:
        return []
    model = type(rows[0])
    if model._meta.parents and not model._meta.proxy:
        return [insert(row) for row in rows]  # several tables: Django writes these one by one
    using = database_of(rows[0])
    if connections[using].vendor != "postgresql":
        return list(model._base_manager.using(using).bulk_create(rows))
    return _insert_arrays(model, rows, unique, connections[using])


def _insert_arrays(model: Any, rows: list[Any], unique: Any, connection: Any) -> list[Any]:
    """Insert by one array for each column: a statement that is short whatever the number."""
    quote = connection.ops.quote_name
    by_unique = [model._meta.get_field(name) for name in unique]
    is_unique = any(set(each) == set(unique) for each in model._meta.unique_together)
    columns, arrays = [], []
    for field in model._meta.concrete_fields:
        values = [field.pre_save(row, add=True) for row in rows]
        if field.generated or (field.primary_key and not any(values)):
            continue  # the database gives it
        if any(hasattr(value, "resolve_expression") for value in values):
            return list(model._base_manager.using(connection.alias).bulk_create(rows))
        columns.append(field)
        arrays.append([field.get_db_prep_save(value, connection=connection) for value in values])
    # Without the length: a cast would cut what the column refuses.
    kinds = [re.sub(r"\(.*\)", "", field.db_type(connection)) for field in columns]
    names = ", ".join(quote(field.column) for field in columns)
    returned = ", ".join(quote(field.column) for field in (model._meta.pk, *by_unique))
    target = f" ({', '.join(quote(each.column) for each in by_unique)})" if is_unique else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) "  # noqa: S608  # ours and arrays
            f"SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in kinds)}) "
            f"ON CONFLICT{target} DO NOTHING RETURNING {returned}",
            arrays,
        )
        keys = {tuple(values): key for key, *values in cursor.fetchall()}
    found = []
    for row in rows:
        key = keys.get(tuple(getattr(row, field.attname) for field in by_unique))
        if key is not None:
            row.pk, row._state.adding, row._state.db = key, False, connection.alias
            found.append(row)
    return found


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
