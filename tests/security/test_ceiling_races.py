"""The loss of a right against its use, at the same time: never a grant after the loss."""

from functools import partial

import pytest
from django.utils import timezone

from organizations import signals, testing
from organizations.exceptions import InviterNotEntitled, PermissionMissing
from organizations.models import OrganizationInvitation, OrganizationUser
from organizations.services import invitations, members, organizations, ownership, suspension
from tests.ownership.test_races import DONE, ROUNDS, Race, run, user, while_open

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class LossAgainstUse(Race):
    """bo is an admin, and stops to be one just when bo uses the right.

    Receivers run under the lock, so they hear the two in the order in which they happened.
    """

    outcomes = {(DONE, DONE), (DONE, PermissionMissing)}
    used = (signals.member_changed, signals.member_added, signals.member_removed)

    def begin(self):
        super().begin()
        self.bo = user("bo")
        self.row = self.member("bo")
        self.order = []
        for signal in (*self.used, signals.invitation_created, signals.ownership_transferred):
            signal.connect(self.hear)

    def hear(self, *, member=None, new=None, **kwargs):
        about = member or new
        self.order.append("loss" if about is not None and about.user_id == self.bo.pk else "use")

    def lose(self):
        members.set_admin(self.row, False)

    def use(self):
        # Each scenario uses another right; one that names none must not pass for a race.
        raise NotImplementedError(type(self).__name__)

    def actions(self):
        return [self.lose, self.use]

    def check(self, outcomes):
        assert self.order == (["use", "loss"] if outcomes[1] is DONE else ["loss"])


class DemotionAgainstRaise(LossAgainstUse):
    def use(self):
        members.set_admin(self.member("cy"), True, actor=self.bo)

    def check(self, outcomes):
        super().check(outcomes)
        assert self.member("cy").is_admin == (outcomes[1] is DONE)


class DemotionAgainstRemoval(LossAgainstUse):
    def use(self):
        members.remove(self.acme, user("cy"), actor=self.bo)


class DemotionAgainstAdding(LossAgainstUse):
    def begin(self):
        super().begin()
        testing.make_user("di")

    def use(self):
        members.add(self.acme, user("di"), actor=self.bo, is_admin=True)


class DemotionAgainstInvitation(LossAgainstUse):
    def use(self):
        invitations.invite(
            self.acme,
            address="di@example.com",
            actor=self.bo,
            now=timezone.now(),
            is_admin=True,
        )

    def check(self, outcomes):
        super().check(outcomes)
        assert OrganizationInvitation.objects.exists() == (outcomes[1] is DONE)


class RemovalAgainstRaise(DemotionAgainstRaise):
    def lose(self):
        members.remove(self.acme, self.bo)


class RemovalAgainstInvitation(DemotionAgainstInvitation):
    def lose(self):
        members.remove(self.acme, self.bo)


class SuspensionAgainstRaise(DemotionAgainstRaise):
    """bo is suspended just when bo uses the right."""

    def begin(self):
        super().begin()
        signals.member_suspended.connect(self.hear)

    def lose(self):
        suspension.suspend(self.row, actor=None, now=timezone.now())


class ClosingAgainstRaise(DemotionAgainstRaise):
    """The organization is closed; bo's request has a copy in which it is open."""

    def begin(self):
        super().begin()
        signals.organization_changed.connect(self.hear_closing)

    def hear_closing(self, **kwargs):
        self.order.append("loss")

    def lose(self):
        organizations.change(type(self.acme).objects.get(pk=self.acme.pk), is_active=False)


class DemotionOfTheInviterAgainstAcceptance(LossAgainstUse):
    """An offer ends with the rights of who made it."""

    outcomes = {(DONE, DONE), (DONE, InviterNotEntitled)}

    def begin(self):
        super().begin()
        testing.make_user("di")
        self.offer = invitations.invite(
            self.acme, address="di@example.com", actor=self.bo, now=timezone.now(), is_admin=True
        )
        self.order.clear()

    def use(self):
        invitations.accept(self.offer, user=user("di"), now=timezone.now())

    def check(self, outcomes):
        super().check(outcomes)
        assert self.acme.users.filter(username="di").exists() == (outcomes[1] is DONE)


class TwoAdminsDemoteEachOther(Race):
    """One of them is left: the second has lost the right by then."""

    outcomes = {(DONE, PermissionMissing), (PermissionMissing, DONE)}

    def begin(self):
        self.acme = testing.make_organization("Acme", owner="ada", admins=["bo", "cy"])

    def actions(self):
        rows = {name: self.member(name) for name in ("bo", "cy")}
        return [
            partial(members.set_admin, rows["cy"], False, actor=rows["bo"].user),
            partial(members.set_admin, rows["bo"], False, actor=rows["cy"].user),
        ]

    def check(self, outcomes):
        admins = OrganizationUser.objects.filter(is_admin=True, organizationowner=None)
        assert admins.count() == 1


class TransferAgainstTransfer(Race):
    """The owner hands over twice; the second time it is not the owner's any more."""

    outcomes = {(DONE, PermissionMissing), (PermissionMissing, DONE)}

    def actions(self):
        return [
            partial(ownership.transfer, self.acme, self.member(name), actor=user("ada"))
            for name in ("bo", "cy")
        ]


RACES = [
    *(DemotionAgainstRaise, DemotionAgainstRemoval, DemotionAgainstAdding),
    *(DemotionAgainstInvitation, RemovalAgainstRaise, RemovalAgainstInvitation),
    SuspensionAgainstRaise,
    *(ClosingAgainstRaise, DemotionOfTheInviterAgainstAcceptance, TwoAdminsDemoteEachOther),
    TransferAgainstTransfer,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_nobody_uses_a_right_after_its_loss(race):
    run(race, 6)


@pytest.mark.slow
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_nobody_uses_a_right_after_its_loss_in_many_rounds(race):
    run(race, ROUNDS)


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
@pytest.mark.parametrize("turned", [False, True], ids=["loss first", "use first"])
def test_second_waits_and_then_sees_what_is_left(race, turned):
    each = race()
    each.begin()
    first, second = reversed(each.actions()) if turned else each.actions()
    outcome = while_open(first, second)
    outcomes = (outcome, DONE) if turned else (DONE, outcome)
    assert outcomes in each.outcomes
    if issubclass(race, LossAgainstUse):
        assert (outcome is DONE) == turned
    each.check(outcomes)
