"""A small project whose organizations are its own: the tables follow, in any order of apps."""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_the_project_runs():
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-m", "tests.projects.run"],
        cwd=HERE / "project",
        env={**os.environ, "PYTHONPATH": str(ROOT), "ORGKIT_PROJECT": "yards"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "No changes detected" in done.stdout
    count = re.search(r"Ran (\d+) tests", done.stdout)
    assert count is not None and int(count[1]) > 1, done.stdout
