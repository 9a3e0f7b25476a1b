"""What the database itself refuses."""

import pytest
from django.db import IntegrityError, connection, transaction

from organizations import testing
from organizations.roles.models import Role, RoleAssignment
from tests.roles.crews.models import Crew
from tests.roles.support import row


def role(organization, name="Sales"):
    return Role.objects.create(organization=organization, name=name)


def refused(**values):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(**values)
    return True


def test_a_name_stands_once_in_an_organization(acme, other):
    role(acme)
    role(other)

    for name in ("Sales", "SALES", "sales"):
        with pytest.raises(IntegrityError), transaction.atomic():
            role(acme, name)


def test_an_assignment_gives_one_role(acme):
    cy, sales = row(acme, "cy"), role(acme)

    assert refused(organization=acme, member=cy)
    assert refused(organization=acme, member=cy, role=sales, role_name="cashier")


def test_an_assignment_has_one_holder(acme, crew):
    cy, sales = row(acme, "cy"), role(acme)

    assert refused(organization=acme, role=sales)
    assert refused(organization=acme, role=sales, member=cy, group_kind="crew", group_key=1)
    assert refused(organization=acme, role=sales, member=cy, group_kind="crew")
    assert refused(organization=acme, role=sales, group_kind="crew")
    assert refused(organization=acme, role=sales, group_key=1)


@pytest.mark.parametrize("sort", ["stored", "code"])
@pytest.mark.parametrize("holder", ["member", "group"])
def test_the_same_role_is_given_once(acme, crew, sort, holder):
    values = {"organization": acme}
    values |= {"role": role(acme)} if sort == "stored" else {"role_name": "cashier"}
    values |= (
        {"member": row(acme, "cy")}
        if holder == "member"
        else {"group_kind": "crew", "group_key": crew.pk}
    )
    RoleAssignment.objects.create(**values)

    assert refused(**values)


@pytest.mark.postgres
def test_postgresql_refuses_a_role_of_another_organization(acme, other):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.create(organization=acme, member=row(acme, "cy"), role=role(other))
        connection.check_constraints()


def test_roles_go_with_their_organization(acme, crew):
    sales = role(acme)
    RoleAssignment.objects.create(organization=acme, member=row(acme, "cy"), role=sales)
    RoleAssignment.objects.create(
        organization=acme, group_kind="crew", group_key=crew.pk, role_name="cashier"
    )

    acme.delete()

    assert not Role.objects.exists() and not RoleAssignment.objects.exists()


def test_roles_of_a_member_go_with_the_member(acme):
    RoleAssignment.objects.create(organization=acme, member=row(acme, "cy"), role=role(acme))

    row(acme, "cy").delete()

    assert Role.objects.exists() and not RoleAssignment.objects.exists()


def test_whoever_gave_a_role_can_leave_the_site(acme):
    eve = testing.make_user("eve")
    given = RoleAssignment.objects.create(
        organization=acme, member=row(acme, "cy"), role=role(acme), assigned_by=eve
    )

    eve.delete()

    given.refresh_from_db()
    assert given.assigned_by is None


def test_roles_of_a_group_go_with_the_group(acme, crew, sent):
    for name in ("cashier", "auditor"):
        RoleAssignment.objects.create(
            organization=acme, group_kind="crew", group_key=crew.pk, role_name=name
        )
    other = Crew.objects.create(organization=acme, name="Day crew")
    kept = RoleAssignment.objects.create(
        organization=acme, group_kind="crew", group_key=other.pk, role_name="cashier"
    )

    crew.delete()

    assert list(RoleAssignment.objects.all()) == [kept]
    assert sent.names.count("role_unassigned") == 2


def test_they_say_what_they_are(acme):
    sales = role(acme)

    assert str(sales) == "Sales"
    assert str(RoleAssignment(role=sales)) == "Sales"
    assert str(RoleAssignment(role_name="cashier")) == "cashier"
