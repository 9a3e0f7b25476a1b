"""Both distributions in one environment are refused, whichever was installed last."""

import subprocess
import sys
import venv

import pytest

from .databases import ROOT, Database
from .peers import NEWEST, RELEASES, install

pytestmark = pytest.mark.slow

WAY_OUT = "pip uninstall django-organizations django-orgkit && pip install django-orgkit"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as it is installed from the index; an editable one lies elsewhere."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        text=True,
    )
    [path] = folder.glob("*.whl")
    return str(path)


def run(python, database, *command):
    done = subprocess.run(
        [python, "-m", "django", *command],
        cwd=database.settings["NAME"].rpartition("/")[0],
        env={
            **database.environment("early"),
            "DJANGO_SETTINGS_MODULE": "tests.upgrade.project.settings",
        },
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.sqlite  # the files are the matter here, not the database
def test_both_together_are_refused_with_the_way_out(wheel, tmp_path):
    database = Database({"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db")})
    folder = tmp_path / "environment"
    venv.create(folder)
    python = folder / "bin" / "python"
    install(python, f"django-organizations=={NEWEST}", *RELEASES[NEWEST])
    install(python, "--no-deps", wheel)

    for command in [["check"], ["migrate"]]:
        code, output = run(python, database, *command)
        assert code != 0
        assert "organizations.E004" in output
        assert "django-organizations, django-orgkit" in output
        assert WAY_OUT in output

    # The other way round its files lie over ours, its app config too: no check of ours is
    # registered then. What needs the migrations says it.
    install(python, "--no-deps", "--force-reinstall", f"django-organizations=={NEWEST}")
    for command in [["migrate"], ["makemigrations", "--check"], ["showmigrations"]]:
        code, output = run(python, database, *command)
        assert code != 0
        assert "installed together" in output
        assert WAY_OUT in output

    # And the way out is one.
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "uninstall", "-qq", "-y",
         "django-organizations", "django-orgkit"],
        check=True, capture_output=True,
    )  # fmt: skip
    install(python, "--no-deps", wheel)
    for command in [["check"], ["migrate", "-v0"]]:
        code, output = run(python, database, *command)
        assert code == 0, output
