"""Roles in Django's admin: the same verbs, the same ceiling."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from organizations import testing
from organizations.permissions import INVITE_MEMBER, MANAGE_BILLING, TRANSFER_ORGANIZATION
from organizations.roles import services
from organizations.roles.models import Role, RoleAssignment
from tests.doors.support import signed_in
from tests.roles.support import has, row, tomorrow, user


@pytest.fixture
def root(db):
    return signed_in(testing.make_user("root", is_superuser=True, is_staff=True))


@pytest.fixture
def staff(acme):
    """A member of staff with every permission of Django; in acme no more than an admin."""
    al = user("al")
    al.is_staff = True
    al.save()
    al.user_permissions.set(Permission.objects.filter(content_type__app_label__startswith="org"))
    return signed_in(al)


@pytest.fixture
def sales(acme):
    return services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)


@pytest.fixture
def money(acme):
    return services.create(acme, name="Money", permissions=[MANAGE_BILLING], actor=None)


def at(model, page, *args):
    return reverse(f"admin:organizations_roles_{model}_{page}", args=args)


def end(moment):
    return {"ends_at_0": f"{moment:%Y-%m-%d}", "ends_at_1": f"{moment:%H:%M:%S}"}


NEVER = {"ends_at_0": "", "ends_at_1": ""}


def test_a_role_is_made_by_the_verb(acme, root, sent):
    data = {
        "organization": acme.pk,
        "name": " Sales ",
        "description": "",
        "permissions": [INVITE_MEMBER],
    }
    answer = root.post(at("role", "add"), data)

    role = Role.objects.get()
    assert answer.status_code == 302
    assert (role.organization, role.name, role.permissions) == (acme, "Sales", {INVITE_MEMBER})
    assert sent.of("role_created")[1]["actor"] == user("root")


def test_a_name_that_the_pages_refuse_is_refused_here_too(acme, root, sales):
    """P28: a mark that turns the text around would turn the lines around it, too."""
    data = {"organization": acme.pk, "name": "\u202eselaS", "description": "", "permissions": []}
    for page in (at("role", "add"), at("role", "change", sales.pk)):
        assert root.post(page, data).status_code == 200
    assert list(Role.objects.values_list("name", flat=True)) == ["Sales"]


def test_a_role_is_changed_by_the_verb(acme, root, sales, sent):
    sent.sent.clear()
    data = {"name": "Sales", "description": "x", "permissions": []}
    answer = root.post(at("role", "change", sales.pk), data)

    sales.refresh_from_db()
    assert answer.status_code == 302
    assert (sales.permissions, sales.description, sales.organization) == (frozenset(), "x", acme)
    assert sent.names == ["role_changed"]


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "permissions": []},
        {"name": "money", "permissions": []},
        {"name": "X", "permissions": ["organizations.nothing"]},
        {"name": "X", "permissions": [TRANSFER_ORGANIZATION]},
    ],
)
def test_what_the_verb_refuses_is_an_error_of_the_form(acme, root, sales, money, data):
    for url in (at("role", "change", sales.pk), at("role", "add")):
        answer = root.post(url, {"organization": acme.pk, "description": "", **data})
        assert answer.status_code == 200 and "errorlist" in answer.text
    assert Role.objects.count() == 2


def test_a_role_is_deleted_by_the_verb(acme, root, sales, sent):
    services.assign(row(acme, "cy"), sales, actor=None)
    sent.sent.clear()
    answer = root.post(at("role", "delete", sales.pk), {"post": "yes"})

    assert answer.status_code == 302
    assert sent.names == ["role_unassigned", "role_deleted"]
    assert not Role.objects.exists()


def test_many_roles_are_deleted_one_by_one(acme, staff, sales, money):
    data = {
        "action": "delete_selected",
        "_selected_action": [sales.pk, money.pk],
        "post": "yes",
    }
    answer = staff.post(at("role", "changelist"), data, follow=True)

    assert list(Role.objects.all()) == [money]
    assert "Money: This goes beyond your own rights" in answer.text
    assert [entry.object_repr for entry in LogEntry.objects.all()] == ["Sales"]


def test_staff_without_the_right_in_the_organization_is_refused(acme, other, staff, money):
    foreign = services.create(other, name="Foreign", permissions=[], actor=None)
    new = {"organization": acme.pk, "name": "X", "description": "", "permissions": [MANAGE_BILLING]}
    for url, data in [
        (at("role", "add"), new),
        (at("role", "add"), {**new, "organization": other.pk, "permissions": []}),
        (at("role", "change", money.pk), {"name": "X", "description": ""}),
        (at("role", "change", foreign.pk), {"name": "X", "description": ""}),
        (
            at("roleassignment", "add"),
            {"member": row(acme, "cy").pk, "role": money.pk, **NEVER},
        ),
        (
            at("roleassignment", "add"),
            {"member": row(other, "cy").pk, "role": foreign.pk, **NEVER},
        ),
    ]:
        answer = staff.post(url, data)
        assert answer.status_code == 200 and "errorlist" in answer.text, url
    for role in (money, foreign):
        answer = staff.post(at("role", "delete", role.pk), {"post": "yes"}, follow=True)
        assert answer.status_code == 200
    assert Role.objects.count() == 2
    assert set(Role.objects.values_list("name", flat=True)) == {"Money", "Foreign"}
    assert not RoleAssignment.objects.exists()


def test_a_role_is_given_changed_and_taken_by_the_verbs(acme, root, sales, sent):
    cy, until = row(acme, "cy"), tomorrow().replace(microsecond=0)
    sent.sent.clear()

    root.post(at("roleassignment", "add"), {"member": cy.pk, "role": sales.pk, **NEVER})
    given = RoleAssignment.objects.get()
    assert (given.member, given.assigned_by) == (cy, user("root"))
    root.post(at("roleassignment", "change", given.pk), end(until))
    given.refresh_from_db()
    assert given.ends_at == until
    root.post(at("roleassignment", "delete", given.pk), {"post": "yes"})

    assert sent.names == ["role_assigned", "assignment_changed", "role_unassigned"]
    assert not has(acme, "cy", INVITE_MEMBER)


def test_an_end_that_has_passed_is_an_error_of_the_form(acme, root, sales):
    past = tomorrow().replace(year=2001)
    data = {"member": row(acme, "cy").pk, "role": sales.pk, **end(past)}

    assert "has passed already" in root.post(at("roleassignment", "add"), data).text


def test_a_role_of_another_organization_is_an_error_of_the_form(acme, other, root, sales):
    data = {"member": row(other, "otto").pk, "role": sales.pk, **NEVER}

    answer = root.post(at("roleassignment", "add"), data)

    assert "The role belongs to another organization." in answer.text


def test_the_pages_open(acme, crew, root, sales, roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[])
    services.assign(crew, "cashier", actor=None)
    given = services.assign(row(acme, "cy"), sales, actor=None)
    for url in [
        *(
            at(model, page)
            for model in ("role", "roleassignment")
            for page in ("changelist", "add")
        ),
        at("role", "change", sales.pk),
        at("roleassignment", "change", given.pk),
        at("roleassignment", "change", services.assignments_of(crew).get().pk),
        at("role", "changelist") + "?q=sal",
    ]:
        assert root.get(url).status_code == 200, url
