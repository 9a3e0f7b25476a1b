"""The two sides of a comparison: processes of their own, each with its package and its database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.server import database

__all__ = ["PEERS", "Failed", "Side", "link_to"]

ROOT = Path(__file__).resolve().parents[1]
#: What is compared with, from the package index. Django and the driver are those of ours.
PEERS = ["django-organizations==2.7.0", "django-guardian==3.5.2"]


class Failed(Exception):
    """A side could not do its work."""


class Side:
    """A worker, for ``with``: ``ours``, ``core`` (ours without the optional apps) or ``peer``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._package = "peer" if name == "peer" else "ours"
        self.database = database(f"bench_{self._package}")
        self._python = _peer_python() if name == "peer" else Path(sys.executable)
        settings = "core" if name == "core" else "settings"
        self._environment = {
            **os.environ,
            "BENCH_DATABASE": json.dumps(self.database),
            "DJANGO_SETTINGS_MODULE": f"bench.{self._package}.{settings}",
            "PYTHONPATH": str(ROOT),
        }

    def migrate(self) -> None:
        subprocess.run(
            [self._python, "-m", "django", "migrate", "-v0", "--skip-checks"],
            env=self._environment,
            cwd=ROOT,
            check=True,
        )

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [self._python, "-W", "ignore", "-m", "bench.worker", f"bench.{self._package}.ways"],
            env=self._environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=60)

    def ask(self, way: str, case: dict[str, Any], mode: str) -> dict[str, Any]:
        """Return what the worker answers; see ``worker``.

        Args:
            mode: "time", "queries", or "plan" for what only reads.
        Raises:
            Failed
        """
        stdin: Any = self._process.stdin
        stdout: Any = self._process.stdout
        stdin.write(json.dumps({"way": way, "case": case, "mode": mode}) + "\n")
        stdin.flush()
        line = stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "The worker is gone."}
        if "error" in answer:
            raise Failed(f"{self.name}, {way}, {case}:\n{answer['error']}")
        return answer


def link_to(side: Side) -> Any:
    """Return a connection of psycopg to a side's database."""
    import psycopg

    entry = side.database
    return psycopg.connect(
        dbname=entry["NAME"],
        user=entry["USER"] or None,
        host=entry["HOST"] or None,
        port=entry.get("PORT") or None,
        password=entry.get("PASSWORD") or None,
    )


def _peer_python() -> Path:
    """Return the Python of an environment with the peers, made once for each Django."""
    import django
    import psycopg

    folder = ROOT / f".venv-bench-{sys.version_info.major}.{sys.version_info.minor}"
    python, stamp = folder / "bin" / "python", folder / ".installed"
    wanted = [*PEERS, f"django=={django.get_version()}", f"psycopg[binary]=={psycopg.__version__}"]
    if not stamp.exists() or stamp.read_text() != "\n".join(wanted):
        print(f"Installing {' and '.join(PEERS)}", file=sys.stderr, flush=True)
        venv.create(folder, clear=True)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-qq"]
        subprocess.run([*pip, "--disable-pip-version-check", *wanted], check=True)
        stamp.write_text("\n".join(wanted))
    return python
