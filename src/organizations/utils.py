"""Old paths: functions that projects import from here. Our own code does not."""

from __future__ import annotations

from typing import Any

from .families import default_family
from .services import organizations
from .services._async import make_async

__all__ = [
    "acreate_organization",
    "create_organization",
    "default_org_model",
    "model_field_attr",
    "model_field_names",
]


def default_org_model() -> Any:
    """Return the organization model of the default family."""
    return default_family().organization


def model_field_names(model: Any) -> list[str]:
    """Return the names of a model's fields and columns, those of relations to it among them."""
    fields = [
        field
        for field in model._meta.get_fields()
        if not (field.many_to_one and field.related_model is None)  # generic foreign keys
    ]
    names = {field.name for field in fields}
    return sorted(names | {field.attname for field in fields if hasattr(field, "attname")})


def model_field_attr(model: Any, model_field: str, attr: str) -> Any:
    """Return an attribute of a model's field; KeyError without the field."""
    return getattr({field.name: field for field in model._meta.fields}[model_field], attr)


def create_organization(
    user: Any,
    name: str,
    slug: str | None = None,
    is_active: bool | None = None,
    org_defaults: dict[str, Any] | None = None,
    org_user_defaults: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Make an organization with a user as member, admin and owner; return the organization.

    Args:
        kwargs: ``model`` or ``org_model`` for another organization model.
    """
    model = kwargs.pop("model", None) or kwargs.pop("org_model", None)
    return organizations.create(
        user,
        name=name,
        slug=slug,
        is_active=is_active,
        model=model,
        org_defaults=org_defaults,
        org_user_defaults=org_user_defaults,
    )


acreate_organization = make_async(create_organization)
