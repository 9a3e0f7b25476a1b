"""A dry run foretells exactly what happens, and leaves nothing behind."""

import random

import pytest
from django.core import mail
from django.db import transaction
from django.db.models import signals as model_signals

from organizations import testing
from organizations.exceptions import NotAllowed
from organizations.permissions import INVITE_MEMBER, VIEW_MEMBER
from organizations.roles import services
from organizations.roles.models import Role, RoleAssignment
from organizations.services.access import rights_of_members
from organizations.services.preview import preview
from tests.roles.conftest import NAMES
from tests.roles.crews.models import Crew
from tests.roles.support import all_rows, row, tomorrow, user

MODEL_SIGNALS = [
    *("pre_init", "post_init", "pre_save", "post_save"),
    *("pre_delete", "post_delete", "m2m_changed"),
]


@pytest.fixture
def model_signals_sent():
    """The signals of Django around changes of rows."""
    found = []

    def receive(*, sender, signal, **kwargs):
        found.append((signal, sender))

    watched = [getattr(model_signals, name) for name in MODEL_SIGNALS if "init" not in name]
    for signal in watched:
        signal.connect(receive)
    yield found
    for signal in watched:
        signal.disconnect(receive)


@pytest.fixture
def busy(acme, roles_in_code):
    """An organization in which many people have many roles, themselves and by crews."""
    dice = random.Random(4)
    for name in ("one", "two", "three"):
        roles_in_code.declare(name, label=name, permissions=dice.sample(sorted(NAMES), 2))
    for index in range(6):
        testing.make_member(acme, f"person{index}")
    acme.roles = [
        services.create(
            acme, name=f"Role {index}", permissions=dice.sample(sorted(NAMES), 3), actor=None
        )
        for index in range(6)
    ]
    acme.crews = [Crew.objects.create(organization=acme, name=f"Crew {n}") for n in range(2)]
    members = list(acme.organization_users.order_by("pk"))
    for crew in acme.crews:
        crew.members.set(dice.sample(members, 4))
        services.assign(crew, dice.choice(acme.roles), actor=None)
    for member in members:
        for role in dice.sample([*acme.roles, "one", "two", "three"], 3):
            services.assign(member, role, actor=None)
    return acme


def edit(organization, dice):
    """Return a random step as ``(verb, subject, args, kwargs)``."""
    role = dice.choice(organization.roles)
    holder = dice.choice([*organization.organization_users.order_by("pk"), *organization.crews])
    any_role = dice.choice([*organization.roles, "one", "two", "three"])
    others = [each for each in organization.roles if each != role]
    names = dice.sample(sorted(NAMES), dice.randrange(5))
    until = dice.choice([None, tomorrow()])
    return dice.choice(
        [
            (services.change, role, (), {"permissions": names}),
            (services.delete, role, (), {"replacement": dice.choice([None, "one", *others])}),
            (services.assign, holder, (any_role,), {"ends_at": until}),
            (services.set_roles, holder, (dict.fromkeys([any_role, "two"], until),), {}),
            (services.unassign, dice.choice(RoleAssignment.objects.all()), (), {}),
            (services.create, organization, (), {"name": "New", "permissions": names}),
        ]
    )


def difference(before, after):
    return {
        key: (after[key].permissions - before[key].permissions,
              before[key].permissions - after[key].permissions)
        for key in before
        if before[key].permissions != after[key].permissions
    }  # fmt: skip


@pytest.mark.slow
def test_what_is_foretold_is_what_happens(busy, sent, model_signals_sent):
    """200 random steps by different actors, each dry, then real, then taken back."""
    dice = random.Random(2024)
    actors = [None, user("ada"), user("al"), user("person1")]
    start = all_rows()
    done = changed = 0
    for _ in range(200):
        verb, subject, args, kwargs = edit(busy, dice)
        kwargs = {**kwargs, "actor": dice.choice(actors)}
        sent.sent.clear()
        model_signals_sent.clear()

        try:
            found = preview(verb, subject, *args, **kwargs)
        except NotAllowed as error:
            found = type(error)

        assert all_rows() == start
        assert (sent.sent, model_signals_sent, mail.outbox) == ([], [], [])

        before = rights_of_members(busy)
        with transaction.atomic():
            try:
                verb(subject, *args, **kwargs)
            except NotAllowed as error:
                assert found is type(error)
            else:
                foretold = {each.user_id: (each.gained, each.lost) for each in found.changes}
                assert foretold == difference(before, rights_of_members(busy))
                done += 1
                changed += bool(foretold)
            transaction.set_rollback(True)
    assert done > 80 and changed > 50, (done, changed)


def test_a_dry_run_leaves_the_instances_alone(acme):
    role = services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)
    given = services.assign(row(acme, "cy"), role, actor=None)

    preview(services.change, role, name="X", permissions=[VIEW_MEMBER], actor=None)
    preview(services.set_end, given, ends_at=tomorrow(), actor=None)

    assert (role.name, role.permissions, given.ends_at) == ("Sales", {INVITE_MEMBER}, None)


def test_a_deleted_role_foretells_who_loses(acme, crew):
    role = services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)
    services.assign(row(acme, "cy"), role, actor=None)
    services.assign(row(acme, "al"), role, actor=None)
    services.assign(crew, role, actor=None)

    found = preview(services.delete, role, replacement=None, actor=user("ada"))

    # al is an admin and has the right anyway.
    assert {each.member.user.username for each in found.losing} == {"cy", "di"}
    assert all(each.lost == {INVITE_MEMBER} for each in found.changes)
    assert found.of(user("al")) is None
    assert Role.objects.get() == role
