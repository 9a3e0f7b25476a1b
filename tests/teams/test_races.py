"""Two at once, on two real connections."""

import pytest
from django.db import IntegrityError

from organizations import testing
from organizations.exceptions import PermissionMissing
from organizations.models import OrganizationUser
from organizations.services import members
from organizations.teams import services
from organizations.teams.exceptions import AlreadyInTeam, TeamCycle, TeamNameTaken
from organizations.teams.models import Team, TeamAncestor, TeamMember
from tests.ownership.test_races import DONE, Threads

from .support import ancestor_rows, make, member, parents, people, recomputed, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROUNDS = 5


def team(name):
    return Team.objects.get(name=name)


def add(name, **values):
    acme = team("A").organization
    services.add_member(team("A"), member(acme, name), actor=None, **values)


def insert_row(one, other):
    """Put a team directly below another one, past the verbs and their lock."""
    TeamAncestor.objects.create(
        organization=team(one).organization, team=team(one), ancestor=team(other), distance=1
    )


def move(one, other):
    services.move(team(one), parent=team(other), actor=None)


RACES = {
    "each below the other": (
        lambda: move("A", "B"),
        lambda: move("B", "A"),
        {(DONE, TeamCycle), (TeamCycle, DONE)},
    ),
    "each below the other, past the lock": (
        lambda: insert_row("A", "B"),
        lambda: insert_row("B", "A"),
        {(DONE, IntegrityError), (IntegrityError, DONE)},
    ),
    "one below two": (lambda: move("A", "B"), lambda: move("A", "C"), {(DONE, DONE)}),
    "moved and deleted": (
        lambda: move("A", "B"),
        lambda: services.delete(team("B"), actor=None),
        {(DONE, DONE), (Team.DoesNotExist, DONE)},
    ),
    "deleted twice": (
        lambda: services.delete(team("A"), actor=None),
        lambda: services.delete(team("A"), actor=None),
        {(DONE, Team.DoesNotExist), (Team.DoesNotExist, DONE)},
    ),
    "one name twice": (
        lambda: services.create(team("A").organization, name="New", actor=None),
        lambda: services.change(team("B"), name="NEW", actor=None),
        {(DONE, TeamNameTaken), (TeamNameTaken, DONE)},
    ),
    "added twice": (
        lambda: add("cy"),
        lambda: add("cy", is_lead=True),
        {(DONE, AlreadyInTeam), (AlreadyInTeam, DONE)},
    ),
    "removed twice": (
        lambda: services.remove_member(team("A"), member(team("A").organization, "di"), actor=None),
        lambda: services.remove_member(team("A"), member(team("A").organization, "di"), actor=None),
        {(DONE, TeamMember.DoesNotExist), (TeamMember.DoesNotExist, DONE)},
    ),
    "lead unmade while adding": (
        lambda: services.set_lead(
            team("A"), member(team("A").organization, "eve"), False, actor=None
        ),
        lambda: services.add_member(
            team("A"),
            member(team("A").organization, "cy"),
            actor=user(team("A").organization, "eve"),
        ),
        {(DONE, DONE), (DONE, PermissionMissing)},
    ),
    "removed from the organization while joining": (
        lambda: members.remove(team("A").organization, user(team("A").organization, "cy")),
        lambda: add("cy"),
        {(DONE, DONE), (DONE, OrganizationUser.DoesNotExist)},
    ),
}


@pytest.mark.parametrize("name", RACES)
def test_two_at_once_end_as_one_after_the_other(name):
    first, second, expected = RACES[name]
    with Threads() as threads:
        for number in range(ROUNDS):
            acme = testing.make_organization(
                f"Acme {number}", owner="ada", members=["cy", "di", "eve"]
            )
            for each in "ABC":
                make(acme, each)
            services.add_member(team("A"), member(acme, "di"), actor=None)
            services.add_member(team("A"), member(acme, "eve"), is_lead=True, actor=None)
            found = threads.at_once(first, second)
            assert found in expected
            keys = Team.objects.filter(organization=acme).values_list("pk", flat=True)
            if "past the lock" not in name:
                assert ancestor_rows(acme) == recomputed(keys, parents(acme))
            rows = TeamMember.objects.filter(organization=acme)
            assert all(row.member.organization_id == acme.pk for row in rows)
            acme.delete()


def test_ceiling_is_asked_under_the_lock():
    """An admin who is made a plain member at the same time adds nobody afterwards."""
    with Threads() as threads:
        for number in range(ROUNDS):
            acme = testing.make_organization(
                f"Acme {number}", owner="ada", admins=["bo"], members=["cy"]
            )
            make(acme, "A")
            bo = user(acme, "bo")
            down, added = threads.at_once(
                lambda acme=acme: members.set_admin(member(acme, "bo"), False),
                lambda acme=acme, bo=bo: services.add_member(
                    team("A"), member(acme, "cy"), actor=bo
                ),
            )
            assert down == DONE
            assert added in {DONE, PermissionMissing}
            assert ("cy" in people(team("A"))) is (added == DONE)
            acme.delete()
