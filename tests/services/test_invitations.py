from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from organizations import testing
from organizations.exceptions import (
    InvitationNotForYou,
    InvitationStateError,
    NotAnAddress,
    OrganizationsError,
)
from organizations.models import Organization, OrganizationInvitation, OrganizationUser
from organizations.services import addresses, invitations, members, registration
from organizations.services.registration import NotPending
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db

User = get_user_model()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LIFETIME = timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


@pytest.fixture
def offer(acme, ada):
    """An open invitation of eve, who has no account yet."""
    return invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)


@pytest.fixture
def eve():
    return testing.make_user("eve")


def proof(offer):
    return invitations.proof_of(offer.secret)


def fresh(offer):
    return OrganizationInvitation.objects.get(pk=offer.pk)


# invite


def test_invite_makes_an_open_invitation(acme, ada, sent):
    sent.sent.clear()
    offer = invitations.invite(acme, address=" Eve@Example.COM", actor=ada, now=NOW, is_admin=True)
    row = fresh(offer)
    assert (row.organization, row.invited_by, row.invitee) == (acme, ada, None)
    assert (row.invitee_identifier, row.status, row.is_admin) == (
        "eve@example.com",
        "pending",
        True,
    )
    assert (row.expires_at, row.send_count, row.sent_at) == (NOW + LIFETIME, 1, None)
    assert sent.sent == [
        (
            "invitation_created",
            OrganizationInvitation,
            {"organization": acme, "invitation": offer, "actor": ada},
        )
    ]
    assert "eve" not in names(acme)


def test_secret_is_nowhere_in_the_tables(acme, offer):
    assert len(offer.secret) >= 22  # 128 bits in base 64
    assert offer.secret not in str(dump())
    assert not hasattr(fresh(offer), "secret")
    assert fresh(offer).token_digest == proof(offer)


def test_stored_digest_opens_nothing(offer):
    assert (
        invitations.by_proof(OrganizationInvitation, invitations.proof_of(offer.token_digest))
        is None
    )


@pytest.mark.parametrize(
    "lifetime", [timedelta(days=1), timedelta(days=7), timedelta(days=30)], ids=str
)
def test_lifetime_is_a_setting(lifetime, acme, ada, settings):
    settings.ORGANIZATIONS = {"INVITATION_LIFETIME": lifetime}
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    assert offer.expires_at == NOW + lifetime


@pytest.mark.parametrize("spelling", ["eve@example.com", "EVE@example.com ", "eve@EXAMPLE.com"])
def test_second_invitation_of_an_address_renews_the_open_one(spelling, acme, offer, sent):
    later, bo = NOW + timedelta(days=3), acme.users.get(username="bo")
    sent.sent.clear()
    again = invitations.invite(acme, address=spelling, actor=bo, now=later, is_admin=True)
    assert again == offer
    row = fresh(offer)
    assert (row.invited_by, row.is_admin, row.send_count) == (bo, True, 2)
    assert row.expires_at == later + LIFETIME
    assert sent.names == ["invitation_resent"]
    assert invitations.by_proof(OrganizationInvitation, proof(offer)) is None
    assert invitations.by_proof(OrganizationInvitation, proof(again)) == offer


def test_invitation_that_has_expired_is_renewed_too(acme, ada, offer):
    again = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW + LIFETIME * 2)
    assert again == offer
    assert OrganizationInvitation.objects.count() == 1


@pytest.mark.parametrize("verb", ["accept", "decline", "revoke"])
def test_address_whose_invitation_is_closed_gets_a_new_one(verb, acme, ada, offer, eve):
    if verb == "revoke":
        invitations.revoke(offer, actor=ada, now=NOW)
    else:
        getattr(invitations, verb)(offer, user=eve, now=NOW)
    if verb == "accept":
        acme.remove_user(eve)
    again = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    assert again != offer
    assert OrganizationInvitation.objects.count() == 2


