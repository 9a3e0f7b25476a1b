"""How a member finds its organization: the models of one project, joined into families.

A family is four models: organization, member, owner, invitation. A base class says which
of the four its children are (``family_kind``). Children that lack the relations between
the four get them as soon as the family is complete: from the same module, else from the
same app if that holds one of each. Relations that are written out are left alone, and are
then all that counts: ``family_of`` reads the relations themselves.
"""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections, models, router
from django.db.migrations import (
    CreateModel,
    RenameModel,
    SeparateDatabaseAndState,
    swappable_dependency,
)
from django.db.migrations.loader import MigrationLoader
from django.db.models import Q

from .conf import get_settings
from .words import gettext_lazy as _

__all__ = [
    "KINDS",
    "Family",
    "declared",
    "default_family",
    "every",
    "family_of",
    "incomplete",
    "is_live",
    "join",
    "joined_otherwise",
    "key_text",
    "lacking",
    "link",
    "live",
    "made_in",
    "organization_field",
    "organization_of",
    "own_family",
    "side_label",
    "translate_names",
]

KINDS = ("organization", "member", "owner", "invitation")

# Fields that code relies on. A project may leave one out by redefining it.
NEEDED = {
    "organization": ("name", "is_active", "users"),
    "member": ("user", "organization"),
    "owner": ("organization_user", "organization"),
    "invitation": ("guid", "invitee_identifier", "invited_by", "invitee", "organization"),
}

