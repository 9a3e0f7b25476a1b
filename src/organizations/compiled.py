"""Querysets that are compiled once and run with other values.

Django builds and compiles a statement anew each time. For what every request asks, that takes
several times as long as the database's answer.
"""

from __future__ import annotations

import copy
from typing import Any

from django.db import connections
from django.db.models import Expression, Field, QuerySet

__all__ = ["Compiled", "Parameter"]


class Parameter(Expression):
    """A value that is filled in when the statement runs; a filter takes it as any value."""

    def __init__(self, name: str, output_field: Field[Any, Any]) -> None:
        super().__init__(output_field=output_field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        return "%s", [self]


class Compiled:
    """A queryset with parameters, compiled for one database.

    It holds for good what the queryset held when it was compiled. So nothing in it may depend on
    the moment, the person or the thread but the parameters.
    """

    def __init__(self, rows: QuerySet[Any]) -> None:
        # Bound to the database: a router might choose another one when it runs.
        self._using = rows.db
        self._rows = rows.using(self._using)
        self._compiler = rows.query.get_compiler(using=self._using)
        self._sql, self._params = self._compiler.as_sql()

    def first(self, **values: Any) -> Any:
        """Return the first row for these values of the parameters, or None. Queries: 1."""
        connection = connections[self._using]
        params = tuple(
            each.output_field.get_db_prep_value(values[each.name], connection)
            if isinstance(each, Parameter)
            else each
            for each in self._params
        )
        # Connections belong to threads, and a compiler keeps what it has read.
        compiler = copy.copy(self._compiler)
        compiler.connection = connection
        compiler.as_sql = lambda *args, **kwargs: (self._sql, params)
        rows = self._rows.all()
        rows.query.get_compiler = lambda *args, **kwargs: compiler  # type: ignore[method-assign]
        return next(iter(rows), None)
