"""Teams in a project with a family of its own, in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_project_with_its_own_family_runs():
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-m", "tests.projects.run"],
        cwd=HERE / "project",
        env={**os.environ, "PYTHONPATH": str(ROOT), "ORGKIT_PROJECT": "teams"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    assert "No changes detected" in done.stdout
    count = re.search(r"Ran (\d+) tests", done.stdout)
    assert count is not None and int(count[1]) == 4, done.stdout
