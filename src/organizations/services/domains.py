"""Joining by a proven mailbox: readers of an address in one of an organization's domains.

That somebody reads an address there is enough to join (affiliation). It does not say that the
domain is the organization's: several may name the same one, and only full domains count, never
what lies below them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps

from .. import permissions, signals
from ..exceptions import DomainRefused, JoinRefused
from ..families import default_family, family_of, key_text, side_label
from ..mail_domains import is_public
from ..states import InvitationKind
from ..words import gettext_lazy as _
from . import _offers, _sides, _writes, addresses
from ._admission import Announce, admit, domain_of, wait_for_approval
from ._async import make_async
from ._locks import lock_organization, verb
from .ceiling import authority
from .links import normalise_domain

__all__ = [
    "WayIn",
    "aadd",
    "achange",
    "add",
    "ajoin",
    "aremove",
    "change",
    "choices_for",
    "has_way_in",
    "join",
    "of_organization",
    "offered_to",
    "remove",
    "way_for",
]

#: How many organizations are offered to one person.
MOST_OFFERED = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class WayIn:
    """How somebody may join an organization by an address.

    Attributes:
        address: the proven address that fits, normalised.
        needs_approval: whether somebody of the organization decides.
    """

    organization: Any
    address: str
    needs_approval: bool


@verb
def add(organization: Any, domain: str, *, needs_approval: bool = True, actor: Any) -> Any:
    """Let readers of an address in a domain join, and return the row; once more, it is changed.

    Args:
        domain: in any spelling; normalised here.
        needs_approval: whether somebody who may invite approves each of them.
        actor: a user who has proven an address in exactly this domain; None for code, which
            vouches for it.
    Raises:
        NotAllowed: the actor may not change the organization, or lets people in without an
            approval and may not invite.
        DomainRefused: anybody can have an address there, or the actor has proven none.
        OrganizationsError: the text is no domain.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    _require(organization, actor, needs_approval=needs_approval)
    domain = normalise_domain(domain)
    if is_public(domain):
        raise DomainRefused(
            _("Anybody can have an address at %(domain)s, so nobody joins by one.")
            % {"domain": domain}
        )
    if actor is not None and domain not in _domains_of(actor):
        raise DomainRefused(
            _(
                "You have confirmed no address at %(domain)s. Only somebody who reads mail there "
                "can add it."
            )
            % {"domain": domain}
        )

    def write() -> Any:
        row = of_organization(organization).filter(domain=domain).first()
        if row is None:
            return _writes.insert(
                _rows().model(
                    **_key(organization),
                    domain=domain,
                    needs_approval=needs_approval,
                    added_by=actor,
                )
            )
        row.needs_approval = needs_approval
        _writes.save(row, "needs_approval")
        return row

    return _telling(organization, write, actor=actor)


