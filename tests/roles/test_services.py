"""The verbs of roles: what they do, tell and refuse."""

import inspect
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError
from django.utils import timezone

from organizations.exceptions import NotGrantable, OrganizationsError, UnknownPermission
from organizations.models import OrganizationInvitation
from organizations.permissions import (
    CHANGE_ORGANIZATION,
    INVITE_MEMBER,
    MANAGE_BILLING,
    REMOVE_MEMBER,
    TRANSFER_ORGANIZATION,
    Standing,
)
from organizations.roles import services
from organizations.roles.exceptions import (
    EndsInThePast,
    RoleNameInvalid,
    RoleNameTaken,
    UnknownRole,
)
from organizations.roles.models import Role, RoleAssignment
from tests.roles.support import has, row, tomorrow, user
from tests.services.recording import Veto, vetoed

pytestmark = pytest.mark.django_db


def make(acme, name="Sales", *names, **values):
    return services.create(acme, name=name, permissions=names, actor=None, **values)


def held(holder):
    """Return {role or name of one in code: end} of a holder."""
    return {
        row.role.name if row.role else row.role_name: row.ends_at
        for row in services.assignments_of(holder)
    }


@pytest.fixture
def cashier(roles_in_code):
    return roles_in_code.declare("cashier", label="Cashier", permissions=[INVITE_MEMBER])


class TestCreate:
    def test_it_makes_a_role(self, acme, sent):
        sent.sent.clear()
        role = services.create(
            acme,
            name="  Sales   people ",
            description=" They sell. ",
            permissions=[INVITE_MEMBER],
            actor=user("ada"),
        )

        role = Role.objects.get(pk=role.pk)
        assert (role.organization, role.name, role.description) == (
            acme,
            "Sales people",
            "They sell.",
        )
        assert role.permissions == {INVITE_MEMBER}
        assert sent.names == ["role_created"]
        sender, facts = sent.of("role_created")
        assert sender is Role
        assert facts == {"organization": acme, "role": role, "actor": user("ada")}

    @pytest.mark.parametrize("name", ["sales", "SALES", " Sales "])
    def test_a_second_of_the_name_is_refused(self, acme, other, name):
        make(acme)
        make(other)

        with pytest.raises(RoleNameTaken):
            make(acme, name)

    @pytest.mark.parametrize("name", ["", "  ", "a" * 101])
    def test_it_needs_a_name_of_a_sensible_length(self, acme, name):
        with pytest.raises(RoleNameInvalid):
            make(acme, name)

    def test_it_refuses_what_no_role_can_hold(self, acme):
        with pytest.raises(UnknownPermission, match=r"organizations\.invite_member"):
            make(acme, "Sales", "organizations.invite_membr")
        with pytest.raises(NotGrantable):
            make(acme, "Sales", TRANSFER_ORGANIZATION)
        assert not Role.objects.exists()

    def test_a_receiver_may_veto(self, acme):
        with vetoed("role_created"), pytest.raises(Veto):
            make(acme)
        assert not Role.objects.exists()

    def test_queries(self, acme, django_assert_num_queries):
        ada = user("ada")
        with django_assert_num_queries(6):  # savepoint and release among them
            services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=ada)


class TestCopy:
    def test_of_a_role(self, acme):
        made = services.copy(acme, make(acme, "Sales", INVITE_MEMBER), name="More", actor=None)

        assert (made.name, made.permissions) == ("More", {INVITE_MEMBER})

    def test_of_a_role_in_code(self, acme, cashier):
        made = services.copy(acme, cashier, name="More", description="Ours", actor=None)

        assert (made.permissions, made.description) == ({INVITE_MEMBER}, "Ours")

    def test_of_a_standing_but_for_what_stays_with_it(self, acme):
        made = services.copy(acme, Standing.OWNER, name="Deputy", actor=None)

        assert MANAGE_BILLING in made.permissions
        assert TRANSFER_ORGANIZATION not in made.permissions

    def test_of_another_organization_is_not_found(self, acme, other):
        with pytest.raises(Role.DoesNotExist):
            services.copy(acme, make(other), name="More", actor=None)
        with pytest.raises(UnknownRole):
            services.copy(acme, "cashier", name="More", actor=None)


