"""An index for values of any length. Migrations import it, so it never moves."""

from __future__ import annotations

from typing import Any

from django.db import models

__all__ = ["EqualityIndex"]

#: Letters of four bytes that an entry of MySQL has room for, in its oldest format: 767 bytes.
PREFIX = 191


class EqualityIndex(models.Index):
    """Finds equal values: by hash on PostgreSQL, whose trees hold no long ones; texts only.

    MySQL and MariaDB take the beginning of the values and look at the rows for the rest.

    Django's own ``HashIndex`` wants ``django.contrib.postgres`` installed, on every database.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            using = " USING hash"
        statement = super().create_sql(model, schema_editor, using=using, **kwargs)
        if schema_editor.connection.vendor == "mysql":
            columns: Any = statement.parts["columns"]
            columns.col_suffixes = [f"({PREFIX})"] * len(columns.columns)
        return statement
