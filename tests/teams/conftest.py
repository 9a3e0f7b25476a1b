"""What the tests of teams share; those that need roles are left out where there are none."""

import pytest
from django.apps import apps

from organizations import testing
from tests.services.recording import recorded_signals

collect_ignore = [] if apps.is_installed("organizations.roles") else ["test_with_roles.py"]


@pytest.fixture
def acme(db):
    return testing.make_organization(
        "Acme", owner="ada", admins=["bo", "ben"], members=["cy", "di", "eve"]
    )


@pytest.fixture
def zenith(db):
    return testing.make_organization("Zenith", owner="zoe", members=["zed"])


@pytest.fixture
def sent():
    with recorded_signals() as recorder:
        yield recorder
