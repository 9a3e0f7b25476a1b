"""Conditions and columns that Django has no words for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connections
from django.db.models import BooleanField, F, Func, IntegerField, Q, Subquery, Value

__all__ = ["Beyond", "CountOf", "OneOf", "one_of"]


class Beyond(Func):
    """``(a, b) > (x, y)``, or ``<``: what an index on both columns can begin at."""

    output_field = BooleanField()

    def __init__(self, *columns_and_values: Any, descending: bool = False) -> None:
        self.sign = "<" if descending else ">"
        super().__init__(*columns_and_values)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Any:  # type: ignore[override]
        sql, params = [], []
        for each in self.get_source_expressions():
            text, values = compiler.compile(each)
            sql.append(text)
            params += values
        half = len(sql) // 2
        left, right = ", ".join(sql[:half]), ", ".join(sql[half:])
        return f"({left}) {self.sign} ({right})", tuple(params)


class OneOf(Func):
    """``key = ANY(ARRAY(subquery))`` on PostgreSQL, elsewhere ``key IN (subquery)``.

    An array is read once. Where PostgreSQL knows little of a table, as after an import, it may
    join with what ``IN`` reads, and sort the whole organization again for each of its rows. A list
    of values is an array already, on PostgreSQL; see ``one_of``.
    """

    output_field = BooleanField()

    def as_sql(  # type: ignore[override]
        self, compiler: Any, connection: Any, *, template: str = "{} IN {}", **context: Any
    ) -> Any:
        (key, of_key), (keys, of_keys) = map(compiler.compile, self.get_source_expressions())
        return template.format(key, keys), (*of_key, *of_keys)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        array = "({})" if isinstance(self.get_source_expressions()[1], Value) else "(ARRAY{})"
        return self.as_sql(compiler, connection, template=f"{{}} = ANY{array}")


class CountOf(Subquery):
    """How many rows a queryset has, as a column of another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


def one_of(name: str, values: Collection[Any], *, using: str) -> Any:
    """Return the condition that a column has one of many values, which are sent as one array.

    With a thousand parameters for ``IN`` it takes longer to write the statement than to run it.

    Args:
        name: a field or an annotation whose values are texts.
        using: the database that is asked.
    """
    if connections[using].vendor != "postgresql":
        return Q(**{f"{name}__in": values})
    return OneOf(F(name), Value(list(values)))
