"""The plan as it is printed: one line a step, and what to do next at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from .rows import SHOWN, Rows
from .source import Edit
from .survey import Need, Plan
from .writing import Step

__all__ = ["as_data", "settings_lines", "show"]


def settings_lines(plan: Plan) -> list[str]:
    """Return what the settings say from then on."""
    return [
        'INSTALLED_APPS has "organizations"',
        f'ORGANIZATIONS has "ORGANIZATION_MODEL": "{plan.label}"',
    ]


def as_data(plan: Plan, rows: Rows | None, edits: list[Edit], steps: list[Step]) -> dict[str, Any]:
    """Return the plan for ``--json``."""
    return {
        "model": plan.label,
        "member": f"{plan.app_label}.{plan.member}",
        "new_classes": [plan.owner, plan.invitation],
        "renames": {
            plan.organization: plan.organization_renames,
            plan.member: plan.member_renames,
        },
        "needs": [asdict(need) for need in plan.needs],
        "referrers": plan.referrers,
        "owners": _owners(plan),
        "rows": asdict(rows) if rows else None,
        "edits": [asdict(edit) for edit in edits],
        "migrations": [asdict(step) for step in steps],
        "settings": settings_lines(plan),
        "hints": plan.hints,
    }


def show(
    plan: Plan, rows: Rows | None, edits: list[Edit], steps: list[Step], told: bool
) -> Iterator[str]:
    """Yield the lines of the plan.

    Args:
        told: whether models.py has been changed already.
    """
    yield f"Plan: {plan.label} becomes an organization. This command changes nothing."
    yield ""
    for model in dict.fromkeys(need.model for need in plan.needs):
        yield f"{model}{_figure(plan, rows, model)}"
        for need in plan.needs:
            if need.model == model:
                yield _need(need)
    yield ""
    yield f"Owners: {_owners(plan)}."
    if plan.referrers:
        yield f"Stay as they are, rows and keys: {', '.join(plan.referrers)}."
    yield from _warnings(plan, rows)
    yield from (f"Note: {hint}" for hint in plan.hints)
    yield ""
    yield "1. models.py: " + ("has been changed." if told else "change these lines.")
    for edit in edits:
        yield from _edit(edit)
    renames = [
        f"{model}.{old} -> {new}"
        for model, pairs in (
            (plan.organization, plan.organization_renames),
            (plan.member, plan.member_renames),
        )
        for old, new in pairs.items()
    ]
    if plan.members_accessor not in (None, "organization_users"):
        renames.append(f"{plan.organization}.{plan.members_accessor} -> organization_users")
    if renames:
        yield f"   Then look through your code and templates for: {', '.join(renames)}."
    yield "2. Settings: " + "; ".join(settings_lines(plan)) + "."
    yield "3. organizations_adopt --write: writes the migrations."
    yield from (f"     {step.name}: {step.purpose}" for step in steps)
    yield "4. migrate, then organizations_doctor: names what is still odd."
    yield ""


def _figure(plan: Plan, rows: Rows | None, model: str) -> str:
    if rows is None:
        return ""
    figures = {plan.organization: rows.organizations, plan.member: rows.members}
    return f" ({figures[model]} rows)" if model in figures else ""


def _need(need: Need) -> str:
    mark = "ok " if need.there else "-> "
    return f"  {mark} {need.what}: {need.how}"


def _owners(plan: Plan) -> str:
    first = "the first admin, else the oldest member"
    rule = plan.owner_rule
    if rule is None:
        return first
    if rule.model == "organization":
        return f"the member that {plan.organization}.{rule.field} names; where it is empty {first}"
    return f"the member with {rule}, else {first}"


def _warnings(plan: Plan, rows: Rows | None) -> Iterator[str]:
    if rows is None:
        yield "Rows were not counted: this database is not migrated to where the plan begins."
        return
    if rows.namesakes:
        yield f"Names that another row has too: {rows.namesakes}; the short names get a number."
    for what, keys in (
        ("Without any member, and so without an owner", rows.memberless),
        ("Their named owner is no member, so without an owner", rows.owner_elsewhere),
    ):
        if keys:
            yield f"{what}: {len(keys)} ({_some(keys)})."
    if rows.doubles:
        pairs = [f"{key} (user {user})" for key, user in rows.doubles]
        yield (
            f"{plan.member} has several rows for one person; keep one of each before you migrate: "
            f"{_some(pairs)}."
        )


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:SHOWN]) + (", and more" if len(keys) > SHOWN else "")


def _edit(edit: Edit) -> Iterator[str]:
    place = f"{os.path.relpath(edit.file)}, line {edit.line}"
    yield f"   {place}" if edit.old else f"   {place}: insert before it"
    yield from (f"   - {line}".rstrip() for line in edit.old)
    yield from (f"   + {line}".rstrip() for line in edit.new)
