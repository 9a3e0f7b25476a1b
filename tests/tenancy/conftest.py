"""Two organizations, each with a folder, a label on it and a bookmark of it.

On PostgreSQL these tests act as a role that owns nothing, so both layers are at work; on SQLite
the scopes guard alone. ``test_rls.py`` switches them off.
"""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.backends.signals import connection_created

from organizations import testing
from organizations.tenancy.scope import EVERYTHING, scope
from tests.tenancy.files.models import Bookmark, Folder, Label

APP = "orgkit_app"


@pytest.fixture(scope="session", autouse=True)
def app_role(django_db_setup, django_db_blocker):
    """A role made by what ``organizations_rls`` prints, before any test begins a transaction."""
    if connection.vendor != "postgresql":
        return
    from organizations.tenancy.management.commands.organizations_rls import statements

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for statement in statements(connection, APP):
            cursor.execute(statement)


@pytest.fixture
def scopes_alone(db):
    """Policies do not apply: the role of the tests is a superuser."""


@pytest.fixture
def policies_alone(monkeypatch):
    """Django filters, stamps and checks nothing; PostgreSQL is still told what is open."""
    from organizations.tenancy import guard, managers

    for module in (guard, managers):
        for name in ("needed", "writable"):
            monkeypatch.setattr(module, name, lambda: EVERYTHING)
    monkeypatch.setattr(guard, "settled", lambda opened: EVERYTHING)


@pytest.fixture(autouse=True)
def _as_application(request):
    if connection.vendor != "postgresql" or "scopes_alone" in request.fixturenames:
        yield
        return
    request.getfixturevalue("db")

    def become(connection, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {APP}")

    become(connection)
    connection_created.connect(become)
    yield
    connection_created.disconnect(become)
    if connection.connection is not None:  # others must be able to empty the tables
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


@pytest.fixture
def on_the_shelf(db, settings):
    """The project of ``shelf.py``, with the middleware and the session as a hint."""
    settings.ROOT_URLCONF = "tests.tenancy.shelf"
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "rest_framework"]
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "organizations.middleware.OrganizationMiddleware",
    ]
    settings.ORGANIZATIONS = {
        **getattr(settings, "ORGANIZATIONS", {}),
        "ORGANIZATION_RESOLVERS": ["organizations.resolvers.from_session"],
    }


@pytest.fixture
def two(db):
    return make_two()


def make_two():
    found = {}
    for name in ("acme", "zenith"):
        organization = testing.make_organization(name.title(), owner=f"owner-{name}")
        with scope(organization):
            folder = Folder.objects.create(name=f"{name} folder")
            label = Label.objects.create(name=f"{name} label")
            folder.labels.add(label)
            mark = Bookmark.objects.create(folder=folder)
        found[name] = SimpleNamespace(
            organization=organization, folder=folder, label=label, mark=mark
        )
    return SimpleNamespace(**found)
