"""Limits: windows by the clock, counts that hold among threads, and a cache that is down."""

import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

from organizations import testing
from organizations.exceptions import LimitReached
from organizations.services import limits

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)


class Down(LocMemCache):
    """A cache whose server does not answer."""

    def _fail(self, *args, **kwargs):
        raise ConnectionError("no cache today")

    add = get = set = incr = decr = touch = get_many = set_many = clear = _fail


class Counting(LocMemCache):
    """Notes the round trips."""

    trips: list = []

    def get_many(self, keys, version=None):
        self.trips.append("get_many")
        return {key: value for key in keys if (value := super(Counting, self).get(key)) is not None}

    def set_many(self, data, timeout=None, version=None):
        self.trips.append("set_many")
        for key, value in data.items():
            super().set(key, value, timeout)
        return []

    def add(self, *args, **kwargs):
        self.trips.append("add")
        return super().add(*args, **kwargs)

    def incr(self, *args, **kwargs):
        self.trips.append("incr")
        return super().incr(*args, **kwargs)


def choose(settings, cache_class, location="limits"):
    path = f"{cache_class.__module__}.{cache_class.__qualname__}"
    # By itself such a cache forgets what goes beyond 300 entries.
    options = {"MAX_ENTRIES": 100_000}
    settings.CACHES = {"default": {"BACKEND": path, "LOCATION": location, "OPTIONS": options}}


@pytest.fixture
def rates(settings):
    """Return a function that sets the rates."""

    def choose_rates(**values):
        settings.ORGANIZATIONS = {"RATES": values}

    return choose_rates


def passes(*args, **kwargs):
    try:
        limits.spend(*args, **kwargs)
    except LimitReached:
        return False
    return True


def test_as_many_steps_pass_as_the_rate_names(rates):
    rates(client="3/hour")
    assert [passes("client", "a", now=NOON) for _ in range(5)] == [True] * 3 + [False] * 2
    assert passes("client", "b", now=NOON)


def test_a_refused_step_makes_nobody_wait_longer(rates):
    rates(client="2/hour")
    for minute in range(0, 60, 5):
        passes("client", "a", now=NOON + timedelta(minutes=minute))
    assert not passes("client", "a", now=NOON + timedelta(minutes=59, seconds=59))
    assert passes("client", "a", now=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("rate", "at", "text", "seconds"),
    [
        ("1/day", NOON, "Try again in about 12 hours.", 43200),
        ("1/day", NOON + timedelta(hours=11, minutes=30), "in about 30 minutes.", 1800),
        ("1/hour", NOON + timedelta(minutes=59, seconds=30), "in about 1 minute.", 30),
        ("1/hour", NOON, "in about 1 hour.", 3600),
        ("1/minute", NOON + timedelta(seconds=59.9), "in about 1 minute.", 1),
    ],
)
def test_the_text_says_which_limit_and_when_it_is_free_again(rates, rate, at, text, seconds):
    rates(inviter=rate)
    limits.spend("inviter", 1, now=at)
    with pytest.raises(LimitReached) as caught:
        limits.spend("inviter", 1, now=at)
    assert str(caught.value).startswith("You have sent as many invitations as one person may")
    assert text in str(caught.value)
    assert (caught.value.limit, caught.value.retry_after) == ("inviter", seconds)


def test_none_takes_a_limit_away(rates):
    rates(client=None)
    assert all(passes("client", "a", now=NOON) for _ in range(300))


def test_several_steps_pass_together_or_not_at_all(rates):
    rates(inviter="10/day")
    assert passes("inviter", 1, now=NOON, times=8)
    assert not passes("inviter", 1, now=NOON, times=3)
    assert passes("inviter", 1, now=NOON, times=2)
    assert not passes("inviter", 1, now=NOON)


