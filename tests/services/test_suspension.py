"""A member pauses, comes back, and ends at a day: access goes and returns, the row stays."""

import copy
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.utils import timezone

from organizations import families, forms, permissions, testing
from organizations.exceptions import (
    ExceedsOwnRights,
    InviterNotEntitled,
    LifecycleMissing,
    MembershipEndsInThePast,
    OwnerMustBeActive,
    OwnerOutOfReach,
    OwnershipRequired,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.permissions import Standing
from organizations.services import invitations, members, ownership, suspension
from organizations.services.access import access_of, rights_of_members
from organizations.services.explain import explain
from tests.app.models import Club, Product
from tests.compat.guilds.models import Guild
from tests.core.people import NameSource, give, names, registered
from tests.services.recording import recorded_signals
from tests.services.test_preview import quietly, short

pytestmark = pytest.mark.django_db

NOW = timezone.now()
DAY = timedelta(days=1)
SUSPENDED = {"suspended_at": NOW - DAY}
ENDED = {"ends_at": NOW - DAY}
LOST = {"suspended": SUSPENDED, "ended": ENDED}


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy", "di"])


def user(name):
    found = get_user_model().objects.filter(username=name).first()
    return found or testing.make_user(name, is_superuser=name == "root")


def row(name):
    return OrganizationUser.objects.get(user__username=name)


def change(name, **values):
    OrganizationUser.objects.filter(user__username=name).update(**values)
    return row(name)


def suspend(name, by="ada"):
    return suspension.suspend(row(name), actor=user(by) if by else None, now=NOW)


def reinstate(name, by="ada"):
    return suspension.reinstate(row(name), actor=user(by) if by else None)


def end(name, ends_at=NOW + DAY, by="ada"):
    return suspension.set_end(row(name), ends_at, actor=user(by) if by else None, now=NOW)


# What live means


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, True),
        ({"suspended_at": NOW}, False),
        ({"suspended_at": NOW + DAY}, False),
        ({"ends_at": NOW}, False),  # ended at that very moment
        ({"ends_at": NOW + timedelta(microseconds=1)}, True),
        ({"ends_at": NOW - DAY}, False),
        ({"suspended_at": NOW - DAY, "ends_at": NOW + DAY}, False),
    ],
)
def test_the_database_and_the_row_say_the_same(values, expected, acme):
    member = change("cy", **values)
    family = families.family_of(acme)
    rows = OrganizationUser.objects.filter(families.live(family, NOW), pk=member.pk)
    assert rows.exists() is expected
    assert families.is_live(member, NOW) is expected
    owners = OrganizationOwner.objects.filter(
        families.live(family, NOW, prefix="organization_user__")
    )
    assert owners.count() == 1


@pytest.mark.parametrize("model", [Guild, Club], ids=["base line", "abstract line"])
def test_frozen_tables_have_no_condition_and_no_verbs(model):
    club = testing.make_organization("Club", owner="ada", members=["cy"], model=model)
    family = families.family_of(club)
    assert not families.live(family, NOW)
    member = club.organization_users.get(user__username="cy")
    member.suspended_at = member.ends_at = NOW - DAY  # a name of the project's own
    assert families.is_live(member, NOW)
    for step in (
        lambda: suspension.suspend(member, actor=user("ada"), now=NOW),
        lambda: suspension.reinstate(member, actor=user("ada")),
        lambda: suspension.set_end(member, NOW + DAY, actor=None, now=NOW),
    ):
        with pytest.raises(LifecycleMissing, match=r"organizations\.abstract\.MemberLifecycle"):
            step()
    assert members.is_member(club, user("cy"))
    ownership.transfer(club, member)
    assert ownership.is_owner(club, user("cy"))


# Every question says no, at once, and yes again


def questions(organization, person):
    """Return every answer about a person as {question: answer}."""
    fresh = Organization.objects.get(pk=organization.pk)
    loaded = Organization.objects.prefetch_related("organization_users", "users")
    with_users = Organization.objects.prefetch_related("users").get(pk=organization.pk)
    both = loaded.select_related("owner__organization_user").get(pk=organization.pk)
    product = Product.objects.filter(account=fresh).first()
    can = permissions.VIEW_MEMBER
    access = access_of(person, fresh)
    return {
        "may_enter": access.may_enter,
        "member": access.member is not None,
        "permissions": bool(access.permissions),
        "is_member": members.is_member(fresh, person),
        "is_member, loaded": members.is_member(both, person),
        "is_member, users loaded": members.is_member(with_users, person),
        "has_perm": person.has_perm(can, fresh),
        "has_perm of a row": person.has_perm(can, product),
        "for_user": fresh in Organization.objects.for_user(person),
        "get_for_user": fresh in Organization.active.get_for_user(person),
        "rows for_user": product in Product.objects.for_user(person),
        "where_user_can": fresh in Organization.objects.where_user_can(person, can),
        "rows where_user_can": product in Product.objects.where_user_can(person, can),
        "explain": explain(person, can, fresh).allowed,
    }


