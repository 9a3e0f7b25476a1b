"""The errors of this app; those of rights come from the core."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from organizations.exceptions import OrganizationsError
from organizations.words import gettext_lazy as _

__all__ = ["EndsInThePast", "RoleNameInvalid", "RoleNameTaken", "UnknownRole"]


class RoleNameTaken(OrganizationsError):
    """Another role of the organization has the name."""

    code = "role_name_taken"
    status_hint = 409
    message = _("Another role has this name already. Choose another one.")


class RoleNameInvalid(OrganizationsError):
    """The name is empty or too long."""

    code = "role_name_invalid"
    message = _("A role needs a name of at most 100 characters.")


class EndsInThePast(OrganizationsError):
    """A role would be given until a moment that has passed."""

    code = "ends_in_the_past"
    message = _("This moment has passed already. Choose a later one, or take the role away.")


class UnknownRole(OrganizationsError, LookupError):
    """A name of a role that nobody declared in code: a programming error, so it is loud."""

    code = "unknown_role"
    status_hint = 500

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        near = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        super().__init__(
            f"No role named {name!r} is declared.{hint} "
            "Declare it with organizations.roles.registry.declare() before it is asked for."
        )
