"""What roles give: one query, and the same answer in both directions."""

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from organizations import grants, permissions
from organizations.families import family_of
from organizations.grants import names_of
from organizations.permissions import (
    CHANGE_MEMBER,
    CHANGE_ORGANIZATION,
    INVITE_MEMBER,
    MANAGE_BILLING,
    REMOVE_MEMBER,
    TRANSFER_ORGANIZATION,
    Standing,
)
from organizations.roles import services
from organizations.roles.models import Role, RoleAssignment
from organizations.services.access import access_of, rights_of_members
from tests.roles.crews.models import Crew, CrewGroups
from tests.roles.support import DAY, has, row, tomorrow, user


def make(acme, name, *names):
    return services.create(acme, name=name, permissions=names, actor=None)


def ended(assignment, ago=DAY):
    """Let an assignment have ended some time ago."""
    RoleAssignment.objects.filter(pk=assignment.pk).update(ends_at=timezone.now() - ago)
    return assignment


def roles_of(acme, name):
    grants_found = access_of(user(name), acme).grants
    return [grant for grant in grants_found if grant.kind == "role"]


def who_has(acme, permission, *, now=None):
    found = grants.members_with(family_of(acme), permission, now=now or timezone.now())
    return set(acme.organization_users.filter(found).values_list("user__username", flat=True))


def test_a_role_gives_its_permissions_to_a_member(acme):
    until = tomorrow()
    services.assign(row(acme, "cy"), make(acme, "Sales", INVITE_MEMBER), ends_at=until, actor=None)

    (grant,) = roles_of(acme, "cy")

    assert has(acme, "cy", INVITE_MEMBER) and not has(acme, "di", INVITE_MEMBER)
    assert (grant.name, grant.via, grant.until, grant.ended) == ("Sales", "", until, False)
    assert grant.permissions == {INVITE_MEMBER}


def test_a_role_of_a_group_reaches_its_members(acme, crew):
    services.assign(crew, make(acme, "Sales", INVITE_MEMBER), actor=None)

    (grant,) = roles_of(acme, "di")

    assert has(acme, "di", INVITE_MEMBER) and not has(acme, "cy", INVITE_MEMBER)
    assert (grant.name, grant.via, grant.until) == ("Sales", "Night crew", None)


def test_a_role_in_code_gives_what_the_code_says(acme, roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[INVITE_MEMBER])
    services.assign(row(acme, "cy"), "cashier", actor=None)

    assert [grant.name for grant in roles_of(acme, "cy")] == ["Cashier"]
    assert has(acme, "cy", INVITE_MEMBER)


def test_a_role_that_has_left_the_code_gives_nothing(acme, roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[INVITE_MEMBER])
    services.assign(row(acme, "cy"), "cashier", actor=None)
    del roles_in_code._registry["cashier"]

    assert roles_of(acme, "cy") == []
    assert not has(acme, "cy", INVITE_MEMBER)


def test_what_ended_is_told_and_gives_nothing(acme):
    given = services.assign(row(acme, "cy"), make(acme, "Sales", INVITE_MEMBER), actor=None)
    ended(given)

    (grant,) = roles_of(acme, "cy")

    assert grant.ended and grant.permissions == {INVITE_MEMBER}
    assert access_of(user("cy"), acme).sources_of(INVITE_MEMBER) == (grant,)
    assert not has(acme, "cy", INVITE_MEMBER)


