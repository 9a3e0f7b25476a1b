"""Managers of models whose rows belong to one organization."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.signals import class_prepared

from . import guard
from .exceptions import ScopeMismatch
from .scope import EVERYTHING, needed, writable

__all__ = ["OwnedManager", "OwnedQuerySet"]


class OwnedQuerySet(models.QuerySet[Any]):
    """Rows of the organization whose scope is open; raises where none is.

    A queryset that began outside any scope takes the one that it is evaluated in. One that began
    inside a scope raises ``ScopeMismatch`` in any other, and ``ScopeMissing`` outside.
    """

    def __init__(self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None):
        if query is None and model is not None:
            query = guard.GuardedQuery(model)
        super().__init__(model, query, using, hints)

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        """As Django's; the rows are not filtered, and one of another organization is refused."""
        needed()
        return super().raw(*args, **kwargs)

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for row in objs:
            guard.stamp(row)
        return super().bulk_create(objs, *args, **kwargs)

    def _insert(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        for row in objs:
            guard.stamp(row)
        if kwargs.get("update_fields") and not self._conflicts_stay_inside(kwargs):
            raise ScopeMismatch
        return super()._insert(objs, *args, **kwargs)  # type: ignore[misc]

    _insert.alters_data = True  # type: ignore[attr-defined]

    def _conflicts_stay_inside(self, options: Any) -> bool:
        """Return whether a row that is written over instead can only be one of the scope."""
        if writable() == EVERYTHING:
            return True
        field = guard.organization_field(self.model)
        unique = {getattr(each, "name", each) for each in options.get("unique_fields") or ()}
        return field.name in unique

    def delete(self) -> Any:
        """As Django's."""
        # Rows that something hangs on are read, then deleted by a plain query.
        writable()
        return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: Any) -> Any:
        # Django swaps the class of the query here without asking it.
        query = self.query.chain(guard.GuardedDeleteQuery)
        return query.get_compiler(using).execute_sql("row count")

    _raw_delete.alters_data = True  # type: ignore[attr-defined]


class OwnedManager(models.Manager.from_queryset(OwnedQuerySet)):  # type: ignore[misc]
    """The manager for a model that has a foreign key to an organization.

    It has to be the model's first one. A model's own queryset class derives from
    ``OwnedQuerySet``: ``OwnedManager.from_queryset(MyQuerySet)()``.

    Args:
        field: name of the foreign key.
    """

    def __init__(self, field: str = "organization") -> None:
        super().__init__()
        self.field_name = field


def _guard(sender: Any, **kwargs: Any) -> None:
    if sender.__module__ == "__fake__":
        return  # a model as migrations see it: they move rows of all organizations
    managers = sender._meta.managers
    owned = [manager for manager in managers if isinstance(manager, OwnedManager)]
    if not owned and not hasattr(sender, "_organization_field_name"):
        return
    for manager in managers:
        # One that is not, such as one that hides the inherited one, would open every row.
        if manager not in owned or not issubclass(manager._queryset_class, OwnedQuerySet):
            raise ImproperlyConfigured(
                f"{sender._meta.label}.{manager.name} is no OwnedManager of an OwnedQuerySet: it "
                "would show the rows of all organizations. Derive it from them, or leave it out "
                'and say unscoped("why") where rows of all are meant.'
            )
    guard.guard_model(sender, owned[0].field_name, owned[0].name)


# Managers that a model inherits are not told of it, so the class itself is looked at.
class_prepared.connect(_guard, dispatch_uid="organizations_tenancy_guard")
