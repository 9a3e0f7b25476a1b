"""What may not stand in the repository's text, and what may not stand in templates."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "src" / "organizations"

# Each pattern is written so that it does not match itself.
FORBIDDEN = {
    "path of somebody's machine": r"/(?:work|root|home)/[\w.]",
    "host of a registry": r"pypi[.]org|pythonhosted[.]org|npmjs[.]org|deb[.]debian[.]org",
    "unfinished": r"\b(?:TO[D]O|FIX[M]E)\b",
    "page that is not in this repository": (
        r"\b(?:HOUS[E]|EXPERIENC[E]|COMPATIBILIT[Y]|ECOSYSTE[M]|ANCHOR[S]|FEATURE[S]"
        r"|CONTRAC[T])\.md\b"
    ),
}
# Tests are not skipped or expected to fail: what cannot be run is not collected.
FORBIDDEN_IN_TESTS = r"pytest[.](?:skip|xfail|importorskip)\b|mark[.](?:skip|skipif|xfail)\b"


def text_files():
    """Yield (path, text) of every file that is or would be in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue  # a picture, a compiled catalogue


def lines_with(pattern, text):
    return [number for number, line in enumerate(text.splitlines(), 1) if re.search(pattern, line)]


@pytest.mark.parametrize("reason", FORBIDDEN)
def test_repository_is_free_of(reason):
    offences = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in text_files()
        for number in lines_with(FORBIDDEN[reason], text)
    ]
    assert not offences, f"{reason}: {offences}"


def test_no_test_is_skipped():
    offences = [
        f"{path.relative_to(ROOT)}:{number}"
        for path, text in text_files()
        if path.is_relative_to(ROOT / "tests") and path.suffix == ".py"
        for number in lines_with(FORBIDDEN_IN_TESTS, text)
    ]
    assert not offences


def page_templates():
    """Every template but those of mails, whose styles must be inline."""
    found = [*TEMPLATES.glob("templates/**/*.html"), *TEMPLATES.glob("*/templates/**/*.html")]
    return [path for path in sorted(found) if "email" not in path.parts]


# A strict content security policy runs and shows only what comes from files.
@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a style attribute", r"<[^>]*\sstyle\s*="),
        ("a style element", r"<style\b"),
        ("a script that is not a file", r"<script\b(?![^>]*\ssrc\s*=)"),
        ("an event attribute", r"<[^>]*\son[a-z]+\s*="),
        ("a script address", r"javascript:"),
    ],
)
def test_no_page_template_has(what, pattern):
    offences = [
        str(path.relative_to(TEMPLATES))
        for path in page_templates()
        if re.search(pattern, path.read_text(encoding="utf-8"), re.IGNORECASE)
    ]
    assert not offences, f"{what}: {offences}"


def test_there_are_page_templates():
    assert page_templates()
