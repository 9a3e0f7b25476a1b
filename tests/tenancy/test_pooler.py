"""Behind PgBouncer, which gives its one connection to somebody else after each transaction."""

import os
import subprocess
import threading
import time
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from organizations.tenancy.scope import scope
from tests.tenancy.conftest import make_two
from tests.tenancy.files.models import Folder
from tests.tenancy.test_rls import ROUNDS, look, of_cursor

pytestmark = [
    pytest.mark.pooler,
    pytest.mark.django_db(transaction=True, databases=["default", "app"]),
]

CONFIGURATION = """
[databases]
kit = host={host} dbname={name} user=orgkit_app
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
unix_socket_mode = 0777
listen_port = 6543
auth_type = any
pool_mode = transaction
default_pool_size = 1
max_client_conn = 50
logfile = {folder}/log
"""


@pytest.fixture
def pooled(monkeypatch, tmp_path):
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents[:2]:
        parent.chmod(0o755)
    file = tmp_path / "pgbouncer.ini"
    default = connection.settings_dict
    file.write_text(
        CONFIGURATION.format(host=default["HOST"], name=default["NAME"], folder=tmp_path)
    )
    command = [os.environ["ORGKIT_PGBOUNCER"], str(file)]
    if os.getuid() == 0:  # which it refuses to run as; whoever runs the server gets in there
        command[1:1] = ["-u", Path(default["HOST"]).owner()]
    pooler = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not Path(tmp_path, ".s.PGSQL.6543").exists():
        assert time.monotonic() < end and pooler.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.05)
    monkeypatch.setitem(
        connections.settings,
        "app",
        {
            **connections.settings["app"],
            "HOST": str(tmp_path),
            "PORT": "6543",
            "NAME": "kit",
            "OPTIONS": {},
            # As Django asks for behind such a pooler.
            "DISABLE_SERVER_SIDE_CURSORS": True,
        },
    )
    before = connections["app"]
    del connections["app"]
    yield
    connections["app"].close()
    connections["app"] = before
    pooler.terminate()
    pooler.wait()


def test_two_organizations_behind_a_pooler_of_transactions(pooled):
    two = make_two()
    wrong, pids, begun = [], set(), threading.Barrier(2)

    def work(organization):
        begun.wait()
        try:
            for _ in range(ROUNDS):
                wrong.extend(look(organization))
                pids.update(of_cursor("SELECT pg_backend_pid()", alias="app"))
        except BaseException as error:  # a thread would only print it
            wrong.append(error)
        finally:
            connections["app"].close()

    threads = [
        threading.Thread(target=work, args=[each.organization]) for each in (two.acme, two.zenith)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(pids) == 1  # all of them over one connection


def test_a_session_that_remembers_would_be_found_here(pooled):
    """What the setting is not: the next one on the connection has it."""
    two = make_two()
    with scope(two.acme.organization):
        assert Folder.objects.using("app").count() == 1
    value = f"organizations.organization:{two.acme.organization.pk}"
    of = of_cursor("SELECT set_config('organizations.current', %s, false)", value, alias="app")
    assert of == [value]
    seen = []
    other = threading.Thread(
        target=lambda: (
            seen.extend(of_cursor("SELECT name FROM files_folder", alias="app")),
            connections["app"].close(),
        )
    )
    other.start()
    other.join()
    assert seen == ["acme folder"]
    with transaction.atomic(using="app"):
        assert of_cursor("SELECT set_config('organizations.current', '', false)", alias="app")
