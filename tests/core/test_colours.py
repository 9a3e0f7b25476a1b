import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import organizations
from organizations import colours

STYLESHEET = Path(organizations.__file__).parent / "static/organizations/organizations.css"

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
# Written by hand from the formulas of WCAG 2.2 and its well-known examples.
KNOWN = [
    ("#000000", "#ffffff", 21.0),
    ("#ffffff", "#ffffff", 1.0),
    ("#777777", "#ffffff", 4.48),
    ("#767676", "#ffffff", 4.54),
    ("#0000ff", "#ffffff", 8.59),
    ("#ff0000", "#ffffff", 4.0),
]


def ground(name, *, dark):
    """Return a colour of the stylesheet, as browsers with ``light-dark`` show it."""
    found = re.search(rf"{name}: light-dark\((#\w+), (#\w+)\)", STYLESHEET.read_text())
    colour = found.group(2 if dark else 1)
    return colour if len(colour) == 7 else "#" + "".join(2 * digit for digit in colour[1:])


def mixed(one, other, share):
    parts = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a * (1 - share) + b * share):02x}" for a, b in parts)


@pytest.mark.parametrize(("one", "other", "ratio"), KNOWN)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert colours.contrast(one, other) == colours.contrast(other, one)
    assert round(colours.contrast(one, other), 2) == ratio


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@given(colour=COLOURS)
def test_every_colour_gets_a_shade_that_can_be_read(dark, colour):
    shade = colours.shade(colour, dark=dark)
    grounds = [ground(f"--org-{name}", dark=dark) for name in ("page", "surface", "raised")]
    tint = float(re.search(r"--org-accent\) (\d+)%", STYLESHEET.read_text()).group(1)) / 100
    grounds.append(mixed(grounds[1], shade.accent, tint))
    for each in grounds:
        assert colours.contrast(shade.accent, each) >= 4.5
    assert colours.contrast(shade.accent, shade.on_accent) >= 4.5


@pytest.mark.parametrize(
    ("colour", "dark"), [("#2450b2", False), ("#9dbcff", True), ("#000000", False)]
)
def test_a_colour_that_can_be_read_stays(colour, dark):
    assert colours.shade(colour, dark=dark).accent == colour


@pytest.mark.parametrize(
    "text", ["", "#fff", "red", "2450b2", "#2450b2 ", "#2450b2\n", "#2450g2", "#٢٤٥٠٦٧", "#fff;}a{"]
)
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError):
        colours.clean(text)


def test_colours_are_kept_in_small_letters():
    assert colours.clean("#AbCdEf") == "#abcdef"
