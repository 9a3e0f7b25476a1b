"""The code blocks of the README and of ``docs/``: what each one is and where it belongs.

A block says in its first line where its reader would put it:

- ``# shop/views.py`` (or ``{# templates/base.html #}``, ``/* static/brand.css */``): a file
  of the reader's project;
- ``# settings.py``: lines for the end of the settings;
- ``# urls.py``: lines for ``urlpatterns``, or the whole file if it holds ``urlpatterns``;
- ``# manage.py shell``: typed in the project's shell;
- anything else: plain code that runs as it stands.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

from tests.settings import WINGS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"

# Pages about optional apps. Where the folder of such an app is deleted, its pages are left out,
# and so is every block of another page that names the app.
PAGES_OF_WINGS = {
    # The page about teams ends with roles of teams.
    "organizations.roles": {"tutorial/billing-role.md", "howto/roles.md", "howto/teams.md"},
    "organizations.teams": {"howto/teams.md"},
    "organizations.tenancy": {"howto/scope.md", "howto/row-level-security.md"},
}
ABSENT = PAGES_OF_WINGS.keys() - set(WINGS)
LEFT_OUT = {DOCS / name for wing in ABSENT for name in PAGES_OF_WINGS[wing]}

SHELL = "manage.py shell"
# What a block may be. Code in "text" is nothing that anybody would run.
LANGUAGES = {"python", "html+django", "css", "sh", "text"}
DIRECTIVES = {"toctree", "image", "figure", "eval-rst", "include"}

_FIRST_LINE = {
    "python": re.compile(r"#\s+(manage\.py shell|[\w/]+\.py)\b"),
    "html+django": re.compile(r"\{#\s+([\w./]+)\s+#\}"),
    "css": re.compile(r"/\*\s+([\w./]+)\s+\*/"),
}


@dataclass(frozen=True)
class Block:
    """One fenced block: ``line`` is the number of its first line of code, from 1."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def where(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def target(self):
        """Return the file that the block belongs into, or None for plain code."""
        pattern = _FIRST_LINE.get(self.language)
        found = pattern and pattern.match(self.text)
        return found[1] if found else None

    def run(self, namespace):
        """Run the code; a traceback names the page and its line."""
        code = "\n" * (self.line - 1) + self.text
        exec(compile(code, str(self.page), "exec"), namespace)


@cache
def pages():
    """Return the README and every page under docs/, those of decisions included."""
    found = sorted(set(DOCS.rglob("*.md")) - LEFT_OUT)
    return (README, *(path for path in found if "_build" not in path.parts))


@cache
def tokens_of(page):
    return tuple(MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")))


@cache
def blocks_of(page):
    """Return the blocks of code of one page, directives left out."""
    return tuple(
        Block(page, token.map[0] + 2, token.info.strip(), token.content)
        for token in tokens_of(page)
        if token.type == "fence" and not token.info.strip().startswith("{")
        if not any(wing in token.content for wing in ABSENT)
    )


def directives_of(page):
    """Yield (line, name) of each MyST directive that is written as a fence."""
    for token in tokens_of(page):
        if token.type == "fence" and token.info.strip().startswith("{"):
            yield token.map[0] + 1, token.info.strip()[1:].partition("}")[0]


def python_blocks(page):
    return [block for block in blocks_of(page) if block.language == "python"]


def project_blocks(page):
    """Return the blocks that need a project of their own, in order."""
    return [block for block in blocks_of(page) if block.target]


def plain_blocks(page):
    return [block for block in python_blocks(page) if not block.target]
