"""How large the files may be that every visitor of a page loads."""

from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "src/organizations/static/organizations"
CEILINGS = {"organizations.css": 12_000, "organizations.js": 8_000}
#: An optional app may bring a sheet for what the core does not have.
OF_APPS = sorted(STATIC.parents[1].glob("*/static/**/*.css"))


@pytest.mark.parametrize("name", CEILINGS)
def test_a_file_stays_below_its_ceiling(name):
    assert (STATIC / name).stat().st_size <= CEILINGS[name]


def test_every_file_has_a_ceiling():
    assert {path.name for path in STATIC.rglob("*") if path.is_file()} == set(CEILINGS)


def test_the_script_asks_nobody_for_anything():
    """A policy without connect-src would say so in the console, whoever caught the error."""
    text = (STATIC / "organizations.js").read_text(encoding="utf-8")
    requests = ("fetch(", "XMLHttpRequest", "sendBeacon", "EventSource", "WebSocket", "import ")
    assert [each for each in requests if each in text] == []


@pytest.mark.parametrize("path", OF_APPS, ids=lambda path: path.name)
def test_the_sheet_of_an_optional_app_is_a_supplement(path):
    assert path.stat().st_size <= 2_000
