"""The project in ``demo/``, run as its users run it: as a program of its own."""

import ast
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import database_name
from tools.embedded_postgres import HOST_VARIABLE

DEMO = Path(__file__).resolve().parents[2] / "demo"


@pytest.fixture
def environment(tmp_path, worker_id):
    """The environment of a shell that knows nothing of this test run but its database."""
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("DJANGO_", "PYTEST_", "PYTHONPATH", "SHOP_"))
    }
    return {
        **clean,
        "SHOP_DB": database_name(),
        "SHOP_DATA": str(tmp_path),
        "SHOP_DB_NAME": f"shop_{worker_id}",
    }


def manage(environment, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=DEMO, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def demo(environment, *arguments):
    return manage(environment, "demo", "--db", database_name(), *arguments)


def connect(environment):
    """Return a connection to the demo's database."""
    name = environment["SHOP_DB_NAME"]
    if environment["SHOP_DB"] == "sqlite":
        return sqlite3.connect(Path(environment["SHOP_DATA"], f"{name}.sqlite3"))
    import psycopg

    return psycopg.connect(host=environment[HOST_VARIABLE], user="postgres", dbname=name)


def counts(environment):
    """Return the number of rows of the tables that the demo fills."""
    tables = (
        "organizations_organization", "organizations_organizationuser", "catalog_product",
        "mailbox_mail",
    )  # fmt: skip
    with closing(connect(environment)) as link:
        return [link.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


def test_demo_serves_what_it_made_and_makes_it_once(environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        printed, page = serve_and_read(environment, wanted)

    address, port = re.search(r"runs at\s+(http://127\.0\.0\.1:(\d+)/)", printed).groups()
    assert wanted < int(port) <= wanted + 50
    assert f"port {wanted} is taken" in printed
    for role in ("owner", "admin", "billing", "member", "outsider"):
        assert f"{address}login-as/demo-{role}/" in printed
    assert "orgkit-demo" in printed
    assert f"{address}mail/" in printed
    assert "Ada Okafor" in page
    assert counts(environment) == [4, 448, 75, 2]

    with closing(connect(environment)) as link:
        link.execute("DELETE FROM mailbox_mail")
        link.commit()
    printed = demo(environment, "--no-serve")
    assert "login-as/demo-owner/" in printed
    assert "Warning" not in printed
    assert counts(environment) == [4, 448, 75, 0]

    demo(environment, "--fresh", "--no-serve")
    assert counts(environment) == [4, 448, 75, 2]


def serve_and_read(environment, port):
    """Run the demo until its first page is there; return what it printed, and the page."""
    server = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "demo", "--db", database_name(), "--fresh",
         "--port", str(port)],
        cwd=DEMO, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        printed = ""
        for line in server.stdout:
            printed += line
            if "Ctrl+C" in line:
                break
        address = re.search(r"runs at\s+(\S+)", printed)
        assert address, printed
        page = read(address[1])
    finally:
        server.terminate()
        server.communicate(timeout=20)
    assert server.returncode == 0
    return printed, page


def read(address):
    """Return the page, which is there a moment after the address is printed."""
    for _attempt in range(100):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
                return answer.read().decode()
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {address}")


def test_no_migration_and_no_check_of_the_demo_is_open(environment):
    printed = manage(environment, "makemigrations", "--check", "--dry-run")
    assert "No changes" in printed
    assert "WARNING" not in printed


@pytest.mark.sqlite  # two minutes; on PostgreSQL the demo is served, below
def test_the_tests_of_the_demo_pass(environment):
    printed = manage(environment, "test", "--noinput")
    assert re.search(r"Ran [1-9]\d+ tests", printed)


def test_unknown_database_is_refused(environment):
    done = subprocess.run(
        [sys.executable, "manage.py", "demo", "--db", "oracle", "--no-serve"],
        cwd=DEMO, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode != 0
    assert "sqlite or postgres" in done.stderr


def test_demo_imports_nothing_but_django_and_the_package():
    """It runs with the extra [demo] alone."""
    ours = {"catalog", "shop", "organizations", "tools", "django"}
    found = set()
    for path in DEMO.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    assert not found - ours - sys.stdlib_module_names


def test_templates_of_the_demo_have_no_script_and_no_inline_style():
    texts = [path.read_text(encoding="utf-8") for path in DEMO.rglob("templates/**/*.html")]
    assert texts
    assert not [text for text in texts if re.search(r"<script|<style|\sstyle=|\son\w+=", text)]