def test_one_address_may_be_invited_to_two_organizations(ada, offer):
    other = testing.make_organization("Other", owner=ada)
    assert invitations.invite(other, address="eve@example.com", actor=ada, now=NOW) != offer


def test_database_keeps_one_open_invitation_per_address(acme, ada, offer):
    twin = OrganizationInvitation(
        organization=acme, invited_by=ada, invitee_identifier="x", open_key=offer.open_key
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.parametrize(
    "address", ["ada@example.com", "CY@Example.com", "work@cy.example"], ids=str
)
def test_member_is_not_invited_by_any_address(address, acme, ada, sent):
    addresses.verify(acme.users.get(username="cy"), "work@cy.example")
    sent.sent.clear()
    with pytest.raises(members.AlreadyMember):
        invitations.invite(acme, address=address, actor=ada, now=NOW)
    assert not OrganizationInvitation.objects.exists()
    assert not sent.sent


@pytest.mark.parametrize("address", ["", "eve", "eve@example.com\nBcc: a@b.example", "a@b@c"])
def test_text_that_is_no_address_is_not_invited(address, acme, ada):
    with pytest.raises(NotAnAddress):
        invitations.invite(acme, address=address, actor=ada, now=NOW)
    assert not OrganizationInvitation.objects.exists()


# The mail


def deliver_to(box):
    return lambda invitation, secret: box.append((invitation.pk, secret))


def test_mail_leaves_after_the_commit_and_is_marked(acme, ada, django_capture_on_commit_callbacks):
    box = []
    with django_capture_on_commit_callbacks(execute=True):
        offer = invitations.invite(
            acme, address="eve@example.com", actor=ada, now=NOW, deliver=deliver_to(box)
        )
        assert not box
    assert box == [(offer.pk, offer.secret)]
    assert fresh(offer).sent_at == NOW


def test_mail_server_that_is_dead_leaves_the_invitation_unsent(
    acme, ada, django_capture_on_commit_callbacks, caplog
):
    def fail(invitation, secret):
        raise ConnectionRefusedError("no server")

    with django_capture_on_commit_callbacks(execute=True):
        offer = invitations.invite(
            acme, address="eve@example.com", actor=ada, now=NOW, deliver=fail
        )
    assert (fresh(offer).status, fresh(offer).sent_at) == ("pending", None)
    assert "could not be sent" in caplog.text
    box = []
    with django_capture_on_commit_callbacks(execute=True):
        invitations.resend(offer, actor=ada, now=NOW, deliver=deliver_to(box))
    assert len(box) == 1
    assert fresh(offer).sent_at == NOW


def test_mail_that_was_overtaken_does_not_mark_the_newer_one(
    acme, ada, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        offer = invitations.invite(
            acme, address="eve@example.com", actor=ada, now=NOW, deliver=deliver_to([])
        )
    invitations.resend(offer, actor=ada, now=NOW)
    for callback in callbacks:
        callback()
    assert fresh(offer).sent_at is None


@pytest.mark.django_db(transaction=True)
def test_no_mail_leaves_when_the_transaction_is_undone(acme, ada):
    box = []
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        invitations.invite(
            acme, address="eve@example.com", actor=ada, now=NOW, deliver=deliver_to(box)
        )
        raise ZeroDivisionError
    with pytest.raises(Veto), vetoed("invitation_created"):
        invitations.invite(
            acme, address="fay@example.com", actor=ada, now=NOW, deliver=deliver_to(box)
        )
    assert not box
    assert not OrganizationInvitation.objects.exists()


# How long it is open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (timedelta(0), True),
        (LIFETIME - SECOND, True),
        (LIFETIME, False),
        (LIFETIME + SECOND, False),
        (LIFETIME * 100, False),
    ],
    ids=["at once", "a second before", "at the end", "a second after", "much later"],
)
@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_invitation_is_open_until_its_end(verb, moment, is_open, acme, offer, eve):
    act = getattr(invitations, verb)
    if is_open:
        act(offer, user=eve, now=NOW + moment)
        assert acme.is_member(eve) == (verb == "accept")
    else:
        before = dump()
        with pytest.raises(InvitationStateError) as caught:
            act(offer, user=eve, now=NOW + moment)
        assert caught.value.status == "expired"
        assert dump() == before


