"""Which slugs are taken: those that organizations have, and those that they had.

A slug that an organization has left stays its own, so that nobody else gets its old links.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db.models import Exists, OuterRef
from django.db.models.functions import Cast

from .conf import is_reserved
from .families import key_text, side_label

__all__ = ["former", "free", "keys_of_former", "like", "taken"]


def taken(
    model: Any, slugs: Iterable[str], *, field: str = "slug", but: Any = None, using: Any = None
) -> set[str]:
    """Return those of the slugs that another row has, or another organization had. Queries: 1.

    Args:
        field: the name of the field that holds them.
        but: the row that asks; None for a new one.
    """
    wanted = list(slugs)
    rows = model._base_manager.using(using).order_by().filter(**{f"{field}__in": wanted})
    if but is not None and but.pk is not None:
        rows = rows.exclude(pk=but.pk)
    found = rows.values_list(field)
    if field == "slug" and _keeps_former(model):
        held = former(model, wanted, but=but, using=using)
        # Once more: the union itself would follow the ordering of the model.
        found = found.union(held.values_list("slug")).order_by()
    return {slug for (slug,) in found}


def former(model: Any, slugs: Iterable[str], *, but: Any = None, using: Any = None) -> Any:
    """Return the rows of former slugs that organizations hold, as a queryset.

    Those of organizations that have vanished without Django hold nothing.

    Args:
        but: the organization whose own do not count.
    """
    rows = apps.get_model("organizations", "FormerSlug")._base_manager.using(using).order_by()
    rows = rows.filter(model=side_label(model), slug__in=list(slugs))
    if but is not None and but.pk is not None:
        rows = rows.exclude(organization_key=key_text(but))
    key = Cast(OuterRef("organization_key"), _key_field(model))
    return rows.filter(Exists(model._base_manager.using(using).filter(pk=key)))


def keys_of_former(model: Any, slug: str) -> Any:
    """Return the keys of the organizations that had the slug, as a queryset of one column."""
    rows = apps.get_model("organizations", "FormerSlug")._base_manager.order_by()
    rows = rows.filter(model=side_label(model), slug=slug)
    return rows.values_list(Cast("organization_key", _key_field(model)))


def free(model: Any, stem: str, *, field: str = "slug", but: Any = None, using: Any = None) -> str:
    """Return the slug, with the next free number behind it if it is taken or reserved.

    Queries: 1, plus 1 per hundred slugs of the same stem.
    """
    if not is_reserved(stem) and not taken(model, [stem], field=field, but=but, using=using):
        return stem
    number = 2
    while True:
        wanted = [_numbered(model, field, stem, each) for each in range(number, number + 100)]
        held = taken(model, wanted, field=field, but=but, using=using)
        for candidate in wanted:
            if candidate not in held and not is_reserved(candidate):
                return candidate
        number += 100


def like(model: Any, slug: str, *, count: int = 3) -> list[str]:
    """Return some free slugs that look like a taken one; fewer where many are taken. Queries: 1."""
    wanted = [_numbered(model, "slug", slug, number) for number in range(2, 100)]
    held = taken(model, wanted)
    return [each for each in wanted if each not in held and not is_reserved(each)][:count]


def _numbered(model: Any, field: str, stem: str, number: int) -> str:
    length = model._meta.get_field(field).max_length or 50
    return f"{stem[: length - len(str(number)) - 1]}-{number}"


def _keeps_former(model: Any) -> bool:
    # In a migration the model is one of an older time, and the table may not be there yet.
    return (
        getattr(model, "family_kind", None) == "organization"
        and model._meta.apps is apps
        and apps.is_installed("organizations")
    )


def _key_field(model: Any) -> Any:
    field = model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    return field
