"""What all kinds of offers share: terms, rights behind them, secrets, and the row's life."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import mail, permissions, presets, signals, states, tokens
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
from . import _records, _sides, addresses, members
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
        standing = standing_of(is_owner=False, is_admin=self.is_admin)
        return names_of(standing) | presets.permissions_of(organization, self.presets)


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


def require_room(organization: Any, *, actor: Any, now: datetime) -> None:
    """Refuse one open offer more than the organization may have. Code is not counted.

    Raises:
        LimitReached: too many are open.
    Queries: 0 or 1.
    """
    room = room_of(organization, actor=actor, now=now)
    if room is not None and room < 1:
        raise no_room()


def no_room() -> LimitReached:
    return LimitReached(
        _(
            "This organization has %(most)d open invitations, which is as many as it may "
            "have. Withdraw some, or wait until they are answered."
        )
        % {"most": get_settings().MAX_OPEN_INVITATIONS}
    )


def room_of(organization: Any, *, actor: Any, now: datetime) -> int | None:
    """Return how many more offers may be open, or None for any number. Queries: 0 or 1."""
    most = get_settings().MAX_OPEN_INVITATIONS
    if actor is None or most is None:
        return None
    return most - int(open_offers(organization, now=now).count())


def open_offers(organization: Any, *, now: datetime) -> Any:
    """Return the offers that wait for an answer, of every kind, as a queryset."""
    return _records.rows_in(
        family_of(organization).invitation,
        organization_id=organization.pk,
        statuses=states.OPEN,
        unexpired_at=now,
    )


def renew(
    invitation: Any,
    *,
    now: datetime,
    deliver: Deliver | None,
    lifetime: timedelta | None = None,
) -> None:
    """Open an offer, or open it again: new secret, new expiry, and off it goes."""
    open_until(invitation, now + lifetime_of(invitation.organization, lifetime))
    _records.save(invitation)
    send(invitation, deliver=deliver, now=now)


def open_until(invitation: Any, expires_at: datetime) -> None:
    """Give an offer a new secret and a new expiry; the caller saves it and sends it."""
    secret = tokens.make_secret()
    invitation.status = InvitationStatus.PENDING
    invitation.token_digest = tokens.digest(secret, purpose="invitation")
    invitation.expires_at = expires_at
    invitation.sent_at = None
    invitation.send_count += 1
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


def close(invitation: Any, state: InvitationStatus) -> None:
    """Put an offer into a state in which nothing more is expected."""
    invitation.status = state
    invitation.open_key = None
    _records.save(invitation)


def tell(signal: signals.VerbSignal, invitation: Any, *, actor: Any, **more: Any) -> None:
    """Send one of the signals of offers."""
    signal.send(
        sender=type(invitation),
        organization=invitation.organization,
        invitation=invitation,
        actor=actor,
        **more,
    )


def opens(invitation: Any, proof: str | None) -> bool:
    """Return whether a proof is that of the offer's own link."""
    return bool(proof) and proof == invitation.token_digest


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
            close(invitation, InvitationStatus.SUPERSEDED)
            tell(signals.invitation_superseded, invitation, actor=actor)
