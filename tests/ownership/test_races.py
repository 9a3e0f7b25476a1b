"""Two at once, on two real connections, many rounds of each."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from organizations import testing
from organizations.exceptions import (
    AccountOwnsOrganizations,
    InvitationStateError,
    OrganizationMismatch,
    OwnerMustBeActive,
    OwnershipRequired,
)
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from organizations.services import invitations, members, organizations, ownership, suspension
from tests.ownership import facts
from tests.ownership.test_machine import empty_tables, execute, table

pytestmark = pytest.mark.django_db(transaction=True)


User = get_user_model()

DONE = "done"

#: Rounds of each race in the slow tests; CI says how many it has run.
ROUNDS = int(os.environ.get("ORGKIT_ROUNDS", "200"))


class Threads:
    """Threads that run actions together, each on one connection of its own."""

    def __init__(self, number=2):
        self.barrier = threading.Barrier(number)
        self.pool = ThreadPoolExecutor(number)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.at_once(*[lambda: connection.close()] * self.barrier.parties)
        self.pool.shutdown()

    def at_once(self, *actions):
        """Run one action in each thread; return what came of each, in order.

        That is ``DONE`` or the class of what was raised.
        """
        futures = [self.pool.submit(self._run, action) for action in actions]
        return tuple(future.result(timeout=60) for future in futures)

    def _run(self, action):
        # All wait here, so that each thread gets one of the actions.
        self.barrier.wait(timeout=60)
        try:
            action()
        except Exception as error:
            return type(error)
        return DONE


def in_transaction(action):
    def run():
        with transaction.atomic():
            action()

    return run


def user(name):
    return User.objects.get(username=name)


class Race:
    """One kind of race: the two actions, and which outcomes are right."""

    #: What may come of it: tuples of ``DONE`` or the class of the refusal.
    outcomes: set

    def begin(self):
        self.acme = testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])

    def member(self, name):
        return self.acme.organization_users.get(user__username=name)

    def actions(self):
        raise NotImplementedError

    def check(self, outcomes):
        """Look at the tables, besides the invariants."""


class TwoTransfers(Race):
    """Both happen, one after the other."""

    outcomes = {(DONE, DONE)}

    def actions(self):
        return [partial(ownership.transfer, self.acme, self.member(name)) for name in ("bo", "cy")]

    def check(self, outcomes):
        assert facts.owner_name(self.acme) in {"bo", "cy"}


class TransferAgainstRemoval(Race):
    """Whoever comes second is refused."""

    outcomes = {(DONE, OwnershipRequired), (OrganizationMismatch, DONE)}

    def actions(self):
        return [
            partial(ownership.transfer, self.acme, self.member("cy")),
            partial(members.remove, self.acme, user("cy")),
        ]


class TwoRemovals(Race):
    outcomes = {(DONE, OrganizationUser.DoesNotExist), (OrganizationUser.DoesNotExist, DONE)}

    def actions(self):
        return [partial(members.remove, self.acme, user("cy"))] * 2


class TransferAgainstDemotion(Race):
    """The owner is an admin afterwards, whichever came first."""

    outcomes = {(DONE, DONE), (DONE, OwnershipRequired)}

    def actions(self):
        row = self.member("bo")
        return [
            partial(ownership.transfer, self.acme, row),
            partial(members.set_admin, row, False),
        ]


class TwoFirstMembers(Race):
    """Both join; one of them owns."""

    outcomes = {(DONE, DONE)}

    def begin(self):
        self.acme = Organization.objects.create(name="Acme")
        testing.make_user("bo")
        testing.make_user("cy")

    def actions(self):
        return [partial(members.add, self.acme, user(name)) for name in ("bo", "cy")]

    def check(self, outcomes):
        assert self.acme.users.count() == 2


class SamePersonAddedTwice(Race):
    outcomes = {(DONE, members.AlreadyMember), (members.AlreadyMember, DONE)}

    def begin(self):
        super().begin()
        testing.make_user("di")

    def actions(self):
        return [partial(members.add, self.acme, user("di"))] * 2


class SamePersonGotOrAddedTwice(SamePersonAddedTwice):
    outcomes = {(DONE, DONE)}

    def actions(self):
        return [partial(members.get_or_add, self.acme, user("di"))] * 2


class TwoOwnerRowsWritten(Race):
    """Raw SQL: the old row out, a new one in; one of the two finds the place taken."""

    outcomes = {(DONE, DONE), (DONE, IntegrityError), (IntegrityError, DONE)}

    def actions(self):
        def replace(row):
            execute(
                f"DELETE FROM {table(OrganizationOwner)} WHERE organization_id = %s", self.acme.pk
            )
            OrganizationOwner.objects.bulk_create(
                [OrganizationOwner(organization=self.acme, organization_user=row)]
            )

        members.set_admin(self.member("cy"), True)
        return [in_transaction(partial(replace, self.member(name))) for name in ("bo", "cy")]


class OwnerRowAgainstMovedMember(Race):
    """Raw SQL: the owner row goes to a member who is just moved elsewhere."""

    outcomes = {(DONE, IntegrityError), (IntegrityError, DONE)}

    def begin(self):
        super().begin()
        self.other = testing.make_organization("Other", owner="olga")

    def actions(self):
        row, here, there = self.member("bo"), self.acme.pk, self.other.pk
        owners, people = table(OrganizationOwner), table(OrganizationUser)

        def point():
            execute(
                f"UPDATE {owners} SET organization_user_id = %s WHERE organization_id = %s",
                row.pk,
                here,
            )

        def move():
            execute(f"UPDATE {people} SET organization_id = %s WHERE id = %s", there, row.pk)

        return [in_transaction(point), in_transaction(move)]


class SameInvitationAcceptedTwice(Race):
    """The person clicks twice and is a member once."""

    outcomes = {(DONE, DONE)}

    def begin(self):
        super().begin()
        self.di = testing.make_user("di")
        self.offer = self.invite()

    def invite(self, address="di@example.com", is_admin=False):
        return invitations.invite(
            self.acme,
            address=address,
            actor=user("ada"),
            now=timezone.now(),
            is_admin=is_admin,
        )

    def actions(self):
        accept = partial(invitations.accept, self.offer, user=self.di, now=timezone.now())
        return [accept] * 2

    def check(self, outcomes):
        assert self.acme.organization_users.filter(user=self.di).count() == 1
        self.offer.refresh_from_db()
        assert (self.offer.status, self.offer.invitee) == ("accepted", self.di)


class AcceptanceAgainstWithdrawal(SameInvitationAcceptedTwice):
    outcomes = {(DONE, InvitationStateError), (InvitationStateError, DONE)}

    def actions(self):
        accept, _ = super().actions()
        return [
            accept,
            partial(invitations.revoke, self.offer, actor=user("ada"), now=timezone.now()),
        ]

    def check(self, outcomes):
        assert self.acme.is_member(self.di) == (outcomes[0] == DONE)


class SameAddressInvitedTwice(SameInvitationAcceptedTwice):
    """The second renews the first, in whatever spelling."""

    def actions(self):
        return [
            partial(self.invite, address="eve@example.com"),
            partial(self.invite, address=" Eve@EXAMPLE.com"),
        ]

    def check(self, outcomes):
        row = OrganizationInvitation.objects.get(invitee_identifier="eve@example.com")
        assert row.send_count == 2


class TransferAgainstDeletedUser(Race):
    """Never both: an owner who is gone would leave nobody."""

    outcomes = {
        (DONE, RestrictedError),
        (DONE, IntegrityError),
        (OrganizationMismatch, DONE),
        (IntegrityError, DONE),
    }

    def actions(self):
        return [partial(ownership.transfer, self.acme, self.member("bo")), user("bo").delete]


class TransferAgainstDeletedPlainMember(TransferAgainstDeletedUser):
    """The verb makes this one an admin too, which must not bring the row back."""

    def actions(self):
        return [partial(ownership.transfer, self.acme, self.member("cy")), user("cy").delete]


class TransferAgainstDeletedMemberRow(TransferAgainstDeletedUser):
    def actions(self):
        row = self.member("cy")
        rows = OrganizationUser.objects.filter(pk=row.pk)
        return [partial(ownership.transfer, self.acme, row), rows.delete]


class TransferAgainstSwitchedOffUser(Race):
    """The account is switched off or becomes the owner's, never both."""

    outcomes = {(DONE, AccountOwnsOrganizations), (OwnerMustBeActive, DONE)}

    def actions(self):
        person = user("bo")
        person.is_active = False
        return [partial(ownership.transfer, self.acme, self.member("bo")), person.save]


