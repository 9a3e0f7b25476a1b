"""Links: for one person, for many; with a domain, a limit, an approval."""

from datetime import UTC, datetime, timedelta

import pytest

from organizations import states, testing
from organizations.exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    InviterNotEntitled,
    JoinRefused,
    LimitReached,
    OrganizationsError,
    PermissionMissing,
    SeatsFull,
)
from organizations.models import Organization, OrganizationInvitation
from organizations.services import (
    addresses,
    invitations,
    links,
    members,
    requests,
    seats,
    suspension,
)

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


def take(link, user, now=NOW):
    proof = invitations.proof_of(link.secret)
    found = invitations.by_proof(OrganizationInvitation, proof)
    return invitations.accept(found, user=user, now=now, proof=proof)


def test_link_for_one_person_works_once_and_again_for_the_same(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, is_admin=True)
    eve, fay = testing.make_user("eve", verified=False), testing.make_user("fay")
    member = take(link, eve)
    assert member.is_admin
    assert take(link, eve) == member
    with pytest.raises(InvitationStateError) as caught:
        take(link, fay)
    assert caught.value.status == "accepted"
    assert acme.users.filter(username="eve").count() == 1


def test_link_needs_its_secret(acme, ada):
    link = links.create(acme, actor=ada, now=NOW)
    eve = testing.make_user("eve")
    for proof in (None, "", invitations.proof_of("other"), link.token_digest[:-1]):
        with pytest.raises(InvitationNotForYou):
            invitations.accept(link, user=eve, now=NOW, proof=proof)


def test_shared_link_takes_as_many_as_it_is_for(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, max_uses=2)
    people = [testing.make_user(name) for name in ("eve", "fay", "gus")]
    first = take(link, people[0])
    assert take(link, people[0]) == first  # no second use
    take(link, people[1])
    with pytest.raises(InvitationStateError):
        take(link, people[2])
    assert take(link, people[1]).user == people[1]
    uses = OrganizationInvitation.objects.exclude(parent_key="")
    assert {(use.invitee, use.status, use.kind) for use in uses} == {
        (people[0], "accepted", "shared"),
        (people[1], "accepted", "shared"),
    }


@pytest.mark.parametrize("domain", ["example.com", "@Example.COM", "example.com."])
def test_link_for_a_domain_asks_for_a_proven_address_there(acme, ada, domain):
    link = links.create(acme, actor=ada, now=NOW, shared=True, max_uses=None, domain=domain)
    assert link.domain == "example.com"
    only_said = testing.make_user("eve", verified=False)
    elsewhere = testing.make_user("fay", email="fay@example.com.evil.test")
    for user in (only_said, elsewhere):
        with pytest.raises(JoinRefused, match="address at example"):
            take(link, user)
    assert take(link, testing.make_user("gus")).user.username == "gus"


@pytest.mark.parametrize("domain", ["nonsense", "a b.com", "-a.com", "a..com", "x@y.com", "1.2"])
def test_what_is_no_domain_is_refused(acme, ada, domain):
    with pytest.raises(OrganizationsError, match="domain"):
        links.create(acme, actor=ada, now=NOW, domain=domain)


def test_link_with_approval_makes_a_request_that_an_admin_decides(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, needs_approval=True, max_uses=1)
    eve = testing.make_user("eve")
    assert take(link, eve) is None
    assert take(link, eve) is None
    [request] = requests.waiting(acme, now=NOW)
    assert (request.invitee, request.status, request.kind) == (eve, "proposed", "request")
    with pytest.raises(PermissionMissing):
        requests.approve(request, actor=acme.users.get(username="cy"), now=NOW)
    member = requests.approve(request, actor=ada, now=NOW)
    assert (member.user, link.__class__.objects.get(pk=link.pk).status) == (eve, "accepted")
    with pytest.raises(InvitationStateError):
        requests.approve(request, actor=ada, now=NOW)


def test_stranger_gets_a_mail_offer_and_the_link_counts_when_it_is_taken(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, is_admin=True)
    proof, sent = invitations.proof_of(link.secret), []
    offer = links.mail_offer(
        link, address="Eve@Example.com", now=NOW, proof=proof, deliver=lambda *a: sent.append(a)
    )
    assert (offer.kind, offer.is_admin, offer.invitee_identifier) == (
        "mail",
        True,
        "eve@example.com",
    )
    eve = testing.make_user("eve", verified=False)
    member = invitations.accept(offer, user=eve, now=NOW, proof=invitations.proof_of(offer.secret))
    assert member.is_admin
    link.refresh_from_db()
    assert (link.status, link.invitee, link.use_count) == ("accepted", eve, 1)


