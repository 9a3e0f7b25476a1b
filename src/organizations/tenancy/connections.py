"""Tells each PostgreSQL connection what is open, for the policies of ``rls``.

The setting lasts for a transaction and never longer, so that neither a pool nor a pooler can give
it to somebody else. It is sent in one statement, right before the first one that names a table
under a policy, and again when something else is open.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.signals import connection_created

from .rls import SETTING, policies
from .scope import EVERYTHING, State, state

__all__ = ["install"]

# What drivers call a connection outside of a transaction: PQTRANS_IDLE of libpq.
IDLE = 0

_ROLLBACK = re.compile(r"\s*rollback\s+to\b", re.IGNORECASE)
#: Some of these refuse to run in a transaction; no policy applies to any of them.
_NO_ROWS = re.compile(r"\s*(create|drop|alter|vacuum|analyze|reindex|cluster)\b", re.IGNORECASE)


@functools.cache
def _tables() -> re.Pattern[str] | None:
    names = {each._meta.db_table for model, policy in policies() for each in policy.tables(model)}
    longest = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest)})\b") if names else None


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
    return f"{label}:{{{quoted}}}"


class Teller:
    """An execute wrapper of one connection, the first of them."""

    def __init__(self) -> None:
        #: What this transaction was told; None where nobody knows.
        self._told: str | None = ""
        self._is_telling = False
        #: How many schema editors are at work: migrations move the rows of everybody.
        self.migrating = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if self._is_telling:
            return execute(sql, params, many, context)
        connection = context["connection"]
        if connection.connection.info.transaction_status == IDLE:
            self._told = ""  # a transaction that has not begun knows nothing
        if isinstance(sql, str) and _ROLLBACK.match(sql):
            self._told = None  # what the savepoint had: the database knows, nobody here
            return execute(sql, params, many, context)
        if self._told == "" and not _concerns(sql):
            return execute(sql, params, many, context)
        text = "*" if self.migrating else as_text(state())
        if text == self._told:
            return execute(sql, params, many, context)
        if not connection.get_autocommit():
            self._tell(connection, text)
            return execute(sql, params, many, context)
        if isinstance(sql, str) and _NO_ROWS.match(sql):
            return execute(sql, params, many, context)
        # Without a transaction the setting would be gone before the statement.
        with transaction.atomic(using=_alias(connection)):
            self._tell(connection, text)
            return execute(sql, params, many, context)

    def _tell(self, connection: Any, text: str) -> None:
        self._told, self._is_telling = None, True
        try:
            with connection.cursor() as cursor:
                # By SET, not by set_config(): Citus passes it on to its workers.
                cursor.execute(f"SET LOCAL {SETTING} = {_quoted(text)}")
        finally:
            self._is_telling = False
        self._told = text


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
    editor = connection.SchemaEditorClass
    connection.SchemaEditorClass = type(
        editor.__name__, (_Migrating, editor), {"teller": teller, "__module__": editor.__module__}
    )


def install() -> None:
    """Prepare each PostgreSQL connection that there is or will be."""
    connection_created.connect(_prepare, dispatch_uid="organizations_tenancy_connections")
    for connection in connections.all(initialized_only=True):
        _prepare(connection)
