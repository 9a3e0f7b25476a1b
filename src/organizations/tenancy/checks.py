"""What ``manage.py check`` says about models that are guarded by scopes."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured

from .. import families
from .guard import is_guarded

__all__ = ["check_models", "problems_of"]


def check_models(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001 to E003: a guarded model whose foreign key cannot guard it."""
    return [
        problem
        for model in apps.get_models()
        if is_guarded(model)
        for problem in problems_of(model)
    ]


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
    return []


def _is_organization(field: Any) -> bool:
    model = field.remote_field.model
    try:
        return bool(families.family_of(model).organization._meta.concrete_model is model)
    except (ImproperlyConfigured, TypeError, LookupError):
        return False
