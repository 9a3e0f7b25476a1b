"""Roles that stand in code, and the check that reads them."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from organizations.permissions import INVITE_MEMBER, TRANSFER_ORGANIZATION
from organizations.roles.checks import check_code_roles
from organizations.roles.exceptions import UnknownRole


def test_a_declared_role_is_found_by_its_name(roles_in_code):
    name = roles_in_code.declare("cashier", label="Cashier", permissions=[INVITE_MEMBER])

    role = roles_in_code.get("cashier")
    assert (name, str(role), role.permissions) == ("cashier", "Cashier", {INVITE_MEMBER})
    assert role in roles_in_code.declared()


@pytest.mark.parametrize(
    "name",
    [
        *("", "Cashier", "1st", "two words", "ä", "a" * 101),
        *("owner", "admin", "member", "superuser", "add"),
    ],
)
def test_a_name_that_could_be_mistaken_is_refused(roles_in_code, name):
    with pytest.raises(ImproperlyConfigured, match="cannot be the name of a role"):
        roles_in_code.declare(name, label="X", permissions=[])


def test_a_name_is_declared_once(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[])

    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        roles_in_code.declare("cashier", label="Cashier", permissions=[])


def test_one_name_for_the_list_of_permissions_is_refused(roles_in_code):
    with pytest.raises(ImproperlyConfigured, match="needs a list"):
        roles_in_code.declare("cashier", label="Cashier", permissions=INVITE_MEMBER)


def test_an_unknown_name_raises_with_the_nearest(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[])

    with pytest.raises(UnknownRole, match="Did you mean cashier"):
        roles_in_code.get("casher")
    with pytest.raises(UnknownRole):
        roles_in_code.get(["cashier"])


def test_a_role_is_frozen(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[])

    with pytest.raises(AttributeError):
        roles_in_code.get("cashier").permissions = {INVITE_MEMBER}


def test_the_check_is_content_with_known_permissions(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[INVITE_MEMBER])

    assert check_code_roles() == []


def test_the_check_names_unknown_permissions_and_the_nearest(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=["organizations.invit_member"])

    (found,) = check_code_roles()

    assert found.id == "organizations_roles.E001"
    assert "'cashier'" in found.msg and "Did you mean organizations.invite_member" in found.msg


def test_the_check_names_rights_of_a_standing(roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[TRANSFER_ORGANIZATION])

    (found,) = check_code_roles()

    assert found.id == "organizations_roles.E002"
    assert TRANSFER_ORGANIZATION in found.msg