class TestChange:
    def test_it_changes_what_is_given_and_tells_both_values(self, acme, sent):
        role = make(acme, "Sales", INVITE_MEMBER, description="They sell.")
        sent.sent.clear()

        changed = services.change(
            role, name="Support", permissions=[REMOVE_MEMBER], actor=user("ada")
        )

        role.refresh_from_db()
        assert changed == role
        assert (role.name, role.description) == ("Support", "They sell.")
        assert role.permissions == {REMOVE_MEMBER}
        _sender, facts = sent.of("role_changed")
        assert facts["changes"] == {
            "permissions": (frozenset({INVITE_MEMBER}), frozenset({REMOVE_MEMBER})),
            "name": ("Sales", "Support"),
        }

    def test_the_instance_that_was_passed_stays_as_it_was(self, acme):
        role = make(acme, "Sales", INVITE_MEMBER)

        services.change(role, name="Support", permissions=[], actor=None)

        assert (role.name, role.permissions) == ("Sales", {INVITE_MEMBER})

    def test_it_moves_the_time_of_change(self, acme):
        role = make(acme)

        assert services.change(role, name="Support", actor=None).modified > role.modified

    def test_the_same_again_changes_and_tells_nothing(self, acme, sent):
        role = make(acme, "Sales", INVITE_MEMBER)
        sent.sent.clear()

        services.change(role, name="Sales", permissions=[INVITE_MEMBER], actor=None)

        assert sent.names == []

    def test_the_case_of_the_name_can_be_changed(self, acme):
        assert services.change(make(acme), name="SALES", actor=None).name == "SALES"

    def test_a_taken_name_is_refused(self, acme):
        make(acme, "Support")

        with pytest.raises(RoleNameTaken):
            services.change(make(acme), name="support", actor=None)

    def test_everybody_with_the_role_has_it_at_once(self, acme, crew):
        role = make(acme, "Sales", INVITE_MEMBER)
        services.assign(row(acme, "cy"), role, actor=None)
        services.assign(crew, role, actor=None)

        services.change(role, permissions=[REMOVE_MEMBER], actor=None)

        for name in ("cy", "di"):
            assert has(acme, name, REMOVE_MEMBER) and not has(acme, name, INVITE_MEMBER)

    def test_a_deleted_role_is_not_found(self, acme):
        role = make(acme)
        services.delete(Role.objects.get(), replacement=None, actor=None)

        with pytest.raises(Role.DoesNotExist):
            services.change(role, name="X", actor=None)


