"""Prints the comparison, and draws what the documentation shows of it."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from bench.goals import reached

__all__ = ["chart", "show"]

NOTES = """\
Times are milliseconds; ratios are to the first line of each block. Each way found the same as the
statement by hand, where there is one. "sent" counts statements. Compare ratios: times depend on the
machine, and on what else it does."""


def show(figures: dict[str, Any]) -> None:
    versions = ", ".join(f"{name} {number}" for name, number in figures["versions"].items())
    print(f"Organizations, side by side ({versions})")
    print(
        f"Scale {figures['scale']:g}: {figures['users']:,} users, "
        f"{figures['organizations']:,} organizations, {figures['members']:,} members, "
        f"{figures['goods']:,} rows; {figures['rounds']} rounds\n\n{NOTES}"
    )
    for block in figures["blocks"]:
        print(f"\n\n{block['title']}")
        print(
            f"{'':40}{'sent':>6}{'buffers':>9}{'server':>9}{'median':>10}{'quartiles':>19}{'ratio':>9}"
        )
        for case in block["cases"]:
            if case["case"]:
                print(case["case"])
            for way in case["ways"]:
                low, high = way["quartiles"]
                buffers = f"{way['buffers']:,}" if "buffers" in way else ""
                server = f"{way['execution']:.2f}" if "execution" in way else ""
                print(
                    f"  {way['way']:38}{way['queries']:>6,}{buffers:>9}{server:>9}"
                    f"{way['milliseconds']:>10.3f}{f'{low:.3f} to {high:.3f}':>19}"
                    f"{way['ratio']:>8.2f}x"
                )
    print("\n\nGoals" if figures["scale"] >= 1 else "\n\nGoals (set for scale 1)")
    for goal in reached(figures):
        mark = "" if goal["is_met"] else "  MISSED"
        print(f"  {goal['goal']:62}{goal['figure']:>10,.2f}  {goal['limit']}{mark}")


PEER = "django-organizations"
#: What the chart shows: the end of a block's title, the place of the case, what to say.
BARS = [
    ("rows of all organizations of a user", 3, "The newest 50 rows of {case}"),
    ("rows of all organizations of a user", 0, "The newest 50 rows of {case}"),
    ("a member, an admin, the owner?", 0, "Member, admin, owner? {case}"),
    ("a member, an admin, the owner?", 2, "Member, admin, owner? {case}"),
    ("with session and user", 1, "The page of members, {case}"),
    ("members at once", 0, "Many members at once"),
    ("without their mails", 0, "Many invitations at once"),
]


def chart(figures: dict[str, Any]) -> str:
    """Return a picture, as SVG: how many times as long the peer takes, on a scale of powers."""
    lines = []
    for title, place, words in BARS:
        [block] = [each for each in figures["blocks"] if each["title"].endswith(title)]
        case = block["cases"][place]
        found = [way for way in case["ways"] if way["way"].startswith(PEER)]
        if found:
            lines.append((words.format(case=case["case"]), found[0]["ratio"]))
    width, left, step = 860, 400, 34
    most = max(math.log10(max(ratio, 1.01)) for _words, ratio in lines)
    drawn = []
    for number, (words, ratio) in enumerate(lines):
        top = 40 + number * step
        length = max(math.log10(max(ratio, 1.01)) / most * (width - left - 90), 2)
        drawn.append(
            f'<text x="{left - 10}" y="{top + 15}" text-anchor="end">{escape(words)}</text>'
            f'<rect x="{left}" y="{top}" width="{length:.0f}" height="20" rx="3"/>'
            f'<text x="{left + length + 8:.0f}" y="{top + 15}">{ratio:,.0f} times</text>'
        )
    height = 50 + len(lines) * step
    title = f"How many times as long {PEER} takes (each step of length is a factor)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{title}" font-family="sans-serif" font-size="13">'
        "<style>text{fill:#333}rect{fill:#3b6fd4}"
        "@media(prefers-color-scheme:dark){text{fill:#ddd}rect{fill:#7aa2f7}}</style>"
        f'<text x="10" y="22" font-weight="bold">{title}</text>{"".join(drawn)}</svg>\n'
    )
