"""The people, organizations and goods that both packages get: the same rows in two databases.

How large the organizations are follows Zipf's law: the first has most, and most have few. Scale 1
is 200,000 users, 50,000 organizations, a million members and five million goods.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

SCALE = float(os.environ.get("SCALE") or 0.05)
USERS = max(2_000, round(200_000 * SCALE))
ORGANIZATIONS = max(1_000, round(50_000 * SCALE))
MEMBERS = USERS * 5
GOODS = USERS * 25
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)

USER = (
    *("id", "password", "is_superuser", "username", "first_name", "last_name", "email"),
    *("is_staff", "is_active", "date_joined"),
)
ORGANIZATION = ("id", "name", "is_active", "created", "modified", "slug")
MEMBER = ("id", "created", "modified", "is_admin", "user_id", "organization_id")
OWNER = ("id", "created", "modified", "organization_user_id", "organization_id")
GOOD = ("id", "organization_id", "name", "created", "price")

GOODS_TABLE = """
CREATE TABLE IF NOT EXISTS goods_good (
    id bigint PRIMARY KEY,
    organization_id bigint NOT NULL REFERENCES organizations_organization,
    name varchar(100) NOT NULL,
    created timestamptz NOT NULL,
    price numeric(12, 2) NOT NULL
);
CREATE INDEX IF NOT EXISTS goods_of ON goods_good (organization_id);
CREATE INDEX IF NOT EXISTS goods_newest ON goods_good (organization_id, created DESC, id DESC)
"""


def _spread(count: int) -> list[int]:
    """Return the places of organizations of all sizes."""
    places = {round(ORGANIZATIONS ** (each / (count - 1))) for each in range(count)}
    filler = iter(range(2, ORGANIZATIONS))
    while len(places) < count:
        places.add(next(filler))
    return sorted(places)


#: Whose lists are measured: name, and the organizations by their size, 1 being the largest.
PERSONAS: dict[str, list[int]] = {
    "1 organization, the largest": [1],
    "1 organization, middle": [round(ORGANIZATIONS**0.5)],
    "1 organization, small": [ORGANIZATIONS - 1],
    "20 organizations, mixed": _spread(20),
    "20 organizations, small": list(range(ORGANIZATIONS - 21, ORGANIZATIONS - 1)),
    "500 organizations": sorted({2 + each * ORGANIZATIONS // 501 for each in range(500)}),
}


def persona(name: str) -> int:
    """Return the key of a persona's user."""
    return USERS + 1 + list(PERSONAS).index(name)


def _place(chance: random.Random) -> int:
    return min(int((ORGANIZATIONS + 1) ** chance.random()), ORGANIZATIONS)


def users() -> Iterator[tuple[Any, ...]]:
    for key in range(1, USERS + len(PERSONAS) + 1):
        name = f"user{key}"
        yield (
            key,
            "!",
            False,
            name,
            f"First {key}",
            f"Last {key}",
            f"{name}@example.com",
            False,
            True,
            BEGINNING,
        )


def organizations() -> Iterator[tuple[Any, ...]]:
    for key in range(1, ORGANIZATIONS + 1):
        yield key, f"Organization {key}", True, BEGINNING, BEGINNING, f"organization-{key}"


def _memberships() -> Iterator[tuple[int, int, bool]]:
    """Yield organization, user and whether an admin; the first of each organization owns it."""
    chance = random.Random(1)  # noqa: S311  # the same data each time
    pairs = set()
    for key in range(1, ORGANIZATIONS + 1):
        user = key % USERS + 1
        pairs.add((key, user))
        yield key, user, True
    for name, places in PERSONAS.items():
        for key in places:
            yield key, persona(name), False
    for _ in range(MEMBERS - ORGANIZATIONS):
        pair = _place(chance), chance.randrange(USERS) + 1
        if pair not in pairs:
            pairs.add(pair)
            yield *pair, chance.random() < 0.1


def members() -> Iterator[tuple[Any, ...]]:
    for key, (organization, user, is_admin) in enumerate(_memberships(), 1):
        yield key, BEGINNING, BEGINNING, is_admin, user, organization


def owners() -> Iterator[tuple[Any, ...]]:
    for key in range(1, ORGANIZATIONS + 1):  # the first members, in this order
        yield key, BEGINNING, BEGINNING, key, key


def goods() -> Iterator[tuple[Any, ...]]:
    chance = random.Random(2)  # noqa: S311
    for key in range(1, GOODS + 1):
        created = BEGINNING + timedelta(seconds=20 * key)
        yield key, _place(chance), f"Good {key}", created, f"{chance.randrange(1, 9999) / 100:.2f}"


TABLES = {
    "auth_user": (USER, users, USERS + len(PERSONAS)),
    "organizations_organization": (ORGANIZATION, organizations, ORGANIZATIONS),
    "organizations_organizationuser": (MEMBER, members, MEMBERS),
    "organizations_organizationowner": (OWNER, owners, ORGANIZATIONS),
    "goods_good": (GOOD, goods, GOODS),
}


def load(links: list[Any]) -> None:
    """Fill databases, or leave them as they are where an earlier run has filled them so.

    Args:
        links: connections of psycopg, each to a database whose migrations have run.
    """
    for link in links:
        link.execute(GOODS_TABLE)
        link.commit()
    if all(_is_filled(link) for link in links):
        return
    for link in links:
        link.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    for table, (columns, rows, about) in TABLES.items():
        _copy(links, f"COPY {table} ({', '.join(columns)}) FROM STDIN", rows(), table, about)
    for link in links:
        for table in TABLES:
            link.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            ) if table != "goods_good" else None
        link.commit()
        # The embedded server commits lazily, and VACUUM takes no row for visible to all before its
        # commit is on disk: an index alone would then not do.
        link.autocommit = True
        link.execute("SET synchronous_commit = on")
        link.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
        link.autocommit = False


def _is_filled(link: Any) -> bool:
    found = link.execute(
        "SELECT (SELECT count(*) FROM auth_user WHERE id <= %s),"
        " (SELECT count(*) FROM goods_good), (SELECT max(id) FROM organizations_organization"
        " WHERE slug LIKE 'organization-%%')",
        [USERS + len(PERSONAS)],
    ).fetchone()
    link.commit()
    return bool(found == (USERS + len(PERSONAS), GOODS, ORGANIZATIONS))


def _copy(links: list[Any], sql: str, rows: Iterable[Any], table: str, about: int) -> None:
    from contextlib import ExitStack

    begun = time.perf_counter()
    with ExitStack() as stack:
        copies = [stack.enter_context(link.cursor().copy(sql)) for link in links]
        number = 0
        for number, row in enumerate(rows, 1):
            for copy in copies:
                copy.write_row(row)
            if number % 20_000 == 0:
                _say(table, number, about)
    _say(table, number, number)
    print(f"  {number:,} rows in {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)


def _say(table: str, number: int, about: int) -> None:
    if sys.stderr.isatty() or number == about:
        share = min(number / about, 1)
        bar = ("#" * round(share * 30)).ljust(30, ".")
        print(f"\r{table:34}{bar}{share:5.0%}", end="", file=sys.stderr, flush=True)
