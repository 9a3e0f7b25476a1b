"""What ``manage.py check`` says about models that scopes guard, and about those they do not."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import UniqueConstraint
from django.db.models.expressions import OrderBy

from .. import families
from .guard import is_guarded

__all__ = ["check_models", "check_unguarded", "problems_of"]


def check_models(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001 to E003, W005: a guarded model that cannot be guarded, or that tells of others."""
    return [
        problem
        for model in apps.get_models()
        if is_guarded(model)
        for problem in problems_of(model)
    ]


def check_unguarded(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """W004: a model of the project that points at an organization, and that no scope guards."""
    return [
        checks.Warning(
            f"{model._meta.label} points at an organization by {field.name!r}, and no scope guards "
            "its rows.",
            hint=f"objects = OwnedManager(field={field.name!r}), or silence this if its rows are "
            "for everybody.",
            obj=model,
            id="organizations_tenancy.W004",
        )
        for model in apps.get_models()
        if not is_guarded(model) and not _is_ours(model)
        for field in model._meta.local_concrete_fields
        if field.is_relation and _is_organization(field)
    ]


def _is_ours(model: Any) -> bool:
    """Return whether a model is of the package, or of a family.

    Not by the base classes: a project may derive any model from ``SharedBaseModel``.
    """
    return model.__module__.startswith("organizations.") or hasattr(model, "family_kind")


def problems_of(model: Any) -> list[checks.CheckMessage]:
    """Return what is wrong with one guarded model."""
    name = model._organization_field_name
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return [
            checks.Error(
                f"{model._meta.label} has no field {name!r}, which its OwnedManager names.",
                hint='objects = OwnedManager(field="organization")',
                obj=model,
                id="organizations_tenancy.E001",
            )
        ]
    if not field.many_to_one or not field.concrete or not _is_organization(field):
        return [
            checks.Error(
                f"{model._meta.label} needs {name!r} to be a foreign key to an organization.",
                hint='objects = OwnedManager(field="organization")',
                obj=model,
                id="organizations_tenancy.E002",
            )
        ]
    if field.null or field.target_field is not field.remote_field.model._meta.pk:
        return [
            checks.Error(
                f"{model._meta.label} needs {name!r} to be NOT NULL and to hold the primary key.",
                hint='objects = OwnedManager(field="organization")',
                obj=model,
                id="organizations_tenancy.E003",
            )
        ]
    return [
        checks.Warning(
            f"{model._meta.label} has {' and '.join(unique)} unique among all organizations: a "
            "clash tells one of them what another has.",
            hint=f"UniqueConstraint(fields=[{name!r}, ...], name=...), or silence this if nobody "
            "chooses the value.",
            obj=model,
            id="organizations_tenancy.W005",
        )
        for unique in _unique_in(model)
        if unique[0] != name
    ]


def _unique_in(model: Any) -> list[tuple[str, ...]]:
    """Return the fields of each unique index, in its order; an expression counts as no field.

    Left out are the primary key, and one-to-one keys into guarded rows: no constraint of theirs
    could start with the organization. What stays open to a bare key says decision 0025.
    """
    meta = model._meta
    found: list[tuple[str, ...]] = [
        (field.name,)
        for field in meta.local_concrete_fields
        if field.unique
        and not field.primary_key
        and not (field.is_relation and is_guarded(field.remote_field.model))
    ]
    found += [tuple(names) for names in meta.unique_together]
    for constraint in meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            parts = constraint.fields or [_named(each) for each in constraint.expressions]
            found.append(tuple(parts))
    return found


def _named(expression: Any) -> str:
    if isinstance(expression, OrderBy):
        expression = expression.expression
    return str(getattr(expression, "name", expression))


def _is_organization(field: Any) -> bool:
    model = field.remote_field.model
    try:
        return bool(families.family_of(model).organization._meta.concrete_model is model)
    except (ImproperlyConfigured, TypeError, LookupError):
        return False
