"""Joining by a proven address in a domain of the organization."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Q

from organizations import grants, permissions, testing
from organizations.exceptions import (
    DomainRefused,
    JoinRefused,
    NotAllowed,
    OrganizationsError,
    PermissionMissing,
    SeatsFull,
)
from organizations.models import (
    JoinDomain,
    Organization,
    OrganizationInvitation,
    OrganizationRecord,
)
from organizations.permissions import Grant
from organizations.services import addresses, domains, invitations, members, organizations, requests
from tests.app.models import Club
from tests.compat.guilds.models import Guild

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
IDN, PUNYCODE = "bücher.example", "xn--bcher-kva.example"


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


def worker(name, domain="work.example", **values):
    return testing.make_user(name, email=f"{name}@{domain}", **values)


def open_domain(organization, domain="work.example", *, needs_approval=False):
    return domains.add(organization, domain, needs_approval=needs_approval, actor=None)


# -- which domains an organization may name


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("work.example", "work.example"),
        (" @Work.Example. ", "work.example"),
        (IDN, PUNYCODE),
        (IDN.upper(), PUNYCODE),
    ],
)
def test_domain_is_stored_in_the_form_of_addresses(acme, typed, stored):
    row = domains.add(acme, typed, actor=None)

    assert (row.domain, row.needs_approval, row.added_by) == (stored, True, None)
    assert str(row) == f"organizations.organization {acme.pk}"


@pytest.mark.parametrize(
    "domain",
    [
        *("gmail.com", "GMAIL.com.", "@gmail.com", "ＧＭＡＩＬ.com", "googlemail.com", "web.de"),
        *("mail.gmail.com", "163.com", "free-for-all.example", "xn--bcher-kva.example", IDN),
        *("x.free-for-all.example", "uni.example"),
    ],
)
@pytest.mark.parametrize("by_code", [True, False])
def test_public_mail_domains_are_refused(acme, ada, settings, domain, by_code):
    settings.ORGANIZATIONS = {"PUBLIC_MAIL_DOMAINS": ("Free-For-All.example.", IDN, "@uni.example")}
    addresses.verify(ada, "ada@gmail.com")

    with pytest.raises(DomainRefused, match="Anybody can have"):
        domains.add(acme, domain, actor=None if by_code else ada)
    assert not JoinDomain.objects.exists()


@pytest.mark.parametrize("text", ["", "com", "co", "a b.example", "x@work.example", "-.example"])
def test_what_is_no_domain_is_refused(acme, text):
    with pytest.raises(OrganizationsError, match="mail domain"):
        domains.add(acme, text, actor=None)


@pytest.mark.parametrize(
    ("verified", "allowed"),
    [
        ("ada@work.example", True),
        ("ada+tag@work.example", True),
        ("ada@mail.work.example", False),
        ("ada@work.example.evil.test", False),
        ("ada@notwork.example", False),
        (None, False),
    ],
)
def test_who_adds_a_domain_reads_mail_there(acme, ada, verified, allowed):
    get_user_model().objects.filter(pk=ada.pk).update(email="ada@work.example")  # only said
    ada.refresh_from_db()
    if verified:
        addresses.verify(ada, verified)

    if allowed:
        assert domains.add(acme, "work.example", actor=ada).added_by == ada
    else:
        with pytest.raises(DomainRefused, match="confirmed no address"):
            domains.add(acme, "work.example", actor=ada)
    assert JoinDomain.objects.exists() is allowed


def test_choices_are_the_domains_that_can_be_added(acme, ada, settings):
    settings.ORGANIZATIONS = {"PUBLIC_MAIL_DOMAINS": ("open.example",)}
    for address in ("ada@gmail.com", "a@work.example", "b@work.example", "a@open.example"):
        addresses.verify(ada, address)
    assert domains.choices_for(acme, ada) == ["example.com", "work.example"]
    domains.add(acme, "work.example", actor=ada)
    assert domains.choices_for(acme, ada) == ["example.com"]


def steps(organization, actor):
    return {
        "add": lambda: domains.add(organization, "example.com", actor=actor),
        "change": lambda: domains.change(
            organization, "work.example", needs_approval=True, actor=actor
        ),
        "remove": lambda: domains.remove(organization, "work.example", actor=actor),
        "set_joining": lambda: organizations.set_joining(
            organization, actor=actor, accepts_requests=True
        ),
    }


@pytest.mark.parametrize("step", ["add", "change", "remove", "set_joining"])
@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        *(("ada", True), ("bo", True), ("cy", False), ("outsider", False)),
        *(("former", False), ("switched off", False), ("other owner", False)),
    ],
)
def test_settings_of_joining_are_for_those_who_may_change_them(acme, ada, name, allowed, step):
    open_domain(acme)
    person = acme.users.filter(username=name).first() or testing.make_user(name.replace(" ", "-"))
    if name == "former":
        members.add(acme, person, is_admin=True)
        members.remove(acme, person)
    if name == "switched off":
        members.add(acme, person, is_admin=True)
        get_user_model().objects.filter(pk=person.pk).update(is_active=False)
    if name == "other owner":
        testing.make_organization("Zenith", owner=person)

    if allowed:
        steps(acme, person)[step]()
    else:
        with pytest.raises(PermissionMissing):
            steps(acme, person)[step]()


class Settings:
    """Gives cy the settings, but not the invitations."""

    name = "settings"

    def annotate(self, rows, *, now):
        return rows

    def grants_from(self, row):
        if row.user.username == "cy":
            names = frozenset([permissions.CHANGE_ORGANIZATION])
            yield Grant(kind="settings", permissions=names)

    def members_with(self, permission, *, now):
        return (
            Q(user__username="cy") if permission == permissions.CHANGE_ORGANIZATION else Q(pk=None)
        )


def test_who_may_not_invite_lets_nobody_in_without_an_approval(acme, monkeypatch):
    monkeypatch.setitem(grants._sources, "settings", Settings())
    cy = acme.users.get(username="cy")

    domains.add(acme, "example.com", needs_approval=True, actor=cy)
    with pytest.raises(PermissionMissing) as refused:
        domains.change(acme, "example.com", needs_approval=False, actor=cy)
    assert refused.value.permission == permissions.INVITE_MEMBER
    with pytest.raises(NotAllowed):
        domains.add(acme, "example.com", needs_approval=False, actor=cy)
    assert JoinDomain.objects.get().needs_approval


def test_changes_are_told_once_and_not_repeated(acme, ada, sent):
    sent.sent.clear()
    steps = [
        lambda: domains.add(acme, "example.com", needs_approval=True, actor=ada),
        lambda: domains.add(acme, "example.com", needs_approval=False, actor=ada),
        lambda: domains.change(acme, "Example.com", needs_approval=True, actor=ada),
        lambda: domains.remove(acme, "example.com", actor=ada),
    ]
    told = []
    for step in steps:
        step()
        told.append(told_of(sent))
        sent.sent.clear()
    domains.remove(acme, "example.com", actor=ada)
    assert sent.sent == []
    assert told == [
        [{"join_domains": ({}, {"example.com": True})}],
        [{"join_domains": ({"example.com": True}, {"example.com": False})}],
        [{"join_domains": ({"example.com": False}, {"example.com": True})}],
        [{"join_domains": ({"example.com": True}, {})}],
    ]


def told_of(sent):
    """Return what changed, as each organization_changed tells it."""
    return [facts["changes"] for name, _, facts in sent.sent if name == "organization_changed"]


def test_domain_that_is_not_in_the_list_cannot_be_changed(acme):
    zenith = testing.make_organization("Zenith", owner="zoe")
    open_domain(zenith)
    with pytest.raises(DomainRefused, match="not in the list"):
        domains.change(acme, "work.example", needs_approval=True, actor=None)
    domains.remove(acme, "work.example", actor=None)
    assert JoinDomain.objects.get().needs_approval is False


def test_domains_go_with_their_organization(acme):
    zenith = testing.make_organization("Zenith", owner="zoe")
    for each in (acme, zenith):
        open_domain(each)
        organizations.set_joining(each, actor=None, accepts_requests=True)
    key = str(zenith.pk)
    acme.delete()
    for beside in (JoinDomain, OrganizationRecord):
        assert [row.organization_key for row in beside.objects.all()] == [key]
    organizations.delete(zenith)
    assert not JoinDomain.objects.exists()
    assert not OrganizationRecord.objects.exists()


# -- joining


@pytest.mark.parametrize("model", [Organization, Club, Guild], ids=["columns", "record", "base"])
def test_reader_of_an_address_in_the_domain_joins_at_once(model, sent):
    acme = testing.make_organization("Acme", owner="ada", model=model)
    open_domain(acme)
    eve = worker("eve")
    sent.sent.clear()

    member = domains.join(acme, user=eve, now=NOW)

    assert member.user == eve
    assert not getattr(member, "is_admin", False)
    assert sent.names.count("member_added") == sent.names.count("invitation_fulfilled") == 1
    [offer] = invitations.with_life(invitations.of_organization(acme))
    assert (offer.kind, offer.status, offer.invitee, offer.on_own_authority) == (
        *("domain", "accepted"),
        eve,
        False,
    )
    sent.sent.clear()
    assert domains.join(acme, user=eve, now=NOW) == member
    assert sent.sent == []
    assert acme.users.count() == 2


@pytest.mark.parametrize("model", [Organization, Club, Guild], ids=["columns", "record", "base"])
def test_domain_with_an_approval_makes_a_request(model):
    acme = testing.make_organization("Acme", owner="ada", model=model)
    open_domain(acme, needs_approval=True)
    eve, told = worker("eve"), []

    def announce(row, user):
        told.append((row.pk, user.username))

    for _twice in range(2):
        assert domains.join(acme, user=eve, now=NOW, announce=announce) is None
    [request] = invitations.with_life(requests.waiting(acme, now=NOW))
    assert (request.invitee, request.kind, request.invitee_identifier) == (
        *(eve, "request"),
        "eve@work.example",
    )
    assert list(requests.waiting_of(eve, model=type(request), now=NOW)) == [request]
    member = requests.approve(request, actor=acme.users.get(username="ada"), now=NOW)
    assert member.user == eve


@pytest.mark.parametrize(
    ("address", "verified", "joins"),
    [
        ("eve@work.example", True, True),
        ("eve+tag@work.example", True, True),
        ("EVE@Work.Example", True, True),
        ("eve@work.example", False, False),
        ("eve@mail.work.example", True, False),
        ("eve@work.example.evil.test", True, False),
        ("eve@ork.example", True, False),
        ("work.example@evil.test", True, False),
    ],
)
def test_only_a_proven_address_in_exactly_the_domain_joins(acme, address, verified, joins):
    open_domain(acme)
    eve = testing.make_user("eve", email=address, verified=verified)

    assert [way.organization for way in domains.offered_to(eve)] == ([acme] if joins else [])
    assert bool(domains.way_for(acme, eve)) is joins
    if joins:
        assert domains.join(acme, user=eve, now=NOW).user == eve
    else:
        with pytest.raises(JoinRefused):
            domains.join(acme, user=eve, now=NOW)
    assert members.is_member(acme, eve) is joins
    assert OrganizationInvitation.objects.exists() is joins


def test_domain_counts_for_its_own_organization_and_family_alone(acme):
    zenith = testing.make_organization("Zenith", owner="zoe")
    club = testing.make_organization("Club", owner="ada", model=Club)
    open_domain(club)
    open_domain(zenith)
    eve = worker("eve")

    with pytest.raises(JoinRefused):
        domains.join(acme, user=eve, now=NOW)
    assert [way.organization for way in domains.offered_to(eve)] == [zenith]
    assert [way.organization for way in domains.offered_to(eve, model=Club)] == [club]


def test_domain_that_has_become_public_opens_nothing(acme, settings):
    open_domain(acme)
    eve = worker("eve")
    settings.ORGANIZATIONS = {"PUBLIC_MAIL_DOMAINS": ("work.example",)}

    assert domains.offered_to(eve) == []
    with pytest.raises(JoinRefused):
        domains.join(acme, user=eve, now=NOW)


@pytest.mark.parametrize("stale", [True, False])
def test_switched_off_account_joins_nothing(acme, stale):
    open_domain(acme)
    eve = worker("eve")
    get_user_model().objects.filter(pk=eve.pk).update(is_active=False)
    if not stale:
        eve.refresh_from_db()
        assert domains.offered_to(eve) == []
    with pytest.raises(JoinRefused):
        domains.join(acme, user=eve, now=NOW)
    assert not members.is_member(acme, eve)


@pytest.mark.parametrize("stale", [True, False])
def test_closed_organization_takes_nobody(acme, stale):
    open_domain(acme)
    eve = worker("eve")
    Organization.objects.filter(pk=acme.pk).update(is_active=False)
    if not stale:
        acme.refresh_from_db()
        assert domains.way_for(acme, eve) is None
    assert domains.offered_to(eve) == []
    with pytest.raises(OrganizationsError, match="not in use"):
        domains.join(acme, user=eve, now=NOW)
    assert not members.is_member(acme, eve)


def test_easier_of_two_domains_counts(acme):
    open_domain(acme, "a.example", needs_approval=True)
    open_domain(acme, "b.example")
    eve = worker("eve", "a.example")
    assert domains.way_for(acme, eve).needs_approval
    addresses.verify(eve, "eve@b.example")
    way = domains.way_for(acme, eve)
    assert (way.needs_approval, way.address) == (False, "eve@b.example")


@pytest.mark.parametrize("left", ["removed", "left", "turned down"])
def test_who_was_here_before_comes_back_by_an_approval_only(acme, ada, left):
    open_domain(acme, needs_approval=left == "turned down")
    eve = worker("eve")
    domains.join(acme, user=eve, now=NOW)
    if left == "removed":
        members.remove(acme, eve, actor=ada)
    elif left == "left":
        members.leave(acme, eve)
    else:
        [request] = requests.waiting(acme, now=NOW)
        requests.decline(request, actor=ada, now=NOW)
        domains.change(acme, "work.example", needs_approval=False, actor=None)

    assert [way.needs_approval for way in domains.offered_to(eve)] == [True]
    assert domains.join(acme, user=eve, now=NOW) is None
    assert not members.is_member(acme, eve)
    [request] = requests.waiting(acme, now=NOW)
    assert requests.approve(request, actor=ada, now=NOW).user == eve


def test_full_organization_takes_nobody(acme, settings):
    settings.ORGANIZATIONS = {"SEATS": 3}
    open_domain(acme)
    eve = worker("eve")
    with pytest.raises(SeatsFull):
        domains.join(acme, user=eve, now=NOW)
    assert not OrganizationInvitation.objects.exists()
    members.remove(acme, acme.users.get(username="cy"))
    assert domains.join(acme, user=eve, now=NOW).user == eve


def nobody(attempt):
    assert attempt.invitation.kind == "domain"
    raise JoinRefused("Not today.")


def test_policies_are_asked(acme, settings):
    settings.ORGANIZATIONS = {"JOIN_POLICIES": (f"{__name__}.nobody",)}
    open_domain(acme)
    eve = worker("eve")
    with pytest.raises(JoinRefused, match="Not today"):
        domains.join(acme, user=eve, now=NOW)
    assert not members.is_member(acme, eve)


def test_request_ends_when_the_person_joins_by_another_way(acme):
    organizations.set_joining(acme, actor=None, accepts_requests=True)
    eve = worker("eve")
    request = requests.ask(acme, user=eve, now=NOW)
    open_domain(acme)
    domains.join(acme, user=eve, now=NOW)
    request.refresh_from_db()
    assert request.status == "superseded"


@pytest.mark.parametrize("number", [1, 30])
def test_offers_cost_the_same_for_many(number, django_assert_num_queries):
    eve = worker("eve")
    zoe = testing.make_user("zoe")
    for position in range(number):
        open_domain(testing.make_organization(f"Number {position}", owner=zoe))
    with django_assert_num_queries(4):
        assert len(domains.offered_to(eve)) == number
    acme = Organization.objects.first()
    with django_assert_num_queries(3):
        assert domains.way_for(acme, eve)


# -- who is told


def test_those_who_may_invite_are_told_once(acme, ada, django_capture_on_commit_callbacks):
    organizations.set_joining(acme, actor=None, accepts_requests=True)
    get_user_model().objects.filter(username="bo").update(is_active=False)
    told = []

    def announce(row, user):
        told.append((row.kind, user.username))

    eve, cy = worker("eve"), acme.users.get(username="cy")
    with django_capture_on_commit_callbacks(execute=True):
        for _twice in range(2):
            requests.ask(acme, user=eve, now=NOW, announce=announce)
            requests.propose(acme, address="fay@example.com", actor=cy, now=NOW, announce=announce)
    assert told == [("request", "ada"), ("mail", "ada")]


def test_no_more_than_twenty_are_told_and_the_owner_first(acme, ada):
    for position in range(25):
        members.add(acme, testing.make_user(f"admin{position}"), is_admin=True)
    found = requests.deciders(acme, now=NOW)
    assert len(found) == len(set(found)) == 20
    assert found[0] == ada


def test_who_may_invite_by_another_source_is_told(acme, monkeypatch):
    class Inviting(Settings):
        def members_with(self, permission, *, now):
            return Q(user__username="cy")

    monkeypatch.setitem(grants._sources, "settings", Inviting())
    assert [user.username for user in requests.deciders(acme, now=NOW)] == ["ada", "bo", "cy"]


# -- the settings of joining


@pytest.mark.parametrize("model", [Organization, Club], ids=["ours", "custom"])
def test_settings_of_joining_are_kept_and_told(model, sent):
    acme = testing.make_organization("Acme", owner="ada", model=model)
    ada = acme.users.get()
    sent.sent.clear()
    assert organizations.joining_of(acme) == organizations.Joining()
    for _twice in range(2):
        organizations.set_joining(acme, actor=ada, invitation_days=14)
    found = organizations.set_joining(acme, actor=ada, accepts_requests=True)

    assert found == organizations.Joining(invitation_days=14, accepts_requests=True)
    assert told_of(sent) == [
        {"invitation_days": (None, 14)},
        {"accepts_requests": (False, True)},
    ]
    assert requests.accepts_requests(acme)
    offer = invitations.invite(acme, address="eve@example.com", actor=ada, now=NOW)
    assert offer.expires_at == NOW + timedelta(days=14)
    organizations.set_joining(acme, actor=ada, invitation_days=None)
    assert organizations.joining_of(acme).invitation_days is None


@pytest.mark.parametrize("days", [0, 31, -1])
def test_days_out_of_range_are_refused(acme, days):
    with pytest.raises(OrganizationsError, match="1 to 30"):
        organizations.set_joining(acme, actor=None, invitation_days=days)
    assert organizations.joining_of(acme).invitation_days is None


@pytest.mark.parametrize(
    "values",
    [{"invitation_days": "7"}, {"invitation_days": True}, {"accepts_requests": 1}, {"x": 1}],
)
def test_values_of_another_type_are_refused(acme, values):
    with pytest.raises(TypeError):
        organizations.set_joining(acme, actor=None, **values)
