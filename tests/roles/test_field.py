"""The field that keeps a set of permission names, on a real table."""

import pytest
from django.core import serializers
from django.db import connection
from django.db.migrations.writer import MigrationWriter

from organizations.fields import PermissionSetField, PermissionSetFormField
from organizations.permissions import (
    CHANGE_MEMBER,
    INVITE_MEMBER,
    TRANSFER_ORGANIZATION,
    VIEW_MEMBER,
)
from organizations.roles.models import Role


@pytest.fixture
def role(acme):
    return Role.objects.create(
        organization=acme, name="Sales", permissions={VIEW_MEMBER, INVITE_MEMBER}
    )


def stored(role):
    with connection.cursor() as cursor:
        cursor.execute("SELECT permissions FROM organizations_roles_role WHERE id = %s", [role.pk])
        return cursor.fetchone()[0]


def test_names_stand_sorted_with_spaces_around(role):
    assert stored(role) == " organizations.invite_member organizations.view_member "


def test_the_value_is_a_frozenset(role):
    role.refresh_from_db()

    assert role.permissions == frozenset({VIEW_MEMBER, INVITE_MEMBER})
    assert type(role.permissions) is frozenset


def test_nothing_is_an_empty_set(acme):
    role = Role.objects.create(organization=acme, name="Empty")
    role.refresh_from_db()

    assert (role.permissions, stored(role)) == (frozenset(), "")


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        (VIEW_MEMBER, True),
        (CHANGE_MEMBER, False),
        ("organizations.view_membe", False),
        ("organizations.view_members", False),
        ("rganizations.view_member", False),
        ("Organizations.View_Member", False),
        ("organizations_view_member", False),
        ("organizations%", False),
        ("", False),
    ],
)
def test_rows_are_found_by_a_whole_name(role, name, is_found):
    assert Role.objects.filter(permissions__has=name).exists() is is_found


def test_rows_are_found_by_the_whole_set(role):
    found = Role.objects.filter(permissions=[INVITE_MEMBER, VIEW_MEMBER])

    assert list(found) == [role]
    assert list(Role.objects.filter(assignments__role__permissions__has=VIEW_MEMBER)) == []


@pytest.mark.parametrize("names", [["two words"], [""], ["a.b", "line\nbreak"], [" a.b"]])
def test_what_is_no_name_is_not_stored(acme, names):
    with pytest.raises(ValueError, match="no permission names"):
        Role.objects.create(organization=acme, name="Odd", permissions=names)


def test_it_survives_serialization(role):
    text = serializers.serialize("json", [role])
    Role.objects.all().delete()
    for found in serializers.deserialize("json", text):
        found.save()

    assert Role.objects.get().permissions == role.permissions


def test_migrations_name_it_by_its_frozen_path():
    _name, path, args, kwargs = PermissionSetField().deconstruct()

    assert (path, args) == ("organizations.fields.PermissionSetField", [])
    assert kwargs == {"default": frozenset, "blank": True}
    text, _imports = MigrationWriter.serialize(PermissionSetField())
    assert text == "organizations.fields.PermissionSetField(blank=True, default=frozenset)"


def test_forms_offer_what_a_role_may_hold():
    field = Role._meta.get_field("permissions").formfield()
    offered = {name for _group, names in field.choices for name, _label in names}

    assert isinstance(field, PermissionSetFormField)
    assert VIEW_MEMBER in offered
    assert TRANSFER_ORGANIZATION not in offered
    assert field.clean([VIEW_MEMBER]) == frozenset({VIEW_MEMBER})
    assert field.prepare_value(frozenset({VIEW_MEMBER, INVITE_MEMBER})) == [
        INVITE_MEMBER,
        VIEW_MEMBER,
    ]
