"""Writes that leave no trace outside the transaction while a verb runs dry.

A dry run is undone, but Django's own signals around ``save`` and ``delete`` would have told
the host project of it by then. So the verbs that can run dry write through these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial
from operator import attrgetter
from typing import Any

from django.db import connections
from django.db.models import Field

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
    statement = _statement_of(rows)
    if statement is None:
        return list(model._base_manager.using(database_of(rows[0])).bulk_create(rows))
    is_unique = any(set(each) == set(unique) for each in model._meta.unique_together)
    names = [model._meta.get_field(name).column for name in unique]
    target = f" ({', '.join(map(statement.quote, names))})" if is_unique else ""
    found = statement.run(f"ON CONFLICT{target} DO NOTHING", names)
    keys = {tuple(values): key for key, *values in found}
    attnames = [model._meta.get_field(name).attname for name in unique]
    by_row = [keys.get(tuple(getattr(row, name) for name in attnames)) for row in rows]
    inserted = [(row, key) for row, key in zip(rows, by_row, strict=True) if key is not None]
    return statement.settled(inserted)


def insert_all(rows: list[Any]) -> list[Any]:
    """Insert new rows of one model of one table, and return them with their keys.

    Django's own signals are not sent, as by ``bulk_create``.

    Queries: 1 on PostgreSQL, else 1 per batch of Django's.
    """
    if not rows:
        return []
    statement = _statement_of(rows)
    if statement is None:
        return list(type(rows[0])._base_manager.using(database_of(rows[0])).bulk_create(rows))
    keys = [key for [key] in statement.run("", [])]
    return statement.settled(zip(rows, keys, strict=True))


def _statement_of(rows: list[Any]) -> _Insert | None:
    """Return how to insert the rows in one statement, or None where that is Django's task."""
    using = database_of(rows[0])
    if connections[using].vendor != "postgresql":
        return None
    model, statement = type(rows[0]), _Insert(rows, connections[using])
    for field in model._meta.concrete_fields:
        if field.generated:
            continue  # it cannot even be read yet
        if type(field).pre_save is Field.pre_save:
            values = list(map(attrgetter(field.attname), rows))
        else:
            values = [field.pre_save(row, add=True) for row in rows]
        if field.primary_key and not any(values):
            continue  # the database gives it
        if not statement.add(field, values):
            return None
    return statement if statement.varies else None


class _Insert:
    """``INSERT ... SELECT ... FROM unnest(...)``: short, whatever the number of rows.

    What is the same in all rows is sent once, what differs as an array.
    """

    def __init__(self, rows: list[Any], connection: Any) -> None:
        self.rows = rows
        self.connection = connection
        self.quote = connection.ops.quote_name
        self._names: list[str] = []
        self._given: list[tuple[str, Any]] = []
        self._arrays: list[tuple[str, Any]] = []

    @property
    def varies(self) -> bool:
        """Whether there is an array to read from."""
        return bool(self._arrays)

    def add(self, field: Any, values: list[Any]) -> bool:
        """Add a column; False if its values cannot be sent in this way."""
        target = field.target_field if field.is_relation else field
        if hasattr(values[0], "resolve_expression") or any(
            hasattr(field, name) for name in ("get_placeholder", "get_placeholder_sql")
        ):
            return False
        # Without the length: a cast would cut what the column refuses.
        kind = re.sub(r"\(.*\)", "", field.db_type(self.connection))
        prepared = partial(field.get_db_prep_save, connection=self.connection)
        # A single row is an array, too, so that there is something to read from.
        if len(values) > 1 and _is_one(values):
            first = values[0]
            self._given.append((f"%s::{kind}", prepared(first)))
            self._names.insert(len(self._given) - 1, field.column)
            return True
        if target.get_internal_type() not in self.connection.data_types:
            return False  # an array of arrays would come apart
        if any(hasattr(value, "resolve_expression") for value in values):
            return False
        self._arrays.append((f"%s::{kind}[]", [prepared(value) for value in values]))
        self._names.append(field.column)
        return True

    def run(self, on_conflict: str, returned: list[str]) -> list[Any]:
        """Insert, and return the keys, in order, and these columns of what is inserted."""
        meta = type(self.rows[0])._meta
        names = ", ".join(map(self.quote, self._names))
        told = ", ".join(map(self.quote, [meta.pk.column, *returned]))
        given = "".join(f"{sql}, " for sql, _value in self._given)
        arrays = ", ".join(sql for sql, _values in self._arrays)
        with self.connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.quote(meta.db_table)} ({names}) "  # noqa: S608  # our own names
                f"SELECT {given}found.* FROM unnest({arrays}) AS found {on_conflict} "
                f"RETURNING {told}",
                [value for _sql, value in (*self._given, *self._arrays)],
            )
            found: list[Any] = cursor.fetchall()
        return found

    def settled(self, keys: Iterable[tuple[Any, Any]]) -> list[Any]:
        """Return the rows that are inserted, each with its key."""
        found = []
        for row, key in keys:
            row.pk, row._state.adding, row._state.db = key, False, self.connection.alias
            found.append(row)
        return found


def _is_one(values: list[Any]) -> bool:
    """Return whether all values are the same."""
    first = values[0]
    # [1] == [True], which as JSON are not the same.
    holds_others = isinstance(first, dict | list | tuple | set)
    return all(
        value is first or (not holds_others and type(value) is type(first) and value == first)
        for value in values
    )


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
