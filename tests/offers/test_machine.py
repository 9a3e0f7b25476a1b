"""Any order of steps in the life of offers, against a model in plain Python.

The model knows people, who is a member and an admin, and every offer with its state. For each
step it says either that the step happens, or for which reasons it may be refused. After each
step the tables equal the model, and no more people belong than there are seats.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from organizations import conf, testing
from organizations.exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    InviterNotEntitled,
    LimitReached,
    OwnershipRequired,
    PermissionMissing,
    SeatsFull,
)
from organizations.models import OrganizationInvitation, OrganizationRecord
from organizations.services import invitations, links, members, requests, seats
from organizations.services.members import AlreadyMember
from tests.ownership.test_machine import empty_tables

#: A measure for all long tests; 200 is the whole of it.
ROUNDS = int(os.environ.get("ORGKIT_ROUNDS", "200"))

SEATS, MOST_OPEN = 6, 5
LIFETIME, WAIT = timedelta(days=7), timedelta(days=30)
NAMES = ("ada", "bo", "cy", "eve", "fay", "gus", "hal")
PICK = st.integers(0, 11)
PERSON = st.sampled_from(NAMES)


class Offer:
    """What the model knows of one offer."""

    def __init__(self, kind, *, who=None, by=None, is_admin=False, status="pending", until=None):
        self.kind, self.who, self.by, self.is_admin = kind, who, by, is_admin
        self.status, self.until = status, until
        self.parent, self.approval, self.most, self.used = None, False, None, 0
        self.row, self.secret, self.joined = None, None, None


class Offers(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        empty_tables()
        OrganizationRecord.objects.all().delete()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.acme = testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])
        OrganizationRecord.objects.create(
            model="organizations.organization",
            organization_key=str(self.acme.pk),
            accepts_requests=True,
        )
        for name in NAMES[3:]:
            testing.make_user(name)
        self.people = {name: User.objects.get(username=name) for name in NAMES}
        self.members = {"ada": True, "bo": True, "cy": False}
        self.offers = []
        #: Who was in by an offer, or was turned down.
        self.known = set()

    # What the model says

    def state(self, offer):
        waits = offer.status in ("pending", "proposed")
        return "expired" if waits and offer.until <= self.now else offer.status

    def open(self):
        return [each for each in self.offers if self.state(each) in ("pending", "proposed")]

    def keyed(self, kind, who):
        """The offer that holds the one place there is for an address or a person."""
        return next(
            (
                each
                for each in self.offers
                if (each.kind, each.who) == (kind, who) and each.status in ("pending", "proposed")
            ),
            None,
        )

    def reserved(self):
        return sum(
            each.kind in ("mail", "link") and each.parent is None and each.status == "pending"
            for each in self.open()
        )

    def holds_a_seat(self, offer):
        reserves = offer.kind in ("mail", "link") and offer.parent is None
        return reserves and self.state(offer) == "pending"

    def may_invite(self, name):
        return self.members.get(name, False)

    def is_full(self, *, reserved=0):
        return len(self.members) + reserved + 1 > SEATS

    def has_no_room(self, *, requests=False):
        counted = [
            each
            for each in self.open()
            if (each.kind == "request") == requests and (requests or each.parent is None)
        ]
        return len(counted) >= MOST_OPEN

    def pick(self, number, *kinds):
        found = [each for each in self.offers if not kinds or each.kind in kinds]
        return found[number % len(found)] if found else None

    def attempt(self, action, refusals):
        """Do it, or see it refused for one of the reasons; return what came of it, or None."""
        reasons = tuple(reason for reason, applies in refusals.items() if applies)
        try:
            with transaction.atomic():
                done = action()
        except Exception as error:
            assert isinstance(error, reasons), f"{error!r} and not one of {reasons}"
            return None
        assert not reasons, f"not refused for {reasons}"
        return (done,)

    def note(self, offer, row):
        offer.row = row.pk
        offer.secret = getattr(row, "secret", None) or offer.secret
        if offer not in self.offers:
            self.offers.append(offer)

    def supersede(self, name, but):
        for each in self.offers:
            waits = each.status in ("pending", "proposed")
            if waits and each is not but and each.kind in ("mail", "request") and each.who == name:
                each.status = "superseded"

    # Steps

    @rule(hours=st.sampled_from([1, 24, 24 * 7, 24 * 30]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule(by=PERSON, who=PERSON, is_admin=st.booleans())
    def invite(self, by, who, is_admin):
        found = self.keyed("mail", who)
        done = self.attempt(
            lambda: invitations.invite(
                self.acme,
                address=f"{who}@example.com",
                actor=self.people[by],
                now=self.now,
                is_admin=is_admin,
            ),
            {
                PermissionMissing: not self.may_invite(by),
                AlreadyMember: who in self.members,
                LimitReached: found is None and self.has_no_room(),
                SeatsFull: self.is_full(reserved=self.reserved())
                and not (found and self.holds_a_seat(found)),
            },
        )
        if done:
            offer = found or Offer("mail", who=who)
            offer.by, offer.is_admin, offer.status = by, is_admin, "pending"
            offer.until, offer.parent = self.now + LIFETIME, None
            self.note(offer, done[0])

    @rule(
        by=PERSON,
        is_admin=st.booleans(),
        most=st.sampled_from([0, 1, 2, None]),
        approval=st.booleans(),
    )
    def make_link(self, by, is_admin, most, approval):
        """``most`` of 0 stands for a link for one person."""
        shared = most != 0
        done = self.attempt(
            lambda: links.create(
                self.acme,
                actor=self.people[by],
                now=self.now,
                shared=shared,
                max_uses=most if shared else 1,
                needs_approval=approval,
                is_admin=is_admin,
            ),
            {
                PermissionMissing: not self.may_invite(by),
                LimitReached: self.has_no_room(),
                SeatsFull: not shared and self.is_full(reserved=self.reserved()),
            },
        )
        if done:
            offer = Offer("shared" if shared else "link", by=by, is_admin=is_admin)
            offer.until, offer.most = self.now + LIFETIME, most if shared else 1
            offer.approval = approval
            self.note(offer, done[0])

    @rule(number=PICK, who=PERSON)
    def mail_by_link(self, number, who):
        link = self.pick(number, "link", "shared")
        if link is None:
            return
        done = self.attempt(
            lambda: links.mail_offer(
                self.row(link),
                address=f"{who}@example.com",
                now=self.now,
                proof=invitations.proof_of(link.secret),
            ),
            {
                InvitationStateError: self.state(link) != "pending",
                InviterNotEntitled: not self.may_invite(link.by),
            },
        )
        found = self.keyed("mail", who)
        if not done or who in self.members or (found and found.parent is not link):
            assert not done or done[0] is None
            return
        offer = found or Offer("mail", who=who)
        offer.by, offer.is_admin, offer.parent = link.by, link.is_admin, link
        offer.status, offer.until = "pending", self.now + LIFETIME
        self.note(offer, done[0])

    @rule(by=PERSON, who=PERSON)
    def propose(self, by, who):
        found = self.keyed("mail", who)
        fresh = found is not None and found.until > self.now
        done = self.attempt(
            lambda: requests.propose(
                self.acme, address=f"{who}@example.com", actor=self.people[by], now=self.now
            ),
            {
                PermissionMissing: by not in self.members,
                AlreadyMember: who in self.members,
                LimitReached: not fresh and self.has_no_room(),
            },
        )
        if done and not fresh:
            if found:
                found.status = "superseded"
            offer = Offer("mail", who=who, by=by, status="proposed", until=self.now + WAIT)
            self.note(offer, done[0])

    @rule(who=PERSON)
    def ask(self, who):
        found = self.keyed("request", who)
        fresh = found is not None and found.until > self.now
        done = self.attempt(
            lambda: requests.ask(self.acme, user=self.people[who], now=self.now),
            {
                AlreadyMember: who in self.members,
                LimitReached: not fresh and self.has_no_room(requests=True),
            },
        )
        if done and not fresh:
            self.wait(who, row=done[0])

    def wait(self, who, *, row, link=None):
        if found := self.keyed("request", who):
            found.status = "superseded"
        offer = Offer("request", who=who, by=who, status="proposed", until=self.now + WAIT)
        if link is not None:
            offer.parent, offer.is_admin = link, link.is_admin
        self.note(offer, row)

    @rule(number=PICK, by=PERSON)
    @precondition(lambda self: self.offers)
    def resend(self, number, by):
        offer = self.pick(number)
        state = self.state(offer)
        done = self.attempt(
            lambda: invitations.resend(self.row(offer), actor=self.people[by], now=self.now),
            {
                PermissionMissing: not self.may_invite(by),
                InvitationStateError: state not in ("pending", "expired")
                or offer.kind == "request",
                LimitReached: self.has_no_room_for(offer),
                SeatsFull: offer.kind in ("mail", "link")
                and not self.holds_a_seat(offer)
                and self.is_full(reserved=self.reserved()),
            },
        )
        if done:
            offer.status, offer.by, offer.parent = "pending", by, None
            offer.until = self.now + LIFETIME
            self.note(offer, done[0])

    def has_no_room_for(self, offer):
        """One that is open and counted already takes no further room."""
        counted = self.state(offer) in ("pending", "proposed") and offer.parent is None
        return self.has_no_room() and not counted

    @rule(number=PICK, by=PERSON)
    @precondition(lambda self: self.offers)
    def revoke(self, number, by):
        offer = self.pick(number)
        state = self.state(offer)
        own = offer.status == "proposed" and offer.by == by
        own = offer.who == by if offer.kind == "request" else own
        if self.attempt(
            lambda: invitations.revoke(self.row(offer), actor=self.people[by], now=self.now),
            {
                PermissionMissing: not own and not self.may_invite(by),
                InvitationStateError: state not in ("pending", "proposed", "expired"),
            },
        ):
            offer.status = "revoked"

    @rule(number=PICK, who=PERSON)
    @precondition(lambda self: self.offers)
    def decline(self, number, who):
        offer = self.pick(number, "mail", "link", "shared")
        if offer is None:
            return
        by_link = offer.kind != "mail"
        if self.attempt(
            lambda: invitations.decline(
                self.row(offer),
                user=self.people[who],
                now=self.now,
                proof=invitations.proof_of(offer.secret) if by_link else None,
            ),
            {
                InvitationStateError: self.state(offer) not in ("pending", "proposed")
                or offer.kind == "shared",
                InvitationNotForYou: self.state(offer) == "proposed"
                or (not by_link and offer.who != who),
            },
        ):
            offer.status = "declined"

    @rule(number=PICK, by=PERSON, yes=st.booleans())
    @precondition(lambda self: any(each.status == "proposed" for each in self.offers))
    def decide(self, number, by, yes):
        waiting = [each for each in self.offers if each.kind == "request" or each.by]
        offer = waiting[number % len(waiting)]
        wrong_state = self.state(offer) != "proposed"
        if not yes:
            if self.attempt(
                lambda: requests.decline(self.row(offer), actor=self.people[by], now=self.now),
                {
                    PermissionMissing: not self.may_invite(by),
                    InvitationStateError: wrong_state,
                },
            ):
                offer.status = "declined"
                if offer.kind == "request":
                    self.known.add(offer.who)
            return
        asks, link = offer.kind == "request", offer.parent
        joins = asks and offer.who not in self.members
        seat = self.is_full(reserved=self.reserved())
        if asks:
            # Who approves stands for it, if the link is gone. One for one person keeps a seat.
            link = link if link is not None and self.state(link) == "pending" else None
            has = link is not None and link.kind == "link"
            seat = joins and self.is_full(reserved=0 if has else self.reserved())
        done = self.attempt(
            lambda: requests.approve(self.row(offer), actor=self.people[by], now=self.now),
            {
                PermissionMissing: not self.may_invite(by),
                InvitationStateError: wrong_state,
                AlreadyMember: not asks and offer.who in self.members,
                SeatsFull: seat,
            },
        )
        if not done:
            return
        offer.by = by
        if asks:
            self.join(offer.who, offer, link=link)
        else:
            offer.status, offer.until = "pending", self.now + LIFETIME
            self.note(offer, done[0])

    @rule(number=PICK, who=PERSON)
    @precondition(lambda self: self.offers)
    def accept(self, number, who):
        offer = self.pick(number, "mail", "link", "shared")
        if offer is None:
            return
        by_link = offer.kind != "mail"
        link = offer if by_link else offer.parent
        is_member = who in self.members
        if is_member and (by_link or (offer.status == "accepted" and offer.joined == who)):
            assert self.take(offer, who, {})
            return
        # Who was here before, or was turned down, does not come back by a link for many.
        again = link is not None and link.kind == "shared" and who in self.known
        waits = link is not None and (link.approval or again) and not is_member
        has_seat = offer.kind in ("mail", "link") and offer.parent is None
        has_seat = has_seat or (link is not None and link.kind == "link")
        found = self.keyed("request", who)
        fresh = found is not None and found.until > self.now
        done = self.take(
            offer,
            who,
            {
                InvitationStateError: self.state(offer) != "pending"
                or (link is not None and not is_member and self.state(link) != "pending"),
                InvitationNotForYou: not by_link and offer.who != who,
                InviterNotEntitled: not self.may_invite(offer.by),
                LimitReached: waits and not fresh and self.has_no_room(requests=True),
                SeatsFull: not is_member
                and not waits
                and self.is_full(reserved=0 if has_seat else self.reserved()),
            },
        )
        if not done:
            return
        if waits:
            assert done[0] is None
            if not by_link:
                offer.status, offer.joined = "accepted", who
                self.known.add(who)
            if not fresh:
                row = OrganizationInvitation.objects.get(
                    kind="request", status="proposed", invitee=self.people[who]
                )
                self.wait(who, row=row, link=link)
            return
        self.join(who, offer, link=None if is_member else link)

    def take(self, offer, who, refusals):
        proof = invitations.proof_of(offer.secret) if offer.kind != "mail" else None
        return self.attempt(
            lambda: invitations.accept(
                self.row(offer), user=self.people[who], now=self.now, proof=proof
            ),
            refusals,
        )

    def join(self, who, offer, *, link):
        self.members.setdefault(who, offer.is_admin)
        self.known.add(who)
        if link is not None:
            link.used += 1
            if link.most is not None and link.used >= link.most:
                link.status = "accepted"
                link.joined = who if link.kind == "link" else None
        if offer.kind != "shared":
            offer.status, offer.joined = "accepted", who
        self.supersede(who, but=offer)

    @rule(who=PERSON)
    def remove(self, who):
        if who not in self.members:
            return
        if self.attempt(
            lambda: members.remove(self.acme, self.people[who], actor=self.people["ada"]),
            {OwnershipRequired: who == "ada"},
        ):
            del self.members[who]
            for each in self.offers:
                mine = each.by == who or (each.kind == "request" and each.who == who)
                if mine and each.status in ("pending", "proposed"):
                    each.status = "revoked"

    @rule(who=PERSON, is_admin=st.booleans())
    def promote(self, who, is_admin):
        if who in self.members and who != "ada":
            row = self.acme.organization_users.get(user=self.people[who])
            members.set_admin(row, is_admin, actor=self.people["ada"])
            self.members[who] = is_admin

    # What holds

    def row(self, offer):
        return OrganizationInvitation.objects.get(pk=offer.row)

    @invariant()
    def tables_equal_the_model(self):
        rows = {row.pk: row for row in OrganizationInvitation.objects.all()}
        uses = [row for row in rows.values() if row.kind == "shared" and row.parent_key]
        assert len(rows) == len(self.offers) + len(uses)
        for offer in self.offers:
            row = rows[offer.row]
            assert (row.kind, row.status) == (offer.kind, offer.status)
            assert (row.is_admin, row.invited_by.username) == (offer.is_admin, offer.by)
            assert row.use_count == offer.used
            assert row.token_digest is None or row.token_digest == invitations.proof_of(
                offer.secret
            )
        assert {
            member.user.username: member.is_admin
            for member in self.acme.organization_users.select_related("user")
        } == self.members

    @invariant()
    def seats_are_never_exceeded(self):
        found = seats.count(self.acme, now=self.now)
        assert (found.members, found.reserved) == (len(self.members), self.reserved())
        assert found.members <= SEATS
        assert found.used <= SEATS


def run(examples):
    rates = dict.fromkeys(conf.RATES)
    given = {"SEATS": SEATS, "MAX_OPEN_INVITATIONS": MOST_OPEN, "RATES": rates}
    with override_settings(ORGANIZATIONS=given):
        run_state_machine_as_test(
            Offers, settings=settings(max_examples=examples, stateful_step_count=40)
        )


@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_breaks_an_offer():
    run(20)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_breaks_an_offer_in_many_examples():
    run(max(20, 120 * ROUNDS // 200))
