"""Whoever acts in an organization has its rows open: in requests, and by ``acting_in``."""

import asyncio
import pickle
import sys
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.test import AsyncClient, Client
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.services import closing, members
from organizations.services.acting import acting_in
from organizations.tenancy.exceptions import ScopeMismatch, ScopeMissing
from organizations.tenancy.scope import current, scope, unscoped
from tests.doors.support import signed_in, words_of
from tests.tenancy.conftest import make_two
from tests.tenancy.files.models import Folder


@pytest.fixture
def site(settings):
    settings.ROOT_URLCONF = "tests.tenancy.urls"
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "organizations.middleware.OrganizationMiddleware",
    ]


@pytest.fixture
def browser(two, site):
    return signed_in(get_user_model().objects.get(username="owner-acme"))


def test_a_request_sees_the_rows_of_its_organization(two, browser):
    assert browser.get("/acme/listed/").content == b"acme folder"
    assert browser.get("/acme/streamed/").getvalue() == b"acme folder"
    with scope(two.zenith.organization):  # what is open around it does not count
        assert browser.get("/acme/listed/").content == b"acme folder"
    assert current() is None


@pytest.mark.parametrize("url", ["/none/", "/zenith/listed/", "/nobody/listed/"])
def test_without_an_organization_nothing_is_open(url, two, browser):
    with pytest.raises(ScopeMissing), scope(two.acme.organization):
        browser.get(url)
    with pytest.raises(ScopeMissing):
        Client().get("/acme/listed/")


def test_what_a_module_of_views_makes_begins_in_no_organization(two, site, settings, tmp_path):
    """Django loads the URLs with the first request, when somebody has entered already."""
    name = f"loaded_late_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        "from django.http import HttpResponse\n"
        "from django.urls import include, path\n"
        "from tests.tenancy.files.models import Folder\n"
        "rows = Folder.objects.order_by('pk')\n"
        "def listed(request, organization_pk):\n"
        "    return HttpResponse(row.name for row in rows.all())\n"
        "urlpatterns = [\n"
        "    path('<str:organization_pk>/late/', listed),\n"
        "    path('', include('organizations.urls')),\n"
        "]\n"
    )
    sys.path.insert(0, str(tmp_path))
    settings.ROOT_URLCONF = name
    try:
        for each in ("acme", "zenith"):
            owner = get_user_model().objects.get(username=f"owner-{each}")
            assert signed_in(owner).get(f"/{each}/late/").content == f"{each} folder".encode()
    finally:
        sys.path.remove(str(tmp_path))


def test_whoever_is_out_sees_nothing_with_the_next_request(two, site):
    organization = two.acme.organization
    bo = testing.make_member(organization, "bo").user
    browser = signed_in(bo)
    assert browser.get("/acme/listed/").content == b"acme folder"
    members.remove(organization, bo)
    with pytest.raises(ScopeMissing):
        browser.get("/acme/listed/")
    owner = signed_in(get_user_model().objects.get(username="owner-acme"))
    assert owner.get("/acme/listed/").status_code == 200
    type(organization).objects.filter(pk=organization.pk).update(is_active=False)
    with pytest.raises(ScopeMissing):
        owner.get("/acme/listed/")


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_time_do_not_mix(site):
    make_two()
    clients = {}
    for name in ("acme", "zenith"):
        clients[name] = AsyncClient()
        clients[name].force_login(get_user_model().objects.get(username=f"owner-{name}"))

    async def ask_all():
        urls = [(name, f"/{name}/later/") for name in clients] * 4
        answers = await asyncio.gather(*(clients[name].get(url) for name, url in urls))
        return [
            (name, answer.content.decode()) for (name, _), answer in zip(urls, answers, strict=True)
        ]

    assert set(async_to_sync(ask_all)()) == {("acme", "acme folder"), ("zenith", "zenith folder")}


def test_acting_in_opens_the_rows_and_gives_the_outer_ones_back(two):
    acme, zenith = two.acme.organization, two.zenith.organization
    with acting_in(acme, None):
        rows = Folder.objects.all()
        kept = pickle.dumps(rows.query)
        assert current() == acme
        with pytest.raises(ZeroDivisionError), acting_in(zenith, None):
            assert [folder.name for folder in Folder.objects.all()] == ["zenith folder"]
            with pytest.raises(ScopeMismatch):
                rows.count()
            1 / 0  # noqa: B018  # raises
        assert [folder.name for folder in rows] == ["acme folder"]
    assert current() is None
    again = Folder.objects.none()
    again.query = pickle.loads(kept)  # our own
    with scope(zenith), pytest.raises(ScopeMismatch):
        again.count()
    with scope(acme):
        assert again.count() == 1


def test_pages_that_delete_an_organization_count_what_goes_with_it(two, browser):
    page = browser.get(reverse("organization_delete", args=["acme"]))
    assert "folder" in words_of(page) and "label" in words_of(page)
    staff = get_user_model().objects.create_superuser("root", "root@example.com")
    organization = two.acme.organization
    url = reverse("admin:organizations_organization_delete", args=[organization.pk])
    admin = signed_in(staff)
    assert "acme folder" in words_of(admin.get(url))
    assert admin.post(url, {"post": "yes"}).status_code == 302
    assert not type(organization).objects.filter(pk=organization.pk).exists()
    with scope(two.zenith.organization):
        assert Folder.objects.count() == 1


def test_a_purge_takes_the_rows_along(two):
    organization, now = two.acme.organization, timezone.now()
    closing.close(organization, actor=None, now=now - timedelta(days=31))
    for dry_run, left in ((True, 2), (False, 1)):
        [purged] = closing.purge(now=now, dry_run=dry_run)
        assert purged.problem == ""
        with unscoped("what is there now"):
            assert Folder.objects.count() == left
