"""Links between pages lead somewhere, and commands that a page names exist."""

import re
import shlex
import tomllib
from itertools import pairwise

import pytest
from django.core.management import get_commands

from .blocks import DOCS, LEFT_OUT, README, ROOT, blocks_of, pages, tokens_of

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite


def name_of(page):
    return str(page.relative_to(ROOT))


def links_of(page):
    """Yield (line, target) of every link and picture."""
    for token in tokens_of(page):
        for child in token.children or ():
            if child.type in {"link_open", "image"}:
                yield token.map[0] + 1, child.attrGet("href") or child.attrGet("src")


def slug(heading):
    """Return what GitHub and MyST make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors_of(page):
    tokens = tokens_of(page)
    return {
        slug(following.content)
        for token, following in pairwise(tokens)
        if token.type == "heading_open"
    }


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page):
    broken = []
    for line, target in links_of(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            broken.append(f"{name_of(page)}:{line}: {target}")
        elif anchor and anchor not in anchors_of(file):
            broken.append(f"{name_of(page)}:{line}: {target} has no such heading")
    assert not broken


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_pages_link_to_no_outside_address_by_plain_http(page):
    assert not [target for _, target in links_of(page) if target.startswith("http:")]


def test_every_page_is_reached_from_the_index():
    tables = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(), re.DOTALL)
    listed = {
        line for table in tables for line in table.splitlines() if line and not line.startswith(":")
    }
    there = {*pages()[1:], *LEFT_OUT}
    found = {page.relative_to(DOCS).with_suffix("").as_posix() for page in there}
    assert found - {"index"} - listed == {
        name for name in found if name.startswith("decisions/") and name != "decisions/index"
    }
    assert listed <= found


def commands_of(page):
    """Yield (where, words) of each command in the page's shell blocks."""
    for block in blocks_of(page):
        if block.language == "sh":
            for line in block.text.splitlines():
                for command in re.split(r"&&|;", line.partition("#")[0]):
                    if command.strip():
                        yield block.where, shlex.split(command)


def targets_of_make():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def exists(words):
    """Return whether the command is there, or None if nothing is known of such a command."""
    match words:
        case ["make", target, *_]:
            return target in targets_of_make()
        case ["python", "manage.py", command, *_]:
            return command in {*get_commands(), "runserver"}
        case ["python", "-m", "venv", _] | [".", _] | ["mkdir" | "cd", _]:
            return True
        case ["pip", "install", "."] | ["python", "-m", "pip", "uninstall", "django-organizations"]:
            return True
        case ["django-admin", "startproject", *_]:
            return True
        case ["ORGKIT_DB=postgres", ".venv/bin/python", "-m", "pytest", test, *_]:
            return (ROOT / test).is_file()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_commands_of_a_page_exist(page):
    missing = [f"{where}: {words}" for where, words in commands_of(page) if not exists(words)]
    assert not missing


def test_some_page_names_commands():
    assert {tuple(words) for _, words in commands_of(README)} >= {
        ("make", "demo"),
        ("make", "test"),
    }


def test_versions_in_the_readme_are_those_of_the_package():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    [django_row] = re.findall(r"^\| Django \| (.+) \|$", README.read_text(), re.MULTILINE)
    [python_row] = re.findall(r"^\| Python \| (.+) \|$", README.read_text(), re.MULTILINE)

    def classified(prefix):
        versions = (each.removeprefix(prefix) for each in project["classifiers"] if prefix in each)
        return [version for version in versions if re.fullmatch(r"\d+\.\d+", version)]

    assert django_row.split(", ") == classified("Framework :: Django :: ")
    assert python_row.split(", ") == classified("Programming Language :: Python :: ")


def test_pasting_takes_at_most_six_lines():
    from .fresh_project import readme_lines

    settings, urls = readme_lines()
    assert 0 < len(settings) + len(urls) <= 6
