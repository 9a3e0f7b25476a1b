"""What an accepted offer really gives is held against the rights of who made it."""

from types import SimpleNamespace

import pytest
from django.db.models import Q
from django.utils import timezone

from organizations import grants, permissions, testing
from organizations.exceptions import InviterNotEntitled
from organizations.models import OrganizationInvitation
from organizations.permissions import Grant
from organizations.services import _offers, invitations, members
from organizations.services.access import access_of

pytestmark = pytest.mark.django_db

BILLING = permissions.MANAGE_BILLING
HELPER = frozenset([*grants.names_of(permissions.Standing.ADMIN), BILLING])


class ByName:
    """Gives billing to admins, and to the inviter all that admins have, but for billing."""

    name = "by_name"

    def annotate(self, members, *, now):
        return members

    def grants_from(self, row):
        if row.is_admin:
            yield Grant(kind="by_name", permissions=frozenset([BILLING]))
        if row.user.username == "bo":
            yield Grant(kind="by_name", permissions=HELPER - {BILLING})

    def members_with(self, permission, *, now):
        return Q(is_admin=permission == BILLING) | Q(user__username="bo")


@pytest.fixture
def acme(monkeypatch):
    monkeypatch.setitem(grants._sources, "by_name", ByName())
    return testing.make_organization("Acme", owner="ada", members=["bo"])


@pytest.mark.parametrize(("inviter", "allowed"), [("ada", True), ("bo", False)])
@pytest.mark.parametrize("by", ["offer", "activation_kwargs"])
def test_offer_gives_nothing_that_the_inviter_lacks(by, inviter, allowed, acme, monkeypatch):
    actor, new = acme.users.get(username=inviter), testing.make_user("new", verified=True)
    if by == "activation_kwargs":
        monkeypatch.setattr(
            OrganizationInvitation, "activation_kwargs", lambda self: {"is_admin": True}
        )
    offer = invitations.invite(
        acme,
        address="new@example.com",
        is_admin=by == "offer",
        actor=actor,
        now=timezone.now(),
    )
    if allowed:
        invitations.accept(offer, user=new, now=timezone.now())
    else:
        with pytest.raises(InviterNotEntitled):
            invitations.accept(offer, user=new, now=timezone.now())
    assert members.is_member(acme, new) is allowed
    assert access_of(new, acme).has(BILLING) is allowed
    offer.refresh_from_db()
    assert offer.status == ("accepted" if allowed else "pending")


def test_offer_for_which_code_vouches_is_not_compared(acme):
    new = testing.make_user("new", verified=True)
    offer = invitations.invite(
        acme,
        address="new@example.com",
        is_admin=True,
        actor=None,
        invited_by=acme.users.get(username="bo"),
        now=timezone.now(),
    )
    assert invitations.accept(offer, user=new, now=timezone.now()).is_admin


def test_offer_of_an_account_that_is_gone_is_not_the_word_of_code(acme):
    """A family of a project may keep the offer: ``invited_by`` with SET_NULL."""
    offer = SimpleNamespace(
        organization=acme, is_admin=False, on_own_authority=True, invited_by=None
    )
    with pytest.raises(InviterNotEntitled):
        _offers.authority_behind(offer)
