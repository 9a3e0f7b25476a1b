"""An index for values of any length. Migrations import it, so it never moves."""

from __future__ import annotations

from typing import Any

from django.db import models

__all__ = ["EqualityIndex"]


class EqualityIndex(models.Index):
    """Finds equal values: by hash on PostgreSQL, whose trees hold no long ones.

    Django's own ``HashIndex`` wants ``django.contrib.postgres`` installed, on every database.
    """

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            using = " USING hash"
        return super().create_sql(model, schema_editor, using=using, **kwargs)
