"""Many invitations in one go: the rules of ``invitations.invite``, a few queries per thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .. import mail, signals
from ..exceptions import LimitReached, OrganizationsError
from ..families import family_of
from ..words import gettext_lazy as _
from . import _endings, _offers, _records, limits
from ._async import make_async
from ._inviting import Inviting
from ._locks import lock_organization, verb
from .lists import PROBLEMS, Line

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["CHUNK", "DONE", "DeliverMany", "Result", "ainvite_many", "invite_many"]

#: How many lines one transaction takes.
CHUNK = 1000

#: Sends the mails of many invitations, each with its ``secret``, after the commit; returns those
#: that have left.
DeliverMany = Callable[[Sequence[Any]], Iterable[Any]]

#: What has become of a line that was not refused, by the code of the result.
DONE: Mapping[str, str | _StrPromise] = {
    "invited": _("Invited."),
    "renewed": _("Invited again: the open invitation was renewed."),
    "approved": _("Invited: the proposal of a member was approved."),
}

#: What becomes of a line, and the signal of the offer if it is one.
Decision = tuple["Result", signals.VerbSignal | None]

CODE_OF = {
    signals.invitation_created: "invited",
    signals.invitation_resent: "renewed",
    signals.invitation_approved: "approved",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What has become of one line.

    Attributes:
        code: a key of ``DONE`` or ``lists.PROBLEMS``, or the code of the error that
            ``invitations.invite`` would raise.
        message: the same for people, translated.
        invitation: the row; None where there is none.
    """

    line: Line
    code: str
    message: str | _StrPromise
    invitation: Any = None

    @property
    def is_done(self) -> bool:
        return self.code in DONE


def invite_many(
    organization: Any,
    lines: Iterable[Line],
    *,
    actor: Any,
    now: datetime,
    deliver_many: DeliverMany | None = None,
    invited_by: Any = None,
    lifetime: timedelta | None = None,
    dry_run: bool = False,
    **terms: Any,
) -> list[Result]:
    """Offer a membership to the readers of many addresses; return a result for each line, in order.

    Each line gets the answer that ``invitations.invite`` would give it in its turn, and none
    keeps the others back. Only where a share of ``RATES`` ends among them may a line behind, which
    gets nothing either way, name another reason. Every thousand lines are one transaction, so an
    error in the middle, as one of a receiver, leaves what is done before. Django's own signals
    around ``save`` are not sent, and a ``save()`` of the project's model is not called.

    Args:
        lines: see ``lists``. One with a problem, and an address that stood before, is left out.
        actor: the user who invites, by their own rights; None for code that vouches for it.
        deliver_many: sends the mails after the commit; None sends nothing.
        invited_by: the user whom the invitations name; the actor if None.
        lifetime: how long they stay open, 1 to 30 days; None for the organization's own.
        dry_run: decide and write nothing. What comes out can change until it is done. Of
            ``RATES`` the shares of the addresses are looked at; to ask for the others is to count.
        terms: what everybody is offered whose line says nothing else, as in ``Terms``.
    Raises:
        PermissionMissing: the actor may not invite.
    Queries: at most 18 per thousand lines; more where a query holds few parameters, as on
    SQLite, and where a seat's limit or a preset asks for more.
    Locks: the organization; not in a dry run. Signals: invitation_created, invitation_resent
    or invitation_approved for each.
    """
    every = _without_repetition(lines)
    asked: dict[str, Any] = {
        "actor": actor,
        "now": now,
        "invited_by": invited_by,
        "lifetime": lifetime,
    }
    # In a dry run nothing is written, so what has been spent is kept from part to part.
    inviting = Inviting(organization, **asked) if dry_run else None
    results: list[Result] = []
    for start in range(0, len(every), CHUNK):
        part = every[start : start + CHUNK]
        if inviting is not None:
            results += [result for result, _signal in _decide(inviting, part, terms)]
        else:
            results += _invite(organization, part, asked, terms, deliver_many)
    return results


