"""What the tests of teams share; those that need roles are left out where there are none."""

import pytest
from django.apps import apps

from organizations import grants, testing
from tests.services.recording import recorded_signals

from .gifts import Gifts

WITH_ROLES = ["test_with_roles.py", "test_ceiling_random.py", "test_presets.py"]
collect_ignore = [] if apps.is_installed("organizations.roles") else WITH_ROLES


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


@pytest.fixture
def gifts(monkeypatch):
    """What each team gives, by its name: put sets of permission names into it."""
    source = Gifts()
    monkeypatch.setitem(grants._sources, source.name, source)
    return source.given
