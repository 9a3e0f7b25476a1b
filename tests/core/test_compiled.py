"""Statements that are compiled once: the same answers in any thread, and only where that holds."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.models import F, Manager, QuerySet
from django.db.models.sql import Query
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import grants, testing
from organizations.compiled import Compiled, Parameter
from organizations.models import Organization, OrganizationUser
from organizations.services import access, members, suspension
from organizations.services.access import access_of

KEY = OrganizationUser._meta.pk
pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def compiled(monkeypatch):
    """The statements that a test compiles."""
    found = {}
    monkeypatch.setattr(access, "_compiled", found)
    return found


class SomeMembers(Manager):
    """A manager of a project's, which hides members."""

    def get_queryset(self):
        return super().get_queryset().filter(user__username__startswith="a")


class LateQuery(Query):
    """A query that chooses when it is compiled, as those of scopes do."""

    chosen: tuple = ("pk__isnull", False)

    def get_compiler(self, *args, **kwargs):
        query = self.clone()
        query.add_filter(*LateQuery.chosen)
        return super(LateQuery, query).get_compiler(*args, **kwargs)


class LateManager(Manager):
    def get_queryset(self):
        return QuerySet(self.model, query=LateQuery(self.model), using=self._db)


def use(monkeypatch, manager, model):
    manager.model = model
    monkeypatch.setitem(vars(model._meta), "base_manager", manager)


class Alternating:
    """A router that chooses among replicas."""

    def __init__(self):
        self.chosen = itertools.cycle(["default", "replica"])

    def db_for_read(self, model, **hints):
        return next(self.chosen)


def asked(user, organization):
    found = access_of(user, organization)
    return found.member, found.permissions, found.standing, found.member and found.member.user


def test_a_statement_gives_what_the_queryset_gives(acme):
    rows = OrganizationUser.objects.select_related("user").annotate(also=F("user__username"))
    once = Compiled(rows.filter(user_id=Parameter("user", KEY)).order_by("pk")[:1])
    for member in acme.organization_users.all():
        found = once.first(user=member.user_id)
        assert (found, found.user, found.also) == (member, member.user, member.user.username)
        assert not found._state.adding
        assert found._state.db == "default"
    assert once.first(user=0) is None


def test_the_question_is_compiled_once_for_everybody(acme, compiled):
    zenith = testing.make_organization("Zenith", owner="eve")
    for organization in (acme, zenith):
        for user in (*acme.users.all(), *zenith.users.all()):
            with CaptureQueriesContext(connection) as queries:
                answers = asked(user, organization)
            assert len(queries) == 1
            assert (answers[0] is not None) is organization.users.filter(pk=user.pk).exists()
            assert answers[0] is None or answers[0].organization_id == organization.pk
    assert len(compiled) == 1


def test_what_changes_is_seen(acme, compiled):
    """The moment is a parameter too."""
    cy = acme.users.get(username="cy")
    member = acme.organization_users.get(user=cy)
    assert access_of(cy, acme).is_member
    members.set_admin(member, True)
    assert access_of(cy, acme).is_admin
    suspension.suspend(member, actor=None, now=timezone.now())
    assert not access_of(cy, acme).may_enter
    suspension.reinstate(member, actor=None)
    OrganizationUser.objects.filter(pk=member.pk).update(
        ends_at=timezone.now() - timedelta(seconds=1)
    )
    assert not access_of(cy, acme).may_enter
    assert len(compiled) == 1


@pytest.mark.parametrize("what", ["manager", "group", "nothing"])
def test_what_a_project_adds_is_compiled_only_if_it_says_so(what, acme, compiled, monkeypatch):
    if what == "manager":
        use(monkeypatch, SomeMembers(), OrganizationUser)
    elif what == "group":
        for each in (*grants.groups(), *grants._sources.values()):
            monkeypatch.setattr(type(each), "is_fixed", False, raising=False)
    for user in acme.users.all():
        is_seen = what != "manager" or user.username == "ada"
        assert access_of(user, acme).is_member is is_seen
    assert bool(compiled) is (what == "nothing" or (what == "group" and not grants._sources))


def test_what_a_manager_chooses_when_it_is_compiled_is_asked_each_time(acme, compiled, monkeypatch):
    use(monkeypatch, LateManager(), OrganizationUser)
    for begins_with in ("a", "b"):
        monkeypatch.setattr(LateQuery, "chosen", ("user__username__startswith", begins_with))
        for user in acme.users.all():
            assert access_of(user, acme).is_member is (user.username[0] == begins_with)
    assert not compiled


def test_nor_is_an_organization_found_past_such_a_manager(acme, compiled, monkeypatch):
    organizations = LateManager()
    organizations.model = Organization
    monkeypatch.setattr(LateQuery, "chosen", ("name__startswith", "B"))
    assert not organizations.filter(pk=acme.pk).exists()
    ada = acme.users.get(username="ada")
    asked_for = {"name": "id", "value": acme.pk, "columns": ()}
    assert access.access_at(ada, organizations.all(), **asked_for) is None
    assert access.access_at(ada, Organization.objects.all(), **asked_for)[0] == acme


def test_a_statement_is_known_by_the_database_that_it_is_for(compiled, settings, monkeypatch):
    settings.DATABASE_ROUTERS = [Alternating()]
    made = []

    class Told:
        def __init__(self, rows):
            made.append(rows.db)

        def first(self, **values):
            """Find nobody."""

    monkeypatch.setattr(access, "Compiled", Told)
    user = SimpleNamespace(pk=1, is_active=True, is_superuser=False)
    for _number in range(4):
        access_of(user, Organization(pk=1))
    assert [key[1] for key in compiled] == made
    assert sorted(made) == ["default", "replica"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_threads_have_their_own_connections(acme, compiled):
    people = list(acme.users.all())
    expected = [access_of(user, acme) for user in people]

    def work(_number):
        try:
            return [access_of(user, acme) for user in people]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(64)))
    assert all(each == expected for each in found)
    assert len(compiled) == 1
