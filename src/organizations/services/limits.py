"""How often something may happen, counted in Django's cache.

What is counted, and how often it may happen, is the setting ``RATES``. Each count belongs to a
window of fixed length that begins and ends by the clock, so a step that is refused makes nobody
wait longer. A cache that is down counts nothing: the steps go through and a warning is logged.
What the database limits, such as ``MAX_OPEN_INVITATIONS``, holds all the same.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.base import BaseCache
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..conf import Rate, get_settings
from ..exceptions import LimitReached, NotAnAddress
from ..families import family_of
from ..words import gettext_lazy, ngettext
from . import addresses

__all__ = ["client", "have_had_theirs", "invitation", "invitations", "mail_to", "spend"]

logger = logging.getLogger("organizations.limits")

#: Until this age an organization counts as a young one.
YOUNG = timedelta(days=7)

#: What was done too often, by the names of ``conf.RATES``.
REASONS = {
    "inviter": gettext_lazy("You have sent as many invitations as one person may for now."),
    "organization": gettext_lazy(
        "This organization has sent as many invitations as it may for now."
    ),
    "young_organization": gettext_lazy(
        "This organization has sent as many invitations as a new one may for now."
    ),
    "recipient": gettext_lazy("This address has been sent as many mails as it may for now."),
    "client": gettext_lazy("This was done as often as one network address may for now."),
    "link": gettext_lazy("Many people have come by this link."),
}


def spend(name: str, *parts: Any, now: datetime | None = None, times: int = 1) -> None:
    """Count one step, or several at once, of what a rate limits.

    Args:
        name: a key of ``conf.RATES``.
        parts: whose steps are counted together; only their digest gets into the cache.
        times: steps, 1 or more; all of them pass or none.
    Raises:
        LimitReached: that would be too many in this window. None of the steps is counted.
    """
    rate = get_settings().rate(name)
    if rate is None:
        return
    window = _Window(rate, now)
    key = window.key(name, *parts)
    count = _or_none(lambda: _count(key, times, seconds=window.length))
    if count is not None and count > rate.times:
        # Another step may have been refused in between: that is on the safe side.
        _give_back(key, times)
        raise window.reached(name)


def invitation(organization: Any, *, inviter: Any, address: str, now: datetime) -> None:
    """Count one invitation: of the organization, of who invites, and of who gets it.

    Args:
        address: empty for a link, which nobody is mailed.
        inviter: the user; None for code that acts by its own word, which is not limited.
    Raises:
        LimitReached: one of them has had its share. Nothing is counted then.
    """
    if inviter is None:
        return
    _spend_of(organization, inviter, now=now)
    if not address:
        return
    try:
        mail_to(address, now=now)
    except LimitReached:
        _take_back("inviter", inviter.pk, now=now)
        _take_back(*_counted_of(organization, now), now=now)
        raise


def invitations(
    organization: Any, *, inviter: Any, addresses: Iterable[str], now: datetime
) -> set[str]:
    """Count many invitations at once, and return the addresses that must not get one.

    Those of who gets them are counted without a lock, so two pastes of the same moment may
    count as one; each of them is held by the other counts.

    Args:
        inviter: the user; None for code that acts by its own word, which is not limited.
        addresses: in their normal form.
    Raises:
        LimitReached: there are more of the rest than the organization or who invites may send.
            None of them is counted then.
    Round trips to the cache: at most 8, however many addresses.
    """
    wanted = list(dict.fromkeys(addresses))
    if inviter is None or not wanted:
        return set()
    rate = get_settings().rate("recipient")
    counts = {} if rate is None else _sent_to(wanted, _Window(rate, now))
    refused = {each for each, (_key, count) in counts.items() if rate and count >= rate.times}
    passing = len(wanted) - len(refused)
    if passing:
        _spend_of(organization, inviter, now=now, times=passing)
    if rate is not None and passing:
        passed = [counts[each] for each in wanted if each not in refused]
        raised = {key: count + 1 for key, count in passed}
        _or_none(lambda: caches[DEFAULT_CACHE_ALIAS].set_many(raised, rate.seconds))
    return refused


def have_had_theirs(addresses: Iterable[str], *, inviter: Any, now: datetime) -> set[str]:
    """Return the addresses that must not be sent another invitation for now; count nothing.

    Args:
        inviter, addresses: as for ``invitations``.
    Round trips to the cache: 1.
    """
    rate = get_settings().rate("recipient")
    if inviter is None or rate is None:
        return set()
    counts = _sent_to(addresses, _Window(rate, now))
    return {address for address, (_key, count) in counts.items() if count >= rate.times}


def _sent_to(addresses: Iterable[str], window: _Window) -> dict[str, tuple[str, int]]:
    """Return the key and the count of each address."""
    keys = {address: window.key("recipient", "", address) for address in addresses}
    found = _or_none(lambda: caches[DEFAULT_CACHE_ALIAS].get_many(keys.values())) or {}
    return {address: (key, found.get(key, 0)) for address, key in keys.items()}


def mail_to(address: str, *, purpose: str = "", now: datetime | None = None) -> None:
    """Count one mail to an address that somebody typed.

    Args:
        purpose: mails of another purpose are counted apart, so that nobody can keep somebody
            else from a new password by invitations.
    Raises:
        LimitReached: the address has been sent its share.
    """
    try:
        address = addresses.normalise(address)
    except NotAnAddress:
        address = address.strip().lower()
    spend("recipient", purpose, address, now=now)


def client(request_address: str, *, now: datetime | None = None) -> None:
    """Count one step of a network address.

    Raises:
        LimitReached: it has had its share.
    """
    spend("client", request_address, now=now)


def _take_back(name: str, *parts: Any, now: datetime | None = None, times: int = 1) -> None:
    """Count steps no more that ``spend`` has counted; the arguments are those of ``spend``."""
    rate = get_settings().rate(name)
    if rate is not None:
        _give_back(_Window(rate, now).key(name, *parts), times)


def _spend_of(organization: Any, inviter: Any, *, now: datetime, times: int = 1) -> None:
    """Count for who invites and for an organization: for both, or for neither."""
    spend("inviter", inviter.pk, now=now, times=times)
    try:
        spend(*_counted_of(organization, now), now=now, times=times)
    except LimitReached:
        _take_back("inviter", inviter.pk, now=now, times=times)
        raise


def _counted_of(organization: Any, now: datetime) -> tuple[Any, ...]:
    """Return what ``spend`` counts for an organization: the rate's name, and what it goes by."""
    created = getattr(organization, "created", None)
    young = isinstance(created, datetime) and now - created < YOUNG
    name = "young_organization" if young else "organization"
    return name, family_of(organization).organization._meta.label_lower, organization.pk