# Models that declare a kind, by the place they stand in; filled as classes are made. A module
# has one set of the four, or several behind each other.
_by_module: dict[str, list[dict[str, type[models.Model]]]] = defaultdict(list)
_by_app: dict[str, dict[str, list[type[models.Model]]]] = defaultdict(lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Family:
    """The four models that belong together; only the invitation may be missing."""

    # Model classes; Any, since their fields are a project's own.
    organization: Any
    member: Any
    owner: Any
    invitation: Any

    @property
    def owner_lookup(self) -> str:
        """The query name that leads from a member to its owner row."""
        return str(self.owner._meta.get_field("organization_user").related_query_name())

    @property
    def has_member_lifecycle(self) -> bool:
        """Whether members can be suspended, and memberships end: ``abstract.MemberLifecycle``.

        By the class, not by the names of its columns, which a project may use for its own ends.
        """
        return bool(getattr(self.member, "has_member_lifecycle", False))

    def has_field(self, kind: str, name: str) -> bool:
        """Return whether the model of a kind has a field of that name."""
        model = getattr(self, kind)
        return any(field.name == name for field in model._meta.fields)


def live(family: Family, now: datetime, *, prefix: str = "") -> Q:
    """Return the condition on members who have access: neither suspended nor at their end.

    The one place that says so to a database; ``is_live`` says it of a row. A membership ends at
    that very moment. Where members have no such columns, the condition is empty.

    Args:
        prefix: the query path to the member, such as ``organization_user__``.
    """
    if not family.has_member_lifecycle:
        return Q()
    lasting = Q(**{f"{prefix}ends_at__isnull": True}) | Q(**{f"{prefix}ends_at__gt": now})
    return Q(**{f"{prefix}suspended_at__isnull": True}) & lasting


def is_live(member: Any, now: datetime) -> bool:
    """Return what ``live`` says of a member row. Queries: 0."""
    if not getattr(member, "has_member_lifecycle", False):
        return True
    return member.suspended_at is None and (member.ends_at is None or member.ends_at > now)


def join(model: type[models.Model]) -> None:
    """Take note of a new model and join its family if that is now complete."""
    kind = getattr(model, "family_kind", None)
    meta = model._meta
    if kind is None or meta.proxy or meta.apps is not apps or _has_family_parent(model):
        return
    of_app = _by_app[meta.app_label]
    of_app[kind].append(model)
    sets = _by_module[model.__module__]
    if not sets or len(sets[-1]) == len(KINDS):
        sets.append({})
    family = sets[-1]
    family[kind] = model
    # Behind a complete family some projects have a second organization with members alone.
    if len(family) == len(KINDS) or len(sets) > 1:
        _add_relations(family)
    elif all(len(of_app[each]) == 1 for each in KINDS):
        _add_relations({each: of_app[each][0] for each in KINDS})


def _has_family_parent(model: type[models.Model]) -> bool:
    """Multi-table children use the relations of their parent."""
    return any(getattr(parent, "family_kind", None) is not None for parent in model._meta.parents)


def _add_relations(family: dict[str, type[models.Model]]) -> None:
    """Add the relations whose both ends are there, unless a field of that name is present."""
    organization, member = family.get("organization"), family.get("member")
    user = settings.AUTH_USER_MODEL
    related_name = "%(app_label)s_%(class)s"

    def add(kind: str, name: str, to: Any, field: Any = models.ForeignKey, **options: Any) -> None:
        if kind in family and to is not None:
            _add(family[kind], name, lambda: field(to, models.CASCADE, **options))

    if organization is not None and member is not None:
        make = partial(models.ManyToManyField, user, through=member, related_name=related_name)
        _add(organization, "users", make)
    add("member", "user", user, related_name=related_name)
    add("member", "organization", organization, related_name="organization_users")
    add("owner", "organization_user", member, models.OneToOneField)
    add("owner", "organization", organization, models.OneToOneField, related_name="owner")
    add("invitation", "invited_by", user, related_name=f"{related_name}_sent_invitations")
    add(
        *("invitation", "invitee", user),
        null=True,
        blank=True,
        related_name=f"{related_name}_invitations",
    )
    add("invitation", "organization", organization, related_name="organization_invites")
    if organization is not None and "invitation" in family:
        organization.invitation_model = family["invitation"]  # type: ignore[attr-defined]


def _add(model: type[models.Model], name: str, make: Callable[[], Any]) -> None:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        model.add_to_class(name, make())


def family_of(subject: Any) -> Family:
    """Return the family of an organization, member, owner or invitation (model or row).

    Raises:
        ImproperlyConfigured: a relation is missing; the message says which.
    """
    # ``__class__``: a lazy object, as a request may hold, has that of what it stands for.
    model: Any = subject if isinstance(subject, type) else subject.__class__
    return _family_of(model._meta.concrete_model)


@cache
def _family_of(model: Any) -> Family:
    kind = getattr(model, "family_kind", None)
    if kind is None:
        raise ImproperlyConfigured(
            f"{model.__name__} is no organization, member, owner or invitation: "
            "build it on the classes of organizations.abstract or organizations.base."
        )
    organization = model
    if kind != "organization":
        try:
            organization = model._meta.get_field("organization").related_model
        except FieldDoesNotExist:
            raise _unjoined(model) from None
    while parents := [
        parent
        for parent in organization._meta.parents
        if getattr(parent, "family_kind", None) == "organization"
    ]:
        organization = parents[0]
    found: dict[str, type[models.Model]] = {}
    for relation in organization._meta.related_objects:
        other = relation.related_model
        other_kind = getattr(other, "family_kind", None)
        if other_kind in KINDS and relation.field.name == "organization":
            # Of several, the one that stands nearest to the organization.
            found[other_kind] = min(
                found.get(other_kind, other), other, key=partial(_distance, organization)
            )
    if "member" not in found or "owner" not in found:
        raise _unjoined(organization)
    return Family(organization, found["member"], found["owner"], found.get("invitation"))


def side_label(model: Any) -> str:
    """Return the name by which rows beside organizations refer to their model."""
    concrete = model._meta.concrete_model
    while parents := [
        parent
        for parent in concrete._meta.parents
        if getattr(parent, "family_kind", None) == "organization"
    ]:
        concrete = parents[0]
    return str(concrete._meta.label_lower)


def key_text(row: models.Model) -> str:
    """Return the key of a row as text, as the database itself would cast it."""
    using = row._state.db or router.db_for_write(type(row), instance=row)
    value = row._meta.pk.get_db_prep_value(row.pk, connections[using], prepared=False)
    return str(value)


def _distance(model: type[models.Model], other: type[models.Model]) -> tuple[bool, bool]:
    return (
        model.__module__ != other.__module__,
        model._meta.app_label != other._meta.app_label,
    )


def _unjoined(model: type[models.Model]) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{model._meta.label} has no complete family: no member and owner models with a "
        f"foreign key named 'organization' lead to it. Searched the module {model.__module__} "
        f"and the app {model._meta.app_label}."
    )