def test_offer_by_a_link_dies_with_the_link(acme, ada):
    link = links.create(acme, actor=ada, now=NOW)
    offer = links.mail_offer(
        link, address="eve@example.com", now=NOW, proof=invitations.proof_of(link.secret)
    )
    invitations.revoke(link, actor=ada, now=NOW)
    eve = testing.make_user("eve")
    with pytest.raises(InvitationStateError) as caught:
        invitations.accept(offer, user=eve, now=NOW)
    assert caught.value.status == "revoked"
    assert not acme.is_member(eve)


def test_holder_of_a_link_cannot_touch_another_offer_to_the_address(acme, ada):
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    link = links.create(acme, actor=ada, now=NOW, is_admin=True)
    before = OrganizationInvitation.objects.filter(pk=offer.pk).values().get()
    proof = invitations.proof_of(link.secret)
    assert links.mail_offer(link, address="eve@example.com", now=NOW, proof=proof) is None
    assert links.mail_offer(link, address="cy@example.com", now=NOW, proof=proof) is None
    assert OrganizationInvitation.objects.filter(pk=offer.pk).values().get() == before


def test_link_of_somebody_who_may_invite_no_more_opens_nothing(acme, ada):
    bo = acme.users.get(username="bo")
    link = links.create(acme, actor=bo, now=NOW)
    members.set_admin(acme.organization_users.get(user=bo), False, actor=ada)
    with pytest.raises(InviterNotEntitled):
        take(link, testing.make_user("eve"))


def test_who_leaves_takes_the_open_offers_along(acme, ada):
    bo = acme.users.get(username="bo")
    link = links.create(acme, actor=bo, now=NOW, shared=True, max_uses=None)
    offer = invitations.invite(acme, address="eve@example.com", actor=bo, now=NOW)
    kept = invitations.invite(acme, address="fay@example.com", actor=ada, now=NOW)
    members.remove(acme, bo, actor=ada)
    for row, status in ((link, "revoked"), (offer, "revoked"), (kept, "pending")):
        row.refresh_from_db()
        assert row.status == status


def test_seats_are_reserved_converted_and_freed(acme, ada, settings):
    settings.ORGANIZATIONS = {"SEATS": 5}
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    link = links.create(acme, actor=ada, now=NOW)
    assert (seats.count(acme, now=NOW).members, seats.count(acme, now=NOW).reserved) == (3, 2)
    for step in (
        lambda: invitations.invite(acme, address="fay@example.com", actor=ada, now=NOW),
        lambda: links.create(acme, actor=ada, now=NOW),
        lambda: members.add(acme, testing.make_user("gus"), actor=ada),
    ):
        with pytest.raises(SeatsFull):
            step()
    shared = links.create(acme, actor=ada, now=NOW, shared=True, max_uses=None)
    eve, fay, gil = (testing.make_user(name) for name in ("eve", "fay", "gil"))
    with pytest.raises(SeatsFull):
        take(shared, gil)
    invitations.accept(offer, user=eve, now=NOW)
    take(link, fay)
    found = seats.count(acme, now=NOW)
    assert (found.members, found.reserved, found.free) == (5, 0, 0)
    with pytest.raises(SeatsFull):
        take(shared, gil)
    members.remove(acme, eve, actor=ada)
    assert take(shared, gil).user == gil


def test_time_frees_a_seat(acme, ada, settings):
    settings.ORGANIZATIONS = {"SEATS": 4}
    invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    later = NOW + timedelta(days=7)
    assert seats.count(acme, now=later - timedelta(seconds=1)).free == 0
    assert seats.count(acme, now=later).free == 1
    assert invitations.invite(acme, address="fay@example.com", actor=ada, now=later)


def test_other_open_offers_to_a_new_member_are_superseded(acme, ada):
    eve = testing.make_user("eve")
    addresses.verify(eve, "eve@work.example")
    first = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    second = invitations.invite(acme, address="eve@work.example", actor=ada, now=NOW)
    invitations.accept(first, user=eve, now=NOW)
    second.refresh_from_db()
    assert states.InvitationStatus(second.status) == "superseded"