class TestDelete:
    def test_without_replacement_what_it_gave_ends(self, acme, crew, sent):
        role = make(acme, "Sales", INVITE_MEMBER)
        services.assign(row(acme, "cy"), role, actor=None)
        services.assign(crew, role, actor=None)
        sent.sent.clear()

        services.delete(role, replacement=None, actor=user("ada"))

        assert not Role.objects.exists() and not RoleAssignment.objects.exists()
        assert sent.names == ["role_unassigned", "role_unassigned", "role_deleted"]
        sender, facts = sent.of("role_deleted")
        assert (sender, facts["replacement"], facts["role"].name) == (Role, None, "Sales")

    def test_whoever_had_it_gets_the_replacement_until_the_same_end(self, acme, crew, sent):
        until = tomorrow()
        old, new = make(acme, "Sales", INVITE_MEMBER), make(acme, "Support", REMOVE_MEMBER)
        services.assign(row(acme, "cy"), old, ends_at=until, actor=None)
        services.assign(crew, old, actor=None)
        sent.sent.clear()

        services.delete(old, replacement=new, actor=None)

        assert held(row(acme, "cy")) == {"Support": until}
        assert held(crew) == {"Support": None}
        assert sent.names == ["assignment_changed", "assignment_changed", "role_deleted"]
        assert sent.sent[0][2]["changes"] == {"role": (old, new)}
        assert sent.of("role_deleted")[1]["replacement"] == new

    def test_a_role_in_code_can_replace_it(self, acme, cashier):
        old = make(acme)
        services.assign(row(acme, "cy"), old, actor=None)

        services.delete(old, replacement=cashier, actor=None)

        assert held(row(acme, "cy")) == {"cashier": None}

    @pytest.mark.parametrize(
        ("old_end", "new_end", "left"),
        [(1, 2, 2), (2, 1, 2), (None, 1, None), (1, None, None), (None, None, None)],
    )
    def test_whoever_has_both_keeps_the_later_end(self, acme, old_end, new_end, left):
        def day(number):
            return number and timezone.now().replace(microsecond=0) + timedelta(days=number)

        ends = {number: day(number) for number in (None, 1, 2)}
        old, new = make(acme, "Sales"), make(acme, "Support")
        services.assign(row(acme, "cy"), old, ends_at=ends[old_end], actor=None)
        services.assign(row(acme, "cy"), new, ends_at=ends[new_end], actor=None)

        services.delete(old, replacement=new, actor=None)

        assert held(row(acme, "cy")) == {"Support": ends[left]}

    def test_it_cannot_replace_itself(self, acme):
        role = make(acme)

        with pytest.raises(ValueError, match="itself"):
            services.delete(role, replacement=role, actor=None)

    def test_the_replacement_must_be_of_the_organization(self, acme, other):
        with pytest.raises(Role.DoesNotExist):
            services.delete(make(acme), replacement=make(other), actor=None)
        with pytest.raises(UnknownRole):
            services.delete(Role.objects.first(), replacement="nothing", actor=None)

    def test_a_second_time_it_is_not_found(self, acme):
        role = make(acme)
        services.delete(Role.objects.get(), replacement=None, actor=None)

        with pytest.raises(Role.DoesNotExist):
            services.delete(role, replacement=None, actor=None)

    def test_the_replacement_must_be_said(self, acme):
        with pytest.raises(TypeError, match="replacement"):
            services.delete(make(acme), actor=None)


