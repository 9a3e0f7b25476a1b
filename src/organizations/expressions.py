"""Conditions and columns that Django has no words for."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import (
    BooleanField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    JSONField,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime

__all__ = ["Beyond", "CountOf", "JSONRows", "OneOf", "RowsOf", "moment_in_json", "one_of"]


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


class JSONRows(Subquery):
    """The rows of a queryset as one JSON list, so that one query can bring many of them.

    The queryset has one column named ``line``, a ``JSONObject``. An empty one gives ``[]``.
    """

    output_field = JSONField()
    template = "(SELECT COALESCE(JSONB_AGG(line), '[]'::jsonb) FROM (%(subquery)s) AS list)"

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        # JSON(): a text that comes out of a subquery would be taken for a string.
        template = "(SELECT JSON_GROUP_ARRAY(JSON(line)) FROM (%(subquery)s) AS list)"
        return super().as_sql(compiler, connection, template=template, **extra)


class RowsOf(JSONRows):
    """The rows of a queryset as a column of another one: a list of instances.

    They hold the fields that are named; any other is a query when somebody asks for it.
    """

    def __init__(self, rows: Any, *names: str) -> None:
        self.model = rows.model
        named = {rows.model._meta.get_field(name) for name in names}
        # ``from_db`` takes them in the model's order.
        self.fields = [field for field in rows.model._meta.concrete_fields if field in named]
        line = JSONObject(**{field.attname: F(field.attname) for field in self.fields})
        super().__init__(rows.annotate(line=line).values("line"))

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        return [*super().get_db_converters(connection), self._as_instances]

    def _as_instances(self, lines: Any, expression: Any, connection: Any) -> list[Any]:
        names = [field.attname for field in self.fields]
        return [
            self.model.from_db(
                connection.alias,
                names,
                [_out_of_json(field, line[field.attname], connection) for field in self.fields],
            )
            for line in lines
        ]


def _out_of_json(field: Any, value: Any, connection: Any) -> Any:
    """Return the value of a field that a database has written into JSON."""
    if isinstance(field, JSONField):
        # Within JSON, PostgreSQL gives JSON and SQLite the text that it has stored.
        return json.loads(value, cls=field.decoder) if isinstance(value, str) else value
    if isinstance(field, DateTimeField):
        moment = moment_in_json(value, connection)
        return moment if moment is None or settings.USE_TZ else timezone.make_naive(moment)
    for convert in field.get_db_converters(connection):
        value = convert(value, None, connection)
    return field.to_python(value)


def moment_in_json(text: str | None, connection: Any) -> datetime | None:
    """Return the moment that a database has written into JSON, aware."""
    moment = parse_datetime(text) if text else None
    if moment is None or timezone.is_aware(moment):
        return moment
    # Without a zone it stands in that of the connection, or of a project without zones.
    return timezone.make_aware(moment, connection.timezone or timezone.get_default_timezone())


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
