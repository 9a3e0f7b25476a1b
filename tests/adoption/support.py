"""Projects that had their models before: made on disk, filled, and adopted as the plan says."""

import json
import shutil
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from uuid import uuid4

from tests.conftest import database_name
from tests.docs.fresh_project import NAME, readme_lines, start_project
from tools.embedded_postgres import postgres_database

HERE = Path(__file__).parent


@contextmanager
def database():
    """Yield the lines of settings for an empty database that the project has to itself."""
    if database_name() == "sqlite":
        yield ""
        return
    import psycopg

    name = f"orgkit_adopt_{uuid4().hex[:12]}"
    entry = postgres_database("tests", name=name)
    yield f"DATABASES = {{'default': {entry!r}}}"
    # Not through Django, which keeps these tests from the database of the test run.
    with psycopg.connect(
        host=entry["HOST"], user=entry["USER"], dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def old_project(folder, app, *, lines=""):
    """Yield a project that has one app of its own and knows nothing of ours."""
    project = start_project(folder)
    shutil.copytree(HERE / "before" / app, project.folder / app)
    project.write(f"{app}/migrations/__init__.py", "")
    with database() as own:
        project.add_settings(f"INSTALLED_APPS += [{app!r}]\n{own}\n{lines}")
        yield project


def add_package(project):
    """Paste the README's lines, as ``make_project`` does."""
    lines, urls = readme_lines()
    project.add_settings("\n".join(lines))
    project.add_urls("\n".join(f"    {line}" for line in urls))
    path = project.folder / NAME / "urls.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("import path", "import include, path"), encoding="utf-8")


RUN = """
import django, json, sys
from django.core.management import CommandError, call_command

django.setup()
for step in json.load(sys.stdin):
    if isinstance(step, str):
        exec(compile(open(step).read(), step, "exec"), {"__name__": "script"})
        continue
    print("$", *step)
    try:
        call_command(*step, stdout=sys.stdout, stderr=sys.stdout)
    except (CommandError, ValueError, SystemExit) as error:
        print("stopped:", error)
"""


def steps(project, *given):
    """Run commands (tuples) and scripts (their names) in one process; return what they print."""
    found = [str(HERE / "scripts" / each) if isinstance(each, str) else each for each in given]
    return project.run("-c", RUN, stdin=json.dumps(found))


def kept(output):
    """Return the values that scripts have printed to be kept, in order."""
    lines = [each for each in output.splitlines() if each.startswith("kept ")]
    return [json.loads(line.removeprefix("kept ")) for line in lines]


def plan_of(project, *arguments):
    return json.loads(project.manage("organizations_adopt", *arguments, "--json"))


def apply(plan):
    """Change the files as the plan says, line by line, from the bottom up."""
    for file, edits in groupby(plan["edits"], key=lambda edit: edit["file"]):
        path = Path(file)
        lines = path.read_text(encoding="utf-8").splitlines()
        for edit in reversed(list(edits)):
            first, last = edit["line"] - 1, edit["line"] - 1 + len(edit["old"])
            assert lines[first:last] == edit["old"]
            lines[first:last] = edit["new"]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
