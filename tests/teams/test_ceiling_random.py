"""Random steps with roles and teams: no actor goes beyond the own rights, now or later.

A step may do its harm later only, when what it has left in place ends. So the rights of all are
looked at as they will be at several moments.
"""

import random
from datetime import timedelta

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from organizations import permissions, testing
from organizations.exceptions import OrganizationsError
from organizations.roles import registry
from organizations.roles import services as roles
from organizations.roles.models import Role, RoleAssignment
from organizations.roles.permissions import MANAGE_ROLES
from organizations.services import members
from organizations.services.access import members_with_grants, rights_of_row
from organizations.teams import services
from organizations.teams.models import Team
from organizations.teams.permissions import MANAGE_TEAMS

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NAMES = [
    *(permissions.MANAGE_BILLING, permissions.INVITE_MEMBER, permissions.CHANGE_MEMBER),
    *(permissions.REMOVE_MEMBER, permissions.VIEW_MEMBER, MANAGE_ROLES, MANAGE_TEAMS),
]
#: Between the ends that roles can have here.
LATER = (timedelta(minutes=1), 1.5 * DAY, 2.5 * DAY)


@pytest.fixture
def role_in_code():
    """A role in code that is called like one of the organization."""
    before = dict(registry._registry)
    registry.declare("code", label="Role 1", permissions=[MANAGE_ROLES, permissions.VIEW_MEMBER])
    yield
    registry._registry.clear()
    registry._registry.update(before)


class World:
    """An organization, and steps on it that chance chooses."""

    def __init__(self, seed):
        self.choose = random.Random(seed)
        self.begin = timezone.now()
        self.acme = testing.make_organization(
            "Acme", owner="ada", admins=["al", "bo"], members=["cy", "di", "ed", "fy"]
        )
        self.people = list(self.acme.organization_users.select_related("user").order_by("pk"))
        for number in range(5):
            roles.create(self.acme, name=f"Role {number}", permissions=self.names(), actor=None)
            parent = self.choose.choice([None, *Team.objects.order_by("pk")])
            services.create(self.acme, name=f"Team {number}", parent=parent, actor=None)

    def names(self):
        return self.choose.sample(NAMES, self.choose.choice([0, 1, 1, 2, 3, 4]))

    def one(self, model):
        return self.choose.choice(list(model.objects.order_by("pk")))

    def role(self):
        return self.choose.choice([*Role.objects.order_by("pk"), "code"])

    def holder(self):
        return self.choose.choice([self.choose.choice(self.people), self.one(Team)])

    def end(self):
        return self.choose.choice([None, None, self.begin + DAY, self.begin + 2 * DAY])

    def step(self, actor):
        """Try one step; return its name if it was done, else None."""
        kind = self.choose.choice(STEPS)
        verb, *args, values = kind(self, self.choose.choice(self.people))
        try:
            with transaction.atomic():
                verb(*args, **values, actor=actor)
        except (OrganizationsError, ObjectDoesNotExist):
            return None
        return f"{verb.__name__} {args} {values}"

    def rights(self, moment):
        rows = members_with_grants(self.acme, now=moment)
        return {row.user_id: rights_of_row(row) for row in rows}


def make_role(world, member):
    name = f"Role {world.choose.random()}"
    return roles.create, world.acme, {"name": name, "permissions": world.names()}


def change(world, member):
    role = world.one(Role)
    names = role.permissions ^ set(world.choose.sample(NAMES, world.choose.choice([1, 2])))
    return roles.change, role, {"permissions": names}


def delete(world, member):
    if Role.objects.count() < 4:
        return make_role(world, member)
    role, other = world.one(Role), world.choose.choice([None, world.role(), world.role()])
    return roles.delete, role, {"replacement": None if other == role else other}


def set_roles(world, member):
    wanted = {world.role(): world.end() for _ in range(world.choose.choice([0, 1, 2]))}
    return roles.set_roles, world.holder(), wanted, {}


def delete_team(world, member):
    if Team.objects.count() < 4:
        return services.create, world.acme, {"name": f"Team {world.choose.random()}"}
    return services.delete, world.one(Team), {}


def assign(world, member):
    return roles.assign, world.holder(), world.role(), {"ends_at": world.end()}


def unassign(world, member):
    if not RoleAssignment.objects.exists():
        return assign(world, member)
    return roles.unassign, world.one(RoleAssignment), {}


def set_end(world, member):
    if not RoleAssignment.objects.exists():
        return assign(world, member)
    return roles.set_end, world.one(RoleAssignment), {"ends_at": world.end()}


def set_admin(world, member):
    return members.set_admin, member, world.choose.random() < 0.5, {}


def join(world, member):
    return services.add_member, world.one(Team), member, {"is_lead": world.choose.random() < 0.2}


def leave(world, member):
    return services.remove_member, world.one(Team), member, {}


def lead(world, member):
    return services.set_lead, world.one(Team), member, world.choose.random() < 0.5, {}


def move(world, member):
    parent = world.choose.choice([None, world.one(Team)])
    return services.move, world.one(Team), {"parent": parent}


STEPS = [
    *(make_role, change, change, delete, delete, assign, assign, assign, unassign, unassign),
    *(set_end, set_roles, set_admin, join, join, leave, lead, move, move, delete_team),
]


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in range(1, 4))]
)
def test_no_step_goes_beyond_the_rights_of_its_actor_now_or_later(seed, role_in_code):
    world = World(seed)
    for _ in range(40):
        world.step(None)
    for _ in range(60):
        if world.choose.random() < 0.15:
            world.step(None)
        actor = world.choose.choice(world.people)
        now = world.rights(timezone.now())
        before = [world.rights(world.begin + later) for later in LATER]
        done = world.step(actor.user)
        if done is None:
            continue
        mine, about = now[actor.user_id], f"{actor.user}: {done}"
        for later, old in zip(LATER, before, strict=True):
            new = world.rights(world.begin + later)
            for member in world.people:
                had, has = (look[member.user_id].permissions for look in (old, new))
                if member == actor:
                    assert mine.is_owner or has <= had, about
                    continue
                assert has ^ had <= mine.permissions, about
                more = now[member.user_id].permissions - mine.permissions
                assert has >= had or mine.is_owner or not more, about
