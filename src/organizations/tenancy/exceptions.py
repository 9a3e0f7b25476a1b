"""The errors of this app; see ``organizations.exceptions`` for what they have in common."""

from __future__ import annotations

from organizations.words import gettext_lazy as _

from ..exceptions import OrganizationsError

__all__ = ["ScopeMismatch", "ScopeMissing"]


class ScopeMissing(OrganizationsError):
    """Something would read or write rows of organizations, and no scope is open."""

    code = "scope_missing"
    status_hint = 500
    message = _(
        "No organization is chosen here. Open one with scope(organization), "
        'or say unscoped("why") where rows of all of them are meant.'
    )


class ScopeMismatch(OrganizationsError):
    """A row, a value or a query belongs to another organization than the open scope."""

    code = "scope_mismatch"
    status_hint = 404
    message = _(
        "This belongs to another organization than the one that is open. "
        "Make it anew inside the scope that it is meant for."
    )
