"""Pages that begin after a row in place of after a number of rows.

``OFFSET 50000`` reads fifty thousand rows to throw them away. A page that begins after the last row
of the one before takes as long as the first, wherever it is, and neither misses nor repeats
a row when others come and go. What such a page cannot say is its number.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import DecimalValidator
from django.db import connections
from django.db.models import DateTimeField, DecimalField, F, Q, QuerySet, Subquery, Value
from django.utils import timezone

from .expressions import Beyond, CountOf, OneOf, own_field

__all__ = [
    "COUNTED",
    "KeysetPage",
    "KeysetPagination",
    "columns_of",
    "count_of",
    "page_of",
]

#: Rows are counted up to here; a count of fifty thousand takes longer than their page.
COUNTED = 1_000


class KeysetPage:
    """A page, with what Django's ``Page`` has but numbers.

    ``next_page_number`` and ``previous_page_number`` return what a link carries in their place.

    Attributes:
        object_list: the rows.
        count: how many rows all pages have together; ``COUNTED`` + 1 for any number above.
    """

    #: There are no numbers: pages are told by what they begin after.
    number = paginator = None

    def __init__(
        self, rows: list[Any], *, columns: Any, before: bool, after: bool, count: int
    ) -> None:
        self.object_list = rows
        self.count = count
        self._columns, self._has = columns, (before, after)

    def __iter__(self) -> Any:
        return iter(self.object_list)

    def __len__(self) -> int:
        return len(self.object_list)

    def __getitem__(self, index: Any) -> Any:
        return self.object_list[index]

    def has_previous(self) -> bool:
        return self._has[0]

    def has_next(self) -> bool:
        return self._has[1]

    def has_other_pages(self) -> bool:
        return any(self._has)

    def next_page_number(self) -> str:
        return f"after-{_written(self.object_list[-1], self._columns)}"

    def previous_page_number(self) -> str:
        return f"before-{_written(self.object_list[0], self._columns)}"


def columns_of(rows: Any) -> tuple[list[Any], bool] | None:
    """Return the fields that rows are ordered by, the key at their end, and whether downwards.

    None where pages cannot begin after a row: the order goes through other tables or both ways,
    or a column of it can be null or holds more than a single value.
    """
    query = rows.query
    if query.is_sliced or rows._fields is not None:
        return None
    names = query.order_by or (query.get_meta().ordering if query.default_ordering else ())
    if query.combinator or query.distinct or query.extra_order_by or not query.standard_ordering:
        return None  # "reverse()" turns names around that are read below
    if not names or not all(isinstance(each, str) for each in names):
        return None
    downwards = {each.startswith("-") for each in names}
    if len(downwards) > 1:
        return None
    meta, fields = rows.model._meta, []
    for name in names:
        bare = name.removeprefix("-")
        try:
            field = meta.pk if bare == "pk" else meta.get_field(bare)
        except FieldDoesNotExist:
            return None
        # A foreign key by its name is ordered as the other table is; by its column it is not.
        if not field.concrete or field.null or (field.is_relation and bare != field.attname):
            return None
        fields.append(field)
    if meta.pk not in fields:
        fields.append(meta.pk)
    # Lists, ranges and what projects think up: a link might hold what the column does not.
    kinds = {own_field(each).get_internal_type() for each in fields}
    if "JSONField" in kinds or not kinds <= connections[rows.db].data_types.keys():
        return None
    return fields, downwards.pop()


def page_of(
    rows: QuerySet[Any],
    size: int,
    wanted: str = "",
    *,
    enrich: Callable[[QuerySet[Any]], QuerySet[Any]] | None = None,
) -> KeysetPage:
    """Return a page of a queryset that ``columns_of`` can say the columns of.

    Args:
        wanted: "after-..." or "before-..." from the links of another page. What is no such text
            gives the first page.
        enrich: adds what the rows of the page are shown with, once it is known which they are.
    Queries: 1; 2 where the page wanted is empty or begins before the first row.
    Raises:
        ValueError: the rows are not ordered in a way that pages can begin after a row.
    """
    if rows.query.is_empty():
        return KeysetPage([], columns=[], before=False, after=False, count=0)
    found = columns_of(rows)
    if found is None:
        raise ValueError("Pages begin after a row only where rows are ordered by their columns.")
    columns, downwards = found
    values = _read(wanted, columns, connections[rows.db])
    backwards = values is not None and wanted.startswith("before-")
    counted = rows.order_by().values("pk")[: COUNTED + 1]
    names = ["pk" if each.primary_key else each.attname for each in columns]
    in_order = [f"{'-' if downwards else ''}{name}" for name in names]
    keys: Any = rows.order_by(*in_order)
    if backwards:
        keys = keys.reverse()
    if values is not None:
        given = [Value(value, field) for value, field in zip(values, columns, strict=True)]
        keys = keys.filter(Beyond(*map(F, names), *given, descending=downwards ^ backwards))
    # The keys first: a page of rows with all that hangs on them is read for these alone. And a join
    # before the cut would be merged from the first row of the other table on.
    keys = keys.values("pk")[: size + 1]
    if connections[rows.db].features.allow_sliced_subqueries_with_in:
        among: Any = OneOf(F("pk"), Subquery(keys))
    else:
        among = Q(pk__in=list(keys.values_list("pk", flat=True)))
    shown = rows.filter(among).order_by(*in_order).annotate(_counted=CountOf(counted))
    page = list(shown if enrich is None else enrich(shown))
    has_more = len(page) > size
    if values is not None and (not page or (backwards and not has_more)):
        return page_of(rows, size, enrich=enrich)
    if has_more:
        del page[0 if backwards else -1]
    return KeysetPage(
        page,
        columns=columns,
        before=values is not None,
        after=backwards or has_more,
        count=page[0]._counted if page else 0,
    )


def _written(row: Any, columns: Any) -> str:
    values = [each.value_to_string(row) for each in columns]
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _read(text: str, columns: Any, connection: Any) -> list[Any] | None:
    """Return the values of a link, or None where it says nothing that fits the columns."""
    way, _, code = text.partition("-")
    if way not in {"after", "before"}:
        return None
    try:
        values = json.loads(urlsafe_b64decode(code + "=" * (-len(code) % 4)))
        if not (isinstance(values, list) and len(values) == len(columns)):
            return None
        return [_value(*each, connection) for each in zip(columns, values, strict=True)]
    except (ValidationError, ValueError, TypeError, ArithmeticError, RecursionError):
        return None


def _value(field: Any, text: Any, connection: Any) -> Any:
    """Return a value that the column can be compared to.

    Validators that a project has given are not asked. They are for forms, and rows that code has
    written may fail them: the page after such a row has to come.

    Raises:
        ValueError, ValidationError, TypeError, ArithmeticError: there is none.
    """
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError("A link's values are texts.")
    text.encode()  # half of a pair of surrogates can be sent to no database
    field = own_field(field)
    value = field.to_python(text)
    if value is None:
        raise ValueError("No column of an order is empty.")
    if isinstance(field, DecimalField):
        DecimalValidator(field.max_digits, field.decimal_places)(value)
    elif isinstance(field, DateTimeField):
        is_djangos = type(field).get_prep_value is DateTimeField.get_prep_value
        if is_djangos and timezone.is_naive(value) is settings.USE_TZ:
            raise ValueError("The column's moments are of another kind.")
        # Zones that Python knows can be too far away for PostgreSQL.
        value = value if timezone.is_naive(value) else value.astimezone(UTC)
    # What Django's adapter of the database cannot take; of numbers it takes any.
    sent = field.get_db_prep_value(value, connection)
    if isinstance(sent, int) and not -(2**63) <= sent < 2**63:
        raise OverflowError("No database holds such a number.")
    return value


def count_of(context: dict[str, Any]) -> int:
    """Return how many rows the pages of a list view have, by its context; see ``KeysetPage``."""
    page = context["page_obj"]
    if page is None:
        return len(context["object_list"])
    return page.count if page.paginator is None else page.paginator.count  # type: ignore[no-any-return]


class KeysetPagination:
    """For a list view: pages that begin after a row, if the order of its rows allows that.

    Where a project's own ``get_queryset`` orders by something else, pages have numbers as Django's.
    """

    page_kwarg: str
    request: Any

    def enrich(self, rows: Any) -> Any:
        """Add what the rows of a page are shown with; neither number nor order may change.

        What takes part in finding them stands in ``get_queryset``. A union is left as it is: Django
        adds nothing to one.
        """
        return rows

    def _enriched(self, rows: Any) -> Any:
        return rows if rows.query.combinator else self.enrich(rows)

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> Any:
        rows = self.object_list if object_list is None else object_list  # type: ignore[attr-defined]
        if not self.get_paginate_by(rows):  # type: ignore[attr-defined]
            rows = self._enriched(rows)
        return super().get_context_data(object_list=rows, **kwargs)  # type: ignore[misc]

    def paginate_queryset(self, queryset: Any, page_size: Any) -> Any:
        if columns_of(queryset) is None:
            return super().paginate_queryset(self._enriched(queryset), page_size)  # type: ignore[misc]
        wanted = self.request.GET.get(self.page_kwarg, "")
        page = page_of(queryset, page_size, wanted, enrich=self.enrich)
        return None, page, page.object_list, page.has_other_pages()