@pytest.mark.parametrize(
    ("moment", "listed"), [(LIFETIME - SECOND, True), (LIFETIME, False), (LIFETIME + SECOND, False)]
)
def test_open_invitations_are_listed_until_their_end(moment, listed, offer, eve):
    rows = invitations.open_for(eve, model=OrganizationInvitation, now=NOW + moment)
    assert list(rows) == ([offer] if listed else [])


# accept


def test_accept_makes_a_member_and_closes_the_invitation(acme, offer, eve, sent):
    sent.sent.clear()
    row = invitations.accept(offer, user=eve, now=NOW)
    assert (row.organization, row.user, row.is_admin) == (acme, eve, False)
    closed = fresh(offer)
    assert (closed.status, closed.invitee, closed.open_key) == ("accepted", eve, None)
    assert sent.names == [
        "user_added",
        "member_added",
        "invitation_accepted",
        "invitation_fulfilled",
    ]
    assert sent.of("user_added") == (acme, {"user": eve})
    assert sent.of("invitation_accepted") == (offer, {})
    assert sent.of("member_added")[1]["actor"] == eve


def test_accept_gives_the_role_that_was_offered(acme, ada, eve):
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW, is_admin=True)
    assert invitations.accept(offer, user=eve, now=NOW).is_admin


def test_accept_twice_gives_the_same_member_and_tells_once(offer, eve, sent):
    first = invitations.accept(offer, user=eve, now=NOW)
    sent.sent.clear()
    before = dump()
    # Later than its end: what was accepted stays accepted.
    assert invitations.accept(offer, user=eve, now=NOW + LIFETIME * 2) == first
    assert dump() == before
    assert not sent.sent


def test_accept_again_does_not_bring_back_who_was_removed(acme, offer, eve):
    invitations.accept(offer, user=eve, now=NOW)
    acme.remove_user(eve)
    with pytest.raises(InvitationStateError):
        invitations.accept(offer, user=eve, now=NOW, proof=proof(offer))
    assert not acme.is_member(eve)


def test_used_invitation_is_of_no_use_to_anybody_else(acme, offer, eve):
    invitations.accept(offer, user=eve, now=NOW)
    fay = testing.make_user("fay", email="eve@example.com")
    before = dump()
    with pytest.raises(InvitationStateError):
        invitations.accept(offer, user=fay, now=NOW, proof=proof(offer))
    assert dump() == before


def test_member_who_accepts_stays_as_he_is(acme, offer, eve, sent):
    row = testing.make_member(acme, eve, is_admin=True)
    sent.sent.clear()
    assert invitations.accept(offer, user=eve, now=NOW) == row
    assert names(acme)["eve"]
    assert fresh(offer).status == "accepted"
    assert sent.names == ["invitation_accepted", "invitation_fulfilled"]


# whose address; verified beforehand; came by the link -> joins
BINDING = [
    ("eve@example.com", True, True, True),
    ("eve@example.com", True, False, True),
    ("eve@example.com", False, True, True),
    ("eve@example.com", False, False, False),
    ("EVE@example.com", False, True, True),
    ("fay@example.com", True, True, False),
    ("fay@example.com", False, True, False),
    ("fay@example.com", True, False, False),
    ("", False, True, False),
]


@pytest.mark.parametrize(("address", "verified", "by_link", "joins"), BINDING)
def test_invitation_is_bound_to_its_address(address, verified, by_link, joins, acme, offer, sent):
    person = testing.make_user("somebody", email=address, verified=verified)
    given = proof(offer) if by_link else None
    assert invitations.fits(offer, person, proof=given) is joins
    sent.sent.clear()
    if joins:
        invitations.accept(offer, user=person, now=NOW, proof=given)
        assert acme.is_member(person)
        # The link was mailed to the address: whoever holds it reads the mailbox.
        assert addresses.is_verified(person, "eve@example.com")
    else:
        before = dump()
        with pytest.raises(InvitationNotForYou):
            invitations.accept(offer, user=person, now=NOW, proof=given)
        assert dump() == before
        assert not sent.sent


