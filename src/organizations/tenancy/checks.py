"""What ``manage.py check`` says about models that scopes guard, and about those they do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import UniqueConstraint
from django.db.models.expressions import OrderBy

from .. import families
from .guard import guarded_keys, is_guarded, organization_field
from .rls import RowLevelSecurity, SameOrganization, policies

__all__ = ["check_constraints", "check_models", "check_unguarded", "problems_of"]

#: PostgreSQL cuts names at 63 bytes, and a policy has a sister with a longer one.
LONGEST_NAME = 58


def check_models(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001 to E003, W005, W006: a model that cannot be guarded, or that reaches others."""
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
    return [*_unique_among_all(model), *_pointing_anywhere(model)]


def _unique_among_all(model: Any) -> list[checks.CheckMessage]:
    name = model._organization_field_name
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


def _pointing_anywhere(model: Any) -> list[checks.CheckMessage]:
    return [
        checks.Warning(
            f"{model._meta.label} could point at a row of another organization by {key.name!r}: "
            "the database takes any.",
            hint=f"SameOrganization(field={key.name!r}, name=...) among its constraints.",
            obj=model,
            id="organizations_tenancy.W006",
        )
        for key in _bare_keys(model)
    ]


def _bare_keys(model: Any) -> list[Any]:
    """Return the foreign keys to guarded rows that no ``SameOrganization`` looks after."""
    kept = {each.field for each in model._meta.constraints if isinstance(each, SameOrganization)}
    return [
        field
        for field in guarded_keys(model)
        if not field.remote_field.parent_link and field.name not in kept
    ]


def check_constraints(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """E004, E005: a policy, or a key of the same organization, that cannot be made."""
    found: list[checks.CheckMessage] = []
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, RowLevelSecurity):
                found += [
                    checks.Error(
                        f"The policy {constraint.name!r} of {model._meta.label}: {problem}.",
                        hint=hint,
                        obj=model,
                        id="organizations_tenancy.E004",
                    )
                    for problem, hint in _problems_of_policy(model, constraint)
                ]
            elif isinstance(constraint, SameOrganization):
                found += [
                    checks.Error(
                        f"The key {constraint.name!r} of {model._meta.label}: {problem}.",
                        hint=hint,
                        obj=model,
                        id="organizations_tenancy.E005",
                    )
                    for problem, hint in _problems_of_key(model, constraint)
                ]
    return found


def _problems_of_policy(model: Any, policy: RowLevelSecurity) -> Iterator[tuple[str, str]]:
    if len(policy.name) > LONGEST_NAME:
        yield "its name is too long", f"At most {LONGEST_NAME} characters."
    field = _field(model, policy.parent or policy.field)
    if field is None or not (field.many_to_one or field.one_to_one) or not field.concrete:
        yield f"it has no foreign key {policy.parent or policy.field!r}", "field=... or parent=..."
    elif field.model is not model:
        yield (
            f"{field.name!r} is a column of {field.model._meta.label}, whose table is another",
            f"parent={model._meta.pk.name!r}, which leads there.",
        )
    elif policy.parent:
        if field.remote_field.model is model:
            yield "it looks at itself", "parent=... has to lead to another model."
        elif field.remote_field.model not in {each for each, _ in policies()}:
            yield (
                f"no policy covers {field.remote_field.model._meta.label}, which it looks at",
                "RowLevelSecurity among the constraints of that one, too.",
            )
    elif not _is_organization(field):
        yield f"{policy.field!r} points at no organization", 'parent="..." for a row that has one.'
    for name in policy.many_to_many:
        relation = _field(model, name)
        if relation is None or not relation.many_to_many or relation.auto_created:
            yield f"it has no many-to-many relation {name!r}", "many_to_many=[...]"
        elif not relation.remote_field.through._meta.auto_created:
            yield (
                f"{name!r} goes through a model of its own",
                "RowLevelSecurity among the constraints of that one.",
            )
    for name in policy.history:
        try:
            other = apps.get_model(model._meta.app_label, name)
        except LookupError:
            yield f"the app has no model {name!r}", "history=[...]"
        else:
            if _field(other, policy.field) is None:
                yield f"{name} has no field {policy.field!r}", "history=[...]"


def _problems_of_key(model: Any, key: SameOrganization) -> Iterator[tuple[str, str]]:
    field = _field(model, key.field)
    if field is None or not is_guarded(field.remote_field and field.remote_field.model):
        yield f"{key.field!r} points at no guarded row", 'field="..."'
        return
    other = field.remote_field.model
    if not is_guarded(model) or (
        key.organization != organization_field(model).name
        or key.to_organization != organization_field(other).name
    ):
        yield (
            "the foreign keys to the organization have other names",
            'organization="...", to_organization="..."',
        )
        return
    needed = (key.to_organization, field.target_field.name)
    if not any(
        isinstance(each, UniqueConstraint) and each.condition is None and each.fields == needed
        for each in other._meta.constraints
    ):
        yield (
            f"{other._meta.label} has nothing unique that it can refer to",
            f"UniqueConstraint(fields={list(needed)}, name=...) among the constraints of that one.",
        )


def _field(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


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
