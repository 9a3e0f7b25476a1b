"""Tells each PostgreSQL connection what is open, for the policies of ``rls``.

The setting lasts for a transaction and never longer, so that neither a pool nor a pooler can give
it to somebody else. It is sent in one statement, right before the first one that names a table
under a policy, and again when something else is open.
"""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.signals import connection_created

from .rls import SETTING, policies
from .scope import EVERYTHING, State, state

__all__ = ["install"]

# What drivers call a connection outside of a transaction: PQTRANS_IDLE of libpq.
IDLE = 0

_ROLLBACK = re.compile(r"\brollback\b[^;]*\bto\b", re.IGNORECASE)
#: What refuses to run in a transaction; no policy applies to it.
_ALONE = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:vacuum|cluster|reindex"
    r"|(?:create|drop|alter)\s+(?:database|tablespace|system|type)"
    r"|(?:create|drop|alter)\b(?=.*\bconcurrently\b))\b",
    re.IGNORECASE | re.DOTALL,
)


@functools.cache
def _tables() -> re.Pattern[str] | None:
    names = {
        # Without quotes, and without a schema before it.
        each._meta.db_table.strip('"').rpartition('"."')[2]
        for model, policy in policies()
        for each in policy.tables(model)
    }
    any_of_them = "|".join(map(re.escape, names))
    return re.compile(rf"(?<!\w)(?:{any_of_them})(?!\w)", re.IGNORECASE) if names else None


def _concerns(sql: Any) -> bool:
    tables = _tables()
    if tables is None:
        return False
    # Whatever a driver composes is not looked into.
    return not isinstance(sql, str) or bool(tables.search(sql))


def as_text(opened: State | None) -> str:
    """Return what is open as the database is told it."""
    if opened is None:
        return ""
    if opened == EVERYTHING:
        return "*"
    label = opened.model._meta.concrete_model._meta.label_lower
    if opened.keys is None:
        return f"{label}:{opened.key}"
    keys = sorted(re.sub(r'(["\\])', r"\\\1", str(key)) for key in opened.keys)
    quoted = ",".join(f'"{key}"' for key in keys)
    return f"{label}={{{quoted}}}"


class Teller:
    """An execute wrapper of one connection, the first of them."""

    def __init__(self) -> None:
        #: What this transaction was told; None where nobody knows.
        self.told: str | None = ""
        #: Whether it was told anything, which a savepoint could bring back.
        self.has_told = False
        #: How many schema editors are at work: migrations move the rows of everybody.
        self.migrating = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        connection = context["connection"]
        if connection.connection is None:
            return execute(sql, params, many, context)  # closed: Django says so
        is_idle = connection.connection.info.transaction_status == IDLE
        if is_idle:
            self.forget()  # a transaction that has not begun knows nothing
        concerns = _concerns(sql)
        goes_back = isinstance(sql, str) and _ROLLBACK.search(sql)
        if not concerns and (goes_back or self.told == ""):
            if goes_back and self.has_told:
                self.told = None  # what the savepoint had: the database knows, nobody here
            return execute(sql, params, many, context)
        text = "*" if self.migrating else as_text(state())
        if is_idle and connection.get_autocommit():
            if text == "" or (isinstance(sql, str) and _ALONE.match(sql)):
                return execute(sql, params, many, context)
            # Without a transaction the setting would be gone before the statement.
            with transaction.atomic(using=_alias(connection)):
                self.tell(connection, text)
                return execute(sql, params, many, context)
        if text != self.told:
            self.tell(connection, text)
        result = execute(sql, params, many, context)
        if goes_back and self.has_told:
            self.told = None
        cursor = context["cursor"]
        if concerns and getattr(cursor.cursor, "name", None):
            cursor.cursor = _Served(cursor.cursor, connection, self, text)
        return result

    def forget(self) -> None:
        """Note that a transaction has ended, and with it what it was told."""
        self.told, self.has_told = "", False

    def tell(self, connection: Any, text: str) -> None:
        """Send what is open, by the driver: wrappers may ask questions of their own."""
        self.told, self.has_told = None, True
        # By SET, not by set_config(): Citus passes it on to its workers.
        sql = f"SET LOCAL {SETTING} = {_quoted(text)}"
        begun = time.monotonic()
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(sql)
        self.told = text
        if connection.queries_logged:
            taken = time.monotonic() - begun
            connection.queries_log.append({"sql": sql, "time": f"{taken:.3f}"})


class _Served:
    """A cursor of the server: it looks for its rows when they are fetched, with what is open then.

    So the database is told again what was open when it began.
    """

    def __init__(self, cursor: Any, connection: Any, teller: Teller, text: str) -> None:
        self._cursor, self._connection, self._teller, self._text = cursor, connection, teller, text

    def _again(self) -> None:
        if self._teller.told != self._text:
            self._teller.tell(self._connection, self._text)

    def __getattr__(self, name: str) -> Any:
        if name in ("fetchone", "fetchmany", "fetchall", "scroll"):
            self._again()
        return getattr(self._cursor, name)

    def __iter__(self) -> Iterator[Any]:
        while True:
            self._again()
            row = self._cursor.fetchone()
            if row is None:
                return
            yield row


def _quoted(text: str) -> str:
    # SET takes no parameters. An E-string means the same whatever the server is set to.
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"E'{escaped}'"


def _alias(connection: Any) -> str:
    alias: str = connection.alias
    if connections[alias] is not connection:
        raise ImproperlyConfigured(
            f"A connection beside connections[{alias!r}] reads rows of organizations without a "
            "transaction. Begin one on it first."
        )
    return alias


class _Migrating:
    """Counts the schema editors at work, for the teller of their connection."""

    teller: Teller

    def __enter__(self) -> Any:
        self.teller.migrating += 1
        try:
            return super().__enter__()  # type: ignore[misc]
        except BaseException:
            self.teller.migrating -= 1
            raise

    def __exit__(self, *args: Any) -> Any:
        try:
            return super().__exit__(*args)  # type: ignore[misc]
        finally:
            self.teller.migrating -= 1


def _prepare(connection: Any, **kwargs: Any) -> None:
    wrappers = connection.execute_wrappers
    if connection.vendor != "postgresql" or any(isinstance(each, Teller) for each in wrappers):
        return
    teller = Teller()
    # First, since whoever puts one in for a block takes the last one out.
    wrappers.insert(0, teller)
    # What a driver begins by itself, as for COPY, no wrapper sees: each end is noted instead.
    for name in ("_commit", "_rollback", "_close"):
        setattr(connection, name, _forgetting(teller, getattr(connection, name)))
    editor = connection.SchemaEditorClass
    connection.SchemaEditorClass = type(
        editor.__name__, (_Migrating, editor), {"teller": teller, "__module__": editor.__module__}
    )


def _forgetting(teller: Teller, end: Any) -> Any:
    @functools.wraps(end)
    def ended() -> Any:
        teller.forget()
        return end()

    return ended


def install() -> None:
    """Prepare each PostgreSQL connection that there is or will be."""
    connection_created.connect(_prepare, dispatch_uid="organizations_tenancy_connections")
    for connection in connections.all(initialized_only=True):
        _prepare(connection)