def declared(kind: str) -> list[Any]:
    """Return the models of a kind that are in use, in the order in which they were made."""
    models_of_kind = [model for of_app in _by_app.values() for model in of_app[kind]]
    return [model for model in models_of_kind if not model._meta.swapped]


def every() -> list[Family]:
    """Return each complete family that the project's models make."""
    found: list[Family] = []
    for model in declared("organization"):
        try:
            complete = family_of(model)
        except ImproperlyConfigured:
            continue  # check E001 tells about it
        if complete not in found:
            found.append(complete)
    return found


Rows = list[tuple[type[models.Model], list[str]]]


def incomplete() -> Rows:
    """Return each model without a family, with the kinds that its module lacks.

    Sisters of an organization that is told of are not told of again.
    """
    return [row for row in _without_family() if not _is_joined_otherwise(row[0])]


def joined_otherwise() -> Rows:
    """Return, as ``incomplete``, the models whose relations the project wrote in its own way."""
    return [row for row in _without_family() if _is_joined_otherwise(row[0])]


def _without_family() -> Rows:
    rows: Rows = []
    told: list[type[models.Model]] = []
    for kind in KINDS:
        for model in declared(kind):
            try:
                family_of(model)
            except ImproperlyConfigured:
                sisters = _sisters_of(model)
                if model not in told:
                    rows.append((model, [each for each in KINDS if each not in sisters]))
                told += sisters.values()
    return rows


def _sisters_of(model: Any) -> dict[str, type[models.Model]]:
    for family in _by_module[model.__module__]:
        if model in family.values():
            return family
    return {model.family_kind: model}  # a later one of the same kind took its place


def _is_joined_otherwise(model: Any) -> bool:
    if model.family_kind != "organization":
        return _has_field(model, "organization")
    kinds = [getattr(each.related_model, "family_kind", "") for each in model._meta.related_objects]
    return _has_field(model, "users") or "member" in kinds


def lacking() -> list[tuple[type[models.Model], str]]:
    """Return each model of a complete family that lacks a needed field, with its name."""
    return [
        (getattr(family, kind), name)
        for family in every()
        for kind in KINDS
        if getattr(family, kind) is not None
        for name in NEEDED[kind]
        if not _has_field(getattr(family, kind), name)
    ]


def _has_field(model: type[models.Model], name: str) -> bool:
    try:
        return not model._meta.get_field(name).auto_created
    except FieldDoesNotExist:
        return False


def own_family() -> Family | None:
    """Return the default family if it is the project's own, not the package's."""
    try:
        family = default_family()
    except ImproperlyConfigured:
        return None  # check E002 tells about it
    return None if family.organization._meta.app_label == "organizations" else family


def default_family() -> Family:
    """Return the family of the default pages, forms and admin.

    It is the one of the model that the setting ``ORGANIZATION_MODEL`` names.

    Raises:
        ImproperlyConfigured: there is no such model, or it has no family.
    """
    label = get_settings().ORGANIZATION_MODEL
    try:
        return family_of(apps.get_model(label))
    except (LookupError, ValueError):
        raise ImproperlyConfigured(
            f"There is no model {label!r}. Add 'organizations' to INSTALLED_APPS, name a model of "
            "the project (ORGANIZATIONS = {'ORGANIZATION_MODEL': 'app_label.Model'}), or pass "
            "one (org_model=...)."
        ) from None