class _Window:
    """The present stretch of time in which a rate counts."""

    def __init__(self, rate: Rate, now: datetime | None) -> None:
        moment = (now or timezone.now()).timestamp()
        self.number, passed = divmod(moment, rate.seconds)
        self.length = rate.seconds
        self.rest = rate.seconds - passed

    def key(self, name: str, *parts: Any) -> str:
        text = "\0".join([name, *map(str, parts), str(self.length), str(int(self.number))])
        digest = salted_hmac("organizations.limits", text, algorithm="sha256").hexdigest()
        return f"organizations.limits.{digest}"

    def reached(self, name: str) -> LimitReached:
        text = f"{REASONS[name]} {_when(self.rest)}"
        return LimitReached(text, limit=name, retry_after=max(1, round(self.rest)))


def _when(seconds: float) -> str:
    minutes = max(1, -int(-seconds // 60))
    if minutes < 60:
        text = ngettext(
            "Try again in about %(count)d minute.", "Try again in about %(count)d minutes.", minutes
        )
        return text % {"count": minutes}
    hours = -(-minutes // 60)
    text = ngettext(
        "Try again in about %(count)d hour.", "Try again in about %(count)d hours.", hours
    )
    return text % {"count": hours}


def _count(key: str, times: int, *, seconds: int) -> int:
    """Add to a count, atomically where the cache can, and return the sum."""
    cache = caches[DEFAULT_CACHE_ALIAS]
    cache.add(key, 0, seconds)
    count = int(cache.incr(key, times))
    if type(cache).incr is BaseCache.incr:
        # It has written the value anew, with the cache's own default for its life.
        cache.touch(key, seconds)
    return count


def _give_back(key: str, times: int) -> None:
    _or_none(lambda: caches[DEFAULT_CACHE_ALIAS].decr(key, times))


#: When this process last said that the cache is down, by its monotonic clock.
_warned: list[float] = []


def _or_none(step: Callable[[], Any]) -> Any:
    """Return what the cache answers; None if it fails, with at most one warning a minute."""
    try:
        return step()
    except Exception as error:  # each cache has errors of its own
        if not _warned or time.monotonic() - _warned[-1] > 60:
            _warned[:] = [time.monotonic()]
            logger.warning(
                "The cache does not count (%s), so limits are not kept at the moment.",
                type(error).__name__,
            )
        return None
