"""Every block of code in the README and in docs/ runs, in one of two places.

Plain Python runs here, in the settings of these tests; the blocks of one page run in order in
one namespace. Blocks that belong into a project (see ``blocks.py``) go into a new project that
has the README's lines, which is then checked, migrated and used.
"""

import ast
import json

import pytest
from django.test import TestCase

from . import run_page
from .blocks import (
    ABSENT,
    DIRECTIVES,
    DOCS,
    LANGUAGES,
    README,
    ROOT,
    SHELL,
    blocks_of,
    directives_of,
    pages,
    plain_blocks,
    project_blocks,
    python_blocks,
    tokens_of,
)
from .fresh_project import make_project

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite

# Pages that build on the models which the first how-to writes.
SHOP = DOCS / "howto" / "models.md"
# Pages that go on with the project of another page: its models come first.
GOES_ON = {DOCS / "tutorial" / "billing-role.md": DOCS / "start.md"}
# What the README says in words, since it is no part of the lines to paste.
IN_WORDS = (
    "AUTHENTICATION_BACKENDS = "
    '["django.contrib.auth.backends.ModelBackend", "organizations.auth.OrganizationBackend"]\n'
    'MIDDLEWARE += ["organizations.middleware.OrganizationMiddleware"]'
)
# What other packages would bring; only the part that a page uses.
ALLAUTH = {
    "allauth/__init__.py": "",
    "allauth/account/__init__.py": "",
    "allauth/account/apps.py": (
        "from django.apps import AppConfig\n\n\n"
        "class AccountConfig(AppConfig):\n"
        '    name = "allauth.account"\n'
    ),
    "allauth/account/models.py": (
        "from django.conf import settings\n"
        "from django.db import models\n\n\n"
        "class EmailAddress(models.Model):\n"
        "    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)\n"
        "    email = models.EmailField()\n"
        "    verified = models.BooleanField(default=False)\n"
    ),
    "allauth/account/migrations/__init__.py": "",
}
STAND_INS = {DOCS / "howto" / "allauth.md": (ALLAUTH, "allauth.account")}
BUILT_HERE = {"orgkit-" + name for name in (
    "settings", "permissions", "urls", "auth-urls", "errors", "checks", "commands", "templates",
    "wings", "states",
)}  # fmt: skip


def name_of(page):
    return str(page.relative_to(ROOT))


def with_blocks(kind):
    return [page for page in pages() if kind(page)]


def test_every_block_is_of_a_known_kind():
    """A block that no test below would run is a mistake in the page."""
    unknown = [block.where for page in pages() for block in blocks_of(page)
               if block.language not in LANGUAGES]  # fmt: skip
    unknown += [
        f"{name_of(page)}:{line}: directive {name}"
        for page in pages()
        for line, name in directives_of(page)
        if name not in DIRECTIVES | BUILT_HERE
    ]
    unknown += [
        f"{name_of(page)}:{token.map[0] + 1}: indented, use a fence"
        for page in pages()
        for token in tokens_of(page)
        if token.type == "code_block"
    ]
    assert not unknown


def test_text_blocks_hold_no_code():
    """``text`` is for what a program prints and for drawings; code would go untested there."""
    for page in pages():
        for block in blocks_of(page):
            if block.language == "text":
                assert not any(
                    line.startswith(("import ", "from ", "class ", "def ", "@", "{%", ">>> "))
                    for line in block.text.splitlines()
                ), block.where


def test_every_python_block_is_run_by_one_of_the_tests_below():
    run = sum(len(plain_blocks(page)) for page in with_blocks(plain_blocks))
    run += sum(
        block.language == "python"
        for page in with_blocks(project_blocks)
        for block in project_blocks(page)
    )
    assert run == sum(len(python_blocks(page)) for page in pages()) > 0


@pytest.mark.django_db
@pytest.mark.parametrize("page", with_blocks(plain_blocks), ids=name_of)
def test_plain_code_runs(page):
    namespace = {"__name__": "docs"}
    for block in plain_blocks(page):
        # What happens after the commit happens at the end of each block.
        with TestCase.captureOnCommitCallbacks(execute=True):
            block.run(namespace)


# A new project has a database of its own, so once is enough.
@pytest.mark.sqlite
@pytest.mark.parametrize("page", with_blocks(project_blocks), ids=name_of)
def test_code_works_in_a_new_project(page, tmp_path):
    project = make_project(tmp_path)
    blocks = project_blocks(page)
    if page == README:  # the project has its other lines already
        blocks = [b for b in blocks if b.target == SHELL or b.target.startswith("shop/")]
        project.add_settings(IN_WORDS)
        project.add_settings(f"INSTALLED_APPS += {sorted({'organizations.roles'} - ABSENT)}")
    elif page in GOES_ON or not any(block.target == "shop/models.py" for block in blocks):
        models = project_blocks(GOES_ON.get(page, SHOP))
        blocks = [*(b for b in models if b.target == "shop/models.py"), *blocks]
    files = [block.target for block in blocks if "/" in block.target]
    apps = {name.partition("/")[0] for name in files if name.endswith(".py")}
    apps = apps - {"mysite"} | {"shop"}
    for app in apps:
        project.write(f"{app}/__init__.py", "")
        project.write(f"{app}/migrations/__init__.py", "")
    if page in STAND_INS:
        others, app = STAND_INS[page]
        apps.add(app)
        for name, text in others.items():
            project.write(name, text)
    project.add_settings(
        f"INSTALLED_APPS += {sorted(apps)}\n"
        'TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"]\n'
        'STATICFILES_DIRS = [BASE_DIR / "static"]'
    )
    project.write("templates/README.txt", "")
    project.write("static/README.txt", "")
    written = {}
    for block in blocks:
        match block.target:
            case "settings.py":
                project.add_settings(block.text)
            case "urls.py":
                project.add_urls(block.text)
            case target if target != SHELL and "/migrations/" not in target:
                # A page may go on with a file that it has begun.
                written[target] = written.get(target, "") + block.text
                project.write(target, written[target])
    data = [
        {"target": b.target, "text": b.text, "line": b.line, "page": str(b.page)} for b in blocks
    ]
    output = project.run("-c", RUN.format(path=run_page.__file__), stdin=json.dumps(data))
    assert output.rstrip().endswith("done"), output


# The script stands outside of the project, whose folder is the first to import from.
RUN = "import runpy; runpy.run_path({path!r}, run_name='__main__')"


def test_a_block_that_fails_names_its_page_and_line(tmp_path):
    block = next(block for page in pages() for block in plain_blocks(page))
    broken = type(block)(block.page, 7, "python", "x = 1\nraise LookupError('here')\n")
    with pytest.raises(LookupError) as caught:
        broken.run({})
    assert caught.traceback[-1].lineno + 1 == 8


def test_python_blocks_are_written_as_the_code_is():
    """Double quotes, no prompt, and lines that fit the page."""
    for page in pages():
        for block in python_blocks(page):
            assert all(len(line) <= 100 for line in block.text.splitlines()), block.where
            if block.target != "urls.py":  # lines for urlpatterns are no statements
                ast.parse(block.text)
