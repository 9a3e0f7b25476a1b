"""Lists of addresses as people paste or upload them: read, never refused for a bad line.

``parse_text`` reads what somebody pastes, ``parse_csv`` a table. Both give lines, each with an
address or with what is wrong with it. Nothing here knows a database or an organization.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..exceptions import NotAnAddress, OrganizationsError
from ..words import gettext_lazy as _
from . import addresses

__all__ = [
    "COLUMNS",
    "PROBLEMS",
    "Line",
    "ListUnreadable",
    "Table",
    "columns_of",
    "decode",
    "lines_of",
    "parse_csv",
    "parse_text",
    "read_csv",
]

#: Most lines of one list, and most bytes (or characters) of it.
MOST_LINES = 20_000
MOST_BYTES = 5 * 1024 * 1024

#: Most columns of a table.
MOST_COLUMNS = 100

#: Characters of the longest text that is tried as an address, and of what is shown of a line.
LONGEST = 1000
SHOWN = 200

#: What can be wrong with a line before anybody looks into the database.
PROBLEMS = {
    "not_an_address": _("This is no e-mail address."),
    "duplicate": _("The address stands in the list before."),
    "unknown_standing": _("Write “admin” or “member”."),
    "unknown_preset": _("The organization has nothing of this name."),
}

#: The columns of a table besides those of presets.
COLUMNS = {
    "address": _("E-mail address"),
    "name": _("Name"),
    "standing": _("Standing (admin or member)"),
}

STANDINGS = {
    **dict.fromkeys(("admin", "administrator", "yes", "true", "1", "x"), True),
    **dict.fromkeys(("member", "user", "no", "false", "0"), False),
}

#: Words by which a column is guessed.
HEADINGS = {
    "address": ("e-mail", "email", "mail", "address"),
    "name": ("name", "full name", "display name", "person"),
    "standing": ("standing", "role", "admin", "type"),
}


class ListUnreadable(OrganizationsError):
    """A list of addresses is too long, or no text."""

    code = "list_unreadable"
    message = _("This list cannot be read. Save it as a CSV file in UTF-8 and try again.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One entry of a list.

    Attributes:
        number: of the line in the list, from 1; several entries may stand in one.
        text: what stands there, shortened.
        address: normalised; empty if there is none.
        name: what the list calls the person; it is only shown.
        problem: a key of ``PROBLEMS``, or empty.
        terms: what this person is offered otherwise than the rest, as keyword arguments.
    """

    number: int
    text: str = ""
    address: str = ""
    name: str = ""
    problem: str = ""
    terms: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain JSON, without what is empty; ``Line(**data)`` reads it."""
        found = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table as it was uploaded: the names of its columns, and its rows."""

    header: list[str]
    rows: list[list[str]]


def parse_text(text: str) -> list[Line]:
    """Return the entries of a pasted list, in order.

    Entries stand on lines of their own or between commas and semicolons; ``Name <address>``,
    quoted names, ``mailto:`` and cells of a spreadsheet are understood. A line that holds no
    address comes back with a problem, and so does an address that stands in the list before.

    Raises:
        ListUnreadable: there are more lines, or more text, than one list may have.
    """
    if len(text) > MOST_BYTES:
        raise _too_long()
    lines = []
    for number, row in enumerate(text.splitlines(), start=1):
        for entry in _split(row):
            name, address = _name_and_address(entry)
            lines.append(_line(number, entry, address, name))
            if len(lines) > MOST_LINES:
                raise _too_long()
    return _mark_duplicates(lines)


def read_csv(data: str | bytes) -> Table:
    """Read a table with a row of headings, whatever its encoding and its delimiter.

    UTF-8 and UTF-16 are told by their marks, other bytes are read as UTF-8, else as Latin-1.
    The delimiter is the comma, the semicolon or the tab, whichever the first row has most.

    Raises:
        ListUnreadable: it is too long, empty, or no table.
    """
    if len(data) > MOST_BYTES:
        raise _too_long()
    text = decode(data) if isinstance(data, bytes) else data.removeprefix("\ufeff")
    heading = next((row for row in text.splitlines() if row.strip()), "")
    delimiter = max(",;\t", key=heading.count)
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            row = [_clean(cell) for cell in cells[: MOST_COLUMNS + 1]]
            if any(row):
                rows.append(row)
            if len(rows) > MOST_LINES + 1:
                raise _too_long()
            if len(row) > MOST_COLUMNS:
                raise ListUnreadable
    except csv.Error as error:
        raise ListUnreadable from error
    if not rows:
        raise ListUnreadable(_("The list is empty."))
    width = max(map(len, rows))
    header, *rest = [row + [""] * (width - len(row)) for row in rows]
    return Table(header=header, rows=rest)


def columns_of(table: Table) -> dict[str, int]:
    """Return the columns that can be told by their headings, or by what stands in them."""
    found: dict[str, int] = {}
    headings = [heading.strip().casefold() for heading in table.header]
    for name, words in HEADINGS.items():
        places = [
            *(i for i, heading in enumerate(headings) if heading in words),
            *(i for i, heading in enumerate(headings) if any(word in heading for word in words)),
        ]
        place = next((i for i in places if i not in found.values()), None)
        if place is not None:
            found[name] = place
    if "address" not in found and table.rows:
        place = next((i for i, cell in enumerate(table.rows[0]) if "@" in cell), None)
        if place is not None:
            found["address"] = place
    return found