def test_second_verified_address_is_good_too(acme, offer):
    person = testing.make_user("somebody")
    addresses.verify(person, "eve@example.com")
    assert invitations.accept(offer, user=person, now=NOW).user == person


@pytest.mark.parametrize("wrong", ["", "other", "digest of nothing", None])
def test_wrong_proof_is_none(wrong, offer):
    person = testing.make_user("eve", verified=False)
    given = invitations.proof_of(wrong) if wrong else wrong
    assert not invitations.fits(offer, person, proof=given)


def test_proof_of_another_invitation_is_none(acme, ada, offer):
    other = invitations.invite(acme, address="fay@example.com", actor=ada, now=NOW)
    person = testing.make_user("eve", verified=False)
    with pytest.raises(InvitationNotForYou):
        invitations.accept(offer, user=person, now=NOW, proof=proof(other))


def test_deactivated_account_does_not_join_and_is_not_revived(acme, offer, eve):
    eve.is_active = False
    eve.save()
    before = dump()
    with pytest.raises(InvitationNotForYou):
        invitations.accept(offer, user=eve, now=NOW, proof=proof(offer))
    assert dump() == before
    eve.refresh_from_db()
    assert not eve.is_active


def test_nobody_does_not_join(offer):
    with pytest.raises(InvitationNotForYou):
        invitations.accept(offer, user=AnonymousUser(), now=NOW, proof=proof(offer))


def test_organization_that_is_not_in_use_is_not_joined(acme, offer, eve):
    Organization.objects.filter(pk=acme.pk).update(is_active=False)
    before = dump()
    with pytest.raises(OrganizationsError, match="not in use"):
        invitations.accept(offer, user=eve, now=NOW)
    assert dump() == before
    assert not invitations.open_for(eve, model=OrganizationInvitation, now=NOW)


@pytest.mark.parametrize(
    "signal",
    [
        "address_verified",
        "user_added",
        "member_added",
        "invitation_accepted",
        "invitation_fulfilled",
    ],
)
def test_nobody_joins_against_a_receiver(signal, offer):
    eve = testing.make_user("eve", verified=False)
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        invitations.accept(offer, user=eve, now=NOW, proof=proof(offer))
    assert dump() == before


def test_invitation_of_old_in_another_spelling_fits_its_reader(acme, ada, eve):
    old = OrganizationInvitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="Eve@Example.com"
    )
    assert invitations.fits(old, eve)
    assert not invitations.fits(old, testing.make_user("fay"))


def test_invitation_of_old_by_telephone_fits_nobody(acme, ada, eve):
    old = OrganizationInvitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="+49 30 123456"
    )
    assert not invitations.fits(old, eve)


# resend, revoke, decline


def test_resend_makes_a_new_secret_and_kills_the_old_one(acme, ada, offer, sent):
    old, later = proof(offer), NOW + timedelta(days=2)
    sent.sent.clear()
    again = invitations.resend(offer, actor=ada, now=later)
    assert proof(again) != old
    assert invitations.by_proof(OrganizationInvitation, old) is None
    assert fresh(offer).expires_at == later + LIFETIME
    assert fresh(offer).send_count == 2
    assert sent.of("invitation_resent") == (
        OrganizationInvitation,
        {"organization": acme, "invitation": offer, "actor": ada},
    )
    person = testing.make_user("eve", verified=False)
    with pytest.raises(InvitationNotForYou):
        invitations.accept(offer, user=person, now=later, proof=old)
    invitations.accept(offer, user=person, now=later, proof=proof(again))
    assert acme.is_member(person)


