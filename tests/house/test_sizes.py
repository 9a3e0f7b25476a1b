"""What a page makes a browser fetch stays small."""

from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "organizations"
FILES = sorted(each for each in PACKAGE.glob("**/static/**/*") if each.is_file())
#: Bytes of a file as it lies there, by the end of its name.
CEILINGS = {".css": 12_000, ".js": 8_000}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_no_larger_than_its_kind_may_be(file):
    assert file.stat().st_size <= CEILINGS[file.suffix]


def test_the_stylesheet_is_looked_at():
    assert PACKAGE / "static" / "organizations" / "organizations.css" in FILES