def lines_of(
    table: Table,
    columns: Mapping[str, int],
    *,
    presets: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Line]:
    """Return the entries of a table.

    Args:
        columns: which column holds what: the names of ``COLUMNS`` and of presets, each with
            the number of a column, from 0. "address" must be one of them.
        presets: for each preset that has a column, its values by what people call them.
    Raises:
        ListUnreadable: no column holds the addresses, or there is no such column.
    """
    width = len(table.header)
    if "address" not in columns or not all(0 <= place < width for place in columns.values()):
        raise ListUnreadable(_("Choose the column that holds the e-mail addresses."))
    known = {
        preset: {name.casefold(): value for name, value in names.items()}
        for preset, names in (presets or {}).items()
        if preset in columns
    }
    lines = []
    # The headings are the first row.
    for number, row in enumerate(table.rows, start=2):
        name, address = _name_and_address(row[columns["address"]])
        if "name" in columns:
            name = row[columns["name"]]
        line = _line(number, row[columns["address"]], address, name)
        lines.append(_with_terms(line, row, columns, known))
    return _mark_duplicates(lines)


def parse_csv(
    data: str | bytes,
    columns: Mapping[str, int] | None = None,
    *,
    presets: Mapping[str, Mapping[str, str]] | None = None,
) -> list[Line]:
    """Return the entries of a table, see ``read_csv`` and ``lines_of``.

    Args:
        columns: which column holds what; None to guess.
    """
    table = read_csv(data)
    return lines_of(table, columns_of(table) if columns is None else columns, presets=presets)


def _too_long() -> ListUnreadable:
    return ListUnreadable(
        _("The list is too long: %(lines)d lines and %(megabytes)d MB are the most.")
        % {"lines": MOST_LINES, "megabytes": MOST_BYTES // 1024 // 1024}
    )


def decode(data: bytes) -> str:
    """Return the text of a file; bytes that are no UTF-8 and no marked UTF-16 are Latin-1."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _clean(text: str) -> str:
    """Return a text that every database stores and every page shows: one short line."""
    short = text.strip()[:LONGEST]
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in short)


def _line(number: int, text: str, address: str, name: str) -> Line:
    line = Line(number=number, text=_clean(text)[:SHOWN], name=_clean(name)[:SHOWN])
    try:
        if len(address) > LONGEST:
            raise NotAnAddress
        return replace(line, address=addresses.normalise(address))
    except NotAnAddress:
        return replace(line, problem="not_an_address")


def _mark_duplicates(lines: Iterable[Line]) -> list[Line]:
    seen: set[str] = set()
    found = []
    for line in lines:
        if line.address in seen and not line.problem:
            line = replace(line, problem="duplicate")
        elif line.address and not line.problem:
            seen.add(line.address)
        found.append(line)
    return found


def _split(row: str) -> Iterator[str]:
    """Yield the entries of one line: what stands between commas and semicolons."""
    for quotes in (True, False):
        entries, start, quoted = [], 0, False
        for place, character in enumerate(row):
            if character == '"' and quotes and (place == 0 or row[place - 1] != "\\"):
                quoted = not quoted
            elif character in ",;" and not quoted:
                entries.append(row[start:place])
                start = place + 1
        entries.append(row[start:])
        # A quote that is never closed is a letter like any other.
        if not quoted:
            break
    for entry in entries:
        words = entry.split()
        if len(words) > 1 and all("@" in word and "<" not in word for word in words):
            yield from words
        elif words:
            yield entry.strip()


def _name_and_address(entry: str) -> tuple[str, str]:
    entry = entry.strip()
    name, opened, rest = entry.rpartition("<")
    if opened and rest.rstrip().endswith(">"):
        return _unquote(name), _plain(rest.rstrip()[:-1])
    cells = [cell for cell in entry.split("\t") if cell.strip()]
    if len(cells) > 1 and sum("@" in cell for cell in cells) == 1:
        [address] = [cell for cell in cells if "@" in cell]
        return " ".join(cell.strip() for cell in cells if cell is not address), _plain(address)
    return "", _plain(entry)


def _plain(text: str) -> str:
    """Return the address in a text without what mail programs put around it."""
    text = text.strip()
    if len(text) > 1 and text[0] in "'\"<(" and text[-1] in "'\">)" and '"@' not in text:
        text = text[1:-1].strip()
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return text


def _unquote(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1]
    return re.sub(r'\\(["\\])', r"\1", name).strip()


def _with_terms(
    line: Line,
    row: Sequence[str],
    columns: Mapping[str, int],
    presets: Mapping[str, Mapping[str, str]],
) -> Line:
    terms: dict[str, Any] = {}
    problem = line.problem
    if "standing" in columns:
        word = row[columns["standing"]].strip().casefold()
        if word and word not in STANDINGS:
            problem = problem or "unknown_standing"
        elif word:
            terms["is_admin"] = STANDINGS[word]
    chosen: dict[str, list[str]] = {}
    for preset, known in presets.items():
        names = [name.strip() for name in re.split(r"[|,;]", row[columns[preset]])]
        values = [known.get(name.casefold(), "") for name in names if name]
        if not all(values):
            problem = problem or "unknown_preset"
        elif values:
            chosen[preset] = values
    if chosen:
        terms["presets"] = chosen
    return replace(line, problem=problem, terms=terms)
