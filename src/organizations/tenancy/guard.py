"""The guard: it stands where SQL is made, not on a list of methods.

Every query of a guarded model gets its filter when it is compiled; rows are looked at again when
they become objects, and before they are written. ``docs/decisions/0025-scope.md`` says why.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

from django.db.models import sql

from .. import families
from .exceptions import ScopeMismatch
from .scope import EVERYTHING, State, begun, needed, scope, settled, state, writable

__all__ = [
    "check_added",
    "check_key",
    "check_row",
    "guard_deletion",
    "guard_model",
    "guarded_keys",
    "is_guarded",
    "organization_field",
    "stamp",
]


def organization_field(model: Any) -> Any:
    """Return the foreign key by which a guarded model belongs to an organization."""
    return model._meta.get_field(model._organization_field_name)


def _is_open_for(field: Any, opened: State) -> bool:
    return families.family_of(field.remote_field.model).organization is opened.model


def check_key(model: Any, key: Any) -> None:
    """Refuse a value of the foreign key that is not the open organization's.

    Raises:
        ScopeMissing, ScopeMismatch
    """
    opened = needed()
    if opened == EVERYTHING:
        return
    field = organization_field(model)
    if not _is_open_for(field, opened) or hasattr(key, "resolve_expression"):
        raise ScopeMismatch
    key = getattr(key, "pk", key)
    if key is None or not opened.has(field.target_field.to_python(key)):
        raise ScopeMismatch


def stamp(row: Any) -> None:
    """Give a row without an organization the open one; refuse that of another.

    Raises:
        ScopeMissing, ScopeMismatch
    """
    opened = writable()
    field = organization_field(type(row))
    if opened == EVERYTHING:
        return
    # In ``__dict__``: a column that was not loaded is not None, and is looked up below.
    if row.__dict__.get(field.attname, field) is None and _is_open_for(field, opened):
        setattr(row, field.attname, opened.key)
    check_key(type(row), getattr(row, field.attname))
    for other in _held(row):
        check_key(type(other), getattr(other, organization_field(type(other)).attname))


def _held(row: Any) -> list[Any]:
    """Return the guarded rows that a row points at and has in its hands. No queries."""
    return [
        other
        for field in guarded_keys(type(row))
        if field.is_cached(row) and (other := field.get_cached_value(row)) is not None
    ]


def guarded_keys(model: Any) -> list[Any]:
    """Return the foreign keys of a model that point at guarded rows."""
    return [
        field
        for field in model._meta.concrete_fields
        if field.is_relation and is_guarded(field.remote_field.model)
    ]


def check_added(
    *, instance: Any, action: str, model: Any, pk_set: Any, using: Any, **kwargs: Any
) -> None:
    """Receiver of ``m2m_changed``: refuse to link what is not of the open organization.

    Queries: 1 where guarded rows are added.
    Raises:
        ScopeMissing, ScopeMismatch
    """
    if not action.startswith("pre_") or not (is_guarded(type(instance)) or is_guarded(model)):
        return
    if writable() == EVERYTHING:
        return
    if is_guarded(type(instance)):
        key = organization_field(type(instance)).attname
        check_key(type(instance), getattr(instance, key))
    if action == "pre_add" and is_guarded(model):
        found = model._base_manager.using(using).filter(pk__in=pk_set)
        if found.count() != len(pk_set):
            raise ScopeMismatch


def is_guarded(model: Any) -> bool:
    return hasattr(model, "_organization_field_name")


def check_row(model: Any, names: Any, values: Any) -> None:
    """Refuse a row from the database that is not the open organization's.

    A row whose foreign key was not read is refused as well: nobody can tell whose it is.
    """
    # Asked for each row of each query, so nothing is looked up here that a model knows once.
    opened = needed()
    if opened.model is None:
        return
    attname, organization, to_python = _column(model)
    if attname not in names or opened.model is not organization:
        raise ScopeMismatch
    if not opened.has(to_python(values[names.index(attname)])):
        raise ScopeMismatch


@functools.cache
def _column(model: Any) -> tuple[str, Any, Any]:
    field = organization_field(model)
    organization = families.family_of(field.remote_field.model).organization
    return field.attname, organization, field.target_field.to_python


class _Guarded:
    """What guarded queries have in common; ``built_in`` is what was open when they began."""

    built_in: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.built_in = begun()

    def __getstate__(self) -> dict[str, Any]:
        # Whoever acts cannot be pickled, and need not be.
        kept: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {**kept, "built_in": settled(self.built_in)}

    def chain(self, klass: Any = None) -> Any:
        made = super().chain(_guarded(klass) if klass else None)  # type: ignore[misc]
        if made.built_in is None:
            made.built_in = begun()
        return made

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        # Locking a row is a step to writing it, and PostgreSQL asks the same policy.
        writes = isinstance(self, sql.UpdateQuery | sql.DeleteQuery) or (
            self.select_for_update  # type: ignore[attr-defined]
        )
        opened = writable() if writes else needed()
        if self.built_in is not None and settled(self.built_in) != opened:
            raise ScopeMismatch
        if opened == EVERYTHING:
            return super().get_compiler(*args, **kwargs)  # type: ignore[misc]
        field = organization_field(self.model)  # type: ignore[attr-defined]
        if not _is_open_for(field, opened):
            raise ScopeMismatch
        # Filtered in a copy: the queryset may be used again, and would be filtered again.
        query: Any = self.clone()  # type: ignore[attr-defined]
        if opened.keys is None:
            query.add_filter(field.attname, opened.key)
        else:
            query.add_filter(f"{field.attname}__in", opened.keys)
        _load_key(query, field)
        if isinstance(query, sql.UpdateQuery):
            # The columns of a parent model are put aside, for a statement of their own.
            written: Any = query
            parents = written.related_updates.values()
            for changed, _, value in itertools.chain(written.values, *parents):
                if changed == field:
                    check_key(self.model, value)  # type: ignore[attr-defined]
        return super(_Guarded, query).get_compiler(*args, **kwargs)  # type: ignore[misc]


def _load_key(query: Any, field: Any) -> None:
    """Let ``only`` and ``defer`` load the foreign key all the same, for ``check_row``."""
    names, is_defer = query.deferred_loading
    own = {field.name, field.attname}
    if is_defer:
        query.deferred_loading = (frozenset(names) - own, True)
    elif names:
        query.deferred_loading = (frozenset(names) | {field.name}, False)


class GuardedQuery(_Guarded, sql.Query):
    pass


class GuardedUpdateQuery(_Guarded, sql.UpdateQuery):
    pass


class GuardedDeleteQuery(_Guarded, sql.DeleteQuery):
    pass


_GUARDED = {
    sql.Query: GuardedQuery,
    sql.UpdateQuery: GuardedUpdateQuery,
    sql.DeleteQuery: GuardedDeleteQuery,
}


def _guarded(klass: Any) -> Any:
    if issubclass(klass, _Guarded):
        return klass
    try:
        return _GUARDED[klass]
    except KeyError:
        raise TypeError(f"{klass.__name__} is a kind of query that no scope can guard.") from None


def guard_model(model: Any, field_name: str, manager_name: str) -> None:
    """Let a model's rows be checked when they are read, saved and deleted.

    Its base manager becomes the guarded one too, which Django follows foreign keys with. The
    methods are replaced, not inherited: a base class would be written into migrations.
    """
    model._organization_field_name = field_name
    if not model._meta.base_manager_name:
        model._meta.base_manager_name = manager_name
    model.from_db = classmethod(_checked(model.from_db.__func__))
    model.save_base = _stamped(model.save_base)
    model.delete = _stamped(model.delete)


def _checked(read: Any) -> Any:
    @functools.wraps(read)
    def from_db(cls: Any, db: Any, field_names: Any, values: Any, **kwargs: Any) -> Any:
        check_row(cls, field_names, values)
        return read(cls, db, field_names, values, **kwargs)

    return from_db


def _stamped(write: Any) -> Any:
    @functools.wraps(write)
    def method(row: Any, *args: Any, **kwargs: Any) -> Any:
        stamp(row)
        return write(row, *args, **kwargs)

    method.alters_data = True  # type: ignore[attr-defined]
    return method


def guard_deletion(model: Any) -> None:
    """Let ``delete`` of an organization open its scope where none is, for what hangs on it."""
    write = model.delete

    @functools.wraps(write)
    def delete(organization: Any, *args: Any, **kwargs: Any) -> Any:
        if state() is not None or organization.pk is None:
            return write(organization, *args, **kwargs)
        with scope(organization):
            return write(organization, *args, **kwargs)

    delete.alters_data = True  # type: ignore[attr-defined]
    model.delete = delete
