"""``make docs`` is clean: a warning of Sphinx is an error."""

import subprocess
import sys

import pytest

from .blocks import DOCS, ROOT

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite


@pytest.mark.sqlite  # once is enough
def test_documentation_builds_without_a_warning(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", DOCS, tmp_path],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "index.html").exists()
    assert "INVITATION_LIFETIME" in (tmp_path / "reference" / "settings.html").read_text()
