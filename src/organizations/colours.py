"""Colours that text can be read in: contrast, and the shade of a colour that has enough of it.

Source: WCAG 2.2, definitions of "relative luminance" and "contrast ratio", and success
criterion 1.4.3, which asks for 4.5:1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["DEFAULT", "Shade", "clean", "contrast", "shade"]

#: The accent of the package's own stylesheet on light pages.
DEFAULT = "#2450b2"

#: What text must have at least against what is behind it.
ENOUGH = 4.5

BLACK, WHITE = "#000000", "#ffffff"

#: What stands behind text in the accent: page, surface and raised parts of the stylesheet.
LIGHT_GROUNDS = ("#f5f6f8", "#ffffff", "#f0f2f6")
DARK_GROUNDS = ("#0f1217", "#171b22", "#222832")
#: The second of each is the surface, which the tint is mixed with: so much of the accent.
TINT = 0.11
#: Text on the accent is one of these.
INKS = (WHITE, "#0f1217")


def clean(text: str) -> str:
    """Return a colour as ``#rrggbb`` in small letters.

    Raises:
        ValueError: it is none.
    """
    if not re.fullmatch("#[0-9a-fA-F]{6}", text):
        raise ValueError(f"{text!r} is no colour like {DEFAULT}.")
    return text.lower()


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shade:
    """A colour for text on the pages, and one for text on it.

    Both have a contrast of at least 4.5:1.
    """

    accent: str
    on_accent: str


def shade(colour: str, *, dark: bool) -> Shade:
    """Return the colour, or the nearest shade of it that can be read everywhere.

    Args:
        colour: as ``clean`` gives it.
        dark: on dark pages, where it is made lighter; on light ones it is made darker.
    """
    grounds, end = (DARK_GROUNDS, WHITE) if dark else (LIGHT_GROUNDS, BLACK)
    steps = (_mix(colour, end, share / 100) for share in range(101))
    accent = next(each for each in steps if _is_readable(each, grounds))
    return Shade(accent=accent, on_accent=max(INKS, key=lambda ink: contrast(ink, accent)))


def _is_readable(accent: str, grounds: tuple[str, ...]) -> bool:
    tint = _mix(grounds[1], accent, TINT)
    return all(contrast(accent, ground) >= ENOUGH for ground in (*grounds, tint))


def _mix(one: str, other: str, share: float) -> str:
    """Return a colour with a share of another one, as ``color-mix(in srgb, ...)`` mixes them."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> list[int]:
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