def test_suspended_member_has_no_seat_and_needs_one_to_come_back(acme, ada, settings):
    settings.ORGANIZATIONS = {"SEATS": 3}
    cy = acme.organization_users.get(user__username="cy")
    suspension.suspend(cy, actor=ada, now=NOW)
    assert seats.count(acme, now=NOW).free == 1
    eve = members.add(acme, testing.make_user("eve"), actor=ada)
    with pytest.raises(SeatsFull):
        suspension.reinstate(cy, actor=ada)
    members.remove(acme, eve.user, actor=ada)
    assert suspension.reinstate(cy, actor=ada).suspended_at is None


def test_membership_that_has_ended_needs_a_seat_to_go_on(acme, ada, settings):
    settings.ORGANIZATIONS = {"SEATS": 3}
    cy = acme.organization_users.get(user__username="cy")
    suspension.set_end(cy, NOW + timedelta(days=1), actor=ada, now=NOW)
    later = NOW + timedelta(days=2)
    invitations.invite(acme, address="eve@example.com", actor=ada, now=later)
    with pytest.raises(SeatsFull):
        suspension.set_end(cy, None, actor=ada, now=later)


def test_offer_gives_the_membership_its_end(acme, ada):
    end = NOW + timedelta(days=9)
    link = links.create(acme, actor=ada, now=NOW, member_until=end)
    assert take(link, testing.make_user("eve")).ends_at == end
    with pytest.raises(OrganizationsError, match="passed"):
        links.create(acme, actor=ada, now=NOW, member_until=NOW)


def test_holder_of_a_link_cannot_mail_half_the_world(acme, ada, settings):
    settings.ORGANIZATIONS = {"RATES": {"link": "5/hour"}}
    link = links.create(acme, actor=ada, now=NOW)
    proof = invitations.proof_of(link.secret)
    invitations.invite(acme, address="known@example.com", actor=ada, now=NOW)
    # Attempts are counted, so the bound does not tell a stranger's address from a member's.
    for address in ("p1@x.test", "cy@example.com", "known@example.com", "p2@x.test", "p2@x.test"):
        links.mail_offer(link, address=address, now=NOW, proof=proof)
    for address in ("p3@x.test", "cy@example.com", "known@example.com", "p2@x.test"):
        with pytest.raises(LimitReached, match="come by this link"):
            links.mail_offer(link, address=address, now=NOW, proof=proof)


def test_strangers_cannot_fill_the_list_of_the_organization(acme, ada, settings):
    """What came by a link and requests are not counted with what the organization makes."""
    settings.ORGANIZATIONS = {"MAX_OPEN_INVITATIONS": 2}
    link = links.create(acme, actor=ada, now=NOW, shared=True, max_uses=None, needs_approval=True)
    proof = invitations.proof_of(link.secret)
    for name in ("p1", "p2", "p3"):
        links.mail_offer(link, address=f"{name}@x.test", now=NOW, proof=proof)
    take(link, testing.make_user("eve"))
    take(link, testing.make_user("fay"))
    with pytest.raises(LimitReached, match="requests"):
        take(link, testing.make_user("gus"))
    assert invitations.invite(acme, address="hal@example.com", actor=ada, now=NOW)
    with pytest.raises(LimitReached, match="open invitations"):
        invitations.invite(acme, address="ida@example.com", actor=ada, now=NOW)
    # What is open already can be renewed.
    assert invitations.resend(link, actor=ada, now=NOW).secret


def test_request_by_a_link_can_be_approved_when_the_link_is_gone(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, needs_approval=True)
    eve = testing.make_user("eve")
    take(link, eve)
    later = NOW + timedelta(days=8)
    [request] = requests.waiting(acme, now=later)
    assert requests.approve(request, actor=ada, now=later).user == eve


def test_offer_that_somebody_sends_again_outlives_the_link_it_came_by(acme, ada):
    link = links.create(acme, actor=ada, now=NOW)
    offer = links.mail_offer(
        link, address="eve@example.com", now=NOW, proof=invitations.proof_of(link.secret)
    )
    invitations.revoke(link, actor=ada, now=NOW)
    again = invitations.resend(offer, actor=ada, now=NOW)
    assert invitations.accept(again, user=testing.make_user("eve"), now=NOW).user.username == "eve"


def handed(acme, ada, address="eve@example.com"):
    """Return an invitation whose link somebody was shown instead of mailing it."""
    return invitations.invite(acme, address=address, actor=ada, now=NOW, mailed=False)


