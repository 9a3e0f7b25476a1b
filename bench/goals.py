"""The goals, and what a run has reached of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["reached"]


def reached(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return for each goal its text, the figure, the limit and whether it is met.

    At a small scale organizations are small, and figures against the peers say little.
    """
    return [
        {
            "goal": text,
            "figure": figure,
            "limit": f"{'at least' if at_least else 'at most'} {limit:g}",
            "is_met": figure >= limit if at_least else figure <= limit,
        }
        for text, figure, at_least, limit in _goals(_Figures(figures))
    ]


class _Figures:
    """Looks figures up by the beginnings of their titles."""

    def __init__(self, figures: dict[str, Any]) -> None:
        self.figures = figures

    def cases(self, block: str) -> list[dict[str, Any]]:
        [found] = [each for each in self.figures["blocks"] if each["title"].endswith(block)]
        return found["cases"]  # type: ignore[no-any-return]

    def way(self, case: dict[str, Any], title: str) -> dict[str, Any]:
        [found] = [each for each in case["ways"] if each["way"].startswith(title)]
        return found  # type: ignore[no-any-return]

    def times(self, block: str, case: int, way: str, of: str) -> float:
        """Return how many times as long one way takes as another."""
        found = self.cases(block)[case]
        return float(self.way(found, way)["milliseconds"] / self.way(found, of)["milliseconds"])

    def most(self, block: str, way: str, of: str, what: str, cases: Any = None) -> float:
        """Return the largest ratio of a figure among cases."""
        some = self.cases(block)
        chosen = some if cases is None else [some[each] for each in cases]
        return max(
            float(self.way(each, way)[what] / max(self.way(each, of)[what], 0.001))
            for each in chosen
        )


Goal = tuple[str, float, bool, float]


def _goals(of: _Figures) -> Iterator[Goal]:
    ours, hand = "newest_for_user", "by hand, top-k"
    for block, suffix in (
        ("all organizations of a user", ""),
        ("beside an index on the date alone", ", beside a lone index"),
    ):
        yield (
            f"newest 50: buffers to top-k by hand{suffix}",
            of.most(block, ours, hand, "buffers"),
            False,
            1.05,
        )
        yield (
            f"newest 50: execution to top-k by hand{suffix}",
            of.most(block, ours, hand, "execution"),
            False,
            1.05,
        )
        for case, text, limit in (
            (0, "the largest organization", 25),
            (3, "20 organizations, mixed", 80),
            (5, "500 organizations", 15),
        ):
            figure = of.times(block, case, "plain join", ours)
            yield f"newest 50: plain join to ours, {text}{suffix}", figure, True, limit
        worst = max(of.times(block, case, ours, "plain join") for case in (1, 2, 4))
        yield f"newest 50: ours to plain join, small ones{suffix}", worst, False, 1.4
    block = "all organizations of a user"
    time = "milliseconds"
    to_models = of.most(block, ours, "by hand, as models", time, cases=range(5))
    yield "newest 50: to the same SQL as models, up to 20", to_models, False, 1.3
    to_models = of.most(block, ours, "by hand, as models", time, cases=[5])
    yield "newest 50: to the same SQL as models, 500", to_models, False, 1.15
    figure = of.most("rows of one organization", "newest_for", "filter(", time)
    yield "newest 50 of one organization: to filter()", figure, False, 1.15

    block = "a member, an admin, the owner?"
    three, access = "django-organizations, three", "access_of"
    yield "three answers: peer to ours, ordinary", of.times(block, 0, three, access), True, 8
    yield "three answers: peer to ours, largest", of.times(block, 2, three, access), True, 500
    figure = of.most(block, access, "one look-up by the ORM", time)
    yield "three answers: to one look-up by the ORM", figure, False, 1.1
    sizes = [of.way(case, access)[time] for case in of.cases(block)]
    yield "three answers: largest to smallest organization", max(sizes) / min(sizes), False, 1.1
    [later] = of.cases("further questions of the same request")
    yield "further questions: microseconds", later["ways"][0][time] * 1000, False, 10

    block = "with session and user"
    page, hand = "the package's page", "a page written by hand"
    yield "members page, 1,000: peer to ours", of.times(block, 1, "django-org", page), True, 50
    yield "members page, 1,000: by hand to ours", of.times(block, 1, hand, page), True, 0.9
    table = "the same view with a plain table"
    yield "members in that table: by hand to ours", of.times(block, 1, hand, table), True, 0.9
    pages = [of.way(case, page)[time] for case in of.cases(block)]
    yield "members page: largest to 100 members", pages[2] / pages[0], False, 1.3
    yield "members page: a late one to the first", pages[3] / pages[2], False, 1.2
    queries = max(of.way(case, page)["queries"] for case in of.cases(block))
    yield "members page: queries", queries, False, 4

    block = "members at once"
    yield (
        "many members: ours to bulk_create",
        1 / of.times(block, 0, "bulk_create", "members"),
        False,
        1.5,
    )
    yield "many members: peer to ours, each", of.times(block, 0, "django-org", "members"), True, 40
    many = of.way(of.cases(block)[0], "members")
    yield "many members: queries", many["queries"], False, 5
    figure = of.times("without their mails", 0, "django-org", "bulk")
    yield "many invitations: peer to ours, each", figure, True, 6

    block = "nobody waits for it"
    for verb in ("members.add", "members.remove"):
        case = of.cases(block)[0]
        with_lock, without = [each for each in case["ways"] if each["way"].startswith(verb)]
        yield f"{verb}: with the lock to without", with_lock[time] / without[time], False, 2
    for race in of.figures["races"]:
        yield f"race, {race['race']}: wrong of {race['tries']:,}", race["wrong"], False, 0
