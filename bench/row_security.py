"""What row-level security costs: a list page behind both layers, and one with a filter alone.

The page is the newest orders of one organization and how many there are. Each way to read it runs
in each round, in random order, so that a busy machine is unfair to all of them alike.
"""

import platform
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import django
from django.conf import settings
from django.db import connections, transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from bench.data import COLUMNS, ORDERS, ORGANIZATIONS
from bench.shop.models import Order, PlainOrder
from bench.shop.views import PAGE, TEMPLATE, order_list
from organizations.models import Organization
from organizations.tenancy.scope import scope

COUNT = "SELECT count(*) FROM {table} {where}"
NEWEST = (
    f"SELECT {', '.join(COLUMNS)} FROM {{table}} {{where}} "  # names of ours
    f"ORDER BY created DESC LIMIT {PAGE}"
)
#: Ways that read the whole table are measured in each tenth round.
SELDOM = 10


class OtherRows(Exception):
    """A way did not find what the hand-written SQL finds."""


@dataclass(frozen=True)
class Way:
    """One way to read the page. Behind a scope if the model is guarded."""

    name: str
    model: Any = PlainOrder
    alias: str = "app"
    atomic: bool = True
    #: Measured when the same transaction has read the page before.
    again: bool = False
    seldom: bool = False
    is_explained: bool = False

    def run(self, organization: Any, meter: Callable[[], float] = time.perf_counter) -> Any:
        """Return what it cost, and what it found."""
        begun = meter()
        with self._opened(organization):
            if self.again:
                self.read(organization)
                begun = meter()
            found = self.read(organization)
            ended = meter()
        return (ended if self.again else meter()) - begun, found

    def statements(self, organization: Any) -> int:
        """Return how many statements it sends, BEGIN and COMMIT among them."""
        with CaptureQueriesContext(connections[self.alias]) as sent:
            return self.run(organization, lambda: len(sent))[0]

    def plan(self, organization: Any) -> list[str]:
        with self._opened(organization):
            return self.explain(organization).splitlines()

    @contextmanager
    def _opened(self, organization: Any) -> Iterator[None]:
        with (
            transaction.atomic(using=self.alias) if self.atomic else nullcontext(),
            scope(organization) if self.model is Order else nullcontext(),
        ):
            yield

    def orders(self, organization: Any) -> Any:
        orders = self.model.objects.using(self.alias)
        return orders if self.model is Order else orders.filter(organization=organization)

    def read(self, organization: Any) -> Any:
        orders = self.orders(organization)
        return orders.count(), list(orders.order_by("-created")[:PAGE])

    def explain(self, organization: Any) -> str:
        newest = self.orders(organization).order_by("-created")[:PAGE]
        return newest.explain(analyze=True, buffers=True, costs=False, timing=False)


class View(Way):
    """The page as a browser gets it, without middleware."""

    def read(self, organization: Any) -> Any:
        request = HttpRequest()
        request.method = "GET"
        return order_list(request, self.orders(organization)).content.decode()


@dataclass(frozen=True)
class Cursor(Way):
    """The page by SQL of one's own."""

    where: str = "WHERE organization_id = %s"

    def read(self, organization: Any) -> Any:
        [(total,)] = self._fetch(COUNT, organization)
        return total, self._fetch(NEWEST, organization)

    def explain(self, organization: Any) -> str:
        sql = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) {NEWEST}"
        return "\n".join(line for [line] in self._fetch(sql, organization))

    def _fetch(self, sql: str, organization: Any) -> Any:
        with connections[self.alias].cursor() as cursor:
            cursor.execute(
                sql.format(table=self.model._meta.db_table, where=self.where),
                [organization.pk] if self.where else None,
            )
            return cursor.fetchall()


