"""Conditions and columns that Django has no words for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import (
    BooleanField,
    F,
    ForeignKey,
    Func,
    IntegerField,
    JSONField,
    Q,
    Subquery,
    Value,
)
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

__all__ = [
    "Beyond",
    "CountOf",
    "JSONRows",
    "OneOf",
    "RowsOf",
    "moment_in_json",
    "one_of",
    "own_field",
]


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
    """The rows of a queryset as a column of another one: a list of whole instances.

    Ask ``travels`` first.
    """

    #: PostgreSQL before 16 takes 50 pairs for a JSON object, SQLite 63.
    MOST_FIELDS = 45

    def __init__(self, rows: Any) -> None:
        self.model = rows.model
        line = JSONObject(**{name: F(name) for name in self._names})
        super().__init__(rows.annotate(line=line).values("line"))

    @classmethod
    def travels(cls, model: Any) -> bool:
        """Return whether the rows of a model can be such a column.

        Part of a row would not do: what is missing is a query as soon as somebody looks at it.
        """
        fields = model._meta.concrete_fields
        return (
            connections[model._base_manager.db].vendor in {"postgresql", "sqlite"}
            and len(fields) <= cls.MOST_FIELDS
            and all(own_field(field).get_internal_type() in _OUT_OF_JSON for field in fields)
        )

    @property
    def _names(self) -> list[str]:
        return [field.attname for field in self.model._meta.concrete_fields]

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        return [*super().get_db_converters(connection), self._as_instances]

    def _as_instances(self, lines: Any, expression: Any, connection: Any) -> list[Any]:
        steps = [_steps(field, connection) for field in self.model._meta.concrete_fields]
        found = []
        for line in lines or ():
            values = []
            for name, convert in zip(self._names, steps, strict=True):
                value = line[name]
                for step in convert:
                    value = step(value, expression, connection)
                values.append(value)
            found.append(self.model.from_db(connection.alias, self._names, values))
        return found


def own_field(field: Any) -> Any:
    """Return the field whose values a column holds: for a foreign key, the one that it names."""
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field


def _steps(field: Any, connection: Any) -> list[Callable[..., Any]]:
    """Return what makes a field's value of one in JSON: the database's part, then the fields'."""
    own = own_field(field)
    found = [_OUT_OF_JSON[own.get_internal_type()], *own.get_db_converters(connection)]
    return found if own is field else [*found, *field.get_db_converters(connection)]


def _as_it_is(value: Any, expression: Any, connection: Any) -> Any:
    return value


def _as_bool(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else bool(value)


def _as_uuid(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else uuid.UUID(value)


def _as_date(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else parse_date(value)


def _as_moment(value: Any, expression: Any, connection: Any) -> Any:
    moment = moment_in_json(value, connection)
    if moment is None or settings.USE_TZ:
        return moment
    return timezone.make_naive(moment, timezone.get_default_timezone())


def _as_json(value: Any, expression: Any, connection: Any) -> Any:
    """JSON within JSON: PostgreSQL gives the value, SQLite the text, and the field wants that."""
    return value if value is None or connection.vendor == "sqlite" else json.dumps(value)


#: What a database's own conversions amount to, by kinds of fields. Others lose something in JSON.
_OUT_OF_JSON: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(
        (
            "AutoField",
            "BigAutoField",
            "BigIntegerField",
            "CharField",
            "FileField",
            "FilePathField",
            "IntegerField",
            "PositiveBigIntegerField",
            "PositiveIntegerField",
            "PositiveSmallIntegerField",
            "SlugField",
            "SmallAutoField",
            "SmallIntegerField",
            "TextField",
        ),
        _as_it_is,
    ),
    "BooleanField": _as_bool,
    "DateField": _as_date,
    "DateTimeField": _as_moment,
    "JSONField": _as_json,
    "UUIDField": _as_uuid,
}


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