def test_resend_opens_an_expired_invitation_again(ada, offer, eve):
    later = NOW + LIFETIME + SECOND
    invitations.resend(offer, actor=ada, now=later)
    assert invitations.accept(offer, user=eve, now=later).user == eve


def test_revoke_closes_the_invitation(acme, ada, offer, eve, sent):
    sent.sent.clear()
    invitations.revoke(offer, actor=ada, now=NOW)
    assert (fresh(offer).status, fresh(offer).open_key) == ("revoked", None)
    assert sent.of("invitation_revoked") == (
        OrganizationInvitation,
        {"organization": acme, "invitation": offer, "actor": ada},
    )
    with pytest.raises(InvitationStateError) as caught:
        invitations.accept(offer, user=eve, now=NOW, proof=proof(offer))
    assert caught.value.status == "revoked"


@pytest.mark.parametrize("who", ["verified reader", "holder of the link", "reader with the link"])
def test_decline(who, acme, offer, sent):
    verified = who == "verified reader"
    person = None if who == "holder of the link" else testing.make_user("eve", verified=verified)
    sent.sent.clear()
    invitations.decline(offer, user=person, now=NOW, proof=None if verified else proof(offer))
    assert fresh(offer).status == "declined"
    assert sent.of("invitation_declined") == (
        OrganizationInvitation,
        {"organization": acme, "invitation": offer, "actor": person},
    )


@pytest.mark.parametrize("who", ["nobody", "stranger", "unverified reader"])
def test_invitation_is_not_declined_for_somebody_else(who, offer):
    person = {
        "nobody": lambda: None,
        "stranger": lambda: testing.make_user("fay"),
        "unverified reader": lambda: testing.make_user("eve", verified=False),
    }[who]()
    with pytest.raises(InvitationNotForYou):
        invitations.decline(offer, user=person, now=NOW)
    assert fresh(offer).status == "pending"


# state x verb, whatever path led to the state
def close(how, offer, eve, ada):
    match how:
        case "accepted":
            invitations.accept(offer, user=eve, now=NOW)
        case "declined":
            invitations.decline(offer, user=eve, now=NOW)
        case "revoked":
            invitations.revoke(offer, actor=ada, now=NOW)
        case "superseded":
            OrganizationInvitation.objects.update(status="superseded", open_key=None)


@pytest.mark.parametrize("state", ["accepted", "declined", "revoked", "superseded"])
@pytest.mark.parametrize("verb", ["accept", "decline", "revoke", "resend"])
def test_closed_invitation_stays_closed(state, verb, ada, offer, eve, sent):
    close(state, offer, eve, ada)
    other = testing.make_user("fay")
    addresses.verify(other, "eve@example.com")
    who = {"user": other} if verb in ("accept", "decline") else {"actor": ada}
    sent.sent.clear()
    before = dump()
    with pytest.raises(InvitationStateError) as caught:
        getattr(invitations, verb)(offer, now=NOW, **who)
    assert caught.value.status == state
    assert dump() == before
    assert not sent.sent


@pytest.mark.parametrize(
    ("signal", "act"),
    [
        ("invitation_resent", lambda o, u, e: invitations.resend(o, actor=u, now=NOW)),
        ("invitation_revoked", lambda o, u, e: invitations.revoke(o, actor=u, now=NOW)),
        ("invitation_declined", lambda o, u, e: invitations.decline(o, user=e, now=NOW)),
    ],
)
def test_invitation_is_not_changed_against_a_receiver(signal, act, ada, offer, eve):
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        act(offer, ada, eve)
    assert dump() == before


# A new person


def test_new_person_registers_and_joins_in_one_step(acme, offer, sent):
    person = User(username="eve")
    person.set_password("a secret for tests")
    sent.sent.clear()
    row = invitations.register_and_accept(offer, user=person, now=NOW, proof=proof(offer))
    person.refresh_from_db()
    assert (row.user, person.is_active, person.email) == (person, True, "eve@example.com")
    assert person.check_password("a secret for tests")
    assert addresses.is_verified(person, "eve@example.com")
    assert sent.names == [
        "address_verified",
        "user_added",
        "member_added",
        "invitation_accepted",
        "invitation_fulfilled",
    ]