@pytest.mark.parametrize("name", ["bo", "cy"])
@pytest.mark.parametrize("lost", LOST)
def test_every_question_says_no_at_once_and_yes_again(lost, name, acme):
    Product.objects.create(name="Anvil", account=acme)
    person = user(name)
    assert all(questions(acme, person).values())
    change(name, **LOST[lost])
    assert not any(questions(acme, person).values())
    change(name, suspended_at=None, ends_at=None)
    assert all(questions(acme, person).values())


@pytest.mark.parametrize("lost", LOST)
def test_who_is_not_live_is_neither_admin_nor_owner(lost, acme):
    loaded = Organization.objects.prefetch_related("organization_users")
    loaded = loaded.select_related("owner__organization_user")
    assert members.is_admin(acme, user("bo"))
    assert ownership.is_owner(acme, user("ada"))
    change("bo", **LOST[lost])
    change("ada", **LOST[lost])  # no verb does it
    for each in (Organization.objects.get(), loaded.get()):
        assert not members.is_admin(each, user("bo"))
        assert not ownership.is_owner(each, user("ada"))


def test_standing_and_what_sources_give_are_kept_and_come_back(acme):
    with registered(NameSource()):
        give(user("bo"), permissions.MANAGE_BILLING)
        before = access_of(user("bo"), acme).permissions
        suspend("bo")
        assert access_of(user("bo"), acme).permissions == frozenset()
        assert rights_of_members(acme)[user("bo").pk].permissions == before
        reinstate("bo")
        assert access_of(user("bo"), acme).permissions == before


@pytest.mark.parametrize("lost", LOST)
def test_superuser_comes_in_by_the_flag_and_not_as_a_member(lost, acme, settings):
    testing.make_member(acme, user("root"))
    change("root", **LOST[lost])
    access = access_of(user("root"), acme)
    assert (access.is_superuser, access.is_member, access.member) == (True, False, None)
    assert [grant.kind for grant in access.grants] == ["superuser"]
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    assert not access_of(user("root"), acme).may_enter


# Rules


RULES = [
    # who acts, upon whom, and what comes of suspending, reinstating and an end
    ("ada", "bo", None, None, None),
    ("ada", "cy", None, None, None),
    ("bo", "cy", None, None, None),
    ("bo", "fi", None, None, None),
    ("root", "cy", None, None, None),
    (None, "cy", None, None, None),
    ("cy", "di", PermissionMissing, PermissionMissing, PermissionMissing),
    ("gus", "cy", PermissionMissing, PermissionMissing, PermissionMissing),
    ("out", "cy", PermissionMissing, PermissionMissing, PermissionMissing),
    ("bo", "ada", OwnerOutOfReach, OwnerOutOfReach, OwnerOutOfReach),
    ("root", "ada", OwnershipRequired, None, OwnershipRequired),
    (None, "ada", OwnershipRequired, None, OwnershipRequired),
    ("ada", "ada", OwnershipRequired, None, OwnershipRequired),
    ("bo", "bo", RaisesOwnRights, PermissionMissing, RaisesOwnRights),
    ("bo", "eve", ExceedsOwnRights, ExceedsOwnRights, ExceedsOwnRights),
]


@pytest.mark.parametrize(("by", "whom", "suspending", "reinstating", "ending"), RULES)
def test_who_may_do_it_to_whom(by, whom, suspending, reinstating, ending, acme):
    """eve has a right that bo lacks; fi is another admin; gus was one and is suspended."""
    for name in ("eve", "fi", "gus"):
        testing.make_member(acme, name, is_admin=name != "eve")
    change("gus", suspended_at=NOW)
    user("out"), user("root")
    with registered(NameSource()):
        give(user("eve"), permissions.MANAGE_BILLING)
        steps = [(suspend, suspending), (reinstate, reinstating), (end, ending)]
        for step, refusal in steps:
            if step is reinstate and refusal is not None:
                change(whom, suspended_at=NOW)
            if step is end:
                change(whom, suspended_at=None)
            before = row(whom)
            if refusal is None:
                step(whom, by=by)
                continue
            with recorded_signals() as recorder, pytest.raises(refusal):
                step(whom, by=by)
            assert recorder.names == []
            after = row(whom)
            assert (after.suspended_at, after.ends_at) == (before.suspended_at, before.ends_at)