class TransferAgainstSwitchedOffUserInATransaction(TransferAgainstSwitchedOffUser):
    def actions(self):
        transfer, save = super().actions()
        return [transfer, in_transaction(save)]


class TransferAgainstSuspension(Race):
    """The member is suspended or owns, never both."""

    outcomes = {(DONE, OwnershipRequired), (OwnerMustBeActive, DONE)}

    def actions(self):
        row = self.member("bo")
        return [
            partial(ownership.transfer, self.acme, row),
            partial(suspension.suspend, row, actor=None, now=timezone.now()),
        ]

    def check(self, outcomes):
        assert (self.member("bo").suspended_at is None) == (outcomes[0] is DONE)
        assert facts.owner_name(self.acme) == ("bo" if outcomes[0] is DONE else "ada")


class TransferAgainstEnd(TransferAgainstSuspension):
    def actions(self):
        transfer, _ = super().actions()
        now, row = timezone.now(), self.member("bo")
        return [
            transfer,
            partial(suspension.set_end, row, now + timedelta(days=1), actor=None, now=now),
        ]

    def check(self, outcomes):
        assert (self.member("bo").ends_at is None) == (outcomes[0] is DONE)


class TransferAgainstDeletion(Race):
    """The organization goes; a transfer that comes late finds nothing."""

    outcomes = {(DONE, DONE), (Organization.DoesNotExist, DONE)}

    def actions(self):
        gone = Organization.objects.get(pk=self.acme.pk)
        return [
            partial(ownership.transfer, self.acme, self.member("bo")),
            partial(organizations.delete, gone),
        ]

    def check(self, outcomes):
        assert not OrganizationOwner.objects.exists()


