"""Roles in offers: checked when offered and when taken, given in the step of joining."""

from datetime import timedelta

import pytest
from django.utils import timezone

from organizations import presets, testing
from organizations.exceptions import (
    ExceedsOwnRights,
    InviterNotEntitled,
    NotAllowed,
    OrganizationsError,
)
from organizations.models import OrganizationInvitation
from organizations.offer_forms import TermsForm
from organizations.permissions import INVITE_MEMBER, MANAGE_BILLING, VIEW_MEMBER
from organizations.roles import services
from organizations.roles.models import RoleAssignment
from organizations.services import invitations, links, requests
from organizations.services.access import access_of
from tests.app.models import Club
from tests.roles.support import has, row, user

NOW = timezone.now()


@pytest.fixture
def low(acme):
    return services.create(acme, name="Low", permissions=[VIEW_MEMBER], actor=None)


@pytest.fixture
def high(acme):
    """A role with a right that no admin has."""
    return services.create(acme, name="High", permissions=[MANAGE_BILLING], actor=None)


def offer(organization, *roles, by="al", address="eve@example.com", **terms):
    values = [
        getattr(role, "name", role) if isinstance(role, str) else str(role.pk) for role in roles
    ]
    return invitations.invite(
        organization,
        address=address,
        actor=by and user(by),
        now=NOW,
        presets={"roles": values},
        **terms,
    )


def take(made, name="eve"):
    return invitations.accept(made, user=testing.make_user(name), now=NOW)


def roles_of(member):
    return sorted(str(each) for each in services.assignments_of(member))


def test_who_joins_has_the_roles_at_once(acme, low, roles_in_code, sent):
    roles_in_code.declare("greeter", label="Greeter", permissions=[INVITE_MEMBER])
    made = offer(acme, low, "greeter", low)
    assert made.presets == {"roles": [str(low.pk), "greeter"]}
    sent.sent.clear()
    member = take(made)
    assert roles_of(member) == ["Low", "greeter"]
    assert has(acme, "eve", INVITE_MEMBER)
    assert sent.names.count("role_assigned") == 2
    assert {facts["actor"] for name, _, facts in sent.sent if name == "role_assigned"} == {None}


def test_choices_are_those_of_the_organization_and_of_the_code(acme, other, low, roles_in_code):
    roles_in_code.declare("greeter", label="Greeter", permissions=[])
    services.create(other, name="Theirs", permissions=[], actor=None)
    preset = presets._presets["roles"]
    assert preset.choices(acme) == [("greeter", "Greeter"), (str(low.pk), "Low")]
    assert presets.labels_of(acme, {"roles": [str(low.pk), "gone"]}) == [(preset.label, ["Low"])]


@pytest.mark.parametrize(
    "wrong",
    [
        *(["0"], ["-1"], [""], ["owner"], ["admin"], ["owner,admin"], ["x" * 500], ["9" * 40]),
        *(["٣"], [None], [True], [0], [["1"]], ["\x00"], "1", 0, None, True),
    ],
    ids=ascii,
)
def test_what_is_no_role_of_the_organization_is_refused(wrong, acme, low):
    with pytest.raises(OrganizationsError, match=r"role|list"):
        invitations.invite(
            acme,
            address="eve@example.com",
            actor=user("ada"),
            now=NOW,
            presets={"roles": wrong},
        )
    assert not OrganizationInvitation.objects.exists()


def test_role_of_another_organization_is_refused_like_an_unknown_one(acme, other):
    theirs = services.create(other, name="Theirs", permissions=[], actor=None)
    with pytest.raises(OrganizationsError, match="no role"):
        offer(acme, theirs, by="ada")


def test_value_that_was_slipped_into_the_row_gives_nothing(acme, other, low):
    theirs = services.create(other, name="Theirs", permissions=[MANAGE_BILLING], actor=None)
    made = offer(acme, low, by="ada")
    made.presets = {"roles": [str(theirs.pk), "9" * 40, "nobody", str(low.pk)]}
    made.save()
    member = take(made)
    assert roles_of(member) == ["Low"]
    assert not has(acme, "eve", MANAGE_BILLING)


# The ceiling


def ways_to_offer(acme, role):
    """Each verb by which an admin could bring a role that holds more than an admin has."""
    al, bo = user("al"), user("bo")
    values = {"roles": [str(role.pk)]}
    waiting = requests.propose(acme, address="gus@example.com", actor=bo, now=NOW)
    by_the_owner = offer(acme, role, by="ada", address="hal@example.com")
    by_code = offer(acme, role, by=None, address="ida@example.com", invited_by=user("ada"))
    yield "invite", lambda: offer(acme, role)
    yield "link", lambda: links.create(acme, actor=al, now=NOW, presets=values)
    yield "shared link", lambda: links.create(acme, actor=al, now=NOW, shared=True, presets=values)
    yield "approve", lambda: requests.approve(waiting, actor=al, now=NOW, presets=values)
    yield "resend", lambda: invitations.resend(by_the_owner, actor=al, now=NOW)
    yield "resend of the code's", lambda: invitations.resend(by_code, actor=al, now=NOW)
    yield "change", lambda: offer(acme, by="al", address="hal@example.com")
    yield "revoke", lambda: invitations.revoke(by_the_owner, actor=al, now=NOW)


