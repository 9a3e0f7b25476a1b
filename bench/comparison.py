"""What is compared: the same work by this package, by its peers and by hand, in one run.

Within a block each way runs once in each round, in random order, so that a busy machine is unfair
to all of them alike. Ratios count; milliseconds depend on the machine.
"""

from __future__ import annotations

import platform
import random
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import django

from bench import crowd
from bench.sides import PEERS, Side, link_to

__all__ = ["OtherRows", "measure"]


class OtherRows(Exception):
    """A way found something else than the statement written by hand."""


@dataclass(frozen=True)
class Way:
    """One way to do a block's work.

    Attributes:
        name: of the way in ``ours.ways`` or ``peer.ways``.
        every: it is slow, and measured in each such round only.
        number: how many it makes; its time is that of one.
        is_alike: whether it finds what the others find.
    """

    title: str
    name: str
    side: str = "ours"
    every: int = 1
    number: int | None = None
    is_alike: bool = True


@dataclass(frozen=True)
class Block:
    """The same work for some cases by some ways; what the others are compared with comes first."""

    title: str
    cases: dict[str, dict[str, Any]]
    ways: list[Way]
    #: Whether the buffers of its statements are read as well.
    has_plans: bool = False
    #: An index that the tables have meanwhile.
    index: str = ""
    rounds: int | None = None
    skipped: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def cells(self) -> Iterator[tuple[str, Way]]:
        for case in self.cases:
            for way in self.ways:
                if (case, way.title) not in self.skipped:
                    yield case, way


NEWEST = [
    Way("newest_for_user", "newest"),
    Way("by hand, top-k", "newest by hand"),
    Way("by hand, as models", "newest by hand, as models"),
    Way("plain join", "newest joined", every=3),
    Way("plain IN", "newest within", every=3),
    Way("django-organizations, its join", "newest", "peer", every=3),
]
LONE_INDEX = "CREATE INDEX goods_lone ON goods_good (created)"


def blocks(link: Any) -> list[Block]:
    """Return the blocks, with the organizations of this database."""
    people = {name: {"user": crowd.persona(name)} for name in crowd.PERSONAS}
    places = _places(link)
    counts = {name: place.pop("members") for name, place in places.items()}
    ordinary = f"{counts['ordinary']:,} members"
    hundred = f"{counts['hundred']:,} members"
    thousand = f"{counts['thousand']:,} members"
    largest = f"The largest, {counts['largest']:,} members"
    sizes = {
        ordinary: places["ordinary"],
        thousand: places["thousand"],
        largest: places["largest"],
    }
    pages = {
        hundred: places["hundred"],
        thousand: places["thousand"],
        largest: places["largest"],
        f"{largest}, a late page": {**places["largest"], "share": 0.9},
    }
    # The peer's page has all members at once: a minute and more at 50,000.
    whole = frozenset((name, "django-organizations") for name in list(pages)[2:])
    many = min(10_000, crowd.USERS - 1)
    return [
        Block("The newest 50 rows of all organizations of a user", people, NEWEST, has_plans=True),
        Block(
            "The same beside an index on the date alone",
            people,
            [*NEWEST[:3], Way("plain join", "newest joined", every=7)],
            has_plans=True,
            index=LONE_INDEX,
        ),
        Block(
            "The newest 50 rows of one organization",
            {name: {"organization": case["organization"]} for name, case in sizes.items()},
            [
                Way("newest_for_organization", "newest of one"),
                Way("by hand", "newest of one by hand"),
                Way("filter(organization=...)", "newest of one filtered"),
            ],
            has_plans=True,
        ),
        Block(
            "Is this user a member, an admin, the owner?",
            sizes,
            [
                Way("access_of, three answers", "access", "core"),
                Way("the same with roles and teams", "access"),
                Way("is_member, is_admin, is_owner", "three questions", "core"),
                Way("one look-up by the ORM", "look-up", "core", is_alike=False),
                Way("django-organizations, three questions", "three questions", "peer", every=3),
                Way("django-guardian, one permission", "object permission", "peer", is_alike=False),
            ],
        ),
        Block(
            "A thousand further questions of the same request",
            {ordinary: sizes[ordinary]},
            [Way("access.has", "later questions", number=1_000)],
        ),
        Block(
            "The page of members, with session and user",
            pages,
            [
                Way("the package's page", "members"),
                Way("the same view with a plain table", "members in a table", "core"),
                Way("that, with roles and teams", "members in a table"),
                Way("a page written by hand: that table", "members by hand"),
                Way("django-organizations", "members", "peer", every=7, is_alike=False),
            ],
            skipped=whole,
        ),
        Block(
            f"{many:,} members at once",
            {"": {}},
            [
                Way("members.add_many", "add", number=many),
                Way("bulk_create", "add by bulk_create", number=many),
                Way("INSERT by hand", "add by hand", number=many),
                Way("django-organizations, in a loop", "add", "peer", number=many, every=8),
            ],
            rounds=8,
        ),
        Block(
            f"{many:,} invitations at once, without their mails",
            {"": {}},
            [
                Way("bulk.invite_many", "invite", number=many),
                Way("django-organizations, in a loop", "invite", "peer", number=many, every=4),
            ],
            rounds=4,
        ),
        Block(
            "What the lock costs where nobody waits for it",
            {"": {}},
            [
                Way("members.add", "add one"),
                Way("members.add without the lock", "add one, unlocked"),
                Way("members.remove", "remove one"),
                Way("members.remove without the lock", "remove one, unlocked"),
            ],
        ),
    ]