def test_link_that_was_never_mailed_proves_no_address(acme, ada):
    offer = handed(acme, ada)
    proof = invitations.proof_of(offer.secret)
    user = testing.make_user("eve", verified=False)
    with pytest.raises(InvitationNotForYou):
        invitations.accept(offer, user=user, now=NOW, proof=proof)
    person = type(user)(username="new")
    with pytest.raises(InvitationNotForYou):
        invitations.register_and_accept(offer, user=person, now=NOW, proof=proof)
    assert not addresses.verified_addresses(user)
    addresses.verify(user, "eve@example.com")
    assert invitations.accept(offer, user=user, now=NOW, proof=proof).user == user


def test_link_that_was_handed_out_can_be_mailed_to_its_address(acme, ada):
    offer, sent = handed(acme, ada), []
    proof = invitations.proof_of(offer.secret)
    with pytest.raises(InvitationNotForYou):
        invitations.mail_to_reader(offer, proof=invitations.proof_of("other"), now=NOW)
    mailed = invitations.mail_to_reader(offer, proof=proof, now=NOW, deliver=sent.append)
    assert mailed.expires_at == offer.expires_at
    user = testing.make_user("eve", verified=False)
    with pytest.raises(InvitationNotForYou):
        invitations.accept(mailed, user=user, now=NOW, proof=proof)  # the old link is dead
    fresh = invitations.proof_of(mailed.secret)
    assert invitations.accept(mailed, user=user, now=NOW, proof=fresh).user == user


def test_link_shown_again_proves_nothing_any_more(acme, ada):
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    offer = invitations.resend(offer, actor=ada, now=NOW, mailed=False)
    with pytest.raises(InvitationNotForYou):
        invitations.accept(
            offer,
            user=testing.make_user("eve", verified=False),
            now=NOW,
            proof=invitations.proof_of(offer.secret),
        )


def test_offer_behind_a_link_that_was_deleted_opens_nothing(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, is_admin=True, needs_approval=True)
    proof = invitations.proof_of(link.secret)
    offer = links.mail_offer(link, address="eve@example.com", now=NOW, proof=proof)
    OrganizationInvitation.objects.filter(pk=link.pk).delete()
    with pytest.raises(InvitationStateError) as caught:
        invitations.accept(offer, user=testing.make_user("eve"), now=NOW)
    assert caught.value.status == "revoked"


def test_who_was_removed_does_not_come_back_by_a_link_for_many(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, max_uses=None)
    eve = testing.make_user("eve")
    take(link, eve)
    members.remove(acme, eve, actor=ada)
    assert take(link, eve) is None
    [request] = requests.waiting(acme, now=NOW)
    assert requests.approve(request, actor=ada, now=NOW).user == eve


def test_who_asks_by_a_link_has_a_proven_address(acme, ada):
    link = links.create(acme, actor=ada, now=NOW, shared=True, needs_approval=True)
    with pytest.raises(JoinRefused, match="Confirm your e-mail address"):
        take(link, testing.make_user("eve", verified=False))


def test_nobody_floods_those_who_decide(acme, ada, settings):
    settings.ORGANIZATIONS = {"RATES": {"recipient": "3/day"}}
    link = links.create(acme, actor=ada, now=NOW, shared=True, needs_approval=True)
    eve = testing.make_user("eve")
    for _ in range(3):
        take(link, eve)
        [request] = requests.waiting(acme, now=NOW)
        invitations.revoke(request, actor=eve, now=NOW)
    with pytest.raises(LimitReached):
        take(link, eve)
    cy = acme.users.get(username="cy")
    for _ in range(3):
        proposal = requests.propose(acme, address="gus@example.com", actor=cy, now=NOW)
        invitations.revoke(proposal, actor=cy, now=NOW)
    with pytest.raises(LimitReached):
        requests.propose(acme, address="gus@example.com", actor=cy, now=NOW)


def test_proposals_do_not_spend_what_the_organization_may_invite(acme, ada, settings):
    settings.ORGANIZATIONS = {"RATES": {"young_organization": "1/day"}}
    cy = acme.users.get(username="cy")
    for name in ("gus", "hal", "ida"):
        requests.propose(acme, address=f"{name}@example.com", actor=cy, now=NOW)
    assert invitations.invite(acme, address="jo@example.com", actor=ada, now=NOW)


def test_first_member_of_all_owns_and_has_no_end(ada):
    empty = Organization.objects.create(name="Empty", slug="empty")
    link = links.create(
        empty, actor=None, invited_by=ada, now=NOW, member_until=NOW + timedelta(days=1)
    )
    member = take(link, testing.make_user("eve"))
    assert (empty.is_owner(member.user), member.ends_at) == (True, None)
