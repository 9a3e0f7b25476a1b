"""The PostgreSQL of the benches: the embedded one, or that of ``DATABASE_URL``."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

__all__ = ["database"]


def database(name: str) -> dict[str, Any]:
    """Return a ``DATABASES`` entry for a database, which is created when it is missing.

    Of ``DATABASE_URL`` the server and the user count, not the database: the benches make their own.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        from tools.embedded_postgres import postgres_database

        return postgres_database("bench", name=name)
    parts = urlsplit(url)
    entry = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
    _create(entry, home=parts.path.lstrip("/") or "postgres")
    return entry


def _create(entry: dict[str, Any], *, home: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        user=entry["USER"] or None,
        password=entry["PASSWORD"] or None,
        dbname=home,
        autocommit=True,
    ) as link:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        if link.execute(known, [entry["NAME"]]).fetchone() is None:
            link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(entry["NAME"])))
