"""Draws the life of an offer from the one table in ``organizations.states``."""

from html import escape

from organizations.states import OPEN, TRANSITIONS, InvitationStatus

WIDTH, HEIGHT = 132, 44
# Where each state stands: those that wait on the left, the ends on the right.
PLACES = {
    InvitationStatus.PROPOSED: (20, 40),
    InvitationStatus.PENDING: (20, 190),
    InvitationStatus.EXPIRED: (20, 340),
    InvitationStatus.DECLINED: (608, 20),
    InvitationStatus.ACCEPTED: (608, 130),
    InvitationStatus.REVOKED: (608, 250),
    InvitationStatus.SUPERSEDED: (608, 360),
}
TIME = "time"


def edges():
    """Return (from, to) -> verbs, in the order of the table; time is no verb but leads on, too."""
    found = {}
    for source, verbs in TRANSITIONS.items():
        for verb, target in verbs.items():
            found.setdefault((source, target), []).append(verb)
    for source in sorted(OPEN):
        found.setdefault((source, InvitationStatus.EXPIRED), []).append(TIME)
    return found


def _line(source, target):
    """Return the path of an edge, and where its words stand."""
    (x1, y1), (x2, y2) = PLACES[source], PLACES[target]
    middle1, middle2 = y1 + HEIGHT / 2, y2 + HEIGHT / 2
    if source == target:
        right = x1 + WIDTH
        path = f"M{right} {middle1 - 8} c 46 -22 46 38 4 18"
        return path, (right + 8, middle1 - 24), "start"
    if x1 == x2:
        down = y2 > y1
        # Up and down side by side, and past the state in between.
        far = abs(y2 - y1) > 200
        x = x1 + (16 if far else 50 if down else 100)
        start, end = (y1 + HEIGHT, y2 - 5) if down else (y1, y2 + HEIGHT + 5)
        if far:
            path = f"M{x} {start} C {x - 34} {start + 60} {x - 34} {end - 60} {x} {end}"
            return path, (x - 2, start + 16), "start"
        return f"M{x} {start} L{x} {end}", (x + 5, (start + end) / 2 + 4), "start"
    left, right = x1 + WIDTH, x2 - 5
    path = f"M{left} {middle1} C {left + 190} {middle1} {right - 190} {middle2} {right} {middle2}"
    return path, None, ""


def svg():
    """Return the diagram as SVG, with a sentence for those who cannot see it."""
    lines = [
        '<svg class="orgkit-states" viewBox="0 0 760 420" role="img" '
        'style="max-width: 760px; width: 100%; color: inherit" '
        'font-family="system-ui, sans-serif" font-size="13" fill="currentColor">',
        "<title>States of an offer and the verbs that lead from one to another</title>",
        '<defs><marker id="orgkit-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="currentColor"/>'
        "</marker></defs>",
    ]
    arrivals = {}
    for (source, target), verbs in edges().items():
        path, place, anchor = _line(source, target)
        dashes = ' stroke-dasharray="4 4"' if verbs == [TIME] else ""
        lines.append(
            f'<path d="{path}" fill="none" stroke="currentColor" opacity="0.55"{dashes} '
            'marker-end="url(#orgkit-arrow)"/>'
        )
        if anchor == "":
            arrivals.setdefault(target, []).extend(verbs)  # the words stand in the box
            continue
        x, y = place
        words = escape(", ".join(verbs))
        lines.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>')
    for state, (x, y) in PLACES.items():
        shape = f'x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="8"'
        waits = state in OPEN or TRANSITIONS[state]
        fill = 'fill="none" stroke="currentColor"' + (' stroke-width="2"' if waits else "")
        lines.append(f"<rect {shape} {fill}/>")
        verbs = ", ".join(dict.fromkeys(arrivals.get(state, [])))
        middle, base = x + WIDTH / 2, y + HEIGHT / 2 + (-2 if verbs else 5)
        lines.append(
            f'<text x="{middle}" y="{base}" text-anchor="middle" font-weight="600">'
            f"{escape(str(state))}</text>"
        )
        if verbs:
            lines.append(
                f'<text x="{middle}" y="{base + 16}" text-anchor="middle" font-size="12">'
                f"{escape(verbs)}</text>"
            )
    lines.append("</svg>")
    return "\n".join(lines)


def state_table():
    """Return the table state x verb in Markdown."""
    verbs = list(dict.fromkeys(verb for row in TRANSITIONS.values() for verb in row))
    lines = ["| state | " + " | ".join(f"`{verb}`" for verb in verbs) + " |"]
    lines.append("|" + " --- |" * (len(verbs) + 1))
    for state, row in TRANSITIONS.items():
        cells = [str(row.get(verb, "")) for verb in verbs]
        lines.append(f"| {state} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def states():
    """The diagram, and the same as a table."""
    return "```{raw} html\n" + svg() + "\n```\n\n" + state_table()