def test_end_takes_the_right_to_change_and_suspending_the_right_to_suspend(acme):
    with registered(NameSource()):
        give(user("cy"), permissions.SUSPEND_MEMBER)
        suspend("di", by="cy")
        reinstate("di", by="cy")
        with pytest.raises(PermissionMissing):
            end("di", by="cy")
        give(user("cy"), permissions.CHANGE_MEMBER)
        end("di", by="cy")
        with pytest.raises(PermissionMissing):
            suspend("di", by="cy")


def test_nobody_reinstates_somebody_who_keeps_more(acme):
    """The ceiling sees what a suspended member will have again."""
    with registered(NameSource()):
        give(user("cy"), permissions.MANAGE_BILLING)
        suspend("cy")
        for step in (
            lambda: reinstate("cy", by="bo"),
            lambda: members.set_admin(row("cy"), True, actor=user("bo")),
            lambda: members.remove(acme, user("cy"), actor=user("bo")),
        ):
            with pytest.raises(ExceedsOwnRights):
                step()


def test_superuser_who_is_a_member_does_not_suspend_themselves(acme):
    testing.make_member(acme, user("root"))
    with pytest.raises(RaisesOwnRights):
        suspend("root", by="root")
    with pytest.raises(RaisesOwnRights):
        end("root", by="root")
    change("root", suspended_at=NOW)
    assert reinstate("root", by="root").suspended_at is None


def test_signals_and_the_fresh_row(acme):
    stale, ada = row("cy"), user("ada")
    with recorded_signals() as recorder:
        fresh = suspension.suspend(stale, actor=ada, now=NOW)
        suspension.suspend(stale, actor=ada, now=NOW + DAY)
        assert recorder.names == ["member_suspended"]
        assert recorder.of("member_suspended") == (
            OrganizationUser,
            {"organization": acme, "member": fresh, "actor": ada},
        )
    assert row("cy").suspended_at == fresh.suspended_at == NOW
    with recorded_signals() as recorder:
        suspension.reinstate(stale, actor=ada)
        suspension.reinstate(stale, actor=ada)
        assert recorder.names == ["member_reinstated"]
    with recorded_signals() as recorder:
        end("cy", NOW + DAY)
        end("cy", NOW + DAY)
        assert recorder.names == ["member_changed"]
        _, facts = recorder.of("member_changed")
        assert facts["changes"] == {"ends_at": (None, NOW + DAY)}
    assert end("cy", None).ends_at is None
    assert row("cy").ends_at is None


@pytest.mark.parametrize("moment", [NOW, NOW - DAY])
def test_end_lies_ahead(moment, acme):
    with pytest.raises(MembershipEndsInThePast):
        end("cy", moment)
    with pytest.raises(ValueError, match="time zone"):
        end("cy", datetime(2099, 1, 1))


def test_membership_that_has_ended_goes_on_by_a_later_end_or_none(acme):
    for later in (NOW + DAY, None):
        change("cy", **ENDED)
        assert not acme.is_member(user("cy"))
        end("cy", later)
        assert acme.is_member(user("cy"))


def test_reinstating_leaves_the_end(acme):
    change("cy", **SUSPENDED, **ENDED)
    reinstate("cy")
    assert not acme.is_member(user("cy"))


# What else a member who is not live can and cannot do


@pytest.mark.parametrize("values", [SUSPENDED, ENDED, {"ends_at": NOW + DAY}])
def test_owner_is_one_who_stays(values, acme):
    member = change("bo", **values)
    with pytest.raises(OwnerMustBeActive, match="suspended member"):
        ownership.transfer(acme, member, actor=user("ada"))
    assert acme.is_owner(user("ada"))
    families_own = OrganizationUser.objects.filter(
        ownership.may_own(families.family_of(acme)), organization=acme
    )
    assert "bo" not in {each.user.username for each in families_own}
    request = type("Request", (), {"user": user("ada")})()
    transfer = forms.TransferForm(request, acme).fields["new_owner"].queryset
    assert sorted(each.user.username for each in transfer) == ["cy", "di"]
    documented = forms.OrganizationForm(request, instance=acme).fields["owner"].queryset
    assert sorted(each.user.username for each in documented) == ["ada"]


