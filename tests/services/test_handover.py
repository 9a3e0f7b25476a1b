"""The ownership as an offer: made by the owner, taken or declined by the member, or it ends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from organizations import testing
from organizations.exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    InviterNotEntitled,
    NotAllowed,
    OrganizationMismatch,
    OrganizationsError,
    OwnerMustBeActive,
    PermissionMissing,
)
from organizations.families import family_of
from organizations.models import Organization, OrganizationInvitation, OrganizationOwner
from organizations.services import handover, invitations, members, ownership
from tests.app.models import Club
from tests.compat.guilds.models import Guild
from tests.ownership.test_races import DONE, ROUNDS, Race, run, user, while_open

NOW = datetime.now(UTC)
User = get_user_model()


@pytest.fixture(params=[Organization, Club, Guild], ids=["columns", "record", "base line"])
def acme(request, db):
    return testing.make_organization("Acme", owner="ada", members=["bo", "cy"], model=request.param)


def row(organization, name):
    return organization.organization_users.select_related("user").get(user__username=name)


def offer_to(organization, name, *, by="ada", now=NOW, **options):
    actor = by and user(by)
    return handover.offer(organization, row(organization, name), actor=actor, now=now, **options)


def accept(offer, name, now=NOW):
    return invitations.accept(offer, user=user(name), now=now)


def owner_of(organization):
    return ownership.owner_of(organization).user.username


def again(offer):
    return invitations.with_life([type(offer)._base_manager.get(pk=offer.pk)])[0]


def test_nothing_changes_before_the_member_says_yes(acme):
    offer = offer_to(acme, "bo")
    assert owner_of(acme) == "ada"
    assert handover.offer_to(acme, user("bo"), now=NOW) == offer
    assert handover.offer_to(acme, user("cy"), now=NOW) is None
    assert (again(offer).kind, again(offer).expires_at) == ("ownership", NOW + timedelta(days=7))
    assert not again(offer).token_digest, "no link opens it"


def test_member_takes_it_and_the_old_owner_stays_an_admin(acme, sent):
    offer = offer_to(acme, "bo")
    old = row(acme, "ada")
    sent.sent.clear()
    member = accept(offer, "bo")
    assert (member, owner_of(acme)) == (row(acme, "bo"), "bo")
    if family_of(acme).has_field("member", "is_admin"):
        assert row(acme, "ada").is_admin and member.is_admin
    assert (again(offer).status, again(offer).open_key) == ("accepted", None)
    assert handover.open_offer(acme) is None
    assert sent.names == ["owner_changed", "ownership_transferred", "invitation_fulfilled"]
    facts = {"organization": acme, "old": old, "new": member, "actor": user("bo")}
    assert sent.of("ownership_transferred") == (family_of(acme).owner, facts)


def test_taking_it_twice_is_harmless_and_brings_nothing_back_later(acme):
    offer = offer_to(acme, "bo")
    member = accept(offer, "bo")
    assert accept(offer, "bo") == member
    ownership.transfer(acme, row(acme, "cy"), actor=user("bo"))
    assert accept(offer, "bo") == member
    assert owner_of(acme) == "cy"


@pytest.mark.parametrize("name", ["cy", "ada", "stranger"])
@pytest.mark.parametrize("verb", [invitations.accept, invitations.decline])
def test_nobody_else_answers_it(verb, name, acme):
    testing.make_user("stranger")
    offer = offer_to(acme, "bo")
    with pytest.raises(InvitationNotForYou):
        verb(offer, user=user(name), now=NOW)
    assert (owner_of(acme), again(offer).status) == ("ada", "pending")


def test_member_declines(acme, sent):
    offer = offer_to(acme, "bo")
    sent.sent.clear()
    invitations.decline(offer, user=user("bo"), now=NOW)
    assert (owner_of(acme), again(offer).status) == ("ada", "declined")
    assert sent.names == ["invitation_declined"]
    with pytest.raises(InvitationStateError):
        accept(offer, "bo")
    assert handover.open_offer(acme) is None


def test_owner_takes_it_back_and_nobody_else_does(acme):
    offer = offer_to(acme, "bo")
    for name in ("bo", "cy"):
        with pytest.raises(PermissionMissing):
            invitations.revoke(offer, actor=user(name), now=NOW)
    invitations.revoke(offer, actor=user("ada"), now=NOW)
    with pytest.raises(InvitationStateError):
        accept(offer, "bo")
    assert (owner_of(acme), again(offer).status) == ("ada", "revoked")


def test_admin_neither_offers_it_nor_takes_the_offer_back(db):
    acme = testing.make_organization("Acme", owner="ada", admins=["al"], members=["bo"])
    with pytest.raises(PermissionMissing):
        offer_to(acme, "al", by="al")
    offer = offer_to(acme, "bo")
    for step in (invitations.revoke, invitations.resend):
        with pytest.raises((NotAllowed, InvitationStateError)):
            step(offer, actor=user("al"), now=NOW)
    assert again(offer).status == "pending"


@pytest.mark.parametrize("actor", ["bo", "stranger", "off"])
def test_only_the_owner_offers_it(actor, acme):
    testing.make_user("stranger")
    testing.make_user("off", is_active=False)
    with pytest.raises(PermissionMissing):
        offer_to(acme, "bo", by=actor)
    assert handover.open_offer(acme) is None


def test_it_is_offered_to_another_active_member_only(acme):
    other = testing.make_organization("Other", owner="olga", model=type(acme))
    cy = user("cy")
    User.objects.filter(pk=cy.pk).update(is_active=False)
    gone = row(acme, "bo")
    members.remove(acme, gone.user)
    cases = {
        "ada": (row(acme, "ada"), OwnerMustBeActive),
        "deactivated": (row(acme, "cy"), OwnerMustBeActive),
        "elsewhere": (row(other, "olga"), OrganizationMismatch),
        "gone": (gone, OrganizationMismatch),
    }
    for member, error in cases.values():
        with pytest.raises(error):
            handover.offer(acme, member, actor=user("ada"), now=NOW)
    assert handover.open_offer(acme) is None


def test_second_offer_replaces_the_first(acme, sent):
    first = offer_to(acme, "bo")
    sent.sent.clear()
    second = offer_to(acme, "cy")
    assert sent.names == ["invitation_superseded", "invitation_created"]
    with pytest.raises(InvitationStateError):
        accept(first, "bo")
    assert handover.open_offer(acme) == second
    accept(second, "cy")
    assert owner_of(acme) == "cy"


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
def test_when_its_time_is_up_it_is_neither_taken_nor_declined(late, acme):
    offer = offer_to(acme, "bo")
    end = offer.expires_at + late
    assert handover.offer_to(acme, user("bo"), now=end) is None
    for verb in (invitations.accept, invitations.decline):
        with pytest.raises(InvitationStateError):
            verb(offer, user=user("bo"), now=end)
    assert owner_of(acme) == "ada"
    # It stands in nobody's way.
    accept(offer_to(acme, "cy", now=end), "cy", now=end)
    assert owner_of(acme) == "cy"


def test_just_before_its_end_it_is_taken(acme):
    offer = offer_to(acme, "bo")
    accept(offer, "bo", now=offer.expires_at - timedelta(microseconds=1))
    assert owner_of(acme) == "bo"


@pytest.mark.parametrize("made_by", ["ada", None, "root"])
@pytest.mark.parametrize("to", ["cy", "bo"])
def test_it_ends_when_the_organization_gets_another_owner(to, made_by, acme, sent):
    testing.make_user("root", is_superuser=True)
    offer = offer_to(acme, "bo", by=made_by)
    sent.sent.clear()
    ownership.transfer(acme, row(acme, to), actor=user("ada"))
    assert sent.names == ["owner_changed", "ownership_transferred", "invitation_superseded"]
    with pytest.raises(InvitationStateError):
        accept(offer, "bo")
    assert (owner_of(acme), again(offer).status) == (to, "superseded")


def pass_by_the_verbs(organization, name):
    """Give the ownership to a member in the table itself."""
    owners = family_of(organization).owner._base_manager.filter(organization_id=organization.pk)
    owners.update(organization_user=row(organization, name))


@pytest.mark.parametrize("made_by", ["ada", None])
def test_it_opens_nothing_when_another_owner_stands_in_the_table(made_by, acme):
    offer = offer_to(acme, "bo", by=made_by)
    pass_by_the_verbs(acme, "cy")
    with pytest.raises(InviterNotEntitled, match="does not own"):
        accept(offer, "bo")
    assert (owner_of(acme), again(offer).status) == ("cy", "pending")
    # The new owner finds it and takes it back.
    invitations.revoke(offer, actor=user("cy"), now=NOW)


def test_offer_of_a_superuser_ends_with_that_power(acme, settings):
    root = testing.make_user("root", is_superuser=True)
    offer = offer_to(acme, "bo", by="root")
    User.objects.filter(pk=root.pk).update(is_superuser=False)
    with pytest.raises(InviterNotEntitled):
        accept(offer, "bo")
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    with pytest.raises(InviterNotEntitled):
        accept(offer, "bo")
    settings.ORGANIZATIONS = {}
    accept(offer, "bo")
    assert owner_of(acme) == "bo"


def test_offer_whose_maker_is_gone_is_nobodys(acme):
    """As in a family whose accounts leave their offers behind."""
    left = SimpleNamespace(organization=acme, invited_by=None, on_own_authority=True)
    with pytest.raises(InviterNotEntitled):
        handover.take_over(left, user=user("bo"))
    assert owner_of(acme) == "ada"


def test_who_leaves_loses_the_offer_and_does_not_get_it_back_by_coming_again(acme):
    offer = offer_to(acme, "bo")
    members.remove(acme, user("bo"), actor=user("ada"))
    members.add(acme, user("bo"))
    assert again(offer).status == "revoked"
    with pytest.raises(InvitationStateError):
        accept(offer, "bo")
    assert owner_of(acme) == "ada"


def test_member_who_went_past_the_verbs_takes_nothing(acme):
    offer = offer_to(acme, "bo")
    acme.organization_users.filter(user__username="bo").delete()
    with pytest.raises(InvitationNotForYou):
        accept(offer, "bo")
    assert owner_of(acme) == "ada"


@pytest.mark.parametrize("known", [True, False], ids=["fresh user", "stale user"])
def test_deactivated_member_takes_nothing(known, acme):
    offer = offer_to(acme, "bo")
    bo = user("bo")
    User.objects.filter(pk=bo.pk).update(is_active=False)
    if known:
        bo.refresh_from_db()
    with pytest.raises(InvitationNotForYou if known else OwnerMustBeActive):
        invitations.accept(offer, user=bo, now=NOW)
    assert (owner_of(acme), again(offer).status) == ("ada", "pending")


def test_organization_that_is_not_in_use_changes_no_hands(acme):
    offer = offer_to(acme, "bo")
    type(acme).objects.filter(pk=acme.pk).update(is_active=False)
    with pytest.raises(OrganizationsError, match="not in use"):
        accept(offer, "bo")
    assert owner_of(acme) == "ada"


@pytest.mark.parametrize("step", ["resend", "activate"])
def test_other_verbs_of_offers_do_not_open_it(step, acme):
    offer = offer_to(acme, "bo")
    act = {
        "resend": lambda: invitations.resend(offer, actor=user("ada"), now=NOW),
        "activate": lambda: invitations.activate(offer, user("bo")),
    }[step]
    with pytest.raises((InvitationStateError, OrganizationsError)):
        act()
    assert (owner_of(acme), again(offer).status) == ("ada", "pending")
    assert invitations.by_proof(type(offer), "") is None


def test_it_stands_among_the_offers_to_the_person(acme):
    offer = offer_to(acme, "bo")
    found = invitations.open_for(user("bo"), model=type(offer), now=NOW)
    assert list(found) == [offer]
    assert list(invitations.open_for(user("cy"), model=type(offer), now=NOW)) == []


def test_member_is_told_after_the_commit_and_the_offer_says_so(
    acme, django_capture_on_commit_callbacks
):
    told = []
    with django_capture_on_commit_callbacks(execute=True):
        offer = offer_to(acme, "bo", deliver=told.append)
        assert told == []
    assert told == [offer]
    assert again(offer).sent_at == NOW
    # A mail that does not leave leaves no mark, and breaks nothing.
    with django_capture_on_commit_callbacks(execute=True):
        second = offer_to(acme, "cy", deliver=lambda made: 1 / 0)
    assert again(second).sent_at is None
    assert again(offer).sent_at == NOW


def test_looking_for_it_takes_one_query(acme, django_assert_num_queries):
    offer_to(acme, "bo")
    bo = user("bo")
    with django_assert_num_queries(1 if family_of(acme).has_field("invitation", "status") else 2):
        assert handover.offer_to(acme, bo, now=NOW)


def test_organization_without_offers_can_only_transfer(db, monkeypatch):
    acme = testing.make_organization("Acme", owner="ada", members=["bo"])
    without = replace(family_of(acme), invitation=None)
    monkeypatch.setattr(handover, "family_of", lambda subject: without)
    assert not handover.can_offer(acme)
    assert handover.open_offer(acme) is None


# Races: exactly one owner, no half state


class Taking(Race):
    """bo takes the offer just when something happens to it."""

    def begin(self):
        super().begin()
        self.offer = handover.offer(
            self.acme, self.member("bo"), actor=user("ada"), now=timezone.now()
        )

    def take(self):
        invitations.accept(self.offer, user=user("bo"), now=timezone.now())

    def actions(self):
        return [self.take, self.other]

    def check(self, outcomes):
        owner = OrganizationOwner.objects.get(organization=self.acme)
        assert owner.organization_user.organization_id == self.acme.pk
        state = OrganizationInvitation.objects.get(pk=self.offer.pk)
        assert (state.open_key is None) == (state.status != "pending")
        self.settled(owner.organization_user.user.username, state.status, outcomes)


class TakingAgainstTransfer(Taking):
    outcomes = {(DONE, PermissionMissing), (InvitationStateError, DONE)}

    def other(self):
        ownership.transfer(self.acme, self.member("cy"), actor=user("ada"))

    def settled(self, owner, status, outcomes):
        taken = outcomes[0] is DONE
        assert (owner, status) == (("bo", "accepted") if taken else ("cy", "superseded"))


class TakingAgainstRemoval(Taking):
    """The owner of then may not touch the owner of now."""

    outcomes = {(DONE, NotAllowed), (InvitationStateError, DONE)}

    def other(self):
        try:
            members.remove(self.acme, user("bo"), actor=user("ada"))
        except (NotAllowed, OrganizationsError) as error:
            raise NotAllowed from error

    def settled(self, owner, status, outcomes):
        taken = outcomes[0] is DONE
        assert (owner, status) == (("bo", "accepted") if taken else ("ada", "revoked"))


class TakingAgainstWithdrawal(Taking):
    outcomes = {(DONE, PermissionMissing), (InvitationStateError, DONE)}

    def other(self):
        invitations.revoke(self.offer, actor=user("ada"), now=timezone.now())

    def settled(self, owner, status, outcomes):
        taken = outcomes[0] is DONE
        assert (owner, status) == (("bo", "accepted") if taken else ("ada", "revoked"))


class TakingAgainstAnotherOffer(Taking):
    outcomes = {(DONE, PermissionMissing), (InvitationStateError, DONE)}

    def other(self):
        handover.offer(self.acme, self.member("cy"), actor=user("ada"), now=timezone.now())

    def settled(self, owner, status, outcomes):
        taken = outcomes[0] is DONE
        assert (owner, status) == (("bo", "accepted") if taken else ("ada", "superseded"))


class TakingTwice(Taking):
    outcomes = {(DONE, DONE)}

    other = Taking.take

    def settled(self, owner, status, outcomes):
        assert (owner, status) == ("bo", "accepted")


class TakingAgainstDeclining(Taking):
    outcomes = {(DONE, InvitationStateError), (InvitationStateError, DONE)}

    def other(self):
        invitations.decline(self.offer, user=user("bo"), now=timezone.now())

    def settled(self, owner, status, outcomes):
        taken = outcomes[0] is DONE
        assert (owner, status) == (("bo", "accepted") if taken else ("ada", "declined"))


RACES = [
    *(TakingAgainstTransfer, TakingAgainstRemoval, TakingAgainstWithdrawal),
    *(TakingAgainstAnotherOffer, TakingTwice, TakingAgainstDeclining),
]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_exactly_one_owner_comes_of_a_race(race):
    run(race, 6)


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_exactly_one_owner_comes_of_a_race_in_many_rounds(race):
    run(race, ROUNDS)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
@pytest.mark.parametrize("turned", [False, True], ids=["taken first", "taken second"])
def test_second_waits_for_the_first_and_sees_what_is_left(race, turned):
    each = race()
    each.begin()
    first, second = reversed(each.actions()) if turned else each.actions()
    outcome = while_open(first, second)
    outcomes = (outcome, DONE) if turned else (DONE, outcome)
    assert outcomes in each.outcomes
    each.check(outcomes)