def test_no_address_stands_in_a_key_of_the_cache(settings, rates):
    choose(settings, LocMemCache, "keys")
    limits.mail_to("Ada@Example.com")
    limits.client("192.0.2.7")
    keys = " ".join(caches["default"]._cache)
    assert keys.count("organizations.limits.") == 2
    # A digest may hold any short word of the letters a to f.
    assert "ada@" not in keys.lower()
    assert "example" not in keys.lower()
    assert "192.0" not in keys


def test_spellings_of_one_address_are_counted_together(rates):
    rates(recipient="2/day")
    limits.mail_to("ada@example.com", now=NOON)
    limits.mail_to(" ADA@EXAMPLE.com", now=NOON)
    with pytest.raises(LimitReached):
        limits.mail_to("Ada@Example.Com", now=NOON)
    # Nobody is kept from a new password by what others send.
    limits.mail_to("ada@example.com", purpose="password", now=NOON)


def test_what_is_no_address_is_counted_too(rates):
    rates(recipient="1/day")
    limits.mail_to("nonsense", now=NOON)
    with pytest.raises(LimitReached):
        limits.mail_to("nonsense", now=NOON)


# Invitations


@pytest.fixture
def acme(db):
    return testing.make_organization("Acme", owner="ada")


def age(organization, days):
    organization.created = timezone.now() - timedelta(days=days)


def test_a_young_organization_may_invite_less(acme, rates):
    rates(young_organization="2/day", organization="4/day")
    now, ada = timezone.now(), acme.owner.organization_user.user
    for number in range(2):
        limits.invitation(acme, inviter=ada, address=f"a{number}@example.com", now=now)
    with pytest.raises(LimitReached, match="as a new one may"):
        limits.invitation(acme, inviter=ada, address="a3@example.com", now=now)
    age(acme, 8)
    for number in range(4):
        limits.invitation(acme, inviter=ada, address=f"b{number}@example.com", now=now)
    with pytest.raises(LimitReached, match="This organization has sent"):
        limits.invitation(acme, inviter=ada, address="b5@example.com", now=now)


def test_without_a_day_of_birth_an_organization_is_not_young(acme, rates):
    rates(young_organization="1/day", organization="2/day")
    acme.created = None
    for number in range(2):
        limits.invitation(
            acme,
            inviter=acme.owner.organization_user.user,
            address=f"a{number}@example.com",
            now=timezone.now(),
        )


@pytest.mark.parametrize("name", ["inviter", "young_organization", "recipient"])
def test_an_invitation_that_is_refused_counts_for_nobody(acme, rates, name):
    ada = acme.users.get()
    now = acme.created
    every = {"inviter": "2/day", "young_organization": "2/day", "recipient": "2/day"}
    rates(**{**every, name: "1/day"})
    limits.invitation(acme, inviter=ada, address="bo@example.com", now=now)
    for _time in range(3):
        with pytest.raises(LimitReached) as caught:
            limits.invitation(acme, inviter=ada, address="bo@example.com", now=now)
        assert caught.value.limit == name
    rates(**every)
    limits.invitation(acme, inviter=ada, address="bo@example.com", now=now)
    with pytest.raises(LimitReached):
        limits.invitation(acme, inviter=ada, address="bo@example.com", now=now)


def test_organizations_people_and_addresses_are_counted_apart(acme, rates):
    rates(inviter="2/day", recipient="1/day")
    now, ada = timezone.now(), acme.owner.organization_user.user
    limits.invitation(acme, inviter=ada, address="a@example.com", now=now)
    with pytest.raises(LimitReached, match="This address"):
        limits.invitation(acme, inviter=ada, address="a@example.com", now=now)
    bob = testing.make_user("bob")
    limits.invitation(acme, inviter=bob, address="b@example.com", now=now)
    limits.invitation(acme, inviter=ada, address="d@example.com", now=now)
    with pytest.raises(LimitReached, match="as one person may"):
        limits.invitation(acme, inviter=ada, address="c@example.com", now=now)


def test_code_that_acts_by_its_own_word_is_not_limited(acme, rates):
    rates(inviter="1/day", organization="1/day", young_organization="1/day", recipient="1/day")
    for _ in range(3):
        limits.invitation(acme, inviter=None, address="a@example.com", now=NOON)
        wanted = [f"{number}@example.com" for number in range(20)]
        assert limits.invitations(acme, inviter=None, addresses=wanted, now=NOON) == set()


