"""Fixtures of the tests of the doors and of the attacks on them."""

import pytest

from tests.doors.support import BACKENDS, Browser, make_world, taken_back

__all__ = ["backend", "browser", "modelled", "undo", "world"]


def choose(settings, name):
    settings.ORGANIZATIONS = BACKENDS[name]
    if name == "modelled":
        settings.ROOT_URLCONF = "tests.doors.urls_modelled"


@pytest.fixture(params=BACKENDS)
def backend(request, settings):
    """Run the test once with each of the two backends; its name is the value."""
    choose(settings, request.param)
    return request.param


@pytest.fixture
def modelled(settings):
    """Run the test with the backend that keeps invitations as rows."""
    choose(settings, "modelled")


@pytest.fixture
def browser(db):
    return Browser()


@pytest.fixture
def world(db):
    return make_world()


@pytest.fixture
def undo(db):
    """Return a context in which everything that a request writes is taken back."""
    return taken_back