def test_pending_account_is_switched_on_by_the_link(acme, offer):
    person = registration.pending_user("eve@example.com")
    person.username = "eve"
    invitations.register_and_accept(offer, user=person, now=NOW, proof=proof(offer))
    assert User.objects.get(username="eve").is_active
    assert acme.is_member(person)


def test_deactivated_account_is_not_switched_on_by_the_link(acme, offer):
    person = testing.make_user("eve", password="was here", is_active=False)
    before = dump()
    with pytest.raises(NotPending):
        invitations.register_and_accept(offer, user=person, now=NOW, proof=proof(offer))
    assert dump() == before
    assert not User.objects.get(username="eve").is_active


@pytest.mark.parametrize("given", [None, "", "wrong"])
def test_new_person_needs_the_link(given, offer):
    before, people = dump(), User.objects.count()
    with pytest.raises(InvitationNotForYou):
        invitations.register_and_accept(
            offer, user=User(username="eve"), now=NOW, proof=given and invitations.proof_of(given)
        )
    assert (dump(), User.objects.count()) == (before, people)


@pytest.mark.parametrize(
    "signal", ["address_verified", "member_added", "invitation_accepted", "invitation_fulfilled"]
)
def test_no_account_is_left_behind_when_a_receiver_does_not_agree(signal, offer):
    before, people = dump(), User.objects.count()
    with vetoed(signal), pytest.raises(Veto):
        invitations.register_and_accept(
            offer, user=User(username="eve"), now=NOW, proof=proof(offer)
        )
    assert (dump(), User.objects.count()) == (before, people)


def test_no_account_is_made_by_an_expired_link(offer):
    with pytest.raises(InvitationStateError):
        invitations.register_and_accept(
            offer, user=User(username="eve"), now=NOW + LIFETIME, proof=proof(offer)
        )
    assert not User.objects.filter(username="eve").exists()


# invitation.activate: the documented method, by the word of the calling code


def test_activate_adds_whom_the_caller_says(acme, offer, sent):
    fay = testing.make_user("fay")
    sent.sent.clear()
    row = offer.activate(fay)
    assert row == acme.organization_users.get(user=fay)
    assert (fresh(offer).invitee, fresh(offer).status) == (fay, "accepted")
    assert sent.names == [
        "user_added",
        "member_added",
        "invitation_accepted",
        "invitation_fulfilled",
    ]


def test_activate_works_once(acme, offer):
    offer.activate(testing.make_user("fay"))
    with pytest.raises(InvitationStateError):
        offer.activate(testing.make_user("gil"))
    assert "gil" not in names(acme)


def test_activate_of_a_stale_copy_works_once_too(acme, offer):
    stale = fresh(offer)
    offer.activate(testing.make_user("fay"))
    with pytest.raises(InvitationStateError):
        stale.activate(testing.make_user("gil"))
    assert "gil" not in names(acme)


def test_activate_of_a_member_changes_nothing(acme, offer):
    before = dump()
    with pytest.raises(members.AlreadyMember):
        offer.activate(acme.users.get(username="cy"))
    assert dump() == before


@pytest.mark.parametrize("state", ["declined", "revoked", "superseded"])
def test_activate_respects_what_has_become_of_the_invitation(state, acme, ada, offer, eve):
    close(state, offer, eve, ada)
    offer.refresh_from_db()
    with pytest.raises(InvitationStateError):
        offer.activate(eve)
    assert not acme.is_member(eve)


def test_activation_kwargs_of_the_project_are_used(acme, offer, eve, monkeypatch):
    monkeypatch.setattr(
        OrganizationInvitation, "activation_kwargs", lambda self: {"is_admin": True}
    )
    assert offer.activate(eve).is_admin


# Proofs


