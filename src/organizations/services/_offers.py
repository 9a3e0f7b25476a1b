"""What all kinds of offers share: terms, rights behind them, secrets, and the row's life."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from .. import mail, permissions, presets, states, tokens
from ..conf import LIFETIMES, get_settings
from ..dates import as_stored
from ..exceptions import (
    InviterNotEntitled,
    LifecycleMissing,
    LimitReached,
    MembershipEndsInThePast,
    NotAllowed,
    OrganizationsError,
)
from ..families import family_of
from ..grants import names_of, standing_of
from ..states import InvitationKind, InvitationStatus
from ..words import gettext_lazy as _
from . import _endings, _records, _sides, addresses, members
from ._locks import lock_organization_key, lock_row
from .ceiling import Authority, authority

__all__ = ["Deliver", "Terms"]

#: Sends an invitation: takes the invitation and its secret, runs after the commit.
Deliver = Callable[[Any, str], Any]

#: How long a request or a proposal waits for a decision.
LONGEST_WAIT = LIFETIMES[1]

#: Characters of the longest note.
NOTE_LENGTH = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What an offer offers.

    Attributes:
        is_admin: whether the person becomes an admin.
        presets: roles, teams and what else apps register, by name; see ``presets``.
        member_until: when the membership ends; None for never.
        locale: the language of the mail, one of ``LANGUAGES``; empty for the site's.
        note: the inviter's own words, plain text.
    """

    is_admin: bool = False
    presets: Mapping[str, Iterable[Any]] | None = None
    member_until: datetime | None = None
    locale: str = ""
    note: str = ""

    @classmethod
    def of(cls, invitation: Any) -> Terms:
        """Return the terms that an offer has."""
        return cls(**{field.name: getattr(invitation, field.name) for field in fields(cls)})

    def write(self, invitation: Any) -> None:
        """Put the terms into an offer."""
        for field in fields(self):
            setattr(invitation, field.name, getattr(self, field.name))

    def rights(self, organization: Any) -> frozenset[str]:
        """Return the permissions that a member gets who joins on these terms."""
        return self.rights_of_standing() | presets.permissions_of(organization, self.presets)

    def rights_of_standing(self) -> frozenset[str]:
        """Return those that come with the standing alone. Queries: 0."""
        return names_of(standing_of(is_owner=False, is_admin=self.is_admin))


def clean_terms(organization: Any, *, now: datetime, **given: Any) -> Terms:
    """Return terms that the organization can offer.

    Raises:
        TypeError: an unknown term, or a standing that is neither True nor False.
        OrganizationsError: a value that is not possible here; the message says which.
        ImproperlyConfigured: a preset that nobody registered.
    """
    terms = Terms(**given)
    if not isinstance(terms.is_admin, bool):
        raise TypeError(f"is_admin must be True or False, not {terms.is_admin!r}.")
    family = family_of(organization)
    if terms.member_until is not None:
        if not family.has_member_lifecycle:
            raise LifecycleMissing(family.member._meta.label)
        if terms.member_until <= now:
            raise MembershipEndsInThePast
    if terms.locale and terms.locale not in dict(settings.LANGUAGES):
        raise OrganizationsError(_("The site does not know this language."))
    note = terms.note.strip()
    if note and not get_settings().INVITATION_NOTE:
        raise OrganizationsError(_("Notes are switched off on this site."))
    if len(note) > NOTE_LENGTH or any(not c.isprintable() and c != "\n" for c in note):
        raise OrganizationsError(_("A note is plain text of at most 500 characters."))
    return Terms(
        is_admin=terms.is_admin,
        presets=presets.clean(organization, terms.presets) or None,
        member_until=as_stored(terms.member_until),
        locale=terms.locale,
        note=note,
    )


def lifetime_of(organization: Any, chosen: timedelta | None = None) -> timedelta:
    """Return how long an offer stays open: as chosen, else as the organization or the site says.

    Raises:
        OrganizationsError: what is chosen is not 1 to 30 days.
    Queries: 0 or 1.
    """
    if chosen is not None:
        if not LIFETIMES[0] <= chosen <= LIFETIMES[1]:
            raise OrganizationsError(_("An invitation stays open for 1 to 30 days."))
        return chosen
    record = _sides.record_of(organization)
    if record is not None and record.invitation_days:
        return timedelta(days=record.invitation_days)
    return get_settings().INVITATION_LIFETIME


def key_of(text: str) -> str:
    """Return the key that allows one open offer per organization and address (or person)."""
    return hashlib.sha256(text.encode()).hexdigest()