class TwoNamesakes(Race):
    """Two organizations of one name at once: each gets a short name of its own."""

    outcomes = {(DONE, DONE)}

    def begin(self):
        testing.make_user("ada")
        testing.make_user("bo")

    def actions(self):
        return [partial(organizations.create, user(name), name="Twin") for name in ("ada", "bo")]

    def check(self, outcomes):
        assert set(Organization.objects.values_list("slug", flat=True)) == {"twin", "twin-2"}


RACES = [
    TwoTransfers,
    TransferAgainstRemoval,
    TwoRemovals,
    TransferAgainstDemotion,
    TwoFirstMembers,
    SamePersonAddedTwice,
    SamePersonGotOrAddedTwice,
    TwoOwnerRowsWritten,
    OwnerRowAgainstMovedMember,
    SameInvitationAcceptedTwice,
    AcceptanceAgainstWithdrawal,
    SameAddressInvitedTwice,
    TransferAgainstDeletedUser,
    TransferAgainstDeletedPlainMember,
    TransferAgainstDeletedMemberRow,
    TransferAgainstSwitchedOffUser,
    TransferAgainstSwitchedOffUserInATransaction,
    TransferAgainstSuspension,
    TransferAgainstEnd,
    TransferAgainstDeletion,
    TwoNamesakes,
]


def run(race, rounds):
    with Threads() as threads:
        for _ in range(rounds):
            each = race()
            each.begin()
            outcomes = threads.at_once(*each.actions())
            assert outcomes in each.outcomes, outcomes
            facts.check_invariants()
            each.check(outcomes)
            empty_tables()
            # Rounds of the same few people would soon be too often.
            cache.clear()


