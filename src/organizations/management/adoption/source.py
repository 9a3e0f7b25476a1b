"""Which lines of models.py change: the text as it is, and as it should be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .survey import AdoptionError, Plan

__all__ = ["Edit", "edits"]


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of a file that make way for others. Without old lines, new ones come before `line`."""

    file: str
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


class Source:
    """A file of models, with the places in it that are to change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines(keepends=True)
        self.tree = ast.parse(self.text)
        self.changes: list[tuple[int, int, str]] = []
        # Columns of the tree count bytes.
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        """Return the offset of a place that the tree gives."""
        before = self.lines[line - 1].encode()[:column].decode()
        return self.starts[line - 1] + len(before)

    def change(self, node: Any, text: str) -> None:
        self.changes.append((*self.span(node), text))

    def span(self, node: Any) -> tuple[int, int]:
        return (
            self.at(node.lineno, node.col_offset),
            self.at(node.end_lineno, node.end_col_offset),
        )

    def insert(self, line: int, text: str) -> None:
        """Put whole lines before a line."""
        self.changes.append((self.starts[line - 1], self.starts[line - 1], text))

    def remove(self, node: Any) -> None:
        """Take a statement away, with its lines."""
        self.changes.append((self.starts[node.lineno - 1], self.starts[node.end_lineno], ""))

    def binds(self, name: str) -> bool:
        return any(
            (alias.asname or alias.name) == name
            for node in self.tree.body
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        )

    def class_named(self, name: str) -> ast.ClassDef:
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
        raise AdoptionError(f"{self.path} has no class {name} on its first level.")

    def after_imports(self) -> int:
        """Return the line behind the last import, or behind the docstring."""
        last = 0
        for number, node in enumerate(self.tree.body):
            is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, ast.Import | ast.ImportFrom) or (number == 0 and is_text):
                last = node.end_lineno or node.lineno
        return last + 1

    def edits(self) -> Iterator[Edit]:
        """Yield the changes as lines, from top to bottom."""
        groups: list[tuple[int, int, list[tuple[int, int, str]]]] = []
        for start, end, text in sorted(self.changes, key=lambda change: change[:2]):
            first = self._line_of(start)
            last = first if start == end and self._begins(start) else self._line_of(end - 1) + 1
            if start == end and not self._begins(start):
                last = first + 1
            if groups and first < groups[-1][1]:
                low, high, inside = groups.pop()
                groups.append((low, max(high, last), [*inside, (start, end, text)]))
            else:
                groups.append((first, last, [(start, end, text)]))
        for first, last, inside in groups:
            begin, stop = self.starts[first], self.starts[last]
            text = self.text[begin:stop]
            for start, end, new in reversed(inside):
                text = text[: start - begin] + new + text[end - begin :]
            old = self.text[begin:stop].splitlines()
            yield Edit(str(self.path), first + 1, tuple(old), tuple(text.splitlines()))

    def _line_of(self, offset: int) -> int:
        """Return the number of the line of an offset, from 0."""
        return max(number for number, start in enumerate(self.starts) if start <= offset)

    def _begins(self, offset: int) -> bool:
        return offset in self.starts


def edits(plan: Plan, organization: Path, member: Path) -> list[Edit]:
    """Return what changes in the files of the two models.

    Raises:
        AdoptionError: a class or a field does not stand where it can be changed.
    """
    sources = {path: Source(path) for path in (organization, member)}
    first, second = sources[organization], sources[member]
    together = organization == member
    _edit_organization(plan, first)
    _edit_member(plan, second)
    _import(first, ["AbstractOrganization", *(MEMBER_NAMES if together else ())])
    if not together:
        _import(second, MEMBER_NAMES)
    second.changes.append((len(second.text), len(second.text), _new_classes(plan, second)))
    return [edit for source in sources.values() for edit in source.edits()]


MEMBER_NAMES = (
    "AbstractOrganizationInvitation",
    "AbstractOrganizationOwner",
    "AbstractOrganizationUser",
    "InvitationLifecycle",
)


def _import(source: Source, names: Iterable[str]) -> None:
    lines = [] if source.binds("settings") else ["from django.conf import settings\n"]
    lines += [] if source.binds("models") else ["from django.db import models\n"]
    names = sorted(names)
    if len(names) == 1:
        lines.append(f"from organizations.abstract import {names[0]}\n")
    else:
        body = "".join(f"    {name},\n" for name in names)
        lines.append(f"from organizations.abstract import (\n{body})\n")
    source.insert(source.after_imports(), "".join(lines))


def _edit_organization(plan: Plan, source: Source) -> None:
    node = source.class_named(plan.organization)
    renames = plan.organization_renames
    _set_base(source, node, "AbstractOrganization")
    fields = _fields(node)
    for old in {*renames, *plan.organization_drops}:
        if old not in fields:
            raise AdoptionError(
                f"{plan.label}.{old} is written in a base class. Write it in the class itself "
                f"({source.path}), run makemigrations, and start again."
            )
    for old in plan.organization_drops:
        source.remove(fields[old])
    for old, new in renames.items():
        if old not in plan.organization_drops:
            source.change(_target(fields[old]), new)
    for name in plan.through:
        _rename_strings(source, fields[name].value, plan.member_renames)
    added = ""
    if plan.lacks_users:
        added = USERS.format(member=plan.member)
    _edit_meta(source, node, "AbstractOrganization", renames, plan.organization_words, added)
    _rename_attributes(source, node, renames, {})


def _edit_member(plan: Plan, source: Source) -> None:
    node = source.class_named(plan.member)
    _set_base(source, node, "AbstractOrganizationUser")
    fields = _fields(node)
    renames = plan.member_renames
    old_names = {new: old for old, new in renames.items()}
    key = old_names.get("organization", "organization")
    user = old_names.get("user", "user")
    for name in (key, user):
        if name not in fields:
            raise AdoptionError(
                f"{plan.member}.{name} is written in a base class. Write it in the class itself "
                f"({source.path}), run makemigrations, and start again."
            )
    for old, new in renames.items():
        source.change(_target(fields[old]), new)
    _set_keyword(source, fields[key].value, "related_name", '"organization_users"')
    unique = '        unique_together = ("user", "organization")\n' if plan.lacks_unique else ""
    _edit_meta(source, node, "AbstractOrganizationUser", renames, plan.member_words, "", unique)
    _rename_attributes(source, node, renames, {key: plan.organization_renames})


def _set_base(source: Source, node: ast.ClassDef, name: str) -> None:
    for base in node.bases:
        if ast.unparse(base) in {"models.Model", "Model"}:
            source.change(base, name)
            return
    if not node.bases:
        raise AdoptionError(f"{node.name} has no base class in {source.path}.")
    end = source.span(node.bases[-1])[1]
    source.changes.append((end, end, f", {name}"))


def _fields(node: ast.ClassDef) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in node.body:
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name):
            found[each.targets[0].id] = each
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            found[each.target.id] = each
    return found


def _target(node: Any) -> Any:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _set_keyword(source: Source, call: Any, name: str, value: str) -> None:
    for keyword in call.keywords:
        if keyword.arg == name:
            source.change(keyword.value, value)
            return
    last = max([*call.args, *(each.value for each in call.keywords)], key=source.span)
    end = source.span(last)[1]
    source.changes.append((end, end, f", {name}={value}"))


def _edit_meta(
    source: Source,
    node: ast.ClassDef,
    base: str,
    renames: dict[str, str],
    words: tuple[str, str],
    added: str,
    option: str = "",
) -> None:
    """Bring the class's Meta up to date; without one, keep what the model is called."""
    inner = [each for each in node.body if isinstance(each, ast.ClassDef) and each.name == "Meta"]
    if inner:
        _rename_strings(source, inner[0], renames)
        if option and "unique_together" in _fields(inner[0]):
            raise AdoptionError(
                f"{node.name} needs one row per person and organization. Add the pair to "
                f"unique_together in its Meta ({source.path}), run makemigrations, start again."
            )
        if option:
            source.insert(inner[0].body[0].lineno, option)
        if added:
            source.insert(_first_line(inner[0]), f"{added}\n")
        return
    text = (
        f"    class Meta({base}.Meta):\n"
        f'        verbose_name = "{words[0]}"\n'
        f'        verbose_name_plural = "{words[1]}"\n'
    )
    fields = _fields(node)
    methods = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    if methods:
        source.insert(_first_line(methods[0]), f"{added}\n{text}\n".lstrip("\n"))
    else:
        last = max([int(each.end_lineno) for each in fields.values()] or [node.lineno])
        source.insert(last + 1, f"{added}\n{text}")