def test_admin_offers_no_role_with_more_by_any_verb(acme, high):
    found = {}
    for name, act in list(ways_to_offer(acme, high)):
        before = list(OrganizationInvitation.objects.order_by("pk").values())
        with pytest.raises(ExceedsOwnRights):
            act()
        found[name] = list(OrganizationInvitation.objects.order_by("pk").values()) == before
    assert len(found) == 8 and all(found.values())


def test_admin_offers_a_role_with_as_much_by_every_verb(acme, low):
    for _name, act in list(ways_to_offer(acme, low))[:6]:
        act()


def test_who_has_the_right_offers_it(acme, high):
    services.assign(row(acme, "al"), high, actor=None)
    take(offer(acme, high))
    assert has(acme, "eve", MANAGE_BILLING)


@pytest.mark.parametrize("inviter_has_it", [True, False])
def test_role_that_gains_a_right_before_the_answer(inviter_has_it, acme, low, high):
    if inviter_has_it:
        services.assign(row(acme, "al"), high, actor=None)
    made = offer(acme, low)
    link = links.create(acme, actor=user("al"), now=NOW, presets={"roles": [str(low.pk)]})
    services.change(low, permissions=[VIEW_MEMBER, MANAGE_BILLING], actor=None)
    if inviter_has_it:
        take(made)
        assert has(acme, "eve", MANAGE_BILLING)
        return
    proof = invitations.proof_of(link.secret)
    for each, name in ((made, "eve"), (link, "fay")):
        with pytest.raises(InviterNotEntitled):
            invitations.accept(each, user=testing.make_user(name), now=NOW, proof=proof)
        assert not acme.users.filter(username=name).exists()
    assert not RoleAssignment.objects.filter(member__user__username__in=["eve", "fay"]).exists()


def test_inviter_who_lost_the_right_brings_nobody(acme, high):
    given = services.assign(row(acme, "al"), high, actor=None)
    made = offer(acme, high)
    services.unassign(given, actor=None)
    with pytest.raises(InviterNotEntitled):
        take(made)


def test_role_that_is_gone_gives_nothing_and_stops_nobody(acme, low, high, roles_in_code):
    roles_in_code.declare("greeter", label="Greeter", permissions=[])
    made = offer(acme, low, high, "greeter", by="ada")
    services.delete(high, replacement=None, actor=None)
    del roles_in_code._registry["greeter"]
    assert roles_of(take(made)) == ["Low"]


def test_request_is_approved_with_a_role(acme, low, high):
    link = links.create(
        acme,
        actor=user("ada"),
        now=NOW,
        shared=True,
        needs_approval=True,
        presets={"roles": [str(high.pk)]},
    )
    eve, proof = testing.make_user("eve"), invitations.proof_of(link.secret)
    assert invitations.accept(link, user=eve, now=NOW, proof=proof) is None
    [request] = requests.waiting(acme, now=NOW)
    with pytest.raises(ExceedsOwnRights):
        requests.approve(request, actor=user("al"), now=NOW)
    member = requests.approve(request, actor=user("al"), now=NOW, presets={"roles": [str(low.pk)]})
    assert roles_of(member) == ["Low"]


def test_plain_member_offers_nothing_at_all(acme, low):
    with pytest.raises(NotAllowed):
        offer(acme, low, by="cy")


def test_form_shows_what_the_person_may_give(acme, low, high, rf):
    def shown(name):
        form = TermsForm(rf.get("/"), acme, access=access_of(user(name), acme))
        return dict(form.fields["roles"].choices)

    assert shown("al") == {str(low.pk): "Low"}
    assert shown("ada") == {str(high.pk): "High", str(low.pk): "Low"}
    form = TermsForm(
        rf.post("/"), acme, {"roles": [str(high.pk)]}, access=access_of(user("al"), acme)
    )
    assert not form.is_valid()


def test_other_families_have_no_roles_in_offers(db):
    club = testing.make_organization("Club", owner="ada", model=Club)
    assert presets.presets_for(club) == ()


def test_permissions_take_one_query(acme, low, high, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = presets.permissions_of(acme, {"roles": [str(low.pk), str(high.pk)]})
    assert found == {VIEW_MEMBER, MANAGE_BILLING}


def test_membership_with_an_end_takes_its_roles_along(acme, low):
    made = offer(acme, low, member_until=NOW + timedelta(days=3))
    member = take(made)
    assert member.ends_at == NOW + timedelta(days=3)
    assert roles_of(member) == ["Low"]
