"""One declaration, several ways to ask: all of them agree, for everybody and every permission."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.db.models.signals import post_delete
from django.utils import timezone

from organizations import grants, permissions, signals, testing
from organizations.exceptions import PermissionMissing, UnknownPermission
from organizations.families import family_of
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.permissions import Grant, Standing, declared
from organizations.services import access, members
from tests.app.models import Club, ClubMember, Product
from tests.compat.guilds.models import Guild
from tests.core.people import (
    EXPECTED,
    EXTRA,
    NameSource,
    ShelfSource,
    expected,
    give,
    kinds_of,
    make,
    names,
    registered,
    switch,
)

pytestmark = pytest.mark.django_db

ALL = [each.name for each in declared()]


def by_access(user, organization):
    found = access.access_of(user, organization)
    has = {name for name in ALL if found.has(name)}
    assert has == set(found.permissions)
    return has


def by_lists(user, model, row):
    """Return the names under which the list holds the row; it must hold it once at most."""
    found = set()
    for name in ALL:
        rows = model.objects.where_user_can(user, name)
        keys = [each.pk for each in rows]
        assert len(keys) == len(set(keys)), f"doubled under {name}"
        if row.pk in keys:
            found.add(name)
            assert rows.filter(pk=row.pk).count() == 1
    return found


def by_has_perm(user, thing):
    return {name for name in ALL if user.has_perm(name, thing)}


def by_async(user, organization, thing):
    async def ask():
        found = await access.aaccess_of(user, organization)
        return set(found.permissions), {name for name in ALL if await user.ahas_perm(name, thing)}

    return async_to_sync(ask)()


def check_agreement(user, organization, thing, wanted):
    """All the ways to ask about an organization and a row of it give the wanted names."""
    # HOUSE, Settled 16: Django says yes to an active superuser and asks nobody.
    of_django = set(ALL) if user.is_superuser and user.is_active else wanted
    assert by_access(user, organization) == wanted
    assert by_lists(user, type(organization), organization) == wanted
    assert by_has_perm(user, organization) == of_django
    assert by_has_perm(user, thing) == of_django
    assert by_async(user, organization, thing) == (wanted, of_django)


def test_table_of_people_has_every_permission_in_it():
    assert expected("owner") == set(ALL)
    assert expected("member") < expected("admin") < expected("owner")
    assert not EXTRA & expected("member")
    assert {"app.view_product", "app.change_product", "app.refund_order"} <= set(ALL)


@pytest.mark.parametrize("kind", EXPECTED)
def test_check_and_list_agree_for_everybody(kind, settings):
    with registered(NameSource()):
        user, acme = make(kind)
        switch(kind, settings)
        product = Product.objects.create(name="Anvil", account=acme)
        check_agreement(user, acme, product, expected(kind))
        assert by_lists(user, Product, product) == expected(kind)


@pytest.mark.table
@pytest.mark.parametrize("kind", EXPECTED)
def test_nobody_has_anything_in_an_organization_that_is_not_in_use(kind, settings):
    with registered(NameSource()):
        user, acme = make(kind)
        switch(kind, settings)
        product = Product.objects.create(name="Anvil", account=acme)
        Organization.objects.update(is_active=False)
        acme = Organization.objects.get()
        check_agreement(user, acme, Product.objects.get(), set())
        assert by_lists(user, Product, product) == set()


@pytest.mark.parametrize("kind", kinds_of(Club))
@pytest.mark.parametrize("model", [Guild, Club], ids=["base line", "abstract line"])
def test_other_families_have_standings_alone(model, kind, settings):
    with registered(NameSource()):
        user, guild = make(kind, model)
        switch(kind, settings)
        wanted = expected(kind, sources=False)
        if not family_of(guild).has_field("member", "is_admin") and "admin" in kind:
            wanted &= expected("member")
        row = guild.organization_users.order_by("pk").first()
        check_agreement(user, guild, row, wanted)


@pytest.mark.parametrize("kind", ["owner", "admin", "member", "member with more", "superuser"])
def test_rights_here_are_no_rights_there(kind):
    with registered(NameSource()):
        user, _ = make(kind)
        zenith = testing.make_organization("Zenith", owner="zoe")
        product = Product.objects.create(name="Anvil", account=zenith)
        check_agreement(user, zenith, product, expected(kind) if kind == "superuser" else set())


@pytest.mark.table
@pytest.mark.parametrize("kind", EXPECTED)
def test_a_source_that_joins_many_rows_doubles_nothing(kind, settings):
    with registered(NameSource(), ShelfSource()):
        user, acme = make(kind)
        switch(kind, settings)
        wanted = expected(kind)
        for _ in range(3):
            product = Product.objects.create(name="app.refund_order", account=acme)
        if access.access_of(user, acme).is_member:
            wanted = wanted | {"app.refund_order"}
        check_agreement(user, acme, product, wanted)
        assert by_lists(user, Product, product) == wanted
        rows = Product.objects.where_user_can(user, "app.refund_order")
        assert rows.filter(account__users__username="bo").count() == (
            3 if "app.refund_order" in wanted else 0
        )


# What a source may and may not do


class Giver:
    """Gives the same grants to everybody."""

    name = "giver"

    def __init__(self, *given):
        self.given = given

    def annotate(self, members, *, now):
        return members

    def grants_from(self, row):
        return self.given


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(acme, name):
    return acme.users.get(username=name)


def grant(*given, **values):
    return Grant(kind="gift", permissions=frozenset(given), **values)


def test_access_says_where_a_permission_comes_from(acme):
    live, old = grant("app.refund_order", name="Present"), grant("app.refund_order", ended=True)
    with registered(Giver(live, old)):
        found = access.access_of(user(acme, "cy"), acme)
    assert found.sources_of("app.refund_order") == (live, old)
    assert [each.kind for each in found.sources_of("app.view_product")] == ["member"]
    assert found.sources_of(permissions.DELETE_ORGANIZATION) == ()
    with pytest.raises(UnknownPermission):
        found.sources_of("app.refund_orders")


def test_a_grant_that_has_ended_gives_nothing(acme):
    with registered(Giver(grant("app.refund_order", until=timezone.now(), ended=True))):
        found = access.access_of(user(acme, "cy"), acme)
        assert not found.has("app.refund_order")
        with pytest.raises(PermissionMissing):
            found.require("app.refund_order")


def test_a_name_that_is_declared_no_longer_gives_nothing(acme):
    with registered(Giver(grant("app.gone", "app.refund_order"))):
        found = access.access_of(user(acme, "cy"), acme)
    assert "app.gone" not in found.permissions
    assert found.has("app.refund_order")


def test_a_source_registered_again_replaces_the_first(acme):
    with registered(Giver(grant("app.refund_order")), Giver(grant(permissions.MANAGE_BILLING))):
        found = access.access_of(user(acme, "cy"), acme)
    assert permissions.MANAGE_BILLING in found.permissions
    assert "app.refund_order" not in found.permissions


def test_rights_of_members_are_those_of_each_in_one_query(acme, django_assert_num_queries):
    with registered(NameSource(), ShelfSource()):
        give(user(acme, "cy"), "app.refund_order")
        Product.objects.create(name=permissions.MANAGE_BILLING, account=acme)
        with django_assert_num_queries(1):
            found = access.rights_of_members(acme)
        for name in ("ada", "bo", "cy"):
            person = user(acme, name)
            assert found[person.pk] == access.access_of(person, acme)
        assert set(access.rights_of_members(acme, [user(acme, "bo").pk])) == {user(acme, "bo").pk}


def test_rights_of_members_know_those_who_are_switched_off(acme):
    """Who gives and takes rights must see what comes back with the account."""
    bo = user(acme, "bo")
    type(bo).objects.filter(pk=bo.pk).update(is_active=False)
    assert set(access.rights_of_members(acme)[bo.pk].permissions) == names(Standing.ADMIN)


@pytest.mark.parametrize("kind", ["owner", "admin", "member with more", "outsider", "superuser"])
def test_access_costs_one_query_with_sources(kind, django_assert_num_queries):
    with registered(NameSource(), ShelfSource()):
        person, acme = make(kind)
        with django_assert_num_queries(1):
            found = access.access_of(person, acme)
            [found.has(name) for name in ALL]
            [found.sources_of(name) for name in ALL]


def test_lists_cost_one_query_with_sources(django_assert_num_queries):
    with registered(NameSource(), ShelfSource()):
        person, acme = make("member with more")
        Product.objects.create(name="Anvil", account=acme)
        with django_assert_num_queries(2):
            assert list(Organization.objects.where_user_can(person, "app.refund_order"))
            assert list(Product.objects.where_user_can(person, "app.refund_order"))
        with django_assert_num_queries(0):
            assert not list(
                Organization.objects.where_user_can(AnonymousUser(), "app.view_product")
            )
            assert not list(Product.objects.where_user_can(AnonymousUser(), "app.view_product"))


# Rows as they should not be


def test_who_owns_another_organization_by_a_stray_row_owns_nothing_here():
    """Old databases have owner rows that name a member of another organization."""
    family = family_of(Guild)
    here = testing.make_organization("Here", owner="ada", members=["cy"], model=Guild)
    there = testing.make_organization("There", owner="zoe", model=Guild)
    cy = family.member._base_manager.get(organization=here, user__username="cy")
    family.owner._base_manager.filter(organization=there).update(organization_user=cy)
    for organization in (here, there):
        wanted = names(Standing.MEMBER) if organization == here else set()
        check_agreement(cy.user, organization, organization, wanted)
    assert access.rights_of_members(here)[cy.user_id].standing is Standing.MEMBER
    assert access.members_with_standing(here).get(pk=cy.pk).owner_row is None


def test_members_whom_the_manager_hides_have_rights_all_the_same(acme, monkeypatch):
    """The check, the list and the verbs see the same rows, whatever a project's manager shows."""
    cy, nobody = user(acme, "cy"), OrganizationUser.objects.none()
    monkeypatch.setattr(OrganizationUser._meta.default_manager, "get_queryset", lambda: nobody)
    assert not OrganizationUser.objects.exists()
    assert members.is_member(acme, cy)
    assert access.access_of(cy, acme).is_member
    assert set(access.rights_of_members(acme)) == set(acme.users.values_list("pk", flat=True))


