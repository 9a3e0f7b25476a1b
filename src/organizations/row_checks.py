"""System checks of a project's own models whose rows belong to an organization."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, router

from .managers import OrganizationOwnedQuerySet

__all__ = ["check_newest"]


def check_newest(**kwargs: Any) -> list[CheckMessage]:
    """W018: no index for the newest rows of an organization. W019: one that misleads.

    Both look at models with a ``created`` that every row has: ``newest_for_user`` reads by it.
    """
    found: list[CheckMessage] = []
    for model, field in _dated_models():
        name = field.name
        indexes = [_columns(each) for each in model._meta.indexes if _orders_all(each)]
        if not any(columns[:2] == [name, "created"] for columns in indexes):
            found.append(
                Warning(
                    f"{model._meta.label} has no index on {name} and created: the newest rows of "
                    "an organization are found by sorting all of them.",
                    hint="class Meta:\n"
                    f'    indexes = [models.Index(fields=["{name}", "-created", '
                    f'"-{model._meta.pk.name}"], name="{model._meta.model_name[:23]}_newest")]',
                    obj=model,
                    id="organizations.W018",
                )
            )
        first = model._meta.get_field("created").db_index or any(
            columns[:1] == ["created"] for columns in indexes
        )
        if first and _is_on_postgres(model):
            found.append(
                Warning(
                    f"{model._meta.label} has an index that begins with created. PostgreSQL then "
                    "looks for the rows of a small organization among the newest of all.",
                    hint="Take db_index=True off, or the index; one on "
                    f'["{name}", "-created"] serves lists of organizations.',
                    obj=model,
                    id="organizations.W019",
                )
            )
    return found


def _dated_models() -> Iterator[tuple[Any, Any]]:
    """Yield the models that have our manager and a date of their own, and their foreign key."""
    for model in apps.get_models():
        if model.__module__.partition(".")[0] == __name__.partition(".")[0]:
            continue  # ours; nobody could mend it
        rows: list[Any] = [
            each.get_queryset()
            for each in model._meta.managers
            if issubclass(getattr(each, "_queryset_class", object), OrganizationOwnedQuerySet)
        ]
        dates = {each.name: each for each in model._meta.local_fields}
        date = dates.get("created")
        if not rows or not isinstance(date, models.DateField) or date.null:
            continue
        try:
            field = rows[0]._organization_field()
        except ImproperlyConfigured:
            continue  # asking it for rows says what is missing
        if field.name in dates:
            yield model, field


def _orders_all(index: models.Index) -> bool:
    """Return whether all rows can be read in the order of an index: a tree without a condition."""
    return index.condition is None and index.suffix in {"idx", "btree"}


def _columns(index: models.Index) -> list[str]:
    return [name.removeprefix("-") for name in index.fields]


def _is_on_postgres(model: Any) -> bool:
    return connections[router.db_for_read(model)].vendor == "postgresql"