def test_many_at_once_cost_as_few_round_trips_as_one(acme, rates, settings):
    rates(inviter="9000/day", young_organization="9000/day", recipient="2/day")
    choose(settings, Counting)
    ada = acme.owner.organization_user.user
    Counting.trips.clear()
    now = timezone.now()
    wanted = [f"p{number}@example.com" for number in range(2000)]
    assert limits.invitations(acme, inviter=ada, addresses=wanted, now=now) == set()
    assert sorted(Counting.trips) == ["add", "add", "get_many", "incr", "incr", "set_many"]
    again = wanted[:10]
    assert limits.invitations(acme, inviter=ada, addresses=again, now=now) == set()
    assert limits.invitations(acme, inviter=ada, addresses=wanted[:20], now=now) == set(again)


def test_too_many_at_once_are_refused_and_count_nothing(acme, rates):
    rates(inviter="30/day", young_organization="20/day")
    now, ada = timezone.now(), acme.owner.organization_user.user
    wanted = [f"p{number}@example.com" for number in range(25)]
    with pytest.raises(LimitReached, match="as a new one may"):
        limits.invitations(acme, inviter=ada, addresses=wanted, now=now)
    assert limits.invitations(acme, inviter=ada, addresses=wanted[:20], now=now) == set()
    # Twenty of thirty are spent, since the first attempt was given back.
    age(acme, 30)
    assert limits.invitations(acme, inviter=ada, addresses=wanted[:10], now=now) == set()
    with pytest.raises(LimitReached, match="as one person may"):
        limits.invitations(acme, inviter=ada, addresses=wanted[:1], now=now)


def test_an_address_named_twice_is_counted_once(acme, rates):
    rates(inviter="1/day")
    limits.invitations(
        acme,
        inviter=acme.owner.organization_user.user,
        addresses=["a@example.com", "a@example.com"],
        now=timezone.now(),
    )


# Concurrency


def test_threads_together_get_no_more_than_the_rate(rates):
    rates(client="50/day")
    passed, start = [], threading.Barrier(8)

    def run():
        start.wait()
        passed.extend(passes("client", "a", now=NOON) for _ in range(20))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert passed.count(True) <= 50
    # A step that is refused at the same moment may cost another one its place, for that moment.
    assert passed.count(True) >= 40


def test_a_cache_without_a_count_of_its_own_keeps_the_window(settings, rates, tmp_path):
    """Such a cache writes the sum anew, with a life of its own."""
    folder = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {
        "default": {"BACKEND": folder, "LOCATION": str(tmp_path), "TIMEOUT": 1},
    }
    rates(client="2/day")
    now = timezone.now()
    assert passes("client", "a", now=now)
    threading.Event().wait(1.1)
    assert passes("client", "a", now=now)
    assert not passes("client", "a", now=now)


# A cache that is down


@pytest.mark.parametrize("name", ["down", "dummy"])
def test_without_a_cache_steps_go_through_and_the_log_says_so(
    name, acme, settings, caplog, monkeypatch
):
    monkeypatch.setattr(limits, "_warned", [])
    if name == "down":
        choose(settings, Down)
    else:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.ORGANIZATIONS = {"RATES": {"inviter": "1/day", "client": "1/day"}}
    ada = acme.owner.organization_user.user
    with caplog.at_level(logging.WARNING, "organizations.limits"):
        for _ in range(3):
            limits.client("192.0.2.7")
            limits.invitation(acme, inviter=ada, address="a@example.com", now=timezone.now())
            wanted = ["a@example.com", "b@example.com"]
            assert not limits.invitations(acme, inviter=ada, addresses=wanted, now=timezone.now())
    (record,) = caplog.records
    assert "limits are not kept" in record.getMessage()
    # The fixture that empties the cache needs one that answers.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
