"""The migrations of an adoption: columns, data, rules and the owner's guard, one after another.

Schema and data never share a migration. Django's autodetector finds what differs between the
migrations and the classes; what is strict among it waits until the data are filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.migrations import Migration, operations
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState
from django.db.migrations.writer import MigrationWriter
from django.db.models import NOT_PROVIDED

from ...abstract import (
    AbstractOrganization,
    AbstractOrganizationUser,
)
from ...conf import RESERVED_WORDS, get_settings
from ...families import family_of
from ...operations import KeepOwner
from .survey import AdoptionError, Plan

__all__ = ["differences", "is_adopted", "leaf", "names", "pending", "write"]

DATA = Path(__file__).with_name("data_migration.py-tpl")

#: What a class of the family may bring into a table.
ORGANIZATION_FIELDS = ("name", "is_active", "slug", "created", "modified", "users")
MEMBER_FIELDS = ("organization", "user", "is_admin", "created", "modified")


@dataclass(frozen=True, slots=True)
class Step:
    """One migration file: its name and what it is for."""

    name: str
    purpose: str


def names(plan: Plan, loader: Any) -> list[Step]:
    """Return the migrations that will be written, in order."""
    number = int(MigrationAutodetector.parse_number(leaf(plan, loader)) or 0)
    low = plan.organization.lower()
    steps = [
        (f"adopt_{low}_columns", "new columns, still empty, and the two new tables"),
        (f"adopt_{low}_data", "short names, admins and owners"),
        (f"adopt_{low}_rules", "what is unique and never empty"),
        (f"adopt_{low}_keep_owner", "PostgreSQL keeps the owners"),
    ]
    return [
        Step(f"{number + place:04}_{name}", text) for place, (name, text) in enumerate(steps, 1)
    ]


def leaf(plan: Plan, loader: Any) -> str:
    leaves = loader.graph.leaf_nodes(plan.app_label)
    if len(leaves) != 1:
        raise AdoptionError(
            f"The migrations of {plan.app_label} have {len(leaves)} ends. Run "
            "manage.py makemigrations --merge first."
        )
    return str(leaves[0][1])


class _Silent(NonInteractiveMigrationQuestioner):
    """Asks and says nothing: what the plan does not know is refused afterwards."""

    def __init__(self) -> None:
        super().__init__(log=lambda message: None)

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return NOT_PROVIDED

    ask_auto_now_add_addition = ask_not_null_addition


def _detect(before: Any, after: Any, loader: Any, app_label: str) -> tuple[list[Any], list[Any]]:
    """Return the operations of one app that lead from one state to another, and what they need."""
    # Looking takes the states apart.
    detector = MigrationAutodetector(before.clone(), after.clone(), _Silent())
    found = detector.changes(loader.graph, trim_to_apps={app_label}, convert_apps={app_label})
    steps: list[Any] = []
    needs: list[Any] = []
    for migration in found.get(app_label, []):
        steps += migration.operations
        needs += [each for each in migration.dependencies if each[0] != app_label]
    return steps, needs


def pending(loader: Any, app_label: str) -> bool:
    """Return whether the models of an app differ from its migrations."""
    state = loader.project_state()
    steps, _needs = _detect(state, ProjectState.from_apps(apps), loader, app_label)
    return bool(steps)


def is_adopted(plan: Plan) -> bool:
    """Return whether models.py has been changed, well or not."""
    return issubclass(apps.get_model(plan.label), AbstractOrganization)


def differences(plan: Plan) -> list[str]:
    """Return what is not yet in models.py as the plan says, a sentence each."""
    found = []
    organization = apps.get_model(plan.label)
    member = apps.get_model(plan.app_label, plan.member)
    if not issubclass(organization, AbstractOrganization):
        found.append(f"{plan.organization} is not built on AbstractOrganization.")
    if not issubclass(member, AbstractOrganizationUser):
        found.append(f"{plan.member} is not built on AbstractOrganizationUser.")
    for model, renames in (
        (organization, plan.organization_renames),
        (member, plan.member_renames),
    ):
        names = {each.name for each in model._meta.get_fields()}
        for old, new in renames.items():
            # The name of an old field may be that of a new relation.
            if new not in names or _is_field(model, old):
                found.append(f"{model.__name__}.{old} is not renamed to {new}.")
    if found:
        return found
    try:
        family = family_of(organization)
    except ImproperlyConfigured as error:
        return [str(error)]
    if family.member is not member:
        found.append(f"{plan.organization} finds its members in {family.member.__name__}.")
    if family.owner.__name__ != plan.owner:
        found.append(f"The class {plan.owner} is missing or leads elsewhere.")
    if family.invitation is None or not family.has_field("invitation", "token_digest"):
        found.append(
            f"The class {plan.invitation} is missing, or is not built on InvitationLifecycle."
        )
    problems = checks.run_checks(
        app_configs=[apps.get_app_config(plan.app_label)], tags=[checks.Tags.models]
    )
    ours = [each for each in _models(family) if each is not None]
    found += [
        f"{message.msg} [{message.id}]"
        for message in problems
        if message.level >= checks.ERROR and _model_of(message.obj) in ours
    ]
    return found


def _is_field(model: Any, name: str) -> bool:
    try:
        return bool(model._meta.get_field(name).concrete)
    except FieldDoesNotExist:
        return False


def _models(family: Any) -> list[Any]:
    return [family.organization, family.member, family.owner, family.invitation]


def _model_of(thing: Any) -> Any:
    return getattr(thing, "model", thing)


def write(plan: Plan, loader: Any) -> list[Path]:
    """Write the migrations and return their files.

    Raises:
        AdoptionError: models.py differs from its migrations in more than the plan says.
    """
    app = plan.app_label
    after = ProjectState.from_apps(apps)
    before = loader.project_state()
    first = _renames(plan, before)
    for step in first:
        step.state_forwards(app, before)
    middle = _relaxed(plan, before, after)
    columns, needs = _detect(before, middle, loader, app)
    rules, more_needs = _detect(middle, after, loader, app)
    _refuse_others(plan, [*columns, *rules])
    steps = names(plan, loader)
    owner_guard = KeepOwner(
        organization=plan.organization.lower(),
        member=plan.member.lower(),
        owner=plan.owner.lower(),
    )
    previous = leaf(plan, loader)
    files = []
    for step, content, dependencies in (
        (steps[0], [*first, *columns], needs),
        (steps[1], None, []),
        (steps[2], rules, more_needs),
        (steps[3], [owner_guard], []),
    ):
        migration: Any = Migration(step.name, app)
        migration.dependencies = [(app, previous), *dict.fromkeys(dependencies)]
        migration.operations = content or []
        writer = MigrationWriter(migration)
        text = _data_migration(plan, previous) if content is None else writer.as_string()
        path = Path(writer.path)
        path.write_text(text, encoding="utf-8")
        files.append(path)
        previous = step.name
    return files


def _renames(plan: Plan, before: Any) -> list[Any]:
    """Return the first operations: fields get their new names, without constraints that hold them.

    The constraints and indexes come back with the new names.
    """
    steps: list[Any] = []
    for model, renames in (
        (plan.organization.lower(), plan.organization_renames),
        (plan.member.lower(), plan.member_renames),
    ):
        options = before.models[plan.app_label, model].options
        for constraint in options.get("constraints", []):
            if _names_one(constraint, renames):
                steps.append(operations.RemoveConstraint(model, constraint.name))
        for index in options.get("indexes", []):
            if _names_one(index, renames):
                steps.append(operations.RemoveIndex(model, index.name))
        steps += [operations.RenameField(model, old, new) for old, new in renames.items()]
    return steps


def _names_one(thing: Any, renames: dict[str, str]) -> bool:
    text = repr(thing.deconstruct())
    return any(re.search(rf"'-?{old}(__\w+)?'", text) for old in renames)


def _relaxed(plan: Plan, before: Any, after: Any) -> Any:
    """Return the state after, but for what only holds once the data are filled in."""
    app = plan.app_label
    state = after.clone()
    organization = plan.organization.lower()
    old = before.models[app, organization].fields.get("slug")
    fields = state.models[app, organization].fields
    if not (old is not None and old.unique and not old.null):
        _name, _path, arguments, keywords = fields["slug"].deconstruct()
        length = max(keywords.get("max_length", 0), getattr(old, "max_length", None) or 0)
        keywords.update(null=True, unique=False, max_length=length)
        fields["slug"] = type(fields["slug"])(*arguments, **keywords)
    for kind in (organization, plan.member.lower()):
        then = before.models[app, kind].options
        options = state.models[app, kind].options = dict(state.models[app, kind].options)
        had = {tuple(each) for each in then.get("unique_together", ())}
        together = {tuple(each) for each in options.get("unique_together", ())}
        options["unique_together"] = together & had
        known = {each.name for each in then.get("constraints", [])}
        # What was taken away for a renaming comes back with the rules.
        options["constraints"] = [
            each for each in options.get("constraints", []) if each.name in known
        ]
    return state


def _refuse_others(plan: Plan, steps: list[Any]) -> None:
    """Only what the plan says may be in its migrations."""
    new = (plan.owner.lower(), plan.invitation.lower())
    allowed = {
        plan.organization.lower(): ORGANIZATION_FIELDS,
        plan.member.lower(): MEMBER_FIELDS,
    }
    strange = []
    for step in steps:
        name = getattr(step, "model_name", getattr(step, "name", "")).lower()
        fields = allowed.get(name)
        if name in new:
            continue
        if fields is None or isinstance(step, operations.DeleteModel | operations.RemoveField):
            strange.append(step.describe())
        elif isinstance(step, operations.AddField | operations.AlterField):
            is_relation = step.field.many_to_many
            if step.name not in fields and not is_relation:
                strange.append(step.describe())
    if strange:
        raise AdoptionError(
            "models.py differs from the plan and from its migrations:\n"
            + "".join(f"    {each}\n" for each in strange)
            + "Put it back, or make a migration of its own for it after this one. "
            "Nothing was written."
        )


def _data_migration(plan: Plan, before: str) -> str:
    words = sorted(RESERVED_WORDS | {word.lower() for word in get_settings().RESERVED_SLUGS})
    lines: list[str] = []
    for word in words:
        if not lines or len(lines[-1]) + len(word) > 90:
            lines.append(f"    {word}")
        else:
            lines[-1] += f" {word}"
    owner, account = plan.owner_rule, None
    if owner is not None and owner.model == "organization":
        account = plan.organization_renames.get(owner.field, owner.field)
        owner = None
    return DATA.read_text(encoding="utf-8") % {
        "label": plan.label,
        "app": plan.app_label,
        "organization": plan.organization,
        "member": plan.member,
        "owner": plan.owner,
        "organization_created": plan.organization_created,
        "member_created": plan.member_created,
        "admins": plan.admin_rule.lookup if plan.admin_rule else None,
        "owners": owner.lookup if owner else None,
        "owner_account": account,
        "reserved": "\n".join(lines),
        "before": before,
    }
