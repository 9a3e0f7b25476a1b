"""Small projects, written in the ways that django-organizations documents, run on this package.

Each folder is a project: settings, apps with models, migrations and tests. Their migrations
are those that django-organizations itself makes for the models, where it can make any.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

PROJECTS = sorted(found.parent.name for found in HERE.glob("*/settings.py"))
# Run by tests/doors/test_user_models.py, with pytest.
PROJECTS.remove("email_user")
#: Those whose tables, locks and keys differ from one database to the other.
SQL_MATTERS = {"default_models", "multi_table", "other_keys", "own_models", "redeclared"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in SQL_MATTERS else pytest.mark.sqlite)
        for name in PROJECTS
    ],
)
def test_project_runs(name):
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error::DeprecationWarning"),
            *("-W", "error::PendingDeprecationWarning", "-m", "tests.projects.run"),
        ],
        cwd=HERE / name,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ORGKIT_PROJECT": name},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "No changes detected" in done.stdout
    count = re.search(r"Ran (\d+) tests", done.stdout)
    assert count is not None and int(count[1]) > 1, done.stdout


def test_the_projects_whose_sql_matters_are_there():
    assert set(PROJECTS) >= SQL_MATTERS
