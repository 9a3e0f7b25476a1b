"""Invitations live the same life in their own columns and in a record beside them."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from organizations import testing
from organizations.exceptions import InvitationNotForYou, InvitationStateError
from organizations.models import InvitationRecord, Organization
from organizations.services import invitations, members
from organizations.states import InvitationStatus
from tests.app.models import Club
from tests.compat.guilds.models import Guild

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(params=[Organization, Club, Guild], ids=["columns", "record", "base line"])
def acme(request):
    return testing.make_organization("Acme", owner="ada", model=request.param)


@pytest.fixture
def ada(acme):
    return acme.users.get()


@pytest.fixture
def offer(acme, ada):
    return invitations.invite(acme, address="bo@example.com", actor=ada, now=NOW, is_admin=True)


def again(offer):
    """The invitation as a door reads it from the database."""
    [row] = invitations.with_life([type(offer)._base_manager.get(pk=offer.pk)])
    return row


def proof(offer):
    return invitations.proof_of(offer.secret)


def test_the_link_finds_the_invitation(offer):
    found = invitations.by_proof(type(offer), proof(offer))

    assert found == offer
    assert found.state is InvitationStatus.PENDING
    assert found.expires_at == NOW + timedelta(days=7)
    assert found.is_admin
    assert invitations.by_proof(type(offer), invitations.proof_of("another")) is None


def test_the_reader_of_the_address_joins_once(acme, offer):
    bo = testing.make_user("bo")

    member = invitations.accept(again(offer), user=bo, now=NOW)

    if hasattr(acme, "is_admin"):
        assert acme.is_admin(bo)
    assert invitations.accept(again(offer), user=bo, now=NOW) == member
    assert again(offer).state is InvitationStatus.ACCEPTED
    assert acme.users.count() == 2


def test_nobody_else_joins(offer):
    cy = testing.make_user("cy")

    with pytest.raises(InvitationNotForYou):
        invitations.accept(again(offer), user=cy, now=NOW, proof=proof(offer))


def test_an_expired_one_is_refused_and_can_be_sent_again(offer, ada):
    bo = testing.make_user("bo")
    later = NOW + timedelta(days=7)

    with pytest.raises(InvitationStateError, match="expired"):
        invitations.accept(again(offer), user=bo, now=later)
    renewed = invitations.resend(again(offer), actor=ada, now=later)

    assert invitations.by_proof(type(offer), proof(offer)) is None
    assert invitations.accept(again(renewed), user=bo, now=later)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (lambda offer, ada: invitations.revoke(offer, actor=ada, now=NOW), "revoked"),
        (
            lambda offer, ada: invitations.decline(offer, user=None, now=NOW, proof=proof(offer)),
            "declined",
        ),
    ],
    ids=["revoke", "decline"],
)
def test_an_ended_one_stays_ended(offer, ada, end, status):
    offer.secret, fresh = offer.secret, again(offer)
    fresh.secret = offer.secret

    end(fresh, ada)

    with pytest.raises(InvitationStateError) as refused:
        invitations.accept(again(offer), user=testing.make_user("bo"), now=NOW)
    assert refused.value.status == status


def test_a_second_invitation_of_the_address_renews_the_first(acme, ada, offer):
    second = invitations.invite(acme, address="BO@Example.com", actor=ada, now=NOW)

    assert second.pk == offer.pk
    assert again(second).send_count == 2
    assert not again(second).is_admin


def test_lists_show_the_open_ones(acme, ada, offer):
    bo = testing.make_user("bo")
    model = type(offer)

    assert list(invitations.unanswered(acme)) == [offer]
    assert list(invitations.open_for(bo, model=model, now=NOW)) == [offer]
    late = NOW + timedelta(days=8)
    assert list(invitations.open_for(bo, model=model, now=late)) == []
    assert list(invitations.unanswered(acme)) == [offer], "the roster shows expired ones too"
    invitations.revoke(again(offer), actor=ada, now=NOW)
    assert list(invitations.unanswered(acme)) == []
    assert list(invitations.open_for(bo, model=model, now=NOW)) == []


def test_the_mail_is_noted_when_it_has_left(acme, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        offer = invitations.invite(
            acme, address="bo@example.com", actor=ada, now=NOW, deliver=lambda *_: None
        )

    assert again(offer).sent_at == NOW


def test_the_secret_stands_in_no_table(offer):
    stored = [*type(offer)._base_manager.values_list(), *InvitationRecord.objects.values_list()]

    assert offer.secret not in str(stored)


def test_an_invitation_from_before_this_package_has_an_end_too():
    rovers = testing.make_organization("Rovers", owner="ada", model=Club)
    ada = rovers.users.get()
    old = Club.invitation_model.objects.create(
        organization=rovers, invited_by=ada, invitee_identifier="bo@example.com"
    )
    Club.invitation_model.objects.filter(pk=old.pk).update(created=NOW - timedelta(days=8))
    bo = testing.make_user("bo")

    assert list(invitations.unanswered(rovers)) == [old]
    assert list(invitations.open_for(bo, model=type(old), now=NOW)) == []
    with pytest.raises(InvitationStateError, match="expired"):
        invitations.accept(again(old), user=bo, now=NOW)


@override_settings(
    ORGANIZATIONS={
        "INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation",
        "ORGANIZATION_MODEL": "host.Club",
    }
)
def test_the_roster_of_a_family_with_records_costs_one_query_more(
    client, django_assert_max_num_queries
):
    rovers = testing.make_organization("Rovers", owner="ada", model=Club)
    ada = rovers.users.get()
    for number in range(30):
        invitations.invite(rovers, address=f"p{number}@example.com", actor=ada, now=NOW)
    client.force_login(ada)

    with django_assert_max_num_queries(11):
        page = client.get("/accounts/rovers/people/")

    assert page.status_code == 200
    assert page.context["invitation_count"] == 30


def test_a_projects_own_way_of_adding_is_asked(monkeypatch):
    """``add_user(user, role=...)`` with arguments that are no columns."""
    roles = {}

    def add_user(self, user, role=None):
        roles[user.username] = role
        return members.add(self, user)

    rovers = testing.make_organization("Rovers", owner="ada", model=Club)
    monkeypatch.setattr(Club, "add_user", add_user)
    monkeypatch.setattr(
        Club.invitation_model, "activation_kwargs", lambda self: {"role": "goalkeeper"}
    )
    ada = rovers.users.get()
    offer = invitations.invite(rovers, address="bo@example.com", actor=ada, now=NOW)

    invitations.accept(again(offer), user=testing.make_user("bo"), now=NOW)

    assert roles == {"bo": "goalkeeper"}
