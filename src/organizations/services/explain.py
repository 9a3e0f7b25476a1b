"""Why may she? The chain that leads to a permission, or what is missing.

``explain`` asks the same questions as ``access_of``, in the same order, and says so: as a
value, and as sentences for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from ..families import is_live
from ..grants import superuser_has_access
from ..mail import display_name
from ..permissions import Access, Grant, Permission, declared, get
from ..words import gettext as _
from ..words import gettext_lazy
from ._async import make_async
from .access import access_in_any_state

__all__ = ["Explanation", "aexplain", "explain", "explain_all"]

#: Why somebody has nothing at all, whatever was given to them.
BARRIERS = {
    "anonymous": gettext_lazy("Only members who are signed in may do anything here."),
    "account_inactive": gettext_lazy("The account is switched off, so it has no access at all."),
    "organization_inactive": gettext_lazy(
        "The organization is not in use, so nobody has access to it."
    ),
    "no_member": gettext_lazy("This person is no member of the organization."),
    "suspended": gettext_lazy("The member is suspended since %(since)s, so has no access."),
    "membership_ended": gettext_lazy("The membership ended on %(since)s."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """Why a user may or may not do something in an organization.

    Attributes:
        allowed: what ``access_of(user, organization).has(permission)`` says.
        barrier: one of ``BARRIERS`` if the person has nothing here at all, else None.
        since: when the member was suspended or the membership ended, where that is the barrier.
        grants: what gives the permission, or gave it until an end that has passed; also what
            would give it but for the barrier.
        superuser_without_access: the person is a superuser, and ``SUPERUSERS_HAVE_ACCESS`` is off.
    """

    person: str
    organization: str
    permission: Permission
    allowed: bool
    barrier: str | None
    grants: tuple[Grant, ...]
    superuser_without_access: bool
    since: datetime | None = None

    @property
    def reasons(self) -> list[str]:
        """One sentence for each link of the chain, the deciding one first."""
        lines = []
        if self.barrier is not None:
            lines = [_one_stop(BARRIERS[self.barrier] % {"since": _moment(self.since)})]
        lines += [grant_text(grant) for grant in self.grants if not grant.ended]
        lines += [grant_text(grant) for grant in self.grants if grant.ended]
        if not lines:
            lines = [_("Nothing that this person has here gives this right.")]
        if self.superuser_without_access:
            lines.append(_("Being a superuser gives no access here: the project has it off."))
        return lines

    @property
    def sentence(self) -> str:
        """The answer and its reasons as one text."""
        values = {
            "person": self.person,
            "right": str(self.permission.label),
            "organization": self.organization,
        }
        if self.allowed:
            answer = _("%(person)s may do this in %(organization)s: %(right)s.") % values
        else:
            answer = _("%(person)s may not do this in %(organization)s: %(right)s.") % values
        return " ".join([answer, *self.reasons])

    def as_dict(self) -> dict[str, Any]:
        """The answer as plain values, for JSON."""
        return {
            "person": self.person,
            "organization": self.organization,
            "permission": self.permission.name,
            "allowed": self.allowed,
            "barrier": self.barrier,
            "since": self.since and self.since.isoformat(),
            "grants": [
                {
                    "kind": grant.kind,
                    "name": grant.name,
                    "via": grant.via,
                    "until": grant.until and grant.until.isoformat(),
                    "ended": grant.ended,
                }
                for grant in self.grants
            ],
            "superuser_without_access": self.superuser_without_access,
            "sentence": self.sentence,
        }


def explain(user: Any, permission: str, organization: Any) -> Explanation:
    """Return why a user may or may not do something in an organization.

    Args:
        user: may be an anonymous one.
        permission: a declared name.
    Raises:
        UnknownPermission: nobody declared the name.
    Queries: 1, or 0 for somebody who is not signed in.
    """
    declaration = get(permission)
    return _explanation(user, organization, declaration, *_found(user, organization))


def explain_all(user: Any, organization: Any) -> list[Explanation]:
    """Return the explanation of every declared permission. Queries: as ``explain``."""
    found = _found(user, organization)
    return [_explanation(user, organization, each, *found) for each in declared()]


#: A barrier and since when it stands, where that is known; None if the way is free.
Barrier = tuple[str, datetime | None]


def _found(user: Any, organization: Any) -> tuple[Barrier | None, Access]:
    if user.pk is None:
        return ("anonymous", None), Access(organization_id=organization.pk)
    now = timezone.now()
    access = access_in_any_state(user, organization, now=now)
    barrier: Barrier | None = None
    if not user.is_active:
        barrier = "account_inactive", None
    elif not organization.is_active:
        barrier = "organization_inactive", None
    elif not access.may_enter:
        barrier = "no_member", None
    elif access.member is not None and not is_live(access.member, now):
        member = access.member
        if member.suspended_at is not None:
            barrier = "suspended", member.suspended_at
        else:
            barrier = "membership_ended", member.ends_at
    return barrier, access


def _explanation(
    user: Any, organization: Any, permission: Permission, barrier: Barrier | None, access: Access
) -> Explanation:
    code, since = barrier or (None, None)
    is_superuser = bool(getattr(user, "is_superuser", False)) and bool(user.is_active)
    return Explanation(
        person=display_name(user) if user.pk is not None else _("Somebody who is not signed in"),
        organization=str(organization),
        permission=permission,
        allowed=barrier is None and access.has(permission.name),
        barrier=code,
        since=since,
        grants=access.sources_of(permission.name),
        superuser_without_access=is_superuser and not superuser_has_access(user),
    )


def grant_text(grant: Grant) -> str:
    """Return one sentence about where a permission comes from."""
    if grant.kind == "owner":
        return _("The owner has every right.")
    if grant.kind == "admin":
        return _("Admins have this right.")
    if grant.kind == "member":
        return _("Every member has this right.")
    if grant.kind == "superuser":
        return _("Superusers of the site have every right.")
    values = {"name": grant.name, "via": grant.via, "end": _moment(grant.until)}
    if grant.ended:
        if grant.via:
            text = _("The role “%(name)s” gave it through the team “%(via)s” until %(end)s.")
        else:
            text = _("The role “%(name)s” gave it until %(end)s.")
    elif grant.until is not None:
        if grant.via:
            text = _("The role “%(name)s” gives it through the team “%(via)s” until %(end)s.")
        else:
            text = _("The role “%(name)s” gives it until %(end)s.")
    elif grant.via:
        text = _("The role “%(name)s” gives it through the team “%(via)s”.")
    else:
        text = _("The role “%(name)s” gives it.")
    return _one_stop(text % values)


def _one_stop(sentence: str) -> str:
    # A moment may end in a full stop of its own: 3 p.m.
    return sentence.removesuffix(".") if sentence.endswith("..") else sentence


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return ""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    return date_format(local, "DATETIME_FORMAT")


aexplain = make_async(explain)
