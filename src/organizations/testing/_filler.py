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
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone

from ..families import default_family
from ..services.acting import acting_in

__all__ = ["Filler", "Marks", "owned_models", "owners_of", "target_of"]

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
        if target_of(field) is organization:
            return field
    return next((field for field in keys if target_of(field) in found), None)


def target_of(field: Any) -> Any:
    """Return the model whose rows a relation points at; of a proxy, what it stands for."""
    return field.remote_field.model._meta.concrete_model


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
        if longest and longest < len(self.word) + 3:
            return str(self._count)[-longest:]  # too short to be told apart
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
            forms = [f"{each:,}".replace(",", "[.,'\\s\xa0]?") for each in self._numbers]
            number = f"|(?<!\\d)(?:{'|'.join(forms)})(?!\\d)" if forms else ""
            self._pattern = re.compile(rf"{self.word}\d*{number}", re.IGNORECASE)
        shared = {_bare(each) for each in self._pattern.findall(except_for)}
        found = self._pattern.findall(text)
        return next((each for each in found if _bare(each) not in shared), "")


def _bare(value: str) -> str:
    """Return a value without what pages do to it: capitals, and marks between thousands."""
    return re.sub(r"[.,'\s]", "", value.lower())


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
            # What there is once for each organization may have been made with it.
            single = next((each for each in _relations(model) if each.unique), None)
            if make is None and single is not None and target_of(single) not in self.models:
                known = model._base_manager.filter(**{self.path(model): organization})
                rows[model] += known[:1]
            for number in range(len(rows[model]), 1 if single else ROWS):
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
            if field.is_relation and field.remote_field.parent_link:
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
        model = target_of(field)
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
        if field.unique:
            return self._made(model, organization, user, marks, {}, number)
        # What belongs to nobody is shared by both organizations.
        if model not in self._shared:
            make = self._factories.get(model)
            self._shared[model] = (
                make(organization, 0)
                if make is not None
                else model._base_manager.first()
                or self._made(model, organization, user, Marks(), rows, 0)
            )
        return self._shared[model]

    def path(self, model: Any) -> str:
        """Return the lookup that leads from a row to its organization."""
        key = self.models[model]
        parent = target_of(key)
        return f"{key.name}__{self.path(parent)}" if parent in self.models else str(key.name)

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
            for model in self.models:
                if any(each.unique for each in _relations(model)):
                    continue  # there is one for each
                for number in range(2):
                    row = model()
                    says = self._copied(row, rows[model][-1], into, side, number)
                    with (
                        suppress(DatabaseError, ValidationError, TypeError, ValueError),
                        transaction.atomic(),
                    ):
                        row.save()
                        said.append(says)
        return " ".join(said)

    def _copied(self, row: Any, of: Any, into: dict[Any, list[Any]], side: Any, number: int) -> str:
        said = []
        for field in row._meta.concrete_fields:
            if field.primary_key or field.generated:
                continue
            if field.is_relation:
                user, marks = side.owner, side.marks
                value = self._target(field, side.organization, user, marks, into, -1)
                setattr(row, field.name, value)
            elif field.unique:
                setattr(row, field.attname, _value(field, side.marks, number))
            else:
                value = getattr(of, field.attname)
                setattr(row, field.attname, value)
                said.append(str(value))
        return " ".join(said)


def _relations(model: Any) -> list[Any]:
    """Return the foreign keys of a model, without that to a parent model."""
    return [
        field
        for field in model._meta.concrete_fields
        if field.is_relation and not field.remote_field.parent_link
    ]


def _saved(row: Any) -> Any:
    try:
        with transaction.atomic():
            row.save()
    except (TypeError, ValueError, ValidationError, DatabaseError) as error:
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