@pytest.mark.parametrize(
    ("offset", "works"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_access_ends_at_the_very_moment(acme, monkeypatch, offset, works):
    """No job runs: the question itself looks at the clock."""
    end = tomorrow().replace(microsecond=500)
    sales = make(acme, "Sales", INVITE_MEMBER)
    services.assign(row(acme, "cy"), sales, ends_at=end, actor=None)

    moment = end + timedelta(microseconds=offset)
    monkeypatch.setattr(timezone, "now", lambda: moment)

    assert has(acme, "cy", INVITE_MEMBER) is works
    assert ("cy" in who_has(acme, INVITE_MEMBER, now=moment)) is works


def test_a_right_that_stays_with_its_standing_is_not_given(acme):
    """Not even by a row that somebody wrote past the verbs."""
    role = Role.objects.create(
        organization=acme, name="Boss", permissions={TRANSFER_ORGANIZATION, INVITE_MEMBER}
    )
    services.assign(row(acme, "cy"), role, actor=None)

    assert has(acme, "cy", INVITE_MEMBER)
    assert not has(acme, "cy", TRANSFER_ORGANIZATION)
    assert who_has(acme, TRANSFER_ORGANIZATION) == {"ada"}


def test_a_name_that_is_no_longer_declared_gives_nothing(acme):
    role = Role.objects.create(organization=acme, name="Old", permissions={"gone.do_it"})
    services.assign(row(acme, "cy"), role, actor=None)

    (grant,) = roles_of(acme, "cy")
    assert grant.permissions == frozenset()


class TestRowsThatCrossOrganizations:
    """They cannot be made by the verbs; where they stand they give nothing to anybody."""

    def check_that_nothing_is_given(self, *organizations):
        for organization in organizations:
            assert who_has(organization, MANAGE_BILLING) in ({"ada"}, {"otto"})
            for access in rights_of_members(organization).values():
                assert access.is_owner or MANAGE_BILLING not in access.permissions

    @pytest.mark.sqlite
    def test_a_role_of_another_organization(self, acme, other):
        role = make(other, "Money", MANAGE_BILLING)
        RoleAssignment.objects.create(organization=acme, member=row(acme, "cy"), role=role)

        self.check_that_nothing_is_given(acme, other)

    def test_a_member_of_another_organization(self, acme, other):
        role = make(acme, "Money", MANAGE_BILLING)
        RoleAssignment.objects.create(organization=acme, member=row(other, "cy"), role=role)

        self.check_that_nothing_is_given(acme, other)

    def test_a_group_of_another_organization(self, acme, other):
        foreign = Crew.objects.create(organization=other, name="Foreign crew")
        foreign.members.add(row(acme, "cy"), row(other, "cy"))
        role = make(acme, "Money", MANAGE_BILLING)
        RoleAssignment.objects.create(
            organization=acme, group_kind="crew", group_key=foreign.pk, role=role
        )

        self.check_that_nothing_is_given(acme, other)

    def test_a_group_of_another_organization_of_a_careless_kind(self, acme, other, monkeypatch):
        """The kind of group does not compare organizations; the source of grants does."""

        def careless(self, member):
            rows = Crew.members.through.objects.filter(organizationuser=member)
            return rows.values("crew")

        monkeypatch.setattr(CrewGroups, "reaching", careless)
        self.test_a_group_of_another_organization(acme, other)

    def test_a_foreign_member_in_a_group(self, acme, other, crew):
        crew.members.add(row(other, "cy"))
        services.assign(crew, make(acme, "Money", MANAGE_BILLING), actor=None)

        assert not has(other, "cy", MANAGE_BILLING)
        assert who_has(other, MANAGE_BILLING) == {"otto"}

    def test_a_kind_of_group_that_is_not_there(self, acme, crew):
        role = make(acme, "Money", MANAGE_BILLING)
        RoleAssignment.objects.create(
            organization=acme, group_kind="gone", group_key=crew.pk, role=role
        )

        self.check_that_nothing_is_given(acme)


@pytest.mark.parametrize("number", [0, 1, 50])
def test_one_query_whatever_the_number_of_roles(
    acme, crew, number, django_assert_num_queries, roles_in_code
):
    names = [CHANGE_ORGANIZATION, INVITE_MEMBER, REMOVE_MEMBER]
    for index in range(number):
        role = make(acme, f"Role {index}", names[index % 3])
        services.assign(row(acme, "di"), role, actor=None)
        services.assign(crew, role, actor=None)
        code = roles_in_code.declare(f"role-{index}", label=f"R{index}", permissions=[])
        services.assign(row(acme, "di"), code, actor=None)
    di = user("di")

    with django_assert_num_queries(1):
        access = access_of(di, acme)

    assert len(access.grants) == 1 + 3 * number
    assert access.permissions == names_of(Standing.MEMBER) | set(names[:number])


@pytest.mark.parametrize("number", [1, 20])
def test_one_query_for_all_members(acme, number, django_assert_num_queries):
    for index in range(number):
        services.assign(row(acme, "cy"), make(acme, f"Role {index}", INVITE_MEMBER), actor=None)

    with django_assert_num_queries(1):
        assert len(rights_of_members(acme)) == 6


def many_kinds_of_members(acme, other, crew, roles_in_code):
    """Let the members of acme have roles in every way there is."""
    code = roles_in_code.declare(
        "cashier", label="Cashier", permissions=[INVITE_MEMBER, TRANSFER_ORGANIZATION]
    )
    gone = roles_in_code.declare("gone", label="Gone", permissions=[MANAGE_BILLING])
    sales = make(acme, "Sales", CHANGE_ORGANIZATION, INVITE_MEMBER)
    money = make(acme, "Money", MANAGE_BILLING)
    empty = make(acme, "Empty")
    fixed = Role.objects.create(
        organization=acme, name="Boss", permissions={TRANSFER_ORGANIZATION, "gone.do_it"}
    )
    cy, di, ed = (row(acme, name) for name in ("cy", "di", "ed"))
    services.assign(cy, sales, actor=None)
    services.assign(cy, empty, actor=None)
    services.assign(di, code, ends_at=tomorrow(), actor=None)
    ended(services.assign(di, money, actor=None))
    services.assign(ed, fixed, actor=None)
    services.assign(ed, gone, actor=None)
    services.assign(row(acme, "al"), money, ends_at=tomorrow(), actor=None)
    crew.members.add(ed, row(acme, "bo"))
    services.assign(crew, sales, actor=None)
    ended(services.assign(crew, money, actor=None))
    services.assign(row(other, "cy"), make(other, "Money", MANAGE_BILLING), actor=None)
    del roles_in_code._registry["gone"]


def test_check_and_list_agree(acme, other, crew, roles_in_code):
    """Every permission x every kind of member: what one has is what one is listed with."""
    many_kinds_of_members(acme, other, crew, roles_in_code)
    different = set()

    for organization in (acme, other):
        rights = rights_of_members(organization)
        for each in permissions.declared():
            listed = who_has(organization, each.name)
            checked = {
                access.member.user.username
                for access in rights.values()
                if each.name in access.permissions
            }
            assert listed == checked, each.name
            different.add(frozenset(listed))
            for name in organization.users.values_list("username", flat=True):
                assert has(organization, name, each.name) == (name in listed)
    assert len(different) > 4


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_the_end_is_told_with_its_zone(acme, zone):
    until = tomorrow()
    services.assign(row(acme, "cy"), make(acme, "Sales", INVITE_MEMBER), ends_at=until, actor=None)

    with timezone.override(zone):
        (grant,) = roles_of(acme, "cy")

    assert grant.until == until and timezone.is_aware(grant.until)


@override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin")
def test_projects_without_time_zones(acme):
    """Ends are given with a zone or without, stored without, and told with one."""
    noon = tomorrow().replace(hour=12)  # no clock is put back or forward at that hour
    for name, until in [("cy", timezone.make_aware(noon)), ("di", noon)]:
        role = make(acme, f"Sales {name}", INVITE_MEMBER)
        services.assign(row(acme, name), role, ends_at=until, actor=None)
        (grant,) = roles_of(acme, name)

        assert timezone.is_aware(grant.until)
        aware = until if timezone.is_aware(until) else timezone.make_aware(until)
        assert grant.until == aware
        assert has(acme, name, INVITE_MEMBER)
        given = RoleAssignment.objects.get(role=role)
        assert services.assign(row(acme, name), role, ends_at=until, actor=None) == given


def test_rights_over_roles_are_no_way_around(acme):
    """A role can bring CHANGE_MEMBER; what it lets somebody do is asked in the same way."""
    services.assign(row(acme, "cy"), make(acme, "People", CHANGE_MEMBER), actor=None)

    assert has(acme, "cy", CHANGE_MEMBER)
    assert who_has(acme, CHANGE_MEMBER) == {"ada", "al", "bo", "cy"}
