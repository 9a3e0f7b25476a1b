import pytest
from django.core.exceptions import ImproperlyConfigured

from organizations import grants, permissions
from organizations.exceptions import NotGrantable, PermissionMissing, UnknownPermission
from organizations.permissions import Access, Standing

# What each standing may do, written by hand.
TABLE = {
    #                       owner  admin  member
    "view_organization":     (True, True, True),
    "view_member":           (True, True, True),
    "change_organization":   (True, True, False),
    "invite_member":         (True, True, False),
    "propose_member":        (True, True, True),
    "change_member":         (True, True, False),
    "suspend_member":        (True, True, False),
    "remove_member":         (True, True, False),
    "transfer_organization": (True, False, False),
    "delete_organization":   (True, False, False),
    "manage_billing":        (True, False, False),
}  # fmt: skip
STANDINGS = [Standing.OWNER, Standing.ADMIN, Standing.MEMBER]


@pytest.fixture
def registry(monkeypatch):
    """Declarations of the test, gone after it."""
    monkeypatch.setattr(permissions, "_registry", dict(permissions._registry))


def test_table_has_every_permission():
    own = {name for name in vars(permissions) if name in permissions.__all__ and name.isupper()}
    assert {getattr(permissions, name) for name in own} == {f"organizations.{n}" for n in TABLE}


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("position", range(3), ids=[str(each) for each in STANDINGS])
def test_default_of_permission(name, position):
    standing, full = STANDINGS[position], f"organizations.{name}"
    assert (standing in permissions.get(full).default_for) is TABLE[name][position]
    assert (full in grants.names_of(standing)) is TABLE[name][position]


@pytest.mark.parametrize("name", TABLE)
def test_constant_and_label_of_permission(name):
    assert getattr(permissions, name.upper()) == f"organizations.{name}"
    assert name.upper() in permissions.__all__
    assert str(permissions.get(f"organizations.{name}").label)


@pytest.mark.parametrize(
    ("is_owner", "is_admin", "standing"),
    [
        (True, True, Standing.OWNER),
        (True, False, Standing.OWNER),
        (False, True, Standing.ADMIN),
        (False, False, Standing.MEMBER),
    ],
)
def test_standing_from_the_two_facts(is_owner, is_admin, standing):
    assert grants.standing_of(is_owner=is_owner, is_admin=is_admin) is standing


def test_declared_permission_is_known_and_granted(registry):
    name = permissions.declare("shop.sell", label="Sell", default_for=[Standing.ADMIN])
    assert name == "shop.sell"
    assert name in grants.names_of(Standing.ADMIN)
    assert name not in grants.names_of(Standing.MEMBER)
    assert permissions.declared()[-1].name == name


@pytest.mark.parametrize(
    ("given", "got"),
    [
        ([], "owner"),
        (["owner"], "owner"),
        (["admin"], "owner admin"),
        (["member"], "owner admin member"),
        (list(Standing), "owner admin member"),
    ],
)
def test_who_stands_above_has_it_too(given, got, registry):
    permissions.declare("shop.sell", label="Sell", default_for=given)
    assert permissions.get("shop.sell").default_for == frozenset(map(Standing, got.split()))


def test_declaration_keeps_what_people_read(registry):
    permissions.declare(
        "shop_floor.sell", label="Sell", help="Over the counter.", group="Shop", risk="high"
    )
    found = permissions.get("shop_floor.sell")
    assert (found.label, found.help, found.group) == ("Sell", "Over the counter.", "Shop")
    assert found.risk is permissions.Risk.HIGH
    assert found.grantable
    permissions.declare("shop_floor.count", label="Count")
    plain = permissions.get("shop_floor.count")
    assert (plain.help, plain.group, plain.risk) == ("", "Shop floor", permissions.Risk.MEDIUM)


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("shop.sell", {"risk": "huge"}, "has the risk 'huge'; it must be low, medium or high"),
        ("Organizations.View_Member", {}, "declared already, as 'organizations.view_member'"),
        ("shop.sell goods", {}, "must be written as"),
        ("shop.sell\n", {}, "must be written as"),
    ],
)
def test_wrong_declaration_is_refused(name, options, complaint, registry):
    before = permissions.declared()
    with pytest.raises(ImproperlyConfigured, match=complaint):
        permissions.declare(name, label="x", **options)
    assert permissions.declared() == before


def test_only_what_a_role_may_hold_is_grantable():
    names = [permissions.VIEW_MEMBER, permissions.INVITE_MEMBER]
    assert permissions.grantable(names) == frozenset(names)
    with pytest.raises(NotGrantable) as caught:
        permissions.grantable([*names, permissions.TRANSFER_ORGANIZATION])
    assert caught.value.permission == permissions.TRANSFER_ORGANIZATION
    with pytest.raises(UnknownPermission):
        permissions.grantable(["organizations.invite_members"])


def test_permission_is_declared_once(registry):
    with pytest.raises(ImproperlyConfigured, match=r"'organizations\.view_member' is declared twi"):
        permissions.declare("organizations.view_member", label="x", default_for=[])


@pytest.mark.parametrize("name", ["", "sell", "shop.items.sell"])
def test_permission_name_has_one_dot(name, registry):
    with pytest.raises(ImproperlyConfigured, match=r"app_label\.codename"):
        permissions.declare(name, label="x", default_for=[])


@pytest.mark.parametrize(
    "ask",
    [permissions.get, Access(organization_id=1).has, Access(organization_id=1).require],
    ids=["get", "has", "require"],
)
def test_unknown_permission_is_loud_and_names_the_nearest(ask):
    with pytest.raises(UnknownPermission) as caught:
        ask("organizations.invite_members")
    message = str(caught.value)
    assert "'organizations.invite_members'" in message
    assert "Did you mean organizations.invite_member" in message
    assert "permissions.declare()" in message


def test_unknown_permission_without_near_names_has_no_guess():
    with pytest.raises(UnknownPermission) as caught:
        permissions.get("zzz")
    assert "Did you mean" not in str(caught.value)
    assert isinstance(caught.value, LookupError)


def test_require_says_what_is_missing():
    access = Access(
        organization_id=1, permissions=frozenset({permissions.VIEW_MEMBER}), standing="member"
    )
    assert access.require(permissions.VIEW_MEMBER) is None
    with pytest.raises(PermissionMissing) as caught:
        access.require(permissions.INVITE_MEMBER)
    assert caught.value.permission == permissions.INVITE_MEMBER
    assert caught.value.status_hint == 403


@pytest.mark.parametrize(
    ("standing", "superuser", "is_member", "is_admin", "is_owner", "may_enter"),
    [
        (Standing.OWNER, False, True, True, True, True),
        (Standing.ADMIN, False, True, True, False, True),
        (Standing.MEMBER, False, True, False, False, True),
        (None, False, False, False, False, False),
        (None, True, False, False, False, True),
    ],
)
def test_questions_of_access(standing, superuser, is_member, is_admin, is_owner, may_enter):
    access = Access(organization_id=1, standing=standing, is_superuser=superuser)
    assert (access.is_member, access.is_admin, access.is_owner, access.may_enter) == (
        is_member,
        is_admin,
        is_owner,
        may_enter,
    )


def test_nobody_has_anything():
    nothing = Access(organization_id=1)
    assert not any(nothing.has(each.name) for each in permissions.declared())


def test_access_is_a_value():
    assert Access(organization_id=1) == Access(organization_id=1)
    with pytest.raises(AttributeError):
        Access(organization_id=1).permissions = frozenset({"all"})
