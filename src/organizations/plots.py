"""Where the shapes of a plot stand: numbers for an SVG, which a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Bar", "Plot", "plot"]

#: The drawing, in units of its own; whole numbers, which no locale writes differently.
WIDTH, HEIGHT = 960, 240
#: Room above, so that the line is not cut off.
MARGIN = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """Bars on the lower edge, and a line above an area.

    Attributes:
        bars: one for each number that is not 0.
        line, area: coordinates, as an SVG's ``points`` takes them.
    """

    width: int
    height: int
    bars: tuple[Bar, ...]
    line: str
    area: str


def plot(bars: Sequence[int], line: Sequence[int]) -> Plot:
    """Place bars and a line of as many points on one scale, which begins at 0.

    Args:
        bars, line: numbers of 0 or more, at least one of each.
    """
    top = max(*bars, *line, 1)
    slot = WIDTH // len(bars)

    def high(value: int) -> int:
        # A bar of one among thousands is seen still.
        return max(round(value / top * (HEIGHT - MARGIN)), 3) if value else 0

    points = [f"{n * slot + slot // 2},{HEIGHT - high(each)}" for n, each in enumerate(line)]
    first, last = (point.split(",")[0] for point in (points[0], points[-1]))
    return Plot(
        width=WIDTH,
        height=HEIGHT,
        bars=tuple(
            Bar(x=n * slot + slot // 4, y=HEIGHT - high(each), width=slot // 2, height=high(each))
            for n, each in enumerate(bars)
            if each
        ),
        line=" ".join(points),
        area=" ".join([f"{first},{HEIGHT}", *points, f"{last},{HEIGHT}"]),
    )
