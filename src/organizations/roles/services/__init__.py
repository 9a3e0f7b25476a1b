"""The verbs of roles: make them, give them, take them, and tell before they end."""

from __future__ import annotations

from .assignments import (
    aassign,
    aset_end,
    aset_roles,
    assign,
    assignments_of,
    aunassign,
    set_end,
    set_roles,
    unassign,
)
from .definitions import achange, acopy, acreate, adelete, change, copy, create, delete
from .reminders import aremind, due_reminders, remind

__all__ = [
    "aassign",
    "achange",
    "acopy",
    "acreate",
    "adelete",
    "aremind",
    "aset_end",
    "aset_roles",
    "assign",
    "assignments_of",
    "aunassign",
    "change",
    "copy",
    "create",
    "delete",
    "due_reminders",
    "remind",
    "set_end",
    "set_roles",
    "unassign",
]
