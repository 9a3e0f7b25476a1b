"""Fills an organization with rows whose values can be told from those of any other."""

from __future__ import annotations

import datetime
import re
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ..families import default_family
from ..services.acting import acting_in

__all__ = ["Filler", "Marks", "owned_models", "owners_of"]

#: How many rows of each model an organization gets.
ROWS = 3


def owned_models() -> dict[Any, Any]:
    """Return the project's models whose rows belong to organizations, parents first.

    Each with the foreign key that leads there: to the organization itself, or to a row of
    another of these models.
    """
    organization = default_family().organization._meta.concrete_model
    found: dict[Any, Any] = {}
    candidates = [model for model in apps.get_models() if _is_of_project(model)]
    while True:
        news = {
            model: field
            for model in candidates
            if model not in found
            if (field := _leading(model, found, organization)) is not None
        }
        if not news:
            return found
        found |= news


def _is_of_project(model: Any) -> bool:
    module = model.__module__
    return (
        model._meta.managed
        and not model._meta.proxy
        and not model._meta.auto_created
        and not hasattr(model, "family_kind")
        and not module.startswith(("organizations.", "django."))
    )


def _leading(model: Any, found: dict[Any, Any], organization: Any) -> Any:
    keys = [field for field in model._meta.concrete_fields if field.is_relation]
    for field in keys:
        if field.remote_field.model._meta.concrete_model is organization:
            return field
    return next((field for field in keys if field.remote_field.model in found), None)


def owners_of(model: Any) -> Iterator[tuple[Any, Any]]:
    """Return (model, foreign keys) of each table between two models that ``model`` declares."""
    for relation in model._meta.local_many_to_many:
        through = relation.remote_field.through
        yield through, [field for field in through._meta.concrete_fields if field.is_relation]


class Marks:
    """Values that appear nowhere but in the rows of one organization."""

    def __init__(self) -> None:
        self.word = "zq" + "".join(secrets.choice("bcdfghjkmnpqrstvwxyz") for _ in range(6))
        self._number = 1_000_000 + secrets.randbelow(8_000_000)
        self._numbers: set[int] = set()
        self._count = 0
        self._pattern: re.Pattern[str] | None = None

    def text(self, name: str, longest: int | None) -> str:
        self._count += 1
        return f"{self.word}{self._count}{name}"[: longest or None]

    def number(self, digits: int) -> int:
        self._count += 1
        if digits < 7:
            return int(self._count % 10**digits)
        self._numbers.add(self._number + self._count)
        return self._number + self._count

    def found_in(self, text: str, except_for: str = "") -> str:
        """Return the first value of this organization that a text shows, or nothing.

        Args:
            except_for: values that others have as well.
        """
        if not self._pattern:
            forms = [form for each in self._numbers for form in (str(each), f"{each:,}")]
            number = f"|(?<!\\d)(?:{'|'.join(forms)})(?!\\d)" if forms else ""
            self._pattern = re.compile(rf"{self.word}\d*{number}", re.IGNORECASE)
        shared = set(self._pattern.findall(except_for))
        return next((each for each in self._pattern.findall(text) if each not in shared), "")


