"""One side of a comparison, in an environment of its own: ``python -m bench.worker MODULE``.

It reads a line of JSON for each piece of work, does it, and writes a line with what it took and
what was found. ``DJANGO_SETTINGS_MODULE`` says which project it is.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
import time
import traceback
from importlib import import_module
from typing import Any

import django


def main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    sys.stdout = sys.stderr  # what libraries print is no answer
    django.setup()
    ways = import_module(sys.argv[1]).WAYS
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = _do(ways[asked["way"]], **asked["case"], mode=asked["mode"])
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


def _do(way: Any, *, mode: str, **case: Any) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with way(**case) as work:
        if mode == "time":
            gc.collect()
            gc.disable()
            begun = time.perf_counter()
            found = work()
            took = time.perf_counter() - begun
            gc.enable()
            return {"seconds": took, "found": _told(found)}
        if mode == "plan":
            with CaptureQueriesContext(connection) as sent:
                work()
            return _read(connection, [each["sql"] for each in sent])
        sent = []

        def count(execute: Any, sql: Any, *rest: Any) -> Any:
            sent.append(sql)  # Django's own list ends at 9,000
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            found = work()
        return {"queries": len(sent), "found": _told(found)}


def _told(found: Any) -> Any:
    """Return what was found such that ways can be compared: the keys of rows, people on a page."""
    if hasattr(found, "content"):
        return re.findall(r"user\d+@example\.com", found.content.decode())
    if isinstance(found, list):
        return [row[0] if isinstance(row, tuple) else row.pk for row in found]
    return found


def _read(connection: Any, statements: list[str]) -> dict[str, Any]:
    """Return the buffers that statements read, and the server's milliseconds."""
    buffers, took = 0, 0.0
    for sql in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}")
            [[[plan]]] = cursor.fetchall()
        buffers += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
        took += plan["Execution Time"]
    return {"buffers": buffers, "execution": took}


if __name__ == "__main__":
    main()
