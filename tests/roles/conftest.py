import pytest

from organizations import permissions, testing
from organizations.roles import registry
from tests.roles.crews.models import Crew
from tests.services.recording import recorded_signals

NAMES = frozenset(each.name for each in permissions.declared() if each.grantable)


@pytest.fixture
def sent():
    """The signals that the test causes; clear ``sent.sent`` after the preparation."""
    with recorded_signals() as recorder:
        yield recorder


@pytest.fixture
def roles_in_code():
    """Let the test declare roles; they are gone afterwards."""
    before = dict(registry._registry)
    yield registry
    registry._registry.clear()
    registry._registry.update(before)


@pytest.fixture
def acme(db):
    """Owner ada, admins al and bo, members cy, di and ed."""
    return testing.make_organization(
        "Acme", owner="ada", admins=["al", "bo"], members=["cy", "di", "ed"]
    )


@pytest.fixture
def other(db):
    """Another organization; cy is there, too."""
    return testing.make_organization("Other", owner="otto", members=["cy"])


@pytest.fixture
def crew(acme):
    """A crew of acme with di in it."""
    made = Crew.objects.create(organization=acme, name="Night crew")
    made.members.add(acme.organization_users.get(user__username="di"))
    return made