RACES = ["race: last owner", "race: acceptance", "race: seats"]


def measure(rounds: int, tries: int) -> dict[str, Any]:
    """Fill the databases, and return the figures.

    Raises:
        OtherRows, Failed
    """
    ours, core, peer = Side("ours"), Side("core"), Side("peer")
    for side in (ours, peer):
        side.migrate()
    with link_to(ours) as link, link_to(peer) as other:
        crowd.load([link, other])
        version = link.info.parameter_status("server_version")
        all_of_them = blocks(link)
    with ours, core, peer:
        sides = {side.name: side for side in (ours, core, peer)}
        found = [_measure(block, sides, rounds) for block in all_of_them]
        races = []
        for name in RACES:
            _say(name)
            answer = ours.ask(name, {"tries": tries}, "time")
            races.append({"race": name.removeprefix("race: "), "tries": tries, **answer["found"]})
    return {
        "scale": crowd.SCALE,
        "users": crowd.USERS,
        "organizations": crowd.ORGANIZATIONS,
        "members": crowd.MEMBERS,
        "goods": crowd.GOODS,
        "rounds": rounds,
        "versions": {
            "PostgreSQL": version,
            "Django": django.get_version(),
            "Python": platform.python_version(),
            **dict(each.split("==") for each in PEERS),
        },
        "blocks": found,
        "races": races,
    }


def _say(title: str) -> None:
    print(f"Measuring: {title}", file=sys.stderr, flush=True)


def _measure(block: Block, sides: dict[str, Side], rounds: int) -> dict[str, Any]:
    _say(block.title)
    with _index(sides["ours"], block.index) if block.index else nullcontext():
        return _measured(block, sides, block.rounds or rounds)


def _measured(block: Block, sides: dict[str, Side], rounds: int) -> dict[str, Any]:
    def ask(case: str, way: Way, mode: str) -> dict[str, Any]:
        about = dict(block.cases[case])
        if way.number is not None and not about:
            about["number"] = way.number
        return sides[way.side].ask(way.name, about, mode)

    cells = list(block.cells())
    told = {}
    for case, way in cells:  # fills caches, too
        told[case, way] = ask(case, way, "queries")
    for case in block.cases:
        alike = [way for each, way in cells if each == case and way.is_alike and not way.number]
        for way in alike[1:]:
            if told[case, way]["found"] != told[case, alike[0]]["found"]:
                raise OtherRows(f"{block.title}, {case}: {way.title} finds something else.")
    times: dict[Any, list[float]] = {cell: [] for cell in cells}
    plans: dict[Any, list[dict[str, Any]]] = {cell: [] for cell in cells}
    order = random.Random(1)  # noqa: S311  # the same order each time
    for number in range(rounds):
        for case, way in order.sample(cells, len(cells)):
            if number % way.every == 0:
                seconds = ask(case, way, "time")["seconds"]
                times[case, way].append(seconds / (way.number or 1))
                if block.has_plans and way.side != "peer":
                    plans[case, way].append(ask(case, way, "plan"))
    return {
        "title": block.title,
        "cases": [
            {
                "case": case,
                "ways": [
                    _figures(way, told[case, way], times[case, way], times[case, cells_of[0]])
                    | _least(plans[case, way])
                    for way in cells_of
                ],
            }
            for case in block.cases
            for cells_of in [[way for each, way in cells if each == case]]
        ],
    }


def _figures(way: Way, told: Any, times: list[float], first: list[float]) -> dict[str, Any]:
    middle = statistics.median(times)
    low, _middle, high = (
        statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    )
    return {
        "way": way.title,
        "side": way.side,
        "queries": told["queries"],
        "milliseconds": middle * 1000,
        "quartiles": [low * 1000, high * 1000],
        "times": len(times),
        "ratio": middle / statistics.median(first),
    }


def _least(plans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the least of each figure of the plans; how long one takes differs with the load."""
    return {name: min(each[name] for each in plans) for name in plans[0]} if plans else {}


@contextmanager
def _index(side: Side, statement: str) -> Iterator[None]:
    """Have one more index for a while."""
    with link_to(side) as link:
        link.autocommit = True
        link.execute("DROP INDEX IF EXISTS goods_lone")
        link.execute(statement)
        link.execute("ANALYZE goods_good")
        try:
            yield
        finally:
            link.execute("DROP INDEX goods_lone")


def _places(link: Any) -> dict[str, dict[str, Any]]:
    """Return organizations of some sizes, each with a plain member of it."""
    found = {}
    wanted = {"ordinary": 300, "hundred": 100, "thousand": 1_000, "largest": 10**9}
    for name, size in wanted.items():
        organization, count = link.execute(
            "SELECT organization_id, count(*) FROM organizations_organizationuser"
            " WHERE organization_id <= %s GROUP BY 1"
            " ORDER BY abs(count(*) - %s), organization_id LIMIT 1",
            [crowd.ORGANIZATIONS, size],
        ).fetchone()
        (user,) = link.execute(
            "SELECT user_id FROM organizations_organizationuser"
            " WHERE organization_id = %s AND NOT is_admin AND user_id <= %s"
            " ORDER BY user_id OFFSET %s LIMIT 1",
            [organization, crowd.USERS, count // 3],
        ).fetchone()
        found[name] = {"organization": organization, "user": user, "members": count}
    return found