def link(model: Any, kind: str, **options: Any) -> None:
    """Give a model of an optional app a foreign key to the default family.

    Which models these are is known only when all are loaded, so call it in ``AppConfig.ready``;
    the migration reads the same names. The field is called as its kind. A second call is harmless.

    Args:
        kind: organization or member.
        options: of the foreign key, such as ``related_name``.
    """
    if any(field.name == kind for field in model._meta.local_fields):
        return
    target = getattr(default_family(), kind)
    model.add_to_class(kind, models.ForeignKey(target, models.CASCADE, **options))
    translate_names(model)
    # Proxies of the target have noted its relations by now.
    apps.clear_cache()


def translate_names(model: Any) -> None:
    """Translate what Django reads off the names of classes and fields, as in "Organization".

    Such names are in no migration, and what a project has named itself is left alone.
    """
    meta = model._meta
    if "verbose_name" not in meta.original_attrs and _says_it(name := meta.verbose_name):
        meta.verbose_name = _(name)
        if "verbose_name_plural" not in meta.original_attrs:
            meta.verbose_name_plural = _(f"{name}s")
    for field in meta.local_fields:
        # What somebody wrote would be written to a migration, too.
        if "verbose_name" not in field.deconstruct()[3] and _says_it(field.verbose_name):
            field.verbose_name = _(field.verbose_name)


def _says_it(name: Any) -> bool:
    return isinstance(name, str) and "organization" in name


def made_in(model: Any) -> Any:
    """Return the migration that makes a model's table, for the ``dependencies`` of another one.

    ``swappable_dependency`` names the first migration of the model's app. A project that gave
    itself members later, or took a model of its own for the organization, has them in another.
    """
    meta = model._meta
    where, _given = MigrationLoader.migrations_module(meta.app_label)
    try:
        package = import_module(where) if where else None
    except ImportError:
        package = None
    for found in sorted(
        pkgutil.iter_modules(getattr(package, "__path__", ())), key=lambda m: m.name
    ):
        if not found.ispkg and found.name[0] not in "_~":
            migration = import_module(f"{where}.{found.name}").Migration
            if any(_makes(operation, meta.model_name) for operation in migration.operations):
                return meta.app_label, found.name
    return swappable_dependency(meta.label)


def _makes(operation: Any, name: str) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return any(_makes(each, name) for each in operation.state_operations)
    if isinstance(operation, RenameModel):
        return operation.new_name_lower == name
    return isinstance(operation, CreateModel) and operation.name_lower == name


def organization_field(model: Any, chosen: str | None = None) -> Any:
    """Return the field that says which organization a row of a host model belongs to.

    Args:
        chosen: its name, for models with several foreign keys to organizations.
    Raises:
        ImproperlyConfigured: there is none, or more than one and none is chosen.
    """
    if chosen is not None:
        return model._meta.get_field(chosen)
    found = _organization_fields(model)
    if len(found) != 1:
        names = ", ".join(field.name for field in found) or "none"
        raise ImproperlyConfigured(
            f"{model._meta.label} must have one foreign key to an organization; found: {names}. "
            "Set 'organization_field' on the queryset class to the one that counts."
        )
    return found[0]


def _organization_fields(model: Any) -> list[Any]:
    return [
        field
        for field in model._meta.fields
        if field.is_relation
        and getattr(field.related_model, "family_kind", None) == "organization"
        # The link of a multi-table child to its parent is no belonging.
        and not getattr(field.remote_field, "parent_link", False)
    ]


def organization_of(subject: Any) -> Any:
    """Return the organization that a row is or belongs to, or None for anything else.

    Queries: 0, or 1 if the row's organization is not loaded.
    Raises:
        ImproperlyConfigured: the row has several foreign keys to organizations, and its
            manager's queryset does not say which one counts.
    """
    if not isinstance(subject, models.Model):
        return None
    if getattr(subject, "family_kind", None) == "organization":
        return subject
    chosen = getattr(subject.__class__._default_manager.all(), "organization_field", None)
    if chosen is None and not _organization_fields(subject.__class__):
        return None
    field = organization_field(subject.__class__, chosen)
    # A new row may have none yet; reading it would raise.
    if getattr(subject, field.attname) is None and not field.is_cached(subject):
        return None
    return getattr(subject, field.name)
