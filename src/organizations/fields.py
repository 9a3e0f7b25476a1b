"""The fields that migrations of host projects and of optional apps import. This path never moves.

``SlugField`` builds on the class that the setting ``ORGS_SLUGFIELD`` names. The setting is
read here, at import, because it chooses a base class; it is the only one read so early.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils.module_loading import import_string
from django.utils.text import slugify
from django.utils.timezone import now

from . import permissions, slugs

__all__ = [
    "ORGS_SLUGFIELD",
    "AutoCreatedField",
    "AutoLastModifiedField",
    "BaseSlugField",
    "PermissionSetField",
    "SlugField",
]


class AutoCreatedField(models.DateTimeField):
    """The moment a row was made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        kwargs.setdefault("default", now)
        super().__init__(*args, **kwargs)


class AutoLastModifiedField(AutoCreatedField):
    """The moment a row was last saved."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = now()
        setattr(model_instance, self.attname, value)
        return value


class UniqueSlugField(models.SlugField):
    """A slug that fills itself from another field and finds a free value.

    A slug that was set is kept as it is. An empty one is made from the field that
    ``populate_from`` names, in the letters of its own language, with a number behind it if
    the plain form is taken, be it by an organization that had it once. A method
    ``slugify_function`` on the model replaces the maker.

    Queries: 1 when the slug is made, plus 1 per hundred slugs of the same stem.
    """

    def __init__(self, *args: Any, populate_from: Any = None, **kwargs: Any) -> None:
        self.populate_from = populate_from
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        kwargs.setdefault("allow_unicode", True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        # The form flags say nothing about the table. Writing them always in one way keeps
        # makemigrations silent in projects whose migrations hold either spelling.
        name, path, args, kwargs = super().deconstruct()
        kwargs.update(blank=True, editable=False, populate_from=self.populate_from)
        kwargs.pop("allow_unicode", None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if value or not self.populate_from:
            return value
        value = self._free_slug(model_instance)
        setattr(model_instance, self.attname, value)
        return value

    def _free_slug(self, instance: models.Model) -> str:
        sources = self.populate_from
        names = [sources] if isinstance(sources, str) else list(sources)
        text = " ".join(str(getattr(instance, name)) for name in names)
        make: Callable[[str], str] = getattr(
            instance, "slugify_function", lambda content: slugify(content, allow_unicode=True)
        )
        stem = (make(text) or str(type(instance)._meta.model_name))[: self.max_length]
        return slugs.free(
            type(instance), stem, field=self.attname, but=instance, using=instance._state.db
        )


ORGS_SLUGFIELD: str = getattr(settings, "ORGS_SLUGFIELD", "organizations.fields.UniqueSlugField")

if ORGS_SLUGFIELD == "organizations.fields.UniqueSlugField":
    BaseSlugField: Any = UniqueSlugField
else:
    try:
        BaseSlugField = import_string(ORGS_SLUGFIELD)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"The setting ORGS_SLUGFIELD names {ORGS_SLUGFIELD!r}, which cannot be imported: "
            f"{error}. Name a slug field class that takes 'populate_from', or remove the "
            "setting to use the package's own."
        ) from error


class SlugField(BaseSlugField):  # type: ignore[misc]  # the base is chosen by a setting
    """The class that migrations name, whatever it builds on."""


class PermissionSetField(models.TextField):
    """A set of permission names: a ``frozenset`` in Python, words of a text in the database.

    Each name has a space before and behind it, so ``field__has="app.verb_noun"`` finds the rows
    that hold a name, and no longer or shorter one. Names that are no longer declared stay in
    the rows; what they still mean is for the reader to say.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", frozenset)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return self.to_python(value)

    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        return frozenset(value.split() if isinstance(value, str) else value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else _as_text(self.to_python(value))

    def value_to_string(self, obj: models.Model) -> str:
        names: Any = self.value_from_object(obj)
        return _as_text(names)

    def formfield(self, **kwargs: Any) -> Any:
        # Without the choices of a text: names come from the declarations, at each display.
        return PermissionSetFormField(
            label=kwargs.get("label") or self.verbose_name,
            help_text=kwargs.get("help_text") or self.help_text,
            required=not self.blank,
            initial=kwargs.get("initial", ()),
        )


def _as_text(names: Iterable[str]) -> str:
    found = sorted(names)
    if any(len(name.split()) != 1 or name != name.strip() for name in found):
        raise ValueError(f"These are no permission names: {found}.")
    return f" {' '.join(found)} " if found else ""


@PermissionSetField.register_lookup
class HasPermission(models.Lookup):
    """``field__has="app.verb_noun"``; upper and lower case count, on every database."""

    lookup_name = "has"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        place = StrIndex(self.lhs, Value(f" {self.rhs} "))
        return compiler.compile(GreaterThan(place, Value(0)))


class PermissionSetFormField(forms.MultipleChoiceField):
    """Permissions as boxes to tick, under their groups; the value is a ``frozenset``."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=grantable_choices, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return sorted(value) if isinstance(value, set | frozenset) else value

    def clean(self, value: Any) -> Any:
        return frozenset(super().clean(value))


def grantable_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the permissions that a role may hold, as grouped choices."""
    groups: dict[str, tuple[Any, list[tuple[str, Any]]]] = {}
    for each in permissions.declared():
        if each.grantable:
            groups.setdefault(str(each.group), (each.group, []))[1].append((each.name, each.label))
    return list(groups.values())