#: The first way of each block is what the others are compared with.
BLOCKS = {
    "Models, in a transaction": [
        Way("(1) filter, plain table", is_explained=True),
        Way("(2) scope and policy", Order, is_explained=True),
        Way("(3) scope alone, a superuser", Order, "default"),
    ],
    "Cursor, in a transaction": [
        Cursor("    WHERE, plain table"),
        Cursor("(4) WHERE and policy", Order, is_explained=True),
        Cursor("(5) policy alone", Order, is_explained=True, seldom=True, where=""),
    ],
    "Models, the second time in the same transaction": [
        Way("(1) filter, plain table", again=True),
        Way("(2) scope and policy", Order, again=True),
        Way("(3) scope alone, a superuser", Order, "default", again=True),
    ],
    "Models, without a transaction": [
        Way("(1) filter, plain table", atomic=False),
        Way("(2) scope and policy", Order, atomic=False),
    ],
    "A view with a template, in a transaction": [
        View("(1) filter, plain table"),
        View("(2) scope and policy", Order),
    ],
}
BY_HAND = Cursor("by hand", alias="default")


def measure(rounds: int) -> dict[str, Any]:
    """Return the figures; see ``report`` for what they are called.

    Raises:
        OtherRows
    """
    chosen = _choose()
    expected = {name: _expected(each) for name, each in chosen.items()}
    ways = [way for block in BLOCKS.values() for way in block]
    cells = [(name, way) for name in chosen for way in ways]
    seconds: dict[Any, list[float]] = {cell: [] for cell in cells}
    order = random.Random(1)  # noqa: S311  # the same order each time
    for number in range(-2, rounds):
        for name, way in order.sample(cells, len(cells)):
            if number > 0 and way.seldom and number % SELDOM:
                continue
            took, found = way.run(chosen[name])
            if _rows(found) not in expected[name]:
                raise OtherRows(f"{way.name.strip()} finds other rows of the {name} organization.")
            if number >= 0:  # the rounds before fill caches
                seconds[name, way].append(took)
    with connections["default"].cursor() as cursor:
        cursor.execute("SHOW server_version")
        [version] = cursor.fetchone()
    return {
        "scale": settings.SCALE,
        "organizations": ORGANIZATIONS,
        "orders": ORDERS,
        "rounds": rounds,
        "versions": {
            "PostgreSQL": version,
            "Django": django.get_version(),
            "Python": platform.python_version(),
        },
        "sizes": {
            name: {
                "orders": BY_HAND.read(each)[0],
                "blocks": {
                    title: _compare(block, [seconds[name, way] for way in block], each)
                    for title, block in BLOCKS.items()
                },
                "plans": {way.name: way.plan(each) for way in ways if way.is_explained},
            }
            for name, each in chosen.items()
        },
    }


def _choose() -> dict[str, Any]:
    """Return an organization of each size: half of all are smaller than the first."""
    table = PlainOrder._meta.db_table
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT organization_id FROM {table} GROUP BY 1 ORDER BY count(*) DESC, 1")
        keys = [key for [key] in cursor.fetchall()]
    places = {"small": len(keys) // 2, "middle": round(len(keys) ** 0.5), "largest": 0}
    return {name: Organization.objects.get(pk=keys[place]) for name, place in places.items()}


def _expected(organization: Any) -> list[Any]:
    """Return what every way has to find: rows, and the page that shows them."""
    total, rows = BY_HAND.read(organization)
    orders = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    return [(total, rows), render_to_string(TEMPLATE, {"orders": orders, "total": total})]


def _rows(found: Any) -> Any:
    if isinstance(found, tuple):
        total, rows = found
        return total, [
            row if isinstance(row, tuple) else tuple(getattr(row, name) for name in COLUMNS)
            for row in rows
        ]
    return found


def _compare(block: list[Way], seconds: list[list[float]], organization: Any) -> list[Any]:
    first = statistics.median(seconds[0])
    return [
        {
            "way": way.name.strip(),
            "statements": way.statements(organization),
            "rounds": len(took),
            "quartiles": [1000 * each for each in statistics.quantiles(took, n=4)],
            "ratio": statistics.median(took) / first,
        }
        for way, took in zip(block, seconds, strict=True)
    ]
