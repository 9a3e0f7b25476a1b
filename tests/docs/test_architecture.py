"""``docs/architecture.md`` is true: its floors are those that the tests check, and it names
every module of the package and no other."""

import re

import pytest

from tests.house.test_floors import COMPAT, FLOORS, PACKAGE, WINGS, rooms_of_the_core

from .blocks import DOCS

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite

TEXT = (DOCS / "architecture.md").read_text(encoding="utf-8")


def rows_of(heading):
    """Return the cells of the tables below a heading, without their heads."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows if "`" in row[0] or "`" in row[-1]]


def test_table_of_floors_is_that_of_the_floors_test():
    described = {
        room: int(floor)
        for floor, _name, rooms in rows_of("Floors")
        for room in re.findall(r"`(\w+)`", rooms)
    }
    assert described == {room: FLOORS[room] for room in rooms_of_the_core()}


def test_each_floor_has_one_row_and_each_room_stands_once():
    floors = [floor for floor, _name, _rooms in rows_of("Floors")]
    assert floors == ["4", "3", "2", "1", "0"]
    rooms = [room for row in rows_of("Floors") for room in re.findall(r"`(\w+)`", row[2])]
    assert sorted(rooms) == sorted(set(rooms))


def test_old_paths_are_named():
    sentence = TEXT.split("Beside them stand the old paths")[1].split(", for projects")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == COMPAT


def modules_of_the_package():
    """Return every module by its dotted name below the package; folders stand for __init__."""
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        # The wings have rooms of the same names; ``tests/house/test_wings.py`` looks at them.
        if parts[-1] != "__init__" and parts[0] not in {"migrations", *COMPAT, *WINGS}:
            yield ".".join(parts)


def test_rooms_are_the_modules_of_the_package_and_no_others():
    described = [name for row in rows_of("Rooms") for name in re.findall(r"`([\w.]+)`", row[0])]
    assert len(described) == len(set(described))
    assert set(described) == {*modules_of_the_package(), "migrations"}


def test_names_in_the_walks_exist():
    """Dotted names of the walks lead to something in the package."""
    walks = TEXT.split("\n## Four walks\n")[1].split("\n## ")[0]
    drawn = "\n".join(re.findall(r"```text\n(.*?)```", walks, re.DOTALL))
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    # Names after a dot: modules, functions, methods; a permission in quotes is none of these.
    named = set(re.findall(r"\b[a-zA-Z_]+\.([a-z_A-Z]+)\b", re.sub(r'"[^"]*"', "", drawn)))
    assert len(named) > 10
    missing = {each for each in named if not re.search(rf"(?:def|class) {each}\b", source)}
    assert missing <= {"objects", "py", *modules_in(named)}


def modules_in(names):
    """Return those of the names that are modules of the package."""
    return {
        name for name in names if name in {m.rpartition(".")[2] for m in modules_of_the_package()}
    }
