"""What an existing model and its membership model have and lack, compared with a family.

Everything is read from the state that the migrations describe, so that the plan is the same
before and after the developer has changed models.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models

__all__ = ["AdoptionError", "Options", "Plan", "Rule", "survey"]

NAME_LENGTH = 200
# Other words for the fields of a family, in the order in which they are looked for.
NAMES = ("title", "company_name", "display_name", "label")
ACTIVE = ("active", "enabled", "is_enabled")
ADMIN = ("admin", "is_manager", "manager", "is_administrator")
MEMBER_OWNER = ("is_owner", "owner")
USER = ("user", "member", "person", "account", "employee")
# Names that the family's own relations take on the organization.
TAKEN = ("owner", "organization_users", "organization_invites")


class AdoptionError(Exception):
    """What stands in the way, in a sentence that says what to do about it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the developer said where the models alone do not tell."""

    member: str | None = None
    user_field: str | None = None
    name_field: str | None = None
    active_field: str | None = None
    admin_field: str | None = None
    owner_field: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows a flag is about: a boolean field, or a field with one of some values."""

    model: str  # "member", or "organization" for a foreign key to a user
    field: str
    values: tuple[str, ...] = ()

    @property
    def lookup(self) -> dict[str, Any]:
        return {f"{self.field}__in": list(self.values)} if self.values else {self.field: True}

    def __str__(self) -> str:
        return f"{self.field} = {' or '.join(self.values)}" if self.values else self.field


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a family has: whether it is there, and what is done about it."""

    model: str
    what: str
    there: bool
    how: str


@dataclass(slots=True)
class Plan:
    """All that is known and decided before anything is changed."""

    app_label: str
    organization: str
    member: str
    owner: str = ""
    invitation: str = ""
    #: Old field name -> new one.
    organization_renames: dict[str, str] = field(default_factory=dict)
    member_renames: dict[str, str] = field(default_factory=dict)
    #: Fields whose line goes, since the class brings them.
    organization_drops: list[str] = field(default_factory=list)
    admin_rule: Rule | None = None
    owner_rule: Rule | None = None
    organization_created: str | None = None
    member_created: str | None = None
    #: Existing many-to-many fields through the member, by name.
    through: list[str] = field(default_factory=list)
    lacks_users: bool = True
    lacks_unique: bool = True
    organization_words: tuple[str, str] = ("", "")
    member_words: tuple[str, str] = ("", "")
    needs: list[Need] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    #: The attribute of the organization by which code reaches its members today, if any.
    members_accessor: str | None = None
    #: Models with foreign keys to the organization, which stay as they are.
    referrers: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.app_label}.{self.organization}"


def survey(state: Any, label: str, options: Options) -> Plan:
    """Return the plan for a model.

    Args:
        state: the project state of the migrations.
        label: ``app_label.Model``.
    Raises:
        AdoptionError: something is ambiguous or missing.
    """
    organization = _model(state, label)
    meta = organization._meta
    member = _member(state, organization, options)
    plan = Plan(meta.app_label, meta.object_name, member._meta.object_name)
    plan.owner = _free_name(state, meta.app_label, f"{meta.object_name}Owner")
    plan.invitation = _free_name(state, meta.app_label, f"{meta.object_name}Invitation")
    plan.organization_words = (str(meta.verbose_name), str(meta.verbose_name_plural))
    plan.member_words = (str(member._meta.verbose_name), str(member._meta.verbose_name_plural))
    plan.referrers = sorted(
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in meta.get_fields(include_hidden=True)
        if relation.auto_created and (relation.one_to_many or relation.one_to_one)
        if relation.related_model is not member and not relation.concrete
    )
    _plan_owner_rule(plan, organization, member, options)
    _plan_organization(plan, organization, options)
    _plan_member(plan, organization, member, options)
    _plan_required(
        plan, plan.organization, organization, {*plan.organization_renames, "name", "slug"}
    )
    _plan_required(plan, plan.member, member, {*plan.member_renames, "user", "organization"})
    for what, name in (("owner model", plan.owner), ("invitation model", plan.invitation)):
        plan.needs.append(Need(name, what, False, f"a new class, {name}"))
    return plan


def _model(state: Any, label: str) -> Any:
    try:
        app_label, name = label.split(".")
        return state.apps.get_model(app_label, name)
    except (LookupError, ValueError):
        raise AdoptionError(
            f"The migrations know no model {label!r}. Name it as app_label.Model; if its app has "
            "no migrations yet, run makemigrations and migrate for it first."
        ) from None


def _free_name(state: Any, app_label: str, wanted: str) -> str:
    number = 1
    name = wanted
    while (app_label, name.lower()) in state.models:
        number += 1
        name = f"{wanted}{number}"
    return name


def _keys_to(model: Any, target: str) -> list[Any]:
    """Return the foreign keys (one-to-one included) from a model to the one of that label."""
    return [
        each
        for each in model._meta.local_fields
        if each.remote_field is not None
        and not getattr(each.remote_field, "parent_link", False)
        and each.related_model._meta.label_lower == target.lower()
    ]


def _member(state: Any, organization: Any, options: Options) -> Any:
    label, user = organization._meta.label, settings.AUTH_USER_MODEL
    if options.member:
        member = _model(state, options.member)
        if not _keys_to(member, label) or not _keys_to(member, user):
            raise AdoptionError(
                f"{member._meta.label} is no membership: it needs a foreign key to {label} and "
                f"one to {user}."
            )
    else:
        member = _found_member(state, organization)
    if member._meta.app_label != organization._meta.app_label:
        raise AdoptionError(
            f"{member._meta.label} stands in another app than {label}. The four models of a "
            f"family share an app here: move it to {organization._meta.app_label} first."
        )
    return member


def _found_member(state: Any, organization: Any) -> Any:
    label, user = organization._meta.label, settings.AUTH_USER_MODEL
    found = [
        model
        for model in state.apps.get_models()
        if model._meta.managed and _keys_to(model, label) and _keys_to(model, user)
    ]
    through = {each.remote_field.through for each in _many_to_many(state, label, user)}
    sure = [model for model in found if model in through or _is_unique(model, label, user)]
    if len(sure) == 1:
        return sure[0]
    if len(found) == 1:
        return found[0]
    if found:
        names = "".join(f"\n    --member {model._meta.label}" for model in sure or found)
        raise AdoptionError(
            f"Several models have foreign keys to {label} and to {user}. Say which one holds the "
            f"memberships:{names}"
        )
    plain = [each for each in organization._meta.local_many_to_many if _leads_to(each, user)]
    if plain:
        name = plain[0].name
        raise AdoptionError(
            f"{label}.{name} leads to the users through a table that has no class. Write a class "
            f"with the two foreign keys, name it with through= in {name}, and start again."
        )
    raise AdoptionError(
        f"No model holds the memberships of {label}: none has a foreign key to {label} and one "
        f"to {user}. Write such a class, migrate, fill it, and start again."
    )


def _leads_to(many: Any, label: str) -> bool:
    return bool(many.related_model._meta.label_lower == label.lower())


def _many_to_many(state: Any, first: str, second: str) -> list[Any]:
    """Return the many-to-many fields between two models, written on either side."""
    ends = {first.lower(), second.lower()}
    return [
        each
        for model in state.apps.get_models()
        for each in model._meta.local_many_to_many
        if {model._meta.label_lower, each.related_model._meta.label_lower} == ends
    ]


def _unique_sets(model: Any) -> Iterable[set[str]]:
    yield from (set(names) for names in model._meta.unique_together)
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is None:
            yield set(constraint.fields)


def _is_unique(model: Any, label: str, user: str) -> bool:
    ends = ({each.name for each in _keys_to(model, end)} for end in (label, user))
    first, second = ends
    return any(
        len(names) == 2 and names & first and names & second for names in _unique_sets(model)
    )


def _field(model: Any, name: str, kind: type[models.Field[Any, Any]]) -> Any:
    """Return a field of a model by name, if it is there and of that kind, else None."""
    for each in model._meta.fields:
        if each.name == name and isinstance(each, kind):
            return each
    return None


def _named(model: Any, name: str, option: str, kind: type[models.Field[Any, Any]]) -> Any:
    found = _field(model, name, kind)
    if found is None:
        words = {models.BooleanField: "yes-or-no field", models.CharField: "text field"}
        raise AdoptionError(
            f"{option} {name}: {model._meta.label} has no {words[kind]} of that name."
        )
    return found


def _plan_organization(plan: Plan, model: Any, options: Options) -> None:
    _plan_name(plan, model, options)
    _plan_active(plan, model, options)
    slug = _field(model, "slug", models.Field)
    if slug is not None and not isinstance(slug, models.CharField):
        raise AdoptionError(f"{plan.label}.slug is no text field. Rename it first.")
    if slug is not None:
        plan.organization_drops.append("slug")
    how = "missing ones are made" if slug is not None else "made"
    _need(
        plan,
        plan.organization,
        "slug",
        slug is not None,
        f"{how} from the names: unique, and none that begins another page",
    )
    plan.organization_created = _plan_stamps(plan, plan.organization, model)
    for name in TAKEN:
        if _field(model, name, models.Field) is not None:
            plan.organization_renames[name] = f"old_{name}"
            text = f"renamed to old_{name}, since the family's own relation is called {name}"
            _need(plan, plan.organization, name, False, text)


def _plan_name(plan: Plan, model: Any, options: Options) -> None:
    old = options.name_field or ("name" if _field(model, "name", models.Field) else None)
    if old is None:
        texts = [name for name in NAMES if _field(model, name, models.CharField)]
        if len(texts) != 1:
            raise AdoptionError(
                f"{plan.label} has no field 'name'. Say which field holds the name: "
                "--name-field NAME."
            )
        old = texts[0]
    name = _field(model, old, models.TextField) or _named(
        model, old, "--name-field", models.CharField
    )
    if name.null:
        raise AdoptionError(
            f"{plan.label}.{old} may be NULL. Give every row a name and the field null=False first."
        )
    fits = isinstance(name, models.CharField) and (name.max_length or 0) <= NAME_LENGTH
    if fits:
        plan.organization_drops.append(old)
    if old != "name":
        plan.organization_renames[old] = "name"
    how = "there" if old == "name" else f"renamed from {old}"
    if fits and name.max_length != NAME_LENGTH:
        how += f", with room for {NAME_LENGTH} letters instead of {name.max_length}"
    _need(plan, plan.organization, "name", old == "name", how)


def _plan_active(plan: Plan, model: Any, options: Options) -> None:
    there = _field(model, "is_active", models.BooleanField)
    old = options.active_field or next(
        (name for name in ACTIVE if not there and _field(model, name, models.BooleanField)), None
    )
    if old and old != "is_active":
        plan.organization_renames[old] = "is_active"
        if not _named(model, old, "--active-field", models.BooleanField).null:
            plan.organization_drops.append(old)
        _need(plan, plan.organization, "is_active", False, f"renamed from {old}")
    else:
        how = "there" if there else "a new column; every row is active"
        _need(plan, plan.organization, "is_active", bool(there), how)


def _plan_stamps(plan: Plan, name: str, model: Any) -> str | None:
    """Plan ``created`` and ``modified``; return the field that ``created`` is taken from."""
    source = None
    if _field(model, "created", models.Field) is None:
        stamped = [
            each.name
            for each in model._meta.fields
            if isinstance(each, models.DateTimeField) and each.auto_now_add
        ]
        source = stamped[0] if len(stamped) == 1 else None
    for what in ("created", "modified"):
        there = _field(model, what, models.Field) is not None
        how = "there" if there else "a new column; the moment of the migration"
        if what == "created" and source:
            how = f"a new column, taken from {source}"
        _need(plan, name, what, there, how)
    return source


def _plan_member(plan: Plan, organization: Any, member: Any, options: Options) -> None:
    keys = _keys_to(member, plan.label)
    if len(keys) > 1:
        names = ", ".join(each.name for each in keys)
        raise AdoptionError(f"{member._meta.label} has several keys to {plan.label}: {names}.")
    user = _user_key(member, options)
    plan.members_accessor = keys[0].remote_field.get_accessor_name()
    for key, new in ((keys[0], "organization"), (user, "user")):
        if key.name != new:
            if _field(member, new, models.Field) is not None:
                raise AdoptionError(
                    f"{member._meta.label}.{new} is something else than the {new}. Rename it first."
                )
            plan.member_renames[key.name] = new
        how = "there" if key.name == new else f"renamed from {key.name}"
        _need(plan, plan.member, new, key.name == new, how)
    if user.one_to_one or user.unique:
        plan.hints.append(
            f"{plan.member}.{user.name} is unique, so a person is a member of one organization at "
            "most, while the pages offer a second one. A ForeignKey would allow it."
        )
    _plan_users(plan, organization, member)
    _plan_admins(plan, member, options)
    pair = {keys[0].name, user.name}
    plan.lacks_unique = all(names != pair for names in _unique_sets(member))
    how = "a new constraint; rows that come twice stop it" if plan.lacks_unique else "there"
    _need(plan, plan.member, "unique pair", not plan.lacks_unique, how)
    plan.member_created = _plan_stamps(plan, plan.member, member)


def _user_key(member: Any, options: Options) -> Any:
    keys = {each.name: each for each in _keys_to(member, settings.AUTH_USER_MODEL)}
    if options.user_field:
        if options.user_field not in keys:
            raise AdoptionError(
                f"--user-field {options.user_field}: {member._meta.label} has no foreign key of "
                f"that name to {settings.AUTH_USER_MODEL}."
            )
        return keys[options.user_field]
    if len(keys) == 1:
        return next(iter(keys.values()))
    for name in USER:
        if name in keys:
            return keys[name]
    names = "".join(f"\n    --user-field {name}" for name in keys)
    raise AdoptionError(
        f"{member._meta.label} has several foreign keys to users. Say which one is the member:"
        f"{names}"
    )


def _plan_users(plan: Plan, organization: Any, member: Any) -> None:
    many = {each.name: each for each in organization._meta.local_many_to_many}
    plan.through = [name for name, each in many.items() if each.remote_field.through is member]
    taken = "users" in many or _field(organization, "users", models.Field) is not None
    if taken and "users" not in plan.through:
        raise AdoptionError(
            f"{plan.label}.users leads elsewhere than through {plan.member}. Rename it first."
        )
    there, plan.lacks_users = "users" in plan.through, not plan.through
    how = "there" if there else f"a new field without a column, through {plan.member}"
    if plan.through and not there:
        # Django takes no second one through the same two foreign keys.
        plan.organization_renames[plan.through[0]] = "users"
        how = f"renamed from {plan.through[0]}"
    _need(plan, plan.organization, "users", there, how)


def _plan_admins(plan: Plan, member: Any, options: Options) -> None:
    there = _field(member, "is_admin", models.Field)
    if there is not None and not isinstance(there, models.BooleanField):
        raise AdoptionError(f"{member._meta.label}.is_admin is no yes-or-no field. Rename it.")
    if options.admin_field:
        plan.admin_rule = _rule(member, options.admin_field, "--admin-field")
    elif there is None:
        flags = [name for name in ADMIN if _field(member, name, models.BooleanField)]
        plan.admin_rule = Rule("member", flags[0]) if len(flags) == 1 else None
    if plan.admin_rule is None and there is None:
        how = "a new column; the owners alone are admins"
        choices = [each.name for each in member._meta.fields if each.choices]
        if choices:
            plan.hints.append(
                f"Nobody but the owners becomes an admin. If {plan.member}.{choices[0]} says who "
                f"is one, add: --admin-field {choices[0]}=VALUE"
            )
    elif there is None:
        how = f"a new column, true where {plan.admin_rule}"
    else:
        how = "there" if plan.admin_rule is None else f"there; also true where {plan.admin_rule}"
    _need(plan, plan.member, "is_admin", there is not None, how)


def _rule(member: Any, text: str, option: str) -> Rule:
    """Read ``is_manager`` or ``role=boss,deputy``."""
    name, has_values, values = text.partition("=")
    if not has_values:
        _named(member, name, option, models.BooleanField)
        return Rule("member", name)
    if _field(member, name, models.Field) is None:
        raise AdoptionError(f"{option} {text}: {member._meta.label} has no field {name!r}.")
    return Rule("member", name, tuple(values.split(",")))


def _plan_owner_rule(plan: Plan, organization: Any, member: Any, options: Options) -> None:
    keys = [each.name for each in _keys_to(organization, settings.AUTH_USER_MODEL)]
    flags = [name for name in MEMBER_OWNER if _field(member, name, models.BooleanField)]
    named = options.owner_field
    if named is None:
        found = [*flags, *(name for name in keys if name == "owner")]
        if len(found) > 1:
            lines = "".join(f"\n    --owner-field {name}" for name in found)
            raise AdoptionError(f"Several fields may say who the owner is. Name one:{lines}")
        named = found[0] if found else None
    if named is None:
        if keys:
            plan.hints.append(
                f"If {plan.organization}.{keys[0]} says who the owner is, add: "
                f"--owner-field {keys[0]}"
            )
    elif named in keys:
        plan.owner_rule = Rule("organization", named)
    else:
        plan.owner_rule = _rule(member, named, "--owner-field")


def _plan_required(plan: Plan, name: str, model: Any, known: set[str]) -> None:
    """Tell of fields that the pages, which ask for a name or an address alone, leave empty."""
    for each in model._meta.local_concrete_fields:
        filled = each.null or each.has_default() or each.has_db_default() or each.primary_key
        stamped = getattr(each, "auto_now", False) or getattr(each, "auto_now_add", False)
        if filled or stamped or each.name in known:
            continue
        if each.unique or not each.empty_strings_allowed:
            plan.hints.append(
                f"The pages make rows without {name}.{each.name}, which would fail: give it a "
                "default or null=True, with a migration of its own."
            )


def _need(plan: Plan, model: str, what: str, there: bool, how: str) -> None:
    plan.needs.append(Need(model, what, there, how))