@verb
def _invite(
    organization: Any,
    lines: Sequence[Line],
    asked: dict[str, Any],
    terms: dict[str, Any],
    deliver_many: DeliverMany | None,
) -> list[Result]:
    """Invite the readers of up to ``CHUNK`` addresses in one transaction."""
    lock_organization(organization)
    decided = _within_limits(
        organization, _decide(Inviting(organization, **asked), lines, terms), asked
    )
    made = [(result.invitation, signal) for result, signal in decided if signal is not None]
    _records.insert_all([each for each, _signal in made if each._state.adding])
    _records.update_all([each for each, signal in made if signal != signals.invitation_created])
    if deliver_many is not None and made:
        sending = [invitation for invitation, _signal in made]
        mail.after_commit(lambda: _deliver(sending, deliver_many, now=asked["now"]))
    for invitation, signal in made:
        _endings.tell(signal, invitation, actor=asked["actor"])
    return [result for result, _signal in decided]


def _decide(inviting: Inviting, lines: Sequence[Line], terms: dict[str, Any]) -> list[Decision]:
    """Return for each line what becomes of it, the offer unsaved, and the signal of an offer."""
    organization = inviting.organization
    wanted = [line.address for line in lines if not line.problem]
    found = _records.find_all(
        family_of(organization).invitation,
        organization=organization,
        open_keys=map(_offers.key_of, wanted),
    )
    of_members = _offers.of_members(organization, wanted)
    sated = limits.have_had_theirs(wanted, inviter=inviting.actor, now=inviting.now)
    decided: list[Decision] = []
    for line in lines:
        signal = invitation = None
        message: str | _StrPromise
        try:
            if line.problem:
                code, message = line.problem, PROBLEMS[line.problem]
            else:
                invitation, signal = inviting.offer(
                    line.address,
                    inviting.clean(_terms_of(line, terms)),
                    found=found.get(_offers.key_of(line.address)),
                    of_members=of_members,
                    sated=sated,
                )
                code = CODE_OF[signal]
                message = DONE[code]
        except OrganizationsError as error:
            code, message = error.code, str(error)
        result = Result(line=line, code=code, message=message, invitation=invitation)
        decided.append((result, signal))
    return decided


def _within_limits(
    organization: Any, decided: list[Decision], asked: dict[str, Any]
) -> list[Decision]:
    """Count the offers, and take those back that are too many or go to somebody too often."""
    wanted = [result.line.address for result, signal in decided if signal is not None]

    def refused(addresses: list[str]) -> tuple[dict[str, str], str]:
        """Return the addresses that get nothing, and why nobody after them gets anything."""
        try:
            found = limits.invitations(
                organization, inviter=asked["actor"], addresses=addresses, now=asked["now"]
            )
        except LimitReached as error:
            if len(addresses) == 1:
                return {addresses[0]: str(error)}, str(error)
        else:
            return dict.fromkeys(found, str(limits.REASONS["recipient"])), ""
        # Some of them may still be within it: as many as there would be one by one.
        middle = len(addresses) // 2
        before, reason = refused(addresses[:middle])
        if reason:
            return before | dict.fromkeys(addresses[middle:], reason), reason
        after, reason = refused(addresses[middle:])
        return before | after, reason

    reasons, _reason = refused(wanted)
    if not reasons:
        return decided
    return [
        (_limited(result, reasons), None)
        if signal is not None and result.line.address in reasons
        else (result, signal)
        for result, signal in decided
    ]


def _limited(result: Result, reasons: Mapping[str, str]) -> Result:
    line = result.line
    return Result(line=line, code=LimitReached.code, message=reasons[line.address])


def _terms_of(line: Line, terms: dict[str, Any]) -> dict[str, Any]:
    given = {**terms, **line.terms}
    if terms.get("presets") and line.terms.get("presets"):
        given["presets"] = {**terms["presets"], **line.terms["presets"]}
    return given


def _without_repetition(lines: Iterable[Line]) -> list[Line]:
    seen: set[str] = set()
    found = []
    for line in lines:
        if not line.problem and line.address in seen:
            line = Line(**{**line.as_dict(), "problem": "duplicate"})
        seen.add(line.address)
        found.append(line)
    return found


def _deliver(invitations: Sequence[Any], deliver_many: DeliverMany, *, now: datetime) -> None:
    # Without this mark the list of invitations says that the mail did not leave.
    if sent := list(deliver_many(invitations)):
        _records.stamp(*sent, sent_at=now)


ainvite_many = make_async(invite_many)