class TestAssign:
    def test_it_gives_a_role(self, acme, sent):
        until = tomorrow()
        role = make(acme, "Sales", INVITE_MEMBER)
        sent.sent.clear()

        given = services.assign(row(acme, "cy"), role, ends_at=until, actor=user("ada"))

        given = RoleAssignment.objects.get(pk=given.pk)
        assert (given.organization, given.member, given.role) == (acme, row(acme, "cy"), role)
        assert (given.ends_at, given.assigned_by) == (until, user("ada"))
        sender, facts = sent.of("role_assigned")
        assert sender is RoleAssignment
        assert facts == {"organization": acme, "assignment": given, "actor": user("ada")}

    def test_several_roles_add_up(self, acme, cashier):
        cy = row(acme, "cy")
        services.assign(cy, make(acme, "Sales", CHANGE_ORGANIZATION), actor=None)
        services.assign(cy, make(acme, "Support", REMOVE_MEMBER), actor=None)
        services.assign(cy, cashier, actor=None)

        for name in (CHANGE_ORGANIZATION, REMOVE_MEMBER, INVITE_MEMBER):
            assert has(acme, "cy", name)

    def test_again_it_changes_the_end(self, acme, sent):
        role, until = make(acme), tomorrow()
        first = services.assign(row(acme, "cy"), role, actor=None)
        sent.sent.clear()

        second = services.assign(row(acme, "cy"), role, ends_at=until, actor=None)
        services.assign(row(acme, "cy"), role, ends_at=until, actor=None)

        assert second == first
        assert sent.names == ["assignment_changed"]
        assert sent.of("assignment_changed")[1]["changes"] == {"ends_at": (None, until)}

    def test_a_role_in_code_is_given_by_its_name_or_itself(self, acme, cashier, roles_in_code):
        first = services.assign(row(acme, "cy"), cashier, actor=None)
        second = services.assign(row(acme, "cy"), roles_in_code.get(cashier), actor=None)

        assert first == second

    def test_the_end_must_be_to_come(self, acme):
        role = make(acme)
        for moment in (timezone.now(), timezone.now() - timedelta(days=1)):
            with pytest.raises(EndsInThePast):
                services.assign(row(acme, "cy"), role, ends_at=moment, actor=None)
        given = services.assign(row(acme, "cy"), role, actor=None)
        with pytest.raises(EndsInThePast):
            services.set_end(given, ends_at=timezone.now(), actor=None)

    def test_the_end_must_have_a_zone(self, acme):
        naive = tomorrow().replace(tzinfo=None)
        with pytest.raises(ValueError, match="time zone"):
            services.assign(row(acme, "cy"), make(acme), ends_at=naive, actor=None)

    def test_a_role_of_another_organization_is_not_found(self, acme, other, crew):
        for holder in (row(acme, "cy"), crew):
            with pytest.raises(Role.DoesNotExist):
                services.assign(holder, make(other, str(holder)), actor=None)
            with pytest.raises(UnknownRole):
                services.assign(holder, "nothing", actor=None)

    def test_a_member_who_has_left_is_not_found(self, acme):
        cy, role = row(acme, "cy"), make(acme)
        row(acme, "cy").delete()

        with pytest.raises(type(cy).DoesNotExist):
            services.assign(cy, role, actor=None)

    def test_a_row_that_has_moved_is_not_found(self, acme, other):
        """The caller's idea of the organization is not taken on trust."""
        di, role = row(acme, "di"), make(other)
        di.organization = other

        with pytest.raises(type(di).DoesNotExist):
            services.assign(di, role, actor=None)

    def test_only_members_and_groups_can_have_roles(self, acme):
        invitation = OrganizationInvitation.objects.create(
            organization=acme, invitee_identifier="x@example.com", invited_by=user("ada")
        )
        with pytest.raises(TypeError, match="cannot have roles"):
            services.assign(invitation, make(acme), actor=None)


class TestUnassign:
    def test_it_takes_a_role(self, acme, sent):
        given = services.assign(row(acme, "cy"), make(acme, "S", INVITE_MEMBER), actor=None)
        sent.sent.clear()

        services.unassign(given, actor=user("ada"))

        assert not RoleAssignment.objects.exists()
        assert not has(acme, "cy", INVITE_MEMBER)
        assert sent.of("role_unassigned")[1]["assignment"].role.name == "S"

    def test_a_second_time_it_is_not_found(self, acme):
        given = services.assign(row(acme, "cy"), make(acme), actor=None)
        services.unassign(RoleAssignment.objects.get(), actor=None)

        with pytest.raises(RoleAssignment.DoesNotExist):
            services.unassign(given, actor=None)

    def test_what_has_left_the_code_can_be_taken(self, acme, cashier, roles_in_code):
        given = services.assign(row(acme, "cy"), cashier, actor=None)
        del roles_in_code._registry[cashier]

        services.unassign(given, actor=user("al"))

        assert not RoleAssignment.objects.exists()


class TestSetEnd:
    def test_it_changes_the_end_and_forgets_the_reminder(self, acme, sent):
        given = services.assign(row(acme, "cy"), make(acme), actor=None)
        RoleAssignment.objects.update(reminded_at=timezone.now())
        sent.sent.clear()
        until = tomorrow()

        changed = services.set_end(given, ends_at=until, actor=user("ada"))
        services.set_end(given, ends_at=until, actor=user("ada"))

        assert (changed.ends_at, changed.reminded_at, given.ends_at) == (until, None, None)
        assert sent.names == ["assignment_changed"]


