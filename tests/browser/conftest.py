"""A real server and a real browser: the demo as ``make demo`` starts it, and Chromium."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import database_name

from .person import Person

ROOT = Path(__file__).resolve().parents[2]
#: Seconds that the demo may take from nothing to its first page.
PATIENCE = 90


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url, process):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"no page at {url} within {PATIENCE} seconds")


@contextlib.contextmanager
def served(command, url, **options):
    """Run a server while the block runs; its output goes where the test's goes."""
    process = subprocess.Popen(command, **options)
    try:
        wait_for(url, process)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@contextlib.contextmanager
def demo(folder, name):
    """Serve the demo, freshly made and filled, and give its address and its environment."""
    port = free_port()
    environment = {**os.environ, "SHOP_DATA": str(folder), "SHOP_DB_NAME": f"{name}_{os.getpid()}"}
    # The demo has its own settings; those of the tests would get in its way.
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [
        *(sys.executable, "manage.py", "demo", "--fresh"),
        *("--db", database_name(), "--port", str(port)),
    ]
    url = f"http://127.0.0.1:{port}"
    with served(command, url, cwd=ROOT / "demo", env=environment):
        yield url, environment


@pytest.fixture(scope="session")
def shop(tmp_path_factory):
    """The address of the demo, on the database of this run."""
    with demo(tmp_path_factory.mktemp("shop"), "shop_browser") as (url, _environment):
        yield url


def launched(playwright, **options):
    return playwright.chromium.launch(
        executable_path=os.environ.get("ORGKIT_CHROMIUM", "/usr/bin/chromium"),
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
        **options,
    )


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    """A demo of its own with the people and organizations of ``stage.py``.

    Its value has the ``url``, and by their names the ``sessions`` of people and the ``places``
    that stand in paths.
    """
    with demo(tmp_path_factory.mktemp("gallery"), "shop_gallery") as (url, environment):
        run = subprocess.run(
            [sys.executable, str(Path(__file__).with_name("stage.py"))],
            cwd=ROOT / "demo",
            env={
                **environment,
                "SHOP_DB": database_name(),
                "DJANGO_SETTINGS_MODULE": "shop.settings",
                "PYTHONPATH": os.pathsep.join(
                    [str(ROOT / "demo"), os.environ.get("PYTHONPATH", "")]
                ),
            },
            stdout=subprocess.PIPE,
            check=True,
        )
        yield SimpleNamespace(url=url, **json.loads(run.stdout))


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright):
    """The system's Chromium, driven through its own protocol."""
    browser = launched(playwright)
    yield browser
    browser.close()


@pytest.fixture
def chromium_with_cache(playwright):
    """The same, which keeps the pages that one leaves, as it does for people."""
    browser = launched(playwright, ignore_default_args=["--disable-back-forward-cache"])
    yield browser
    browser.close()


@pytest.fixture(params=[True, False], ids=["javascript", "no-javascript"])
def javascript(request):
    return request.param


@pytest.fixture
def person(chromium, request, javascript):
    """Make people: each has a browser of their own, with its own cookies.

    When the test ends, nobody's console may hold a message: a violation of the strict
    content security policy, a missing file or a script error would stand there.
    """
    people = []

    def make(name, *, base=None):
        base = base or request.getfixturevalue("shop")
        context = chromium.new_context(
            java_script_enabled=javascript, viewport={"width": 1100, "height": 900}
        )
        context.set_default_timeout(15_000)
        people.append(Person(name, context.new_page(), base))
        return people[-1]

    yield make

    complaints = [complaint for each in people for complaint in each.complaints]
    for each in people:
        each.page.context.close()
    assert complaints == []
