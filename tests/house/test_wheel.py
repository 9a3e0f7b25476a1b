"""The built wheel works in an environment that holds Django and nothing else."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "organizations"


def run(*command, cwd):
    """Run a program that knows nothing of this test run's settings and paths."""
    ours = ("DJANGO_", "ORGKIT_", "PYTEST_", "COV_", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # Without isolation: what builds is pinned with the rest and needs no second download.
    run(
        sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT,
        cwd=folder,
    )  # fmt: skip
    [path] = folder.glob("*.whl")
    return path


def test_wheel_holds_every_file_of_the_package(wheel):
    """Templates, styles, migrations, translations and the type marker included."""
    expected = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
    metadata = {name for name in found if ".dist-info/" in name}
    assert found - metadata == expected
    assert "organizations/py.typed" in found
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_wheel_works_with_django_alone(wheel, tmp_path):
    folder = tmp_path / "empty"
    venv.create(folder, with_pip=False)
    python = next(path for path in folder.glob("*/python*") if path.stem == "python")
    run(
        sys.executable, "-m", "pip", "--python", python, "install", "-qq",
        "--constraint", ROOT / "constraints.txt", wheel,
        cwd=tmp_path,
    )  # fmt: skip
    script = tmp_path / "use_it.py"
    script.write_text(Path(__file__).with_name("use_the_wheel.py").read_text())

    output = run(python, "-W", "error::DeprecationWarning", script, cwd=tmp_path)

    *distributions, last = output.splitlines()
    assert set(distributions) == {"asgiref", "django", "django-orgkit", "sqlparse"}
    assert last == "works"