def key_of_person(user: Any, kind: InvitationKind) -> str:
    """Return the key that allows one open offer of a kind per organization and account."""
    return key_of(f"{kind}:{user.pk}")


def lock(invitation: Any) -> Any:
    """Lock the organization, then the invitation; return the fresh invitation."""
    family = family_of(invitation)
    lock_organization_key(family.organization, invitation.organization_id, invitation)
    return _records.load(lock_row(invitation))


def is_open(invitation: Any, *, now: datetime) -> bool:
    """Return whether an offer that is stored waits for an answer at a moment."""
    state = states.current(invitation.status, expires_at=invitation.expires_at, now=now)
    return not invitation._state.adding and state in states.OPEN


def state_after(invitation: Any, verb_name: str, *, now: datetime) -> InvitationStatus:
    return states.after(invitation.status, verb_name, expires_at=invitation.expires_at, now=now)


def new(organization: Any, *, kind: InvitationKind, address: str = "", user: Any = None) -> Any:
    """Return an unsaved offer; one to an account names it from the start."""
    model = family_of(organization).invitation
    if model is None:
        raise OrganizationsError(_("This organization keeps no invitations."))
    invitation = _records.new(
        model, organization=organization, invitee_identifier=address, invitee=user
    )
    invitation.kind = kind.value
    return invitation


def require_room(organization: Any, *, actor: Any, now: datetime, requests: bool = False) -> None:
    """Refuse one open offer more than the organization may have. Code is not counted.

    Args:
        requests: as for ``room_of``.

    Raises:
        LimitReached: too many are open.
    Queries: 0 or 1.
    """
    room = room_of(organization, actor=actor, now=now, requests=requests)
    if room is not None and room < 1:
        raise too_many_requests() if requests else no_room()


def too_many_requests() -> LimitReached:
    return LimitReached(
        _("This organization has many requests to answer already. Try again another day.")
    )


def no_room() -> LimitReached:
    return LimitReached(
        _(
            "This organization has %(most)d open invitations, which is as many as it may "
            "have. Withdraw some, or wait until they are answered."
        )
        % {"most": get_settings().MAX_OPEN_INVITATIONS}
    )


def room_of(organization: Any, *, actor: Any, now: datetime, requests: bool = False) -> int | None:
    """Return how many more offers may be open, or None for any number. Queries: 0 or 1.

    What the organization makes is counted apart from requests, and what came by a link not at
    all: strangers must not be able to stop its own people from inviting.

    Args:
        requests: whether it is requests that are counted.
    """
    most = get_settings().MAX_OPEN_INVITATIONS
    if actor is None or most is None:
        return None
    request = [InvitationKind.REQUEST.value]
    others = [kind.value for kind in InvitationKind if kind != InvitationKind.REQUEST]
    life = {"kind__in": request} if requests else {"kind__in": others, "parent_key": ""}
    rows = _records.rows_in(
        family_of(organization).invitation,
        organization_id=organization.pk,
        statuses=states.OPEN,
        unexpired_at=now,
        life=life,
    )
    return most - int(rows.count())


def renew(
    invitation: Any,
    *,
    now: datetime,
    deliver: Deliver | None,
    lifetime: timedelta | None = None,
    mailed: bool = True,
) -> None:
    """Open an offer, or open it again: new secret, new expiry, and off it goes."""
    expires_at = now + lifetime_of(invitation.organization, lifetime)
    open_until(invitation, expires_at, mailed=mailed)
    _records.save(invitation)
    send(invitation, deliver=deliver, now=now)


def open_until(invitation: Any, expires_at: datetime, *, mailed: bool = True) -> None:
    """Give an offer a new secret and a new expiry; the caller saves it and sends it.

    Args:
        mailed: whether the secret goes to the address by mail, and nowhere else.
    """
    secret = tokens.make_secret()
    invitation.status = InvitationStatus.PENDING
    invitation.token_digest = tokens.digest(secret, purpose="invitation")
    invitation.expires_at = expires_at
    invitation.sent_at = None
    # None: the present secret reaches nobody by a mail, so it proves no address.
    invitation.send_count = invitation.send_count + 1 if mailed else 0
    invitation.secret = secret


def send(invitation: Any, *, deliver: Deliver | None, now: datetime) -> None:
    """Let an offer go off once the transaction is committed."""
    secret = invitation.secret
    if deliver is not None:
        mail.after_commit(lambda: _deliver(invitation, secret, deliver=deliver, now=now))


def _deliver(invitation: Any, secret: str, *, deliver: Deliver, now: datetime) -> None:
    # Without this mark the list of invitations says that the mail did not leave.
    if deliver(invitation, secret) is not mail.WAITING:
        _records.stamp(invitation, sent_at=now)


