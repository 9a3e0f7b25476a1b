"""Environments of their own for releases of django-organizations.

They are made by pip in the temporary folder, keyed by what is installed, and used again by
the next run.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

# One release of each kind, each with a Django that it supports and that runs here:
# - 2.0 ends at migration 0004. Django 3.2 is of its time, made serial columns (as every Django
#   before 4.1 did) and needs psycopg2. The release imports django-extensions without saying
#   so, and this Django imports modules that Python has dropped since.
# - 2.4 with Django 4.2, the first that made identity columns in a release with long support.
# - 2.7, the newest, with Django 5.2.
RELEASES = {
    "2.0.2": [
        "django==3.2.25",
        "django-extensions==3.2.3",
        "psycopg2-binary",
        'setuptools<80; python_version >= "3.12"',
        'legacy-cgi; python_version >= "3.13"',
    ],
    "2.4.1": ["django==4.2.*", "psycopg[binary]"],
    "2.7.0": ["django==5.2.*", "psycopg[binary]"],
}
NEWEST = "2.7.0"


def peer_python(release: str) -> Path:
    """Return the Python of an environment that holds the release of django-organizations."""
    return environment([f"django-organizations=={release}", *RELEASES[release]])


def environment(requirements: list[str]) -> Path:
    """Return the Python of an environment that holds the requirements; made once."""
    key = hashlib.sha256(repr([sys.version, *requirements]).encode()).hexdigest()[:12]
    home = Path(tempfile.gettempdir(), f"orgkit-{os.getuid()}", "peers")
    home.mkdir(parents=True, exist_ok=True)
    folder = home / key
    python = folder / "bin" / "python"
    done = folder / "done"
    with open(home / f"{key}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker may be making it
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            venv.create(folder)
            install(python, *requirements)
            done.touch()
    return python


def install(python: Path, *arguments: str) -> None:
    """Install into the environment, or fail with what pip says."""
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(python), "install"),
            *("-qq", "--disable-pip-version-check"),
            *arguments,
        ],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise AssertionError(
            f"pip could not install {' '.join(arguments)}, so this cannot be tested. "
            f"Is the package index within reach?\n{result.stdout}{result.stderr}"
        )