def _first_line(node: Any) -> int:
    return int(min([node.lineno, *(each.lineno for each in node.decorator_list)]))


def _rename_strings(source: Source, node: Any, renames: dict[str, str]) -> None:
    """Rename fields where a text names them: ``"-title"``, ``"company__city"``."""
    for each in ast.walk(node):
        if not (isinstance(each, ast.Constant) and isinstance(each.value, str)):
            continue
        found = re.fullmatch(r"(-?)(\w+?)((?:__\w+)?)", each.value)
        if found and found[2] in renames:
            source.change(each, f'"{found[1]}{renames[found[2]]}{found[3]}"')


def _rename_attributes(
    source: Source,
    node: ast.ClassDef,
    renames: dict[str, str],
    beyond: dict[str, dict[str, str]],
) -> None:
    """Rename ``self.title`` in methods, and ``self.company.title`` behind a relation."""
    for each in ast.walk(node):
        if not isinstance(each, ast.Attribute):
            continue
        found: dict[str, str] = {}
        if isinstance(each.value, ast.Name) and each.value.id == "self":
            found = {**renames, **{f"{old}_id": f"{new}_id" for old, new in renames.items()}}
        elif isinstance(each.value, ast.Attribute) and ast.unparse(each.value.value) == "self":
            found = beyond.get(each.value.attr, {})
        if each.attr in found:
            end = source.span(each)[1]
            source.changes.append((end - len(each.attr), end, found[each.attr]))


USERS = """\
    users = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="{member}",
        through_fields=("organization", "user"),
        related_name="%(app_label)s_%(class)s",
    )
"""

CLASSES = """\


class {owner}(AbstractOrganizationOwner):
    organization_user = models.OneToOneField("{member}", models.RESTRICT)
    organization = models.OneToOneField(
        "{organization}", models.CASCADE, related_name="owner"
    )


class {invitation}(InvitationLifecycle, AbstractOrganizationInvitation):
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="%(app_label)s_%(class)s_sent_invitations",
    )
    invitee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="%(app_label)s_%(class)s_invitations",
    )
    organization = models.ForeignKey(
        "{organization}", models.CASCADE, related_name="organization_invites"
    )

    class Meta(AbstractOrganizationInvitation.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "open_key"], name="{app_label}_{lower}_one_open"
            )
        ]
"""


def _new_classes(plan: Plan, source: Source) -> str:
    text = CLASSES.format(
        owner=plan.owner,
        member=plan.member,
        organization=plan.organization,
        invitation=plan.invitation,
        app_label=plan.app_label,
        lower=plan.invitation.lower(),
    )
    return text if source.text.endswith("\n") else f"\n{text}"