@verb
def change(organization: Any, domain: str, *, needs_approval: bool, actor: Any) -> Any:
    """Set whether people of a domain need an approval, and return the row.

    Raises:
        NotAllowed: as ``add``.
        DomainRefused: the organization does not name the domain.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    _require(organization, actor, needs_approval=needs_approval)
    row = of_organization(organization).filter(domain=normalise_domain(domain)).first()
    if row is None:
        raise DomainRefused(_("This domain is not in the list any more."))
    row.needs_approval = needs_approval
    _telling(organization, lambda: _writes.save(row, "needs_approval"), actor=actor)
    return row


@verb
def remove(organization: Any, domain: str, *, actor: Any) -> None:
    """Let nobody else join by a domain. Members stay, requests wait on.

    A domain that is not in the list is no error.

    Raises:
        NotAllowed: the actor may not change the organization.
    Locks: the organization. Signals: organization_changed, if anything changed.
    """
    lock_organization(organization)
    _require(organization, actor)
    rows = of_organization(organization).filter(domain=normalise_domain(domain))
    _telling(organization, lambda: _writes.delete(rows), actor=actor)


def of_organization(organization: Any) -> Any:
    """Return the domains of an organization in their order, as a queryset."""
    return _rows().filter(**_key(organization)).order_by("domain")


def has_way_in(organization: Any) -> bool:
    """Return whether people may join without an invitation: by a domain, or by asking.

    Queries: 1.
    """
    key = _key(organization)
    asked = _sides.records(type(organization)).filter(**key, accepts_requests=True)
    ways = _rows().filter(**key).values_list("pk").union(asked.values_list("pk"))
    return bool(ways.exists())


def choices_for(organization: Any, actor: Any) -> list[str]:
    """Return the domains that an actor could add. Queries: 1, and 1 per address source."""
    known = set(of_organization(organization).values_list("domain", flat=True))
    return sorted(domain for domain in _domains_of(actor) if domain not in known)


def way_for(organization: Any, user: Any) -> WayIn | None:
    """Return how somebody may join the organization by a proven address, or None.

    It does not ask whether the user is a member already.

    Queries: at most 2, and 1 per address source.
    """
    if not organization.is_active or not user.is_active:
        return None
    ways = _ways(family_of(organization), user, organization_key=key_text(organization))
    return next(iter(_with_organizations([organization], ways, user)), None)


def offered_to(user: Any, *, model: Any = None) -> list[WayIn]:
    """Return the organizations that somebody could join by a proven address, by name.

    Args:
        model: the organization model; None for the project's default.
    Queries: at most 4, and 1 per address source, whatever the number of organizations.
    """
    family = family_of(model) if model is not None else default_family()
    ways = _ways(family, user) if user.is_active else {}
    if not ways:
        return []
    key = family.organization._meta.pk
    mine = family.member._base_manager.filter(user_id=user.pk)
    rows = (
        family.organization._base_manager.filter(
            pk__in=[key.to_python(text) for text in ways], is_active=True
        )
        .exclude(pk__in=mine.values("organization_id"))
        .order_by("name", "pk")
    )
    return _with_organizations(rows[:MOST_OFFERED], ways, user)


@verb
def join(
    organization: Any,
    *,
    user: Any,
    now: datetime,
    note: str = "",
    announce: Announce | None = None,
) -> Any:
    """Join by a proven address in one of the organization's domains; return the member.

    Where the domain needs an approval, or the user was here before or was turned down, there is
    no member yet: a request waits, and the answer is None. Joining twice is harmless.

    Args:
        user: an active user; becomes a plain member.
        note: a word to who decides, where notes are allowed.
        announce: tells one person who decides of a new request, after the commit.
    Raises:
        OrganizationsError: the organization is not in use.
        JoinRefused: the user has proven no address in one of the domains or cannot sign in, or
            a policy says no.
        SeatsFull, LimitReached: there is no seat, or too many requests are open.
    Locks: the organization. Signals: those of ``members.add``, invitation_accepted and
    invitation_fulfilled, and invitation_superseded for other offers to the user; or
    invitation_proposed.
    """
    lock_organization(organization)
    # The request may hold copies from before somebody closed the one or switched the other off.
    _offers.require_in_use(organization)
    if not _offers.is_present(organization, user):
        raise JoinRefused
    member = _offers.member_of(organization, user)
    if member is not None:
        return member
    way = way_for(organization, user)
    if way is None:
        raise JoinRefused(
            _("None of your confirmed addresses lets you join. Ask somebody who belongs to it.")
        )
    if way.needs_approval:
        terms = _offers.clean_terms(organization, now=now, note=note)
        wait_for_approval(organization, user=user, now=now, note=terms.note, announce=announce)
        return None
    offer = _offers.new(organization, kind=InvitationKind.DOMAIN, address=way.address, user=user)
    # Nobody's rights carry it but the organization's own setting.
    offer.invited_by = user
    offer.on_own_authority = False
    offer.expires_at = now
    return admit(offer, user=user, now=now)


def _rows() -> Any:
    return apps.get_model("organizations", "JoinDomain")._base_manager


def _key(organization: Any) -> dict[str, str]:
    return {"model": side_label(type(organization)), "organization_key": key_text(organization)}


def _require(organization: Any, actor: Any, *, needs_approval: bool = True) -> None:
    may = authority(organization, actor)
    may.require(permissions.CHANGE_ORGANIZATION)
    if not needs_approval:
        # It lets people in, as an invitation does.
        may.require(permissions.INVITE_MEMBER)


def _telling(organization: Any, write: Callable[[], Any], *, actor: Any) -> Any:
    before = _named(organization)
    answer = write()
    after = _named(organization)
    if after != before:
        signals.organization_changed.send(
            sender=type(organization),
            organization=organization,
            actor=actor,
            changes={"join_domains": (before, after)},
        )
    return answer


def _named(organization: Any) -> dict[str, bool]:
    return dict(of_organization(organization).values_list("domain", "needs_approval"))


def _domains_of(user: Any) -> dict[str, str]:
    """Return the domains in which somebody has proven an address, each with the first one.

    Those that have become public count no more.
    """
    found: dict[str, str] = {}
    for address in addresses.verified_addresses(user):
        if not is_public(domain_of(address)):
            found.setdefault(domain_of(address), address)
    return found


def _ways(family: Any, user: Any, **lookup: str) -> dict[str, tuple[bool, str]]:
    """Return the keys of organizations, each with the easiest way in: approval and address."""
    mine = _domains_of(user)
    if not mine:
        return {}
    rows = _rows().filter(model=side_label(family.organization), domain__in=mine, **lookup)
    ways: dict[str, tuple[bool, str]] = {}
    # Those without an approval come last and stay.
    for row in rows.order_by("-needs_approval", "-domain"):
        ways[row.organization_key] = (row.needs_approval, mine[row.domain])
    return ways


def _with_organizations(
    organizations: Iterable[Any], ways: dict[str, tuple[bool, str]], user: Any
) -> list[WayIn]:
    found = [each for each in organizations if key_text(each) in ways]
    known = _offers.was_here(found, user)
    return [
        WayIn(
            organization=each,
            address=ways[key_text(each)][1],
            needs_approval=ways[key_text(each)][0] or each.pk in known,
        )
        for each in found
    ]


aadd = make_async(add)
achange = make_async(change)
aremove = make_async(remove)
ajoin = make_async(join)
