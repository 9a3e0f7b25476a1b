"""What the tests of compatibility share.

They are sorted as the list of what projects written for django-organizations rely on: the
number in a test's name is that of the list's section. 2 import paths, 3 models, 4 methods,
5 functions, 6 signals, 7 settings, 8 URLs, 9 templates, 10 views, forms and backends,
11 admin, 13 uses seen in public projects. Larger uses are whole projects: ``tests/projects``.
"""

from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model

from organizations import models as installed
from organizations import signals
from organizations.utils import create_organization
from tests.app import models as host
from tests.compat.guilds import models as guilds


@dataclass(frozen=True)
class Line:
    """One of the ways to use the classes, by its four models."""

    name: str
    organization: type
    member: type
    owner: type
    invitation: type

    @property
    def is_base(self):
        return self.name == "base"

    @property
    def related_name(self):
        """How users call their organizations."""
        return self.organization._meta.label_lower.replace(".", "_")


INSTALLED = Line(
    "installed",
    installed.Organization,
    installed.OrganizationUser,
    installed.OrganizationOwner,
    installed.OrganizationInvitation,
)
ABSTRACT = Line("abstract", host.Club, host.ClubMember, host.ClubOwner, host.ClubInvitation)
BASE = Line("base", guilds.Guild, guilds.GuildUser, guilds.GuildOwner, guilds.GuildInvitation)


def make_person(name, **values):
    return get_user_model().objects.create_user(name, f"{name}@example.com", **values)


@pytest.fixture(params=[INSTALLED, ABSTRACT, BASE], ids=lambda line: line.name)
def line(request):
    """Each way in turn: installed app, abstract line, base line."""
    return request.param


@pytest.fixture(params=[INSTALLED, ABSTRACT], ids=lambda line: line.name)
def rich(request):
    """The two ways with slugs, admins and times."""
    return request.param


@pytest.fixture
def ada(db):
    return make_person("ada", first_name="Ada", last_name="Lovelace")


@pytest.fixture
def bo(db):
    return make_person("bo")


@pytest.fixture
def make(ada):
    """Return a maker of an organization of a line, owned by Ada."""

    def organization(line, name="Acme", user=ada, **values):
        return create_organization(user, name, model=line.organization, **values)

    return organization


@pytest.fixture
def hearing():
    """Return a context that collects (sender, arguments) of one of the signals."""

    @contextmanager
    def collect(name, **options):
        heard = []

        def receiver(sender, signal, **kwargs):
            heard.append((sender, kwargs))

        signal = getattr(signals, name)
        signal.connect(receiver, **options)
        try:
            yield heard
        finally:
            signal.disconnect(receiver, **options)

    return collect


@pytest.fixture
def acme(ada):
    """An organization of the installed app, owned by Ada."""
    return create_organization(ada, "Acme")


@pytest.fixture
def delivering(django_capture_on_commit_callbacks):
    """Return a context at whose end the transaction counts as committed."""
    return lambda: django_capture_on_commit_callbacks(execute=True)