def test_owner_without_the_admin_flag_is_still_the_owner(acme):
    OrganizationUser.objects.filter(user__username="ada").update(is_admin=False)
    ada = user(acme, "ada")
    assert OrganizationOwner.objects.get().organization_user.user == ada
    check_agreement(ada, acme, acme, names(Standing.OWNER))


def test_groups_tell_of_their_deletion(acme):
    """Keys of groups stand in other tables without a foreign key."""

    class Shelf:
        kind, model = "shelf", ClubMember

    heard = []

    def hear(**kwargs):
        heard.append((kwargs["sender"], kwargs["organization_id"], kwargs["kind"], kwargs["key"]))

    club = testing.make_organization("Club", owner="zoe", members=["yul", "xi"], model=Club)
    keys = list(club.organization_users.filter(clubowner=None).values_list("pk", flat=True))
    before = dict(grants._groups)
    signals.group_deleted.connect(hear)
    try:
        grants.register_groups(Shelf())
        assert "shelf" in {each.kind for each in grants.groups()}
        ClubMember.objects.get(pk=keys[0]).delete()
        ClubMember.objects.filter(pk=keys[1]).delete()
    finally:
        signals.group_deleted.disconnect(hear)
        grants._groups.clear()
        grants._groups.update(before)
        post_delete.disconnect(sender=ClubMember, dispatch_uid="shelf")
    assert heard == [(ClubMember, club.pk, "shelf", key) for key in keys]