class Filler:
    """Makes rows of every owned model, by the project's factories or by itself."""

    def __init__(self, factories: dict[Any, Callable[[Any, int], Any]]) -> None:
        self.models = owned_models()
        self._factories = factories
        self._shared: dict[Any, Any] = {}

    def fill(self, organization: Any, user: Any, marks: Marks) -> dict[Any, list[Any]]:
        """Return model -> its new rows, in that organization."""
        rows: dict[Any, list[Any]] = {}
        with acting_in(organization, user):
            for model in self.models:
                self._rows(model, organization, user, marks, rows)
            for model in self.models:
                self._link(model, rows)
        return rows

    def _rows(self, model: Any, organization: Any, user: Any, marks: Marks, rows: Any) -> list[Any]:
        if model not in rows:
            rows[model] = []  # a row that points at its own model finds none yet
            make = self._factories.get(model)
            for number in range(ROWS):
                if make is not None:
                    row = make(organization, number)
                else:
                    row = self._made(model, organization, user, marks, rows, number)
                rows[model].append(row)
        found: list[Any] = rows[model]
        return found

    def _made(
        self, model: Any, organization: Any, user: Any, marks: Marks, rows: Any, number: int
    ) -> Any:
        row = model()
        for field in model._meta.concrete_fields:
            if field.primary_key and (field.has_default() or isinstance(field, models.AutoField)):
                continue
            if field.generated or isinstance(field, models.FileField):
                continue
            if field.is_relation:
                value = self._target(field, organization, user, marks, rows, number)
                if value is not None:
                    setattr(row, field.name, value)
            elif not _keeps_default(field):
                setattr(row, field.attname, _value(field, marks, number))
        return _saved(row)

    def _target(
        self, field: Any, organization: Any, user: Any, marks: Marks, rows: Any, number: int
    ) -> Any:
        model = field.remote_field.model
        family = default_family()
        if issubclass(family.organization, model):
            return organization
        if issubclass(type(user), model):
            return user
        if issubclass(family.member, model):
            return family.member._base_manager.get(organization=organization, user=user)
        if model in self.models:
            others = self._rows(model, organization, user, marks, rows)
            return others[number % len(others)] if others else None
        if field.null:
            return None
        # What belongs to nobody is shared by both organizations.
        if model not in self._shared:
            neutral = Marks()
            self._shared[model] = model._base_manager.first() or self._made(
                model, organization, user, neutral, rows, 0
            )
        return self._shared[model]

    def _link(self, model: Any, rows: dict[Any, list[Any]]) -> None:
        for relation in model._meta.local_many_to_many:
            other = relation.remote_field.model
            if relation.remote_field.through._meta.auto_created and rows.get(other):
                for row, target in zip(rows[model], rows[other], strict=False):
                    getattr(row, relation.name).add(target)

    def copy(self, rows: dict[Any, list[Any]], into: dict[Any, list[Any]], side: Any) -> str:
        """Put copies of the last of these rows among those of another organization, twice.

        So whatever compares or counts by value over all organizations gives itself away. What
        is unique does not let them in. Returned is what the copies say, as a text.
        """
        said = []
        with acting_in(side.organization, side.owner):
            for model, leading in self.models.items():
                values = {}
                for field in model._meta.concrete_fields:
                    if field.primary_key or field.generated or field.unique:
                        continue
                    values[field.attname] = getattr(rows[model][-1], field.attname)
                    if field.is_relation and into.get(field.remote_field.model):
                        values[field.attname] = into[field.remote_field.model][-1].pk
                if leading.remote_field.model not in self.models:
                    values[leading.attname] = side.organization.pk
                for _ in range(2):
                    with suppress(IntegrityError):
                        _saved(model(**values))
                        said.append(" ".join(map(str, values.values())))
        return " ".join(said)


def _saved(row: Any) -> Any:
    try:
        with transaction.atomic():
            row.save()
    except (TypeError, ValueError) as error:
        label = row._meta.label
        raise ImproperlyConfigured(
            f"The kit cannot make a row of {label}: {error} Give it a factory: "
            f"factories={{{row._meta.object_name}: lambda organization, number: ...}}."
        ) from error
    return row


def _keeps_default(field: Any) -> bool:
    # Free texts are filled in all the same: a leak may be in any of them.
    return bool(field.choices) and field.has_default()


def _value(field: Any, marks: Marks, number: int) -> Any:
    if field.choices:
        values = [value for value, _label in field.flatchoices if value not in ("", None)]
        return values[number % len(values)]
    match field:
        case models.EmailField():
            return f"{marks.text('', 20)}@example.com"
        case models.URLField():
            return f"https://{marks.text('', 20)}.example.com/"
        case models.GenericIPAddressField():
            return f"10.0.0.{number + 1}"
        case models.UUIDField():
            return uuid.uuid4()
        case models.CharField() | models.TextField():
            return marks.text(field.name.replace("_", ""), field.max_length)
        case models.BooleanField():
            return bool(number % 2)
        case models.DateTimeField():
            return timezone.now() - datetime.timedelta(days=number)
        case models.DateField():
            return timezone.localdate() - datetime.timedelta(days=number)
        case models.TimeField():
            return datetime.time(number)
        case models.DurationField():
            return datetime.timedelta(hours=number)
        case models.DecimalField():
            return Decimal(marks.number(field.max_digits - field.decimal_places))
        case models.SmallIntegerField():
            return marks.number(4)
        case models.IntegerField() | models.FloatField():
            return marks.number(7)
        case models.JSONField():
            return {"kit": marks.text("", 20)}
        case models.BinaryField():
            return marks.text("", 20).encode()
    if field.null or field.blank or field.has_default():
        return field.get_default()
    raise ImproperlyConfigured(
        f"The kit knows no value for {field.model._meta.label}.{field.name}. Give it a factory: "
        f"factories={{{field.model._meta.object_name}: lambda organization, number: ...}}."
    )