@pytest.mark.postgres
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_nothing_breaks_in_a_race_of(race):
    run(race, 20)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_nothing_breaks_in_a_long_race_of(race):
    run(race, ROUNDS)


# The same with the moment chosen: the first transaction is open while the second tries.


def while_open(first, second):
    """Start the second action while the first one's transaction is open; return its outcome."""
    with Threads(1) as thread:
        with transaction.atomic():
            first()
            future = thread.pool.submit(thread._run, second)
            wait([future], timeout=0.3)
            assert not future.done(), f"did not wait: {future.result()}"
        return future.result(timeout=60)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("race", "turned", "second"),
    [
        (TwoTransfers, False, DONE),
        (TransferAgainstRemoval, False, OwnershipRequired),
        (TransferAgainstRemoval, True, OrganizationMismatch),
        (TransferAgainstDemotion, False, OwnershipRequired),
        (TransferAgainstDemotion, True, DONE),
        (TwoFirstMembers, False, DONE),
        (SamePersonAddedTwice, False, members.AlreadyMember),
        (SameInvitationAcceptedTwice, False, DONE),
        (SameAddressInvitedTwice, False, DONE),
        (TransferAgainstDeletedUser, True, OrganizationMismatch),
        (TransferAgainstDeletedMemberRow, True, OrganizationMismatch),
        (TransferAgainstSwitchedOffUser, False, AccountOwnsOrganizations),
        (TransferAgainstSwitchedOffUser, True, OwnerMustBeActive),
        (TransferAgainstSuspension, False, OwnershipRequired),
        (TransferAgainstSuspension, True, OwnerMustBeActive),
        (TransferAgainstEnd, False, OwnershipRequired),
        (TransferAgainstEnd, True, OwnerMustBeActive),
        (TransferAgainstDeletion, True, Organization.DoesNotExist),
    ],
)
def test_second_waits_for_the_first_and_then_sees_it(race, turned, second):
    each = race()
    each.begin()
    pair = each.actions()
    outcome = while_open(*reversed(pair) if turned else pair)
    assert outcome == second
    facts.check_invariants()


@pytest.mark.postgres
@pytest.mark.parametrize("turned", [False, True], ids=["owner row first", "member first"])
def test_triggers_of_two_transactions_see_each_other(turned):
    """Each alone is right; without a lock both would pass and leave a foreign owner."""
    each = OwnerRowAgainstMovedMember()
    each.begin()
    first, second = reversed(each.actions()) if turned else each.actions()

    def judged_now():
        first()
        connection.check_constraints()

    assert while_open(judged_now, second) is IntegrityError
    facts.check_invariants()


@pytest.mark.postgres
@pytest.mark.parametrize("what", ["owner row", "member"])
def test_trigger_holds_the_organization(what):
    """Verbs wait for raw SQL as they wait for each other."""
    each = OwnerRowAgainstMovedMember()
    each.begin()
    point, move = each.actions()
    di = testing.make_user("di")

    def judged_now():
        point() if what == "owner row" else move()
        connection.check_constraints()

    assert while_open(judged_now, partial(members.add, each.acme, di)) == DONE
    facts.check_invariants()


# SQLite has one writer at a time: the other waits, and nobody is told off.


@pytest.mark.sqlite
def test_verbs_of_two_threads_wait_for_each_other():
    acme = testing.make_organization("Acme", owner="ada", admins=["bo"])
    people = {name: testing.make_user(name) for name in ("eve", "fay")}
    rows = [acme.organization_users.get(user__username=name) for name in ("ada", "bo")]

    def work(person, row):
        for _ in range(10):
            members.add(acme, person)
            ownership.transfer(acme, row)
            members.remove(acme, person)
            invitations.invite(
                acme,
                address=f"{person.username}@elsewhere.example",
                actor=row.user,
                now=timezone.now(),
            )

    with Threads() as threads:
        outcomes = threads.at_once(
            partial(work, people["eve"], rows[0]), partial(work, people["fay"], rows[1])
        )
    assert outcomes == (DONE, DONE)
    facts.check_invariants()
    assert OrganizationInvitation.objects.count() == 2
