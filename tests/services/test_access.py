import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser

from organizations import permissions, testing
from organizations.models import Organization
from organizations.permissions import Standing, declared
from organizations.services import access

pytestmark = pytest.mark.django_db

MEMBER = {"view_organization", "view_member", "propose_member"}
ADMIN = MEMBER | {
    *("change_organization", "invite_member", "change_member", "remove_member"),
    "suspend_member",
}
OWNER = ADMIN | {"delete_organization", "transfer_organization", "manage_billing"}


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(name):
    found = get_user_model().objects.filter(username=name).first()
    return found or testing.make_user(name, is_superuser=name == "root")


def short(names):
    """The built-in ones; optional apps and the host declare more."""
    own = {name for name in vars(permissions) if name in permissions.__all__ and name.isupper()}
    return {
        name.removeprefix("organizations.")
        for name in names & {getattr(permissions, name) for name in own}
    }


@pytest.mark.parametrize(
    ("name", "standing", "expected", "may_enter"),
    [
        ("ada", Standing.OWNER, OWNER, True),
        ("bo", Standing.ADMIN, ADMIN, True),
        ("cy", Standing.MEMBER, MEMBER, True),
        ("stranger", None, set(), False),
        ("root", None, OWNER, True),
    ],
)
def test_access_of(name, standing, expected, may_enter, acme):
    person = user(name)
    found = access.access_of(person, acme)
    assert found.standing == standing
    assert short(found.permissions) == expected
    assert found.may_enter == may_enter
    assert (found.organization_id, found.user_id) == (acme.pk, person.pk)
    assert (found.member.user if found.member else None) == (person if standing else None)
    assert found.is_superuser == (name == "root")


def test_access_ends_with_the_membership_at_once(acme):
    bo = user("bo")
    assert access.access_of(bo, acme).is_admin
    acme.remove_user(bo)
    assert not access.access_of(bo, acme).may_enter


@pytest.mark.parametrize("name", ["ada", "bo", "cy", "root"])
@pytest.mark.parametrize("what", ["account", "organization"])
def test_nobody_has_access_through_what_is_switched_off(name, what, acme):
    person = user(name)
    if what == "account":
        person.is_active = False
    else:
        acme.is_active = False
    found = access.access_of(person, acme)
    assert not found.may_enter
    assert not found.permissions


def test_anonymous_visitor_has_no_access_and_costs_no_query(acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not access.access_of(AnonymousUser(), acme).may_enter


@pytest.mark.parametrize("name", ["ada", "bo", "cy", "stranger", "root"])
def test_access_costs_one_query_and_none_for_what_follows(name, acme, django_assert_num_queries):
    person = user(name)
    with django_assert_num_queries(1):
        found = access.access_of(person, acme)
        for permission in declared():
            found.has(permission.name)
        _ = found.member and found.member.user


def test_superuser_has_no_access_where_the_setting_says_so(acme, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    root = user("root")
    assert not access.access_of(root, acme).may_enter
    testing.make_member(acme, root)
    assert short(access.access_of(root, acme).permissions) == MEMBER


def test_superuser_who_is_a_member_has_every_permission(acme):
    root = user("root")
    testing.make_member(acme, root)
    found = access.access_of(root, acme)
    assert found.standing == Standing.MEMBER
    assert short(found.permissions) == OWNER


def test_owner_of_one_organization_is_nobody_in_another(acme):
    other = testing.make_organization("Other", owner="olga")
    assert not access.access_of(user("ada"), other).may_enter
    assert not access.access_of(user("olga"), acme).may_enter


def test_members_with_standing_gives_the_owner_row_in_one_query(acme, django_assert_num_queries):
    testing.make_organization("Other", owner=user("bo"))
    with django_assert_num_queries(1):
        rows = {
            row.user.username: row.owner_row is not None
            for row in access.members_with_standing(acme)
        }
    assert rows == {"ada": True, "bo": False, "cy": False}


def test_async_twin_does_the_same(acme):
    cy = user("cy")
    found = async_to_sync(access.aaccess_of)(cy, Organization.objects.get(pk=acme.pk))
    assert found == access.access_of(cy, acme)
