"""Sets up the shop: tables, the role of the application, and orders in very unequal shares."""

import random
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench.shop.models import Order, PlainOrder
from organizations.models import Organization
from organizations.tenancy.management.commands.organizations_rls import statements

ORGANIZATIONS = max(10, round(50_000 * settings.SCALE))
ORDERS = ORGANIZATIONS * 100
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
COLUMNS = ("id", "organization_id", "number", "title", "created", "total")


def prepare() -> None:
    """Migrate, and load the data unless an earlier run left the same."""
    call_command("migrate", verbosity=0)
    # An earlier run may have left the policies of other code.
    for policy in Order._meta.constraints:
        with connection.schema_editor() as editor:
            editor.remove_constraint(Order, policy)
            editor.add_constraint(Order, policy)
    with connection.cursor() as cursor:
        for statement in statements(connection, settings.APP_ROLE):
            cursor.execute(statement)
        if _counts(cursor) == [ORGANIZATIONS, ORDERS, ORDERS]:
            return
        # The embedded server commits lazily, and VACUUM takes no row for visible to all before its
        # commit is on disk: counts would then read the table, and not the index alone.
        cursor.execute("SET synchronous_commit = on")
        names = ", ".join(map(_table, (Order, PlainOrder)))
        cursor.execute(f"TRUNCATE {_table(Organization)}, {names} CASCADE")
        _copy(cursor, Organization, ("id", "name", "slug", *_ALWAYS), _organizations())
        for model in (PlainOrder, Order):
            _copy(cursor, model, COLUMNS, _orders())
        # By hand, or autovacuum comes in the middle and changes the plans.
        cursor.execute(f"VACUUM (ANALYZE) {_table(Organization)}, {names}")


def _table(model):
    return connection.ops.quote_name(model._meta.db_table)


def _counts(cursor):
    found = []
    for model in (Organization, PlainOrder, Order):
        cursor.execute(f"SELECT count(*) FROM {_table(model)}")  # a table of ours
        found += cursor.fetchone()
    return found


_ALWAYS = ("is_active", "created", "modified")


def _organizations():
    for number in range(1, ORGANIZATIONS + 1):
        yield number, f"Shop {number}", f"shop-{number}", True, BEGINNING, BEGINNING


def _orders():
    """Return orders as they came in; few shops have most of them, and most have few."""
    chance = random.Random(1)  # noqa: S311  # the same data each time
    for number in range(1, ORDERS + 1):
        shop = min(int((ORGANIZATIONS + 1) ** chance.random()), ORGANIZATIONS)
        created = BEGINNING + timedelta(seconds=20 * number)
        total = f"{chance.randrange(100, 100_000) / 100:.2f}"
        yield number, shop, number, f"Order of {chance.randrange(1, 99)} things", created, total


def _copy(cursor, model, columns, rows):
    started = time.perf_counter()
    print(f"Loading {model._meta.verbose_name_plural} ...", end=" ", flush=True)
    with cursor.copy(f"COPY {_table(model)} ({', '.join(columns)}) FROM STDIN") as copy:
        number = 0
        for number, row in enumerate(rows, 1):  # noqa: B007  # counted for the line below
            copy.write_row(row)
    print(f"{number:,} rows in {time.perf_counter() - started:.1f} s", flush=True)