@pytest.mark.parametrize("lost", LOST)
def test_who_is_not_live_is_a_member_already_and_may_leave(lost, acme):
    change("cy", **LOST[lost])
    with pytest.raises(members.AlreadyMember):
        members.add(acme, user("cy"), actor=user("ada"))
    with pytest.raises(members.AlreadyMember):
        invitations.invite(acme, address="cy@example.com", actor=user("ada"), now=NOW)
    assert members.get_or_add(acme, user("cy")) == (row("cy"), False)
    assert not acme.is_member(user("cy"))
    assert members.belongs(acme, user("cy"))
    members.leave(acme, user("cy"))
    assert not members.belongs(acme, user("cy"))
    assert user("cy").is_active


@pytest.mark.parametrize("lost", LOST)
def test_offers_wait_for_who_made_them(lost, acme):
    offer = invitations.invite(acme, address="new@example.com", actor=user("bo"), now=NOW)
    new = testing.make_user("new")
    change("bo", **LOST[lost])
    with pytest.raises(InviterNotEntitled):
        invitations.accept(offer, user=new, now=timezone.now())
    change("bo", suspended_at=None, ends_at=None)
    invitations.accept(offer, user=new, now=timezone.now())
    assert acme.is_member(new)


@pytest.mark.parametrize("lost", LOST)
def test_who_is_not_live_acts_no_more(lost, acme):
    change("bo", **LOST[lost])
    for step in (
        lambda: members.set_admin(row("cy"), True, actor=user("bo")),
        lambda: members.remove(acme, user("cy"), actor=user("bo")),
        lambda: suspend("cy", by="bo"),
        lambda: reinstate("bo", by="bo"),
        lambda: end("bo", None, by="bo"),
    ):
        with pytest.raises(PermissionMissing):
            step()


# Dry runs, reasons, twins


def test_preview_shows_who_loses_and_who_gets_back(acme):
    lost = names(Standing.ADMIN)
    found = quietly(suspension.suspend, row("bo"), actor=user("ada"), now=NOW)
    assert short(found) == {"bo": (set(), lost)}
    change("bo", **SUSPENDED)
    found = quietly(suspension.reinstate, row("bo"), actor=user("ada"))
    assert short(found) == {"bo": (lost, set())}
    assert short(quietly(members.set_admin, row("bo"), False)) == {}
    change("bo", suspended_at=None)
    found = quietly(suspension.set_end, row("bo"), NOW + DAY, actor=user("ada"), now=NOW)
    assert found.changes == ()


@pytest.mark.parametrize(
    ("values", "barrier", "words"),
    [
        (
            {"suspended_at": datetime(2026, 3, 1, 12, tzinfo=UTC)},
            "suspended",
            "The member is suspended since March 1, 2026, noon, so has no access. "
            "Admins have this right.",
        ),
        (
            {"ends_at": datetime(2026, 3, 1, 15, tzinfo=UTC)},
            "membership_ended",
            "The membership ended on March 1, 2026, 3 p.m. Admins have this right.",
        ),
    ],
)
def test_the_reason_is_said_with_its_moment(values, barrier, words, acme):
    change("bo", **values)
    found = explain(user("bo"), permissions.INVITE_MEMBER, acme)
    assert (found.allowed, found.barrier) == (False, barrier)
    assert found.sentence.endswith(words)
    assert found.as_dict()["since"] == next(iter(values.values())).isoformat()


def test_async_twins(acme):
    member = row("cy")
    async_to_sync(suspension.asuspend)(member, actor=user("ada"), now=NOW)
    assert not acme.is_member(user("cy"))
    async_to_sync(suspension.areinstate)(member, actor=user("ada"))
    async_to_sync(suspension.aset_end)(copy.copy(member), NOW + DAY, actor=None, now=NOW)
    assert acme.is_member(user("cy"))
    assert row("cy").ends_at == NOW + DAY


def test_verbs_cost(acme, django_assert_num_queries):
    member, ada = row("cy"), user("ada")
    # savepoint and its release; organization, lock, member, authority, target, owner, write
    with django_assert_num_queries(9):
        suspension.suspend(member, actor=ada, now=NOW)
