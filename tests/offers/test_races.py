"""Many at once, with real threads on real PostgreSQL."""

from functools import partial

import pytest
from django.utils import timezone

from organizations import conf, testing
from organizations.exceptions import InvitationStateError, SeatsFull
from organizations.models import OrganizationInvitation
from organizations.services import invitations, links, members, requests, seats
from tests.ownership.test_machine import empty_tables
from tests.ownership.test_races import DONE, Threads

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

QUICK, MANY, FEWER = 3, 200, 40
RATES = dict.fromkeys(conf.RATES)


def of(many):
    slow = pytest.param(many, marks=pytest.mark.slow)
    return pytest.mark.parametrize("rounds", [QUICK, slow], ids=["few", "many"])


@pytest.fixture(autouse=True)
def no_rates(settings):
    """Rounds of the same few people would soon be too often."""
    settings.ORGANIZATIONS = {"RATES": RATES}


def use(link, user):
    """What the page does: find the offer by its proof, then accept it."""
    proof = invitations.proof_of(link.secret)
    found = invitations.by_proof(OrganizationInvitation, proof)
    invitations.accept(found, user=user, now=timezone.now(), proof=proof)


def begin():
    empty_tables()
    acme = testing.make_organization("Acme", owner="ada")
    return acme, acme.users.get()


@of(MANY)
def test_eight_threads_accepting_one_invitation_make_one_member(rounds):
    with Threads(8) as threads:
        for _ in range(rounds):
            acme, ada = begin()
            eve = testing.make_user("eve")
            offer = invitations.invite(
                acme, address="eve@example.com", actor=ada, now=timezone.now()
            )
            outcomes = threads.at_once(*[partial(use, offer, eve)] * 8)
            assert outcomes == (DONE,) * 8  # the same person: all of them are in
            assert acme.organization_users.filter(user=eve).count() == 1
            assert OrganizationInvitation.objects.filter(status="accepted").count() == 1


@of(MANY)
def test_eight_people_at_one_link_for_one_person_make_one_member(rounds):
    with Threads(8) as threads:
        for _ in range(rounds):
            acme, ada = begin()
            people = [testing.make_user(f"p{number}") for number in range(8)]
            link = links.create(acme, actor=ada, now=timezone.now())
            outcomes = threads.at_once(*[partial(use, link, person) for person in people])
            assert sorted(map(str, outcomes)) == sorted(
                map(str, [DONE] + [InvitationStateError] * 7)
            )
            assert acme.organization_users.count() == 2


@of(FEWER)
def test_eight_people_at_a_link_for_three_make_three_members(rounds):
    with Threads(8) as threads:
        for _ in range(rounds):
            acme, ada = begin()
            people = [testing.make_user(f"p{number}") for number in range(8)]
            link = links.create(acme, actor=ada, now=timezone.now(), shared=True, max_uses=3)
            outcomes = threads.at_once(*[partial(use, link, person) for person in people])
            assert (outcomes.count(DONE), outcomes.count(InvitationStateError)) == (3, 5)
            link.refresh_from_db()
            assert (link.use_count, link.status) == (3, "accepted")
            assert acme.organization_users.count() == 4
            assert OrganizationInvitation.objects.filter(parent_key=str(link.pk)).count() == 3


@of(FEWER)
def test_sixteen_at_once_never_take_more_seats_than_there_are(rounds, settings):
    """Half of them accept (by mail and by a link for all), half invite and add."""
    settings.ORGANIZATIONS = {"SEATS": 9, "RATES": RATES}
    with Threads(16) as threads:
        for _ in range(rounds):
            acme, ada = begin()
            now = timezone.now()
            people = [testing.make_user(f"p{number}") for number in range(12)]
            invited = [
                invitations.invite(acme, address=f"p{number}@example.com", actor=ada, now=now)
                for number in range(4)
            ]
            link = links.create(acme, actor=ada, now=now, shared=True, max_uses=None)
            actions = [partial(use, offer, people[n]) for n, offer in enumerate(invited)]
            actions += [partial(use, link, people[n]) for n in range(4, 8)]
            actions += [
                partial(invitations.invite, acme, address=f"n{n}@example.com", actor=ada, now=now)
                for n in range(4)
            ]
            actions += [partial(members.add, acme, people[n], actor=ada) for n in range(8, 12)]
            outcomes = threads.at_once(*actions)
            assert set(outcomes) <= {DONE, SeatsFull}
            # Who has been invited has a seat, whatever the others do.
            assert outcomes[:4] == (DONE,) * 4
            found = seats.count(acme, now=now)
            assert found.used == 9
            assert outcomes.count(DONE) == 8


@of(FEWER)
def test_approval_against_withdrawal_of_a_request(rounds):
    with Threads(2) as threads:
        for _ in range(rounds):
            acme, ada = begin()
            eve = testing.make_user("eve")
            now = timezone.now()
            link = links.create(acme, actor=ada, now=now, shared=True, needs_approval=True)
            use(link, eve)
            [request] = requests.waiting(acme, now=now)
            outcomes = threads.at_once(
                partial(requests.approve, request, actor=ada, now=now),
                partial(invitations.revoke, request, actor=eve, now=now),
            )
            assert set(outcomes) == {DONE, InvitationStateError}
            assert acme.is_member(eve) == (outcomes[0] == DONE)
