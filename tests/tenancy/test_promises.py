"""Attacks over several URLs of a project with scopes; on PostgreSQL behind policies as well."""

import json
import re

import pytest
from celery import Celery
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from organizations import resolvers, testing
from organizations.services import closing, members
from organizations.tenancy.exceptions import ScopeMissing
from organizations.tenancy.jobs import in_scope, ticket
from organizations.tenancy.scope import current, scope, scope_of_user, unscoped
from tests.doors.support import signed_in
from tests.tenancy.files.models import Folder

UNKNOWN = 987_654


@pytest.fixture
def site(two, on_the_shelf):
    return two


def browser_of(name, hint=None):
    browser = signed_in(get_user_model().objects.get(username=name))
    if hint is not None:
        session = browser.session
        session[resolvers.HINT] = str(hint.pk)
        session.save()
    return browser


def rows():
    with unscoped("what is there now"):
        return sorted(Folder.objects.values_list("pk", "name", "organization_id"))


def said(response):
    text = response.content.decode().replace(response.request["PATH_INFO"], "")
    return response.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


METHODS = ["get", "post", "put", "patch", "delete", "head", "options"]


@pytest.mark.parametrize("method", METHODS)
def test_rows_of_others_are_not_told_from_those_that_nobody_has(method, site):
    """P18, P19: under the own prefix, under that of the other, and in an API without one."""
    acme, zenith = site.acme, site.zenith
    before = rows()
    page = browser_of("owner-acme", acme.organization)
    ask = getattr(page, method)
    data = {"name": "mine", "organization": zenith.organization.pk}
    options = {} if method in ("get", "head") else {"content_type": "application/json"}
    for pattern in ("/acme/folders/{}/", "/api/folders/{}/"):
        foreign = ask(pattern.format(zenith.folder.pk), data, **options)
        unknown = ask(pattern.format(UNKNOWN), data, **options)
        assert foreign.status_code in (403, 404, 405) or method == "options"
        assert said(foreign) == said(unknown)
    for key in (zenith.folder.pk, acme.folder.pk, UNKNOWN):
        there = ask(f"/zenith/folders/{key}/", data, **options)
        nowhere = ask(f"/nobody/folders/{key}/", data, **options)
        assert there.status_code == 404
        assert said(there) == said(nowhere)
    assert rows() == before


def test_keys_of_others_in_a_body_write_nothing(site):
    """P19: the parent is the own one, and the child is not."""
    acme, zenith = site.acme, site.zenith
    page = browser_of("owner-acme", acme.organization)
    url = f"/api/folders/{acme.folder.pk}/"
    answer = page.patch(url, {"labels": [zenith.label.pk]}, content_type="application/json")
    unknown = page.patch(url, {"labels": [UNKNOWN]}, content_type="application/json")
    assert answer.status_code == unknown.status_code == 400
    text = answer.content.decode().replace(str(zenith.label.pk), "0")
    assert text == unknown.content.decode().replace(str(UNKNOWN), "0")
    made = page.post(
        "/api/labels/",
        {"name": "new", "company": zenith.organization.pk},
        content_type="application/json",
    )
    assert made.status_code == 201
    with scope(zenith.organization):
        assert str(zenith.label.__class__.objects.get()) == "zenith label"


def test_whoever_was_removed_is_out_whatever_the_session_says(site):
    """P24"""
    organization = site.acme.organization
    bo = testing.make_member(organization, "bo").user
    page = browser_of("bo", organization)
    assert b"acme folder" in page.get("/api/folders/").content
    members.remove(organization, bo)
    answer = page.get("/api/folders/")
    assert answer.status_code == 403
    assert b"folder" not in answer.content
    assert page.get("/acme/folders/").status_code == 404
    assert resolvers.HINT not in page.session
    assert page.get("/everywhere/").json() == {"folders": []}


def test_a_closed_organization_is_closed_at_every_door_and_comes_back(site):
    """P33"""
    organization, now = site.acme.organization, timezone.now()
    owner = get_user_model().objects.get(username="owner-acme")
    page = browser_of("owner-acme", organization)

    def seen():
        found = [page.get(url) for url in ("/api/folders/", "/acme/folders/")]
        everywhere = page.get("/everywhere/").json()["folders"]
        with scope_of_user(owner):
            return [b"acme folder" in each.content for each in found], everywhere, list(names())

    opened = [True, True], ["acme folder"], ["acme folder"]
    assert seen() == opened
    for shut, reopen in (
        (
            lambda: closing.suspend(organization, actor=None, now=now),
            lambda: closing.reinstate(organization, actor=None),
        ),
        (
            lambda: closing.close(organization, actor=None, now=now),
            lambda: closing.restore(organization, actor=None, now=now),
        ),
    ):
        shut()
        assert seen() == ([False, False], [], [])
        reopen()
        page = browser_of("owner-acme", organization)  # the hint was forgotten
        assert seen() == opened
    assert Client().get("/everywhere/").json() == {"folders": []}


def names():
    return Folder.objects.values_list("name", flat=True)


def test_a_task_of_celery_carries_its_organization(two):
    """P36, with the queue's own machinery and arguments as JSON."""
    app = Celery("kit", broker="memory://", backend="cache+memory://")
    app.conf.update(task_always_eager=True, task_serializer="json", task_store_eager_result=True)

    @app.task
    @in_scope
    def listed(greeting):
        return [greeting, current().name, *names()]

    with scope(two.acme.organization):
        carried = json.loads(json.dumps(ticket()))
    with scope(two.zenith.organization):  # a worker has whatever it had before
        done = listed.delay(carried, "hello")
        assert current() == two.zenith.organization
    assert done.get() == ["hello", "Acme", "acme folder"]
    failed = listed.delay("hello")
    assert isinstance(failed.result, ScopeMissing)
    assert current() is None