@pytest.mark.parametrize("text", ["", "x" * 101, "x" * 10**6, "geheimniß", "\ud800", "\x00é"])
def test_text_that_cannot_be_a_secret_has_no_proof(text, django_assert_num_queries):
    assert invitations.proof_of(text) == ""
    with django_assert_num_queries(0):
        assert invitations.by_proof(OrganizationInvitation, "") is None


@pytest.mark.parametrize("text", ["0", "null", "\x00", "x" * 100, "../../"])
def test_unknown_secret_finds_nothing(text, offer):
    assert invitations.by_proof(OrganizationInvitation, invitations.proof_of(text)) is None


def test_row_without_secret_is_not_found_by_an_empty_proof(acme, ada):
    OrganizationInvitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="eve@example.com"
    )
    for given in ("", None):
        assert invitations.by_proof(OrganizationInvitation, given) is None


# Lists and costs


def test_open_for_lists_the_verified_addresses_newest_first(acme, ada, offer, eve):
    addresses.verify(eve, "eve@work.example")
    other = testing.make_organization("Other", owner=ada)
    second = invitations.invite(other, address="eve@work.example", actor=ada, now=NOW)
    invitations.invite(acme, address="fay@example.com", actor=ada, now=NOW)
    rows = invitations.open_for(eve, model=OrganizationInvitation, now=NOW)
    assert list(rows) == [second, offer]
    unverified = testing.make_user("eve2", email="eve@example.com", verified=False)
    assert not invitations.open_for(unverified, model=OrganizationInvitation, now=NOW)


def test_open_for_costs_one_query(offer, eve, django_assert_num_queries, settings):
    """The addresses are a part of it, where the package's own rows are their only source."""
    with django_assert_num_queries(1):
        for row in invitations.open_for(eve, model=OrganizationInvitation, now=NOW):
            _ = row.organization.name, row.invited_by.username
    paths = ["organizations.services.addresses.recorded_addresses"] * 2
    settings.ORGANIZATIONS = {"VERIFIED_ADDRESS_SOURCES": paths}
    with django_assert_num_queries(3):
        assert list(invitations.open_for(eve, model=OrganizationInvitation, now=NOW)) == [offer]


@pytest.mark.parametrize(
    ("verb", "ceiling"), [("invite", 10), ("accept", 18), ("revoke", 7), ("resend", 8)]
)
def test_verbs_cost_at_most(verb, ceiling, acme, ada, eve, django_assert_max_num_queries):
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    call = {
        "invite": lambda: invitations.invite(acme, address="fay@example.com", actor=ada, now=NOW),
        "accept": lambda: invitations.accept(offer, user=eve, now=NOW),
        "revoke": lambda: invitations.revoke(offer, actor=ada, now=NOW),
        "resend": lambda: invitations.resend(offer, actor=ada, now=NOW),
    }[verb]
    with django_assert_max_num_queries(ceiling):
        call()


@pytest.mark.parametrize("verb", ["invite", "resend", "revoke", "accept", "decline", "activate"])
def test_async_twin_does_the_same(verb, acme, ada, offer, eve):
    calls = {
        "invite": lambda: invitations.ainvite(acme, address="fay@example.com", actor=ada, now=NOW),
        "resend": lambda: invitations.aresend(offer, actor=ada, now=NOW),
        "revoke": lambda: invitations.arevoke(offer, actor=ada, now=NOW),
        "accept": lambda: invitations.aaccept(offer, user=eve, now=NOW),
        "decline": lambda: invitations.adecline(offer, user=eve, now=NOW),
        "activate": lambda: offer.aactivate(eve),
    }

    async def run():
        return await calls[verb]()

    found = async_to_sync(run)()
    row = fresh(offer)
    match verb:
        case "invite":
            assert found.invitee_identifier == "fay@example.com"
        case "resend":
            assert row.send_count == 2
        case "accept" | "activate":
            assert found == OrganizationUser.objects.get(user=eve)
        case _:
            assert row.status == {"revoke": "revoked", "decline": "declined"}[verb]
