"""Lists over all organizations of somebody: read, never written."""

import pickle

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.utils import timezone

from organizations import testing
from organizations.services import closing, suspension
from organizations.tenancy.exceptions import ScopeMismatch, ScopeMissing
from organizations.tenancy.jobs import ticket
from organizations.tenancy.scope import current, scope, scope_of_user, unscoped
from tests.tenancy.conftest import make_two
from tests.tenancy.files.models import Bookmark, Folder, Label


@pytest.fixture
def bo(two):
    """Somebody in both organizations, while a third has rows of its own."""
    third = testing.make_organization("Third", owner="owner-third")
    with scope(third):
        Folder.objects.create(name="third folder")
    member = testing.make_member(two.acme.organization, "bo")
    testing.make_member(two.zenith.organization, member.user)
    return member.user


def names():
    return sorted(Folder.objects.values_list("name", flat=True))


def test_it_opens_the_rows_of_all_organizations_of_somebody(two, bo, django_assert_num_queries):
    opening = scope_of_user(bo)
    told = connection.vendor == "postgresql"
    with opening, django_assert_num_queries(3 + told):
        assert names() == ["acme folder", "zenith folder"]
        assert {str(row) for row in Folder.objects.only("name")} == {"acme folder", "zenith folder"}
        assert current() is None
    with scope_of_user(bo):
        bookmarks = Bookmark.objects.select_related("folder").order_by("folder__name")
        assert [row.folder.name for row in bookmarks] == ["acme folder", "zenith folder"]
        with scope(two.acme.organization):
            assert names() == ["acme folder"]
        rows = pickle.loads(pickle.dumps(Folder.objects.all().query))
        assert rows.built_in.has(two.acme.organization.pk)


def test_only_live_memberships_count(two, bo):
    member = two.acme.organization.organization_users.get(user=bo)
    suspension.suspend(member, actor=None, now=timezone.now())
    with scope_of_user(bo):
        assert names() == ["zenith folder"]
    closing.suspend(two.zenith.organization, actor=None, now=timezone.now())
    with scope_of_user(bo):
        assert names() == []


#: Whatever writes, in both layers of Django: rows, querysets, relations.
WRITES = {
    "create": lambda two: Folder.objects.create(name="x", organization=two.acme.organization),
    "stamped": lambda two: Folder.objects.create(name="x"),
    "save": lambda two: two.acme.folder.save(),
    "delete of a row": lambda two: two.acme.folder.delete(),
    "update": lambda two: Folder.objects.update(name="x"),
    "delete": lambda two: Folder.objects.all().delete(),
    "fast delete": lambda two: Label.objects.all().delete(),
    "_raw_delete": lambda two: Label.objects.all()._raw_delete("default"),
    "bulk_create": lambda two: Folder.objects.bulk_create([Folder(name="x")]),
    "bulk_update": lambda two: Folder.objects.bulk_update([two.acme.folder], ["name"]),
    "link": lambda two: two.acme.folder.labels.add(two.acme.label),
    "clear": lambda two: two.acme.folder.labels.clear(),
    "ticket": lambda two: ticket(),
}


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written(name, two, bo):
    with scope_of_user(bo), pytest.raises(ScopeMissing), transaction.atomic():
        WRITES[name](two)
    with unscoped("what is there now"):
        assert names() == ["acme folder", "third folder", "zenith folder"]
        assert Label.objects.count() == 2


def test_nobody_has_no_organizations(two):
    for nobody in (AnonymousUser(), None):
        with pytest.raises(ScopeMissing):
            scope_of_user(nobody)


def test_an_organization_is_not_entered_with_it(two, bo):
    with scope_of_user(bo):
        rows = Folder.objects.all()
    with scope(two.acme.organization), pytest.raises(ScopeMismatch):
        rows.count()


@pytest.mark.django_db(transaction=True)
def test_async_code_reads_them_too():
    two = make_two()

    async def run(user):
        async with scope_of_user(user):
            return [row.name async for row in Folder.objects.all()]

    assert async_to_sync(run)(two.acme.organization.users.get()) == ["acme folder"]
