"""One transaction and one lock order for all verbs: organization, then offer, then members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connections, models, router, transaction

from ..families import family_of

P = ParamSpec("P")
T = TypeVar("T")


def verb(function: Callable[P, T]) -> Callable[P, T]:
    """Run a verb in a transaction on the database of its first argument."""

    @wraps(function)
    def atomic_verb(*args: P.args, **kwargs: P.kwargs) -> T:
        subject = args[0] if args else next(iter(kwargs.values()))
        with transaction.atomic(using=database_of(subject)):
            return function(*args, **kwargs)

    return atomic_verb


def database_of(subject: Any) -> str:
    """Return the alias that writes about a row or a model go to."""
    if isinstance(subject, models.Model):
        return subject._state.db or router.db_for_write(type(subject), instance=subject)
    if isinstance(subject, type) and issubclass(subject, models.Model):
        return router.db_for_write(subject)
    return router.db_for_write(models.Model)


@contextmanager
def held(organization: Any) -> Iterator[None]:
    """Run a block in a transaction that holds the organization; see ``lock_organization``.

    For a door that looks and then acts, so that nothing changes between the two.
    """
    with transaction.atomic(using=database_of(organization)):
        lock_organization(organization)
        yield


def lock_organization(organization: Any) -> None:
    """Hold the organization's row until the transaction ends.

    Args:
        organization: the row; only its key is used, read the rest again after the lock.
    Raises:
        DoesNotExist: the row is gone.
    Queries: 1.
    """
    lock_organization_key(family_of(organization).organization, organization.pk, organization)


def lock_organization_key(model: Any, key: Any, subject: Any) -> None:
    """Hold the row with that key; see ``lock_organization``."""
    using = database_of(subject)
    features = connections[using].features
    rows = model._base_manager.using(using).filter(pk=key).order_by()
    if features.has_select_for_update:
        no_key = features.has_select_for_no_key_update
        rows.select_for_update(no_key=no_key).values_list("pk", flat=True).get()
    # Where rows cannot be locked, a write that changes nothing takes the database's lock.
    elif not rows.update(is_active=models.F("is_active")):
        raise model.DoesNotExist(f"{model.__name__} matching query does not exist.")


def lock_row(row: Any) -> Any:
    """Return a fresh copy of a row, held until the transaction ends.

    Call it after ``lock_organization``, never before.
    """
    return locked(type(row)._base_manager.using(database_of(row))).get(pk=row.pk)


def locked(rows: Any) -> Any:
    """Return the queryset such that its rows, once read, are held until the transaction ends.

    Foreign keys to the rows can still be written. Where rows cannot be locked, it is as it was.
    """
    features = connections[rows.db].features
    if not features.has_select_for_update:
        return rows
    of = ("self",) if features.has_select_for_update_of else ()
    return rows.select_for_update(of=of, no_key=features.has_select_for_no_key_update)
