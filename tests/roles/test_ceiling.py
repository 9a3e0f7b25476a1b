"""Nobody gives, changes or takes more than they have: verbs x actors x targets."""

import pytest
from django.db import transaction
from django.utils import timezone

from organizations import testing
from organizations.exceptions import (
    ExceedsOwnRights,
    NotAllowed,
    OwnerOutOfReach,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.permissions import (
    CHANGE_MEMBER,
    INVITE_MEMBER,
    MANAGE_BILLING,
    VIEW_MEMBER,
)
from organizations.roles import services
from organizations.roles.models import Role, RoleAssignment
from organizations.roles.permissions import MANAGE_ROLES
from organizations.services import members
from tests.roles.crews.models import Crew
from tests.roles.support import DAY, row, tomorrow, user

NO, MORE = PermissionMissing, ExceedsOwnRights
RAISES, OWNER = RaisesOwnRights, OwnerOutOfReach

#: The actors. "people" may change members and nothing else, "roles" may manage roles and
#: nothing else, by roles of theirs; "rich" is an admin with billing besides.
ACTORS = ["ada", "al", "rich", "people", "roles", "cy", "stranger", "root", "off"]


@pytest.fixture
def world(acme):
    """Acme with every kind of actor, a low and a high role, and two crews."""
    acme.low = services.create(acme, name="Low", permissions=[VIEW_MEMBER], actor=None)
    acme.high = services.create(acme, name="High", permissions=[MANAGE_BILLING], actor=None)
    for name, permission in [("people", CHANGE_MEMBER), ("roles", MANAGE_ROLES)]:
        member = testing.make_member(acme, name)
        role = services.create(acme, name=name, permissions=[permission], actor=None)
        services.assign(member, role, actor=None)
    rich = testing.make_member(acme, "rich", is_admin=True)
    services.assign(rich, acme.high, actor=None)
    testing.make_user("stranger")
    testing.make_user("root", is_superuser=True)
    off = testing.make_member(acme, "off", is_admin=True)
    off.user.is_active = False
    off.user.save()
    acme.crew = Crew.objects.create(organization=acme, name="Everybody")
    acme.crew.members.set(acme.organization_users.all())
    acme.empty = Crew.objects.create(organization=acme, name="Nobody")
    return acme


def outcome(verb, *args, actor, **kwargs):
    """Return None if an actor may do it, else what was raised; nothing is changed then."""
    before = list(RoleAssignment.objects.values_list()), list(Role.objects.values_list())
    try:
        verb(*args, actor=user(actor), **kwargs)
    except NotAllowed as error:
        assert before == (
            list(RoleAssignment.objects.values_list()),
            list(Role.objects.values_list()),
        )
        return type(error)
    return None


def check(table, act):
    """Compare each actor with the table: ``{actor: None or error}``; in savepoints."""
    found = {}
    for actor in ACTORS:
        with transaction.atomic():
            found[actor] = act(actor)
            transaction.set_rollback(True)
    assert found == dict(zip(ACTORS, table, strict=True))


@pytest.mark.parametrize(
    ("names", "table"),
    [
        #                   ada   al    rich  people  roles  cy  str  root  off
        ([VIEW_MEMBER],    [None, None, None, NO,     None,  NO, NO,  None, NO]),
        ([INVITE_MEMBER],  [None, None, None, NO,     MORE,  NO, NO,  None, NO]),
        ([MANAGE_BILLING], [None, MORE, None, NO,     MORE,  NO, NO,  None, NO]),
        ([],               [None, None, None, NO,     None,  NO, NO,  None, NO]),
    ],
    ids=lambda value: "+".join(value) if value and isinstance(value[0], str) else None,
)  # fmt: skip
@pytest.mark.parametrize("verb", ["create", "copy"])
def test_making_roles(world, verb, names, table):
    source = services.create(world, name="Source", permissions=names, actor=None)

    def act(actor):
        if verb == "create":
            return outcome(services.create, world, name="New", permissions=names, actor=actor)
        return outcome(services.copy, world, source, name="New", actor=actor)

    check(table, act)


@pytest.mark.parametrize(
    ("old", "new", "table"),
    [
        #                                  ada   al    rich  people  roles  cy  str  root  off
        ([VIEW_MEMBER], [],               [None, None, None, NO,     None,  NO, NO,  None, NO]),
        ([VIEW_MEMBER], None,             [None, None, None, NO,     None,  NO, NO,  None, NO]),
        ([VIEW_MEMBER], [INVITE_MEMBER],  [None, None, None, NO,     MORE,  NO, NO,  None, NO]),
        ([INVITE_MEMBER], [VIEW_MEMBER],  [None, None, None, NO,     MORE,  NO, NO,  None, NO]),
        ([INVITE_MEMBER], None,           [None, None, None, NO,     MORE,  NO, NO,  None, NO]),
        ([MANAGE_BILLING], [VIEW_MEMBER], [None, MORE, None, NO,     MORE,  NO, NO,  None, NO]),
        ([VIEW_MEMBER], [MANAGE_BILLING], [None, MORE, None, NO,     MORE,  NO, NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["change", "delete"])
def test_changing_and_deleting_roles(world, verb, old, new, table):
    """Both sets count, those of a replacement as well; a mere new name counts as a change."""
    role = services.create(world, name="Old", permissions=old, actor=None)
    replacement = services.create(world, name="New", permissions=new or [], actor=None)

    def act(actor):
        if verb == "change":
            return outcome(services.change, role, name="X", permissions=new, actor=actor)
        given = None if new is None else replacement
        return outcome(services.delete, role, replacement=given, actor=actor)

    check(table, act)


@pytest.mark.parametrize(
    ("target", "role", "table"),
    [
        #                  ada   al      rich    people  roles  cy  str  root  off
        ("di", "low",     [None, None,   None,   None,   NO,    NO, NO,  None, NO]),
        ("di", "high",    [None, MORE,   None,   MORE,   NO,    NO, NO,  None, NO]),
        ("cy", "low",     [None, None,   None,   None,   NO,    NO, NO,  None, NO]),
        ("bo", "low",     [None, None,   None,   MORE,   NO,    NO, NO,  None, NO]),
        ("al", "low",     [None, RAISES, None,   MORE,   NO,    NO, NO,  None, NO]),
        ("rich", "low",   [None, MORE,   RAISES, MORE,   NO,    NO, NO,  None, NO]),
        ("people", "low", [None, None,   None,   RAISES, NO,    NO, NO,  None, NO]),
        ("roles", "low",  [None, None,   None,   MORE,   NO,    NO, NO,  None, NO]),
        ("ada", "low",    [None, OWNER,  OWNER,  OWNER,  NO,    NO, NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["assign", "set_roles"])
def test_giving_roles_to_members(world, verb, target, role, table):
    chosen, member = getattr(world, role), row(world, target)
    # Whoever has a role keeps it, so that the step is one of giving alone.
    kept = {each.role: each.ends_at for each in services.assignments_of(member)}

    def act(actor):
        if verb == "assign":
            return outcome(services.assign, member, chosen, actor=actor)
        return outcome(services.set_roles, member, {**kept, chosen: None}, actor=actor)

    check(table, act)


@pytest.mark.parametrize(
    ("target", "role", "table"),
    [
        #                 ada   al     rich   people  roles  cy    str  root  off
        ("di", "low",    [None, None,  None,  None,   NO,    NO,   NO,  None, NO]),
        ("di", "high",   [None, MORE,  None,  MORE,   NO,    NO,   NO,  None, NO]),
        ("cy", "low",    [None, None,  None,  None,   NO,    None, NO,  None, NO]),
        ("cy", "high",   [None, MORE,  None,  MORE,   NO,    None, NO,  None, NO]),
        ("al", "low",    [None, None,  None,  MORE,   NO,    NO,   NO,  None, NO]),
        ("ada", "low",   [None, OWNER, OWNER, OWNER,  NO,    NO,   NO,  None, NO]),
        ("rich", "high", [None, MORE,  None,  MORE,   NO,    NO,   NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["unassign", "set_roles", "shorten"])
def test_taking_roles_from_members(world, verb, target, role, table):
    """Everybody may give up a role of their own; nobody else's beyond their own rights."""
    member = row(world, target)
    given = services.assign(member, getattr(world, role), actor=None)

    def act(actor):
        if verb == "unassign":
            return outcome(services.unassign, given, actor=actor)
        if verb == "shorten":
            return outcome(services.set_end, given, ends_at=tomorrow(), actor=actor)
        return outcome(services.set_roles, member, {}, actor=actor)

    check(table, act)


@pytest.mark.parametrize(
    ("target", "table"),
    [
        #        ada   al      rich   people  roles  cy  str  root  off
        ("di",  [None, None,   None,  None,   NO,    NO, NO,  None, NO]),
        ("al",  [None, RAISES, None,  MORE,   NO,    NO, NO,  None, NO]),
        ("cy",  [None, None,   None,  None,   NO,    NO, NO,  None, NO]),
        ("ada", [None, OWNER,  OWNER, OWNER,  NO,    NO, NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("verb", ["set_end", "assign"])
def test_extending_roles(world, verb, ended, target, table):
    """A later end is a raise, for oneself too, and so is a role that has ended."""
    member = row(world, target)
    given = services.assign(member, world.low, ends_at=tomorrow(), actor=None)
    if ended:
        RoleAssignment.objects.filter(pk=given.pk).update(ends_at=timezone.now() - DAY)

    def act(actor):
        later = tomorrow() + DAY
        if verb == "assign":
            return outcome(services.assign, member, world.low, ends_at=later, actor=actor)
        return outcome(services.set_end, given, ends_at=later, actor=actor)

    check(table, act)


@pytest.mark.parametrize(
    ("group", "role", "table"),
    [
        #                  ada   al      rich    people  roles   cy  str  root  off
        ("empty", "low",  [None, None,   None,   NO,     None,   NO, NO,  None, NO]),
        ("empty", "high", [None, MORE,   None,   NO,     MORE,   NO, NO,  None, NO]),
        ("crew", "low",   [None, RAISES, RAISES, NO,     RAISES, NO, NO,  None, NO]),
        ("crew", "high",  [None, MORE,   RAISES, NO,     MORE,   NO, NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", ["give", "extend"])
def test_giving_roles_to_groups(world, step, group, role, table):
    """Nobody raises themselves through a group that they are in."""
    holder, chosen = getattr(world, group), getattr(world, role)
    if step == "extend":
        services.assign(holder, chosen, ends_at=tomorrow(), actor=None)
    if (step, group, role) == ("extend", "crew", "high"):
        # Everybody has the right by now, so it is nothing but a raise.
        table = [RAISES if each is MORE else each for each in table]

    check(table, lambda actor: outcome(services.assign, holder, chosen, actor=actor))


@pytest.mark.parametrize(
    ("role", "table"),
    [
        #         ada   al    rich  people  roles  cy  str  root  off
        ("low",  [None, None, None, NO,     None,  NO, NO,  None, NO]),
        ("high", [None, None, None, NO,     MORE,  NO, NO,  None, NO]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["unassign", "shorten"])
def test_taking_roles_from_groups(world, verb, role, table):
    given = services.assign(world.crew, getattr(world, role), actor=None)

    def act(actor):
        if verb == "unassign":
            return outcome(services.unassign, given, actor=actor)
        return outcome(services.set_end, given, ends_at=tomorrow(), actor=actor)

    check(table, act)


@pytest.mark.parametrize("way", ["member", "group"])
@pytest.mark.parametrize(
    ("actor", "new", "expected"),
    [
        ("al", [VIEW_MEMBER, INVITE_MEMBER], RAISES),
        ("al", [], None),
        ("rich", [VIEW_MEMBER, MANAGE_BILLING], RAISES),
        ("ada", [VIEW_MEMBER, MANAGE_BILLING], None),
        ("root", [VIEW_MEMBER, MANAGE_BILLING], None),
        ("roles", [], None),
        ("roles", [VIEW_MEMBER, MANAGE_ROLES], RAISES),
    ],
)
@pytest.mark.parametrize("verb", ["change", "delete"])
def test_widening_a_role_of_ones_own(world, verb, way, actor, new, expected):
    """Who has a role can only take from it, whether it came directly or by a group."""
    if actor != "root":
        holder = row(world, actor) if way == "member" else world.crew
        services.assign(holder, world.low, actor=None)
    if verb == "change":
        found = outcome(services.change, world.low, permissions=new, actor=actor)
    else:
        other = services.create(world, name="Other", permissions=new, actor=None)
        found = outcome(services.delete, world.low, replacement=other, actor=actor)

    assert found is expected


def lesser(world):
    """Return a role that gives ed the right to manage roles and to invite, and no more."""
    role = services.create(
        world, name="Lesser", permissions=[MANAGE_ROLES, INVITE_MEMBER], actor=None
    )
    services.assign(row(world, "ed"), role, actor=None)
    return role


@pytest.mark.parametrize(
    ("holder", "expected"), [("di", None), ("people", MORE), ("ada", None), ("al", None)]
)
@pytest.mark.parametrize(
    ("verb", "way"),
    [
        *((verb, way) for verb in ("change", "delete", "replace") for way in ("member", "group")),
        # The table above is about these steps for single members.
        *(("unassign", "group"), ("shorten", "group")),
    ],
)
def test_nobody_loses_by_somebody_who_has_less(world, verb, way, holder, expected):
    """People has a right that ed lacks. The owner and al have the right anyway and lose nothing."""
    lesser(world)
    role = services.create(world, name="Inviters", permissions=[INVITE_MEMBER], actor=None)
    crew = Crew.objects.create(organization=world, name="Some")
    crew.members.add(row(world, holder))
    given = services.assign(row(world, holder) if way == "member" else crew, role, actor=None)
    if verb == "change":
        found = outcome(services.change, role, permissions=[], actor="ed")
    elif verb == "delete":
        found = outcome(services.delete, role, replacement=None, actor="ed")
    elif verb == "replace":
        found = outcome(services.delete, role, replacement=world.low, actor="ed")
    elif verb == "unassign":
        found = outcome(services.unassign, given, actor="ed")
    else:
        found = outcome(services.set_end, given, ends_at=tomorrow(), actor="ed")

    assert found is expected


def test_what_somebody_has_twice_is_not_lost(world):
    """People is in two crews with the role; one of them can lose it by the hand of ed."""
    lesser(world)
    role = services.create(world, name="Inviters", permissions=[INVITE_MEMBER], actor=None)
    crews = [Crew.objects.create(organization=world, name=f"Crew {n}") for n in range(2)]
    given = []
    for crew in crews:
        crew.members.add(row(world, "people"))
        given.append(services.assign(crew, role, actor=None))

    assert outcome(services.unassign, given[0], actor="ed") is None
    assert outcome(services.unassign, given[1], actor="ed") is MORE
    assert outcome(services.delete, role, replacement=None, actor="ed") is MORE
    assert outcome(services.change, role, name="Guests", actor="ed") is None


def test_a_role_that_is_called_like_another_one_is_not_taken_for_it(world, roles_in_code):
    """People loses the right, since the role of that name that stays gives another one."""
    lesser(world)
    roles_in_code.declare("guests", label="Inviters", permissions=[VIEW_MEMBER])
    role = services.create(world, name="Inviters", permissions=[INVITE_MEMBER], actor=None)
    crews = [Crew.objects.create(organization=world, name=f"Crew {n}") for n in range(2)]
    for crew in crews:
        crew.members.add(row(world, "people"))
    services.assign(crews[0], "guests", actor=None)
    given = services.assign(crews[1], role, actor=None)

    assert outcome(services.unassign, given, actor="ed") is MORE


@pytest.mark.parametrize("verb", ["unassign", "shorten", "delete", "change"])
@pytest.mark.parametrize(
    ("ends", "other", "expected"),
    [(None, DAY, MORE), (2 * DAY, DAY, MORE), (DAY, 2 * DAY, None), (DAY, None, None)],
)
def test_what_somebody_has_twice_is_lost_if_the_other_one_ends_before(
    world, verb, ends, other, expected
):
    """Else ed would give people the same for a day, and then take what people had for good."""
    lesser(world)
    given = []
    for name, lasts in [("Inviters", ends), ("Inviters for a while", other)]:
        role = services.create(world, name=name, permissions=[INVITE_MEMBER], actor=None)
        crew = Crew.objects.create(organization=world, name=name)
        crew.members.add(row(world, "people"))
        end = lasts and timezone.now() + lasts
        given.append(services.assign(crew, role, ends_at=end, actor=None))
    role = given[0].role
    if verb == "unassign":
        found = outcome(services.unassign, given[0], actor="ed")
    elif verb == "shorten":
        found = outcome(services.set_end, given[0], ends_at=timezone.now() + DAY / 2, actor="ed")
    elif verb == "delete":
        found = outcome(services.delete, role, replacement=None, actor="ed")
    else:
        found = outcome(services.change, role, permissions=[], actor="ed")

    assert found is expected


def test_of_one_role_given_twice_the_one_that_lasts_is_not_taken(world):
    lesser(world)
    role = services.create(world, name="Inviters", permissions=[INVITE_MEMBER], actor=None)
    given = []
    for end in (None, tomorrow()):
        crew = Crew.objects.create(organization=world, name=f"Crew until {end}")
        crew.members.add(row(world, "people"))
        given.append(services.assign(crew, role, ends_at=end, actor=None))

    assert outcome(services.unassign, given[0], actor="ed") is MORE
    assert outcome(services.unassign, given[1], actor="ed") is None


def test_a_role_that_has_ended_is_no_role_of_ones_own(world):
    given = services.assign(row(world, "al"), world.low, actor=None)
    RoleAssignment.objects.filter(pk=given.pk).update(ends_at=timezone.now() - DAY)

    names = [VIEW_MEMBER, INVITE_MEMBER]
    assert outcome(services.change, world.low, permissions=names, actor="al") is None


def test_rights_of_a_role_that_has_ended_are_no_rights(world):
    services.assign(row(world, "al"), world.high, actor=None)
    di = row(world, "di")
    assert outcome(services.assign, di, world.high, actor="al") is None

    RoleAssignment.objects.update(ends_at=timezone.now() - DAY)

    assert outcome(
        services.set_end, services.assignments_of(di).get(), ends_at=None, actor="al"
    ) in (MORE,)


def test_what_was_taken_meanwhile_no_longer_counts(world):
    """The verb asks again; an access of before is worth nothing."""
    members.set_admin(row(world, "al"), False)

    assert outcome(services.assign, row(world, "di"), world.low, actor="al") is NO


def test_nothing_is_asked_where_nothing_changes(world):
    given = services.assign(row(world, "ada"), world.high, actor=None)

    assert outcome(services.set_end, given, ends_at=None, actor="cy") is None
    assert outcome(services.set_roles, row(world, "ada"), {world.high: None}, actor="cy") is None


def test_superusers_without_access_are_like_anybody(world, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}

    assert outcome(services.assign, row(world, "di"), world.low, actor="root") is NO


def test_an_inactive_organization_is_closed_but_for_operators(world):
    world.is_active = False
    world.save()

    assert outcome(services.assign, row(world, "di"), world.low, actor="ada") is NO
    assert outcome(services.assign, row(world, "di"), world.low, actor="root") is None