class TestSetRoles:
    def test_it_gives_takes_and_changes_in_one_step(self, acme, cashier, sent):
        until, cy = tomorrow(), row(acme, "cy")
        kept, taken, new = (make(acme, name) for name in ("Kept", "Taken", "New"))
        services.assign(cy, kept, actor=None)
        services.assign(cy, taken, actor=None)
        services.assign(cy, cashier, actor=None)
        sent.sent.clear()

        found = services.set_roles(cy, {kept: None, new: None, "cashier": until}, actor=user("ada"))

        assert held(cy) == {"Kept": None, "New": None, "cashier": until}
        assert {each.pk for each in found} == set(
            RoleAssignment.objects.values_list("pk", flat=True)
        )
        assert sorted(sent.names) == ["assignment_changed", "role_assigned", "role_unassigned"]

    def test_the_same_again_does_nothing(self, acme, sent):
        cy, wanted = row(acme, "cy"), {make(acme): tomorrow()}
        services.set_roles(cy, wanted, actor=None)
        sent.sent.clear()

        services.set_roles(cy, wanted, actor=None)

        assert sent.names == []

    def test_an_end_that_has_passed_can_stay(self, acme):
        cy, role = row(acme, "cy"), make(acme)
        services.assign(cy, role, actor=None)
        past = timezone.now() - timedelta(days=1)
        RoleAssignment.objects.update(ends_at=past)

        services.set_roles(cy, {role: past}, actor=None)

        assert held(cy) == {"Sales": past}

    def test_all_or_nothing(self, acme):
        cy, taken, new = row(acme, "cy"), make(acme, "Taken"), make(acme, "New")
        services.assign(cy, taken, actor=None)

        with pytest.raises(EndsInThePast):
            services.set_roles(cy, {new: timezone.now()}, actor=None)

        assert held(cy) == {"Taken": None}

    def test_what_has_left_the_code_is_left_alone(self, acme, cashier, roles_in_code):
        cy = row(acme, "cy")
        services.assign(cy, cashier, actor=None)
        del roles_in_code._registry[cashier]

        services.set_roles(cy, {}, actor=None)

        assert held(cy) == {"cashier": None}

    def test_roles_of_groups_are_left_alone(self, acme, crew):
        services.assign(crew, make(acme), actor=None)

        services.set_roles(row(acme, "di"), {}, actor=None)

        assert held(crew) == {"Sales": None}

    def test_groups_can_have_their_roles_set_too(self, acme, crew):
        services.set_roles(crew, {make(acme): None}, actor=None)

        assert held(crew) == {"Sales": None}


@pytest.mark.parametrize(
    "verb", ["create", "copy", "change", "delete", "assign", "unassign", "set_end", "set_roles"]
)
def test_who_acts_must_be_said(verb):
    actor = inspect.signature(getattr(services, verb)).parameters["actor"]

    assert (actor.kind, actor.default) == (actor.KEYWORD_ONLY, actor.empty)


@pytest.mark.django_db(transaction=True)
def test_every_verb_can_be_awaited(acme):
    cy = row(acme, "cy")

    async def work():
        role = await services.acreate(acme, name="Sales", permissions=[], actor=None)
        copy = await services.acopy(acme, role, name="Copy", actor=None)
        await services.achange(copy, name="Support", actor=None)
        given = await services.aassign(cy, role, actor=None)
        await services.aset_end(given, ends_at=tomorrow(), actor=None)
        await services.aset_roles(cy, {copy: None}, actor=None)
        found = await RoleAssignment.objects.aget()
        await services.aunassign(found, actor=None)
        await services.adelete(role, replacement=None, actor=None)

    async_to_sync(work)()

    assert [role.name for role in Role.objects.all()] == ["Support"]
    assert not RoleAssignment.objects.exists()


def test_every_verb_has_an_async_twin():
    verbs = {name for name in services.__all__ if f"a{name}" in services.__all__}

    assert verbs == {
        *("create", "copy", "change", "delete"),
        *("assign", "unassign", "set_end", "set_roles", "remind"),
    }


def test_errors_are_safe_to_show():
    for error in (RoleNameTaken, RoleNameInvalid, EndsInThePast):
        assert issubclass(error, OrganizationsError) and not issubclass(error, IntegrityError)
        assert str(error())