def opens(invitation: Any, proof: str | None) -> bool:
    """Return whether a proof is that of the offer's own link."""
    return bool(proof) and proof == invitation.token_digest


def proves_address(invitation: Any, proof: str | None) -> bool:
    """Return whether a proof shows that its holder reads the address of the offer.

    A link that was handed out and never mailed may be in anybody's hands.
    """
    return opens(invitation, proof) and invitation.send_count > 0


def require_in_use(organization: Any) -> None:
    """Refuse a step in an organization that is closed, by the row as it stands. Queries: 1.

    Raises:
        OrganizationsError: it is not in use.
    """
    rows = family_of(organization).organization._base_manager.filter(pk=organization.pk)
    if not rows.filter(is_active=True).exists():
        raise OrganizationsError(_("This organization is not in use at the moment."))


def is_present(organization: Any, user: Any) -> bool:
    """Return whether an account can sign in, by the row as it stands. Queries: 0 or 1."""
    users = family_of(organization).member._meta.get_field("user").related_model._base_manager
    return user.pk is not None and bool(users.filter(pk=user.pk, is_active=True).exists())


def was_here(organizations: Iterable[Any], user: Any) -> set[Any]:
    """Return the keys of those that somebody was in before, or that have turned them down.

    Who was removed does not come back by a door that is open to many without somebody's word.
    Those who were never in by an offer leave no trace. Queries: 0 or 1.
    """
    keys = [each.pk for each in organizations]
    model = family_of(next(iter(organizations))).invitation if keys else None
    if model is None:
        return set()
    rows = _records.rows_in(
        model,
        organization_id__in=keys,
        invitee_id=user.pk,
        statuses=[InvitationStatus.ACCEPTED, InvitationStatus.DECLINED],
    )
    return set(rows.values_list("organization_id", flat=True))


def member_of(organization: Any, user: Any) -> Any:
    rows = family_of(organization).member._base_manager
    return rows.filter(organization_id=organization.pk, user_id=user.pk).first()


def refuse_member(organization: Any, address: str) -> None:
    """A member's own address or a verified one is not invited again."""
    if of_members(organization, [address]):
        raise members.AlreadyMember


def of_members(organization: Any, wanted: Iterable[str]) -> set[str]:
    """Return those of the normalised addresses that a member has, or has proven. Queries: 2."""
    rows = family_of(organization).member._base_manager.filter(organization_id=organization.pk)
    return addresses.had_by(wanted, rows.values("user_id"))


def may_offer(may: Authority, terms: Terms, existing: Any = None) -> None:
    """Refuse an actor who may not offer these terms, or not change the offer that is open."""
    may.require(permissions.INVITE_MEMBER)
    may.may_give(terms.rights(may.organization))
    if existing is not None:
        may.may_give(Terms.of(existing).rights(may.organization))


def authority_behind(invitation: Any) -> Authority:
    """Return what carries an offer: the rights of who made it, or the word of the project's code.

    Raises:
        InviterNotEntitled: whoever made it could not make it now, or is gone.
    """
    if not invitation.on_own_authority:
        return authority(invitation.organization, None)
    # Where accounts can leave their offers behind, nobody's offer is not the code's.
    if invitation.invited_by is None:
        raise InviterNotEntitled
    may = authority(invitation.organization, invitation.invited_by)
    try:
        may_offer(may, Terms.of(invitation))
    except NotAllowed as error:
        raise InviterNotEntitled from error
    return may


def refuse_more(may: Authority, member: Any) -> None:
    """Compare what the new member really has: fields and sources may give more than the offer."""
    try:
        may.may_touch(member)
    except NotAllowed as error:
        raise InviterNotEntitled from error


def supersede_others(organization: Any, user: Any, *, but: Any, actor: Any) -> None:
    """Close every other offer that waits for somebody who has joined.

    Queries: 2, and those of each offer. Signals: invitation_superseded.
    """
    model = family_of(organization).invitation
    if model is None:
        return
    mine = addresses.verified_addresses(user)
    open_ones = {"organization_id": organization.pk, "statuses": states.OPEN}
    rows = list(_records.rows_in(model, invitee_identifier__in=mine, **open_ones)) if mine else []
    rows += _records.rows_in(model, invitee_id=user.pk, **open_ones)
    for invitation in _records.load_all({row.pk: row for row in rows}.values()):
        if invitation.pk != but.pk and invitation.kind != InvitationKind.OWNERSHIP:
            _endings.supersede(invitation, actor=actor)
