"""The newest rows of many organizations, by reading a few of each.

A plain join, or ``IN``, finds all rows of all the organizations and sorts them to keep fifty.
Asked for one organization at a time, PostgreSQL walks the index on (organization, date, key)
from the newest row on. So the work depends on how many rows are wanted, not on how many there are.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldError
from django.db import connections
from django.db.models import Expression, F, Value
from django.db.models.sql import Query

from .expressions import Beyond, OneOf

__all__ = ["newest"]

#: What the organization of each turn is called within the statement.
TURN = "of_each"


class _OrganizationOfTurn(Expression):
    """The organization whose turn it is: a column of the statement around."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        name = connection.ops.quote_name
        return f"{name(TURN)}.{name('organization')}", ()


class _KeysOfNewest(Expression):
    """``SELECT`` of the keys of the newest rows, in turns, for ``IN``."""

    def __init__(self, organizations: Query, rows: Query, count: int) -> None:
        super().__init__(output_field=rows.get_meta().pk)
        self.organizations, self.rows, self.count = organizations, rows, count

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        turns, of_turns = self.organizations.get_compiler(connection=connection).as_sql()
        rows, of_rows = self.rows.get_compiler(connection=connection).as_sql()
        turn = connection.ops.quote_name(TURN)
        organization = connection.ops.quote_name("organization")
        # Names of ours and two statements that Django has compiled.
        sql = (
            f"(SELECT found.key FROM ({turns}) AS {turn} ({organization}) "  # noqa: S608
            f"CROSS JOIN LATERAL ({rows}) AS found (at, key) "
            f"ORDER BY found.at DESC, found.key DESC LIMIT {self.count:d})"
        )
        return sql, (*of_turns, *of_rows)


def newest(rows: Any, count: Any, *, by: str, after: Any, organizations: Any, field: Any) -> Any:
    """Return the newest of some rows, as a queryset that is ordered and cut.

    Args:
        by: the date they are ordered by; the key decides between equal ones.
        after: the last row of what was shown before, or its date and key; None to begin.
        organizations: a queryset of the values that ``field`` refers to, one column; None where
            the rows are of one organization already.
        field: the foreign key to the organization.
    Raises:
        ValueError: ``count`` is no positive number, or the rows are cut already.
        FieldError: there is no such date, or it can be null: what has none is not new or old.
    """
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ValueError(f"count is a number of rows from 1 on, not {count!r}.")
    if rows.query.is_sliced:
        raise ValueError("These rows are cut already. Ask for the newest first.")
    names = {each.name: each for each in rows.model._meta.fields}
    if by not in names or names[by].null:
        raise FieldError(
            f"{rows.model._meta.label}.{by} "
            f"{'can be null' if by in names else 'is no field'}. Choose a date that every row has."
        )
    if after is not None:
        at, key = after if isinstance(after, tuple) else (getattr(after, by), after.pk)
        given = (Value(at, names[by]), Value(key, rows.model._meta.pk))
        rows = rows.filter(Beyond(F(by), F("pk"), *given, descending=True))
    ordered = rows.order_by(f"-{by}", "-pk")
    ordered.query.standard_ordering = True  # whatever "reverse()" was meant for before
    if organizations is None:
        return ordered[:count]
    if connections[rows.db].vendor != "postgresql":
        return ordered.filter(**{f"{field.name}__in": organizations})[:count]
    one = ordered.filter(**{field.attname: _OrganizationOfTurn(output_field=field.target_field)})
    keys = _KeysOfNewest(organizations.query, one.values_list(by, "pk")[:count].query, count)
    return ordered.filter(OneOf(F("pk"), keys))[:count]
