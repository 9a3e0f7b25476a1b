"""How a member finds its organization: the models of one project, joined into families.

A family is four models: organization, member, owner, invitation. A base class says which
of the four its children are (``family_kind``). Children that lack the relations between
the four get them as soon as the family is complete: from the same module, else from the
same app if that holds one of each. Relations that are written out are left alone, and are
then all that counts: ``family_of`` reads the relations themselves.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models

from .conf import get_settings

__all__ = [
    "KINDS",
    "Family",
    "default_family",
    "every",
    "family_of",
    "incomplete",
    "join",
    "own_family",
]

KINDS = ("organization", "member", "owner", "invitation")

# Models that declare a kind, by the place they stand in; filled as classes are made.
_by_module: dict[str, dict[str, type[models.Model]]] = defaultdict(dict)
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

    def has_field(self, kind: str, name: str) -> bool:
        """Return whether the model of a kind has a field of that name."""
        model = getattr(self, kind)
        return any(field.name == name for field in model._meta.fields)


def join(model: type[models.Model]) -> None:
    """Take note of a new model and join its family if that is now complete."""
    kind = getattr(model, "family_kind", None)
    meta = model._meta
    if kind is None or meta.proxy or meta.apps is not apps or _has_family_parent(model):
        return
    family = _by_module[model.__module__]
    if len(family) == len(KINDS):
        return  # a further model in a module whose family is complete stands for itself
    family[kind] = model
    _by_app[meta.app_label][kind].append(model)
    if len(family) < len(KINDS):
        per_kind = _by_app[meta.app_label]
        if any(len(per_kind[each]) != 1 for each in KINDS):
            return
        family = {each: per_kind[each][0] for each in KINDS}
    _add_relations(family)


def _has_family_parent(model: type[models.Model]) -> bool:
    """Multi-table children use the relations of their parent."""
    return any(getattr(parent, "family_kind", None) is not None for parent in model._meta.parents)


def _add_relations(family: dict[str, type[models.Model]]) -> None:
    organization, member = family["organization"], family["member"]
    user = settings.AUTH_USER_MODEL
    cascade = models.CASCADE
    name = "%(app_label)s_%(class)s"
    _add(
        organization,
        "users",
        lambda: models.ManyToManyField(user, through=member, related_name=name),
    )
    _add(member, "user", lambda: models.ForeignKey(user, cascade, related_name=name))
    _add(
        member,
        "organization",
        lambda: models.ForeignKey(organization, cascade, related_name="organization_users"),
    )
    _add(family["owner"], "organization_user", lambda: models.OneToOneField(member, cascade))
    _add(
        family["owner"],
        "organization",
        lambda: models.OneToOneField(organization, cascade, related_name="owner"),
    )
    invitation = family["invitation"]
    organization.invitation_model = invitation  # type: ignore[attr-defined]
    _add(
        invitation,
        "invited_by",
        lambda: models.ForeignKey(user, cascade, related_name=f"{name}_sent_invitations"),
    )
    _add(
        invitation,
        "invitee",
        lambda: models.ForeignKey(
            user, cascade, null=True, blank=True, related_name=f"{name}_invitations"
        ),
    )
    _add(
        invitation,
        "organization",
        lambda: models.ForeignKey(organization, cascade, related_name="organization_invites"),
    )


def _add(model: type[models.Model], name: str, make: Any) -> None:
    try:
        model._meta.get_field(name)
    except FieldDoesNotExist:
        model.add_to_class(name, make())


def family_of(subject: Any) -> Family:
    """Return the family of an organization, member, owner or invitation (model or row).

    Raises:
        ImproperlyConfigured: a relation is missing; the message says which.
    """
    model: Any = subject if isinstance(subject, type) else type(subject)
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
            found.setdefault(other_kind, other)
    if "member" not in found or "owner" not in found:
        raise _unjoined(organization)
    return Family(organization, found["member"], found["owner"], found.get("invitation"))


def _unjoined(model: type[models.Model]) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"{model._meta.label} has no complete family: no member and owner models with a "
        f"foreign key named 'organization' lead to it. Searched the module {model.__module__} "
        f"and the app {model._meta.app_label}."
    )


def every() -> list[Family]:
    """Return each complete family that the project's models make."""
    found: list[Family] = []
    for family in _by_module.values():
        try:
            complete = family_of(family["organization"])
        except (KeyError, ImproperlyConfigured):
            continue  # check E001 tells about it
        if complete not in found:
            found.append(complete)
    return found


def incomplete() -> list[tuple[type[models.Model], list[str]]]:
    """Return each organization model without a family, with the kinds its module lacks."""
    rows = []
    for module, family in _by_module.items():
        model = family.get("organization")
        if model is None:
            continue
        try:
            family_of(model)
        except ImproperlyConfigured:
            rows.append((model, [kind for kind in KINDS if kind not in _by_module[module]]))
    return rows


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
