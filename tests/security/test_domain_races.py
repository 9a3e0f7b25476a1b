"""Many tabs join by a domain at once: one membership, and never more members than seats."""

from functools import partial

import pytest
from django.utils import timezone

from organizations import testing
from organizations.exceptions import JoinRefused, SeatsFull
from organizations.models import OrganizationInvitation
from organizations.services import domains
from tests.ownership.test_races import DONE, Threads

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
THREADS = 8


@pytest.fixture
def acme():
    acme = testing.make_organization("Acme", owner="ada")
    domains.add(acme, "work.example", needs_approval=False, actor=None)
    return acme


def joining(acme, user):
    return partial(domains.join, acme, user=user, now=timezone.now())


def worker(name):
    return testing.make_user(name, email=f"{name}@work.example")


def test_one_person_in_many_tabs_joins_once(acme):
    with Threads(THREADS) as threads:
        for number in range(5):
            eve = worker(f"eve{number}")
            outcomes = threads.at_once(*[joining(acme, eve)] * THREADS)
            assert outcomes == (DONE,) * THREADS
            assert acme.organization_users.filter(user=eve).count() == 1
            assert OrganizationInvitation.objects.filter(invitee=eve).count() == 1


def test_one_person_in_many_tabs_asks_once(acme):
    domains.change(acme, "work.example", needs_approval=True, actor=None)
    eve = worker("eve")
    with Threads(THREADS) as threads:
        assert threads.at_once(*[joining(acme, eve)] * THREADS) == (DONE,) * THREADS
    assert OrganizationInvitation.objects.get().status == "proposed"


def test_no_more_join_than_there_are_seats(acme, settings):
    settings.ORGANIZATIONS = {"SEATS": 4}
    people = [worker(f"eve{number}") for number in range(THREADS)]
    with Threads(THREADS) as threads:
        outcomes = threads.at_once(*(joining(acme, user) for user in people))
    assert sorted(map(str, outcomes)) == sorted(map(str, [DONE] * 3 + [SeatsFull] * 5))
    assert acme.users.count() == 4


def test_nobody_joins_by_a_domain_after_it_is_gone(acme):
    with Threads() as threads:
        for number in range(10):
            domains.add(acme, "work.example", needs_approval=False, actor=None)
            eve = worker(f"eve{number}")
            remove = partial(domains.remove, acme, "work.example", actor=None)
            outcomes = threads.at_once(remove, joining(acme, eve))
            assert outcomes in {(DONE, DONE), (DONE, JoinRefused)}
            assert acme.users.contains(eve) is (outcomes[1] is DONE)
