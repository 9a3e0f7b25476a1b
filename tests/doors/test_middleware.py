"""The organization of a request: who gets which, by what names it, and that nobody else does."""

import asyncio
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.test import AsyncClient, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from organizations import resolvers, testing
from organizations.middleware import OrganizationMiddleware
from organizations.models import Organization, OrganizationUser
from organizations.services import acting, members
from tests.compat.guilds.models import Guild, GuildUser
from tests.doors.support import MODELLED, Browser, page
from tests.doors.urls_middleware import ENDED

OURS = "organizations.middleware.OrganizationMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"


@pytest.fixture(autouse=True)
def project(settings):
    order = list(settings.MIDDLEWARE)
    order.insert(order.index(AUTH) + 1, OURS)
    settings.MIDDLEWARE = order
    settings.ROOT_URLCONF = "tests.doors.urls_middleware"
    settings.ALLOWED_HOSTS = ["testserver", ".example.com", "acme.test", "who.test"]
    choose(settings)


@pytest.fixture
def hooked(monkeypatch):
    """A hook as an optional app registers it; what it saw, in order."""
    seen = []

    @contextmanager
    def hook(entered):
        seen.append("open")
        try:
            yield
        finally:
            seen.append("close")

    monkeypatch.setattr(acting, "_hooks", {})
    acting.register("seen", hook)
    return seen


def choose(settings, *names, **values):
    paths = [f"organizations.resolvers.{each}" if "." not in each else each for each in names]
    settings.ORGANIZATIONS = {**MODELLED, "ORGANIZATION_RESOLVERS": paths, **values}


def custom(request):
    return Q(name=request.GET["name"]) if "name" in request.GET else None


def body(browser, url, **options):
    response = browser.get(url, **options)
    assert response.status_code == 200
    return response.content.decode()


def expected(organization, user, actor=None):
    slug = None if organization is None else organization.slug
    member = None if organization is None or user is None else user.pk
    return f"{slug} {member} {slug} {(actor or user).username or '-'}"


def nothing_for(user):
    return f"None None None {user.username or '-'}"


@pytest.fixture
def tables(world):
    """Names that lead nowhere for the member of Acme."""
    return [
        *("zenith", str(world.zenith.pk), "unknown", "999999999", "9" * 400, "-1", "1_0"),
        *("%00", "a%00b", "%F0%9F%A6%86", "x" * 300, "acme%20", "ACME%2F", "%27%22--"),
    ]


def test_the_url_names_the_organization_for_its_members_only(world, tables, settings):
    member, acme = world.people["member"], world.acme
    browser = world.browser("member")
    for name in ("acme", acme.pk):
        with CaptureQueriesContext(connection) as queries:
            assert body(browser, f"/{name}/plain/") == expected(acme, member)
        assert len(queries) == 3, "session, user, and one for both"
    with CaptureQueriesContext(connection) as queries:
        body(browser, "/acme/silent/")
    assert len(queries) == 0, "nobody asked"
    for name in tables:
        response = browser.get(f"/{name}/plain/")
        # A slash inside of the name is another URL.
        assert response.status_code == 404 or response.content.decode() == nothing_for(member), name
    with CaptureQueriesContext(connection) as queries:
        assert body(world.browser("anonymous"), "/acme/plain/") == "None None None -"
    assert len(queries) == 0
    for name in ("outsider", "former", "foreigner", "deactivated"):
        # Django takes an account that is switched off for nobody.
        expect = nothing_for(world.people[name] if name != "deactivated" else AnonymousUser())
        assert body(world.browser(name), "/acme/plain/") == expect, name
    superuser = world.people["superuser"]
    with CaptureQueriesContext(connection) as queries:
        found = body(world.browser("superuser"), "/acme/plain/")
    assert found == expected(acme, None, superuser)
    assert len(queries) == 3
    assert body(browser, "/plain/") == nothing_for(member)
    choose(settings, SUPERUSERS_HAVE_ACCESS=False)
    assert body(world.browser("superuser"), "/acme/plain/") == nothing_for(superuser)


def test_a_view_that_says_more_is_heard(world):
    """Decorators bring their own answer, and keys of another model are no keys of this one."""
    member, browser = world.people["member"], world.browser("member")
    with CaptureQueriesContext(connection) as queries:
        found = body(browser, "/acme/members-only/")
    assert found == expected(world.acme, member)
    assert len(queries) == 3, "session, user, and the one of the decorator"
    assert body(browser, f"/{world.acme.pk}/own/") == expected(world.acme, member)
    for name in ("guilds", "chosen-guilds"):
        assert body(browser, f"/{world.acme.pk}/{name}/") == nothing_for(member)
    smiths = Guild.objects.create(name="Smiths", pk=world.acme.pk)
    GuildUser.objects.create(user=member, organization=smiths)
    assert body(browser, f"/{smiths.pk}/guild/") == f"None {member.pk} None member"
    request = RequestFactory().get("/")
    request.resolver_match = resolve(f"/{smiths.pk}/guild/", "tests.doors.urls_middleware")
    assert resolvers.from_url(request) is resolvers.NOBODY


@pytest.fixture
def ends(world):
    """Ways to lose the organization at once, each undone by the next test."""
    rows = OrganizationUser.objects.filter(user=world.people["member"], organization=world.acme)
    organizations = Organization.objects.filter(pk=world.acme.pk)
    now = timezone.now()
    return [
        lambda: rows.update(suspended_at=now),
        lambda: rows.update(suspended_at=None, ends_at=now - timedelta(seconds=1)),
        lambda: (rows.update(ends_at=None), organizations.update(is_active=False)),
        lambda: (organizations.update(is_active=True), rows.delete()),
    ]


def test_who_is_out_is_out_at_the_next_request_and_the_hint_goes(world, ends, settings):
    choose(settings, "from_session")
    member, browser = world.people["member"], world.browser("member")
    for end in ends:
        OrganizationUser.objects.filter(user=member).update(suspended_at=None, ends_at=None)
        Organization.objects.update(is_active=True)
        assert browser.post(page("organization_switch", world.acme)).status_code == 302
        assert body(browser, "/plain/") == expected(world.acme, member)
        end()
        assert body(browser, "/acme/plain/") == nothing_for(member)
        assert resolvers.HINT in browser.session, "the URL says nothing about the hint"
        assert body(browser, "/plain/") == nothing_for(member)
        assert resolvers.HINT not in browser.session
        assert browser.post(page("organization_switch", world.acme)).status_code == 404
        assert resolvers.HINT not in browser.session


def test_two_tabs_on_two_organizations_never_mix(world, settings):
    choose(settings, "from_session")
    member, browser = world.people["member"], world.browser("member")
    members.add(world.zenith, member)
    browser.post(page("organization_switch", world.zenith))
    for _ in range(2):
        assert body(browser, "/acme/plain/") == expected(world.acme, member)
        assert body(browser, "/zenith/plain/") == expected(world.zenith, member)
        assert body(browser, "/plain/") == expected(world.zenith, member)
    # A name in the URL that leads nowhere is no reason to take the hint.
    assert body(browser, "/unknown/plain/") == nothing_for(member)
    session = browser.session
    for garbage in ({"a": 1}, [1], "acme", "\x00", "9" * 99, 1.5, True):
        session[resolvers.HINT] = garbage
        session.save()
        assert body(browser, "/plain/") == nothing_for(member), garbage
        session = browser.session
        assert resolvers.HINT not in session


def test_switching_is_a_post_and_leads_within_this_site(world, settings):
    choose(settings, "from_session")
    url, own = page("organization_switch", world.acme), page("organization_detail", world.acme)
    browser = world.browser("member")
    assert browser.get(url).url == own
    assert resolvers.HINT not in browser.session
    assert world.browser("member", enforce_csrf_checks=True).post(url).status_code == 403
    hostile = [
        *("//evil.example", "https:evil.example", "/\\evil.example", "\t//evil.example", ""),
        *("%2f%2fevil.example", "javascript:alert(1)", "http://testserver@evil.example/", "plain/"),
        *("https://evil.example/", "///evil.example", "/a" * 5000, "http:///evil.example"),
    ]
    for target in hostile:
        answer = browser.post(url, {"next": target})
        assert answer.status_code == 302
        assert answer.url in {own, target if target.startswith("/a") else own}, target
    assert browser.post(url, {"next": "/plain/?a=1"}).url == "/plain/?a=1"
    assert browser.session[resolvers.HINT] == str(world.acme.pk)
    choose(settings, LANDING_URL="own_plain")
    assert browser.post(url).url == "/acme/plain/"
    choose(settings, LANDING_URL="organization_inbox")
    assert browser.post(url).url == page("organization_inbox")


def test_a_host_names_the_organization(world, settings):
    member, browser = world.people["member"], world.browser("member")
    choose(
        settings, "from_host", "from_session",
        ORGANIZATION_HOST="example.com", ORGANIZATION_HOST_FIELD="name",
    )  # fmt: skip
    acme = expected(world.acme, member)
    browser.cookies[django_settings.SESSION_COOKIE_NAME]["domain"] = ""
    Organization.objects.filter(pk=world.acme.pk).update(name="acme.test")
    hint(browser, world.acme)
    for host in ("acme.example.com", "ACME.example.com:8000", f"{world.acme.pk}.example.com"):
        assert body(browser, "/plain/", HTTP_HOST=host) == acme, host
    assert body(browser, "/plain/", HTTP_HOST="acme.test") == acme
    assert body(browser, "/plain/", HTTP_HOST="example.com") == acme, "by the hint"
    assert body(browser, "/plain/", HTTP_HOST="www.example.com") == acme, "by the hint"
    for host in (
        *("zenith.example.com", "a.acme.example.com", "xn--zz--.example.com", "who.test"),
        *("unknown.example.com", "acme.example.com.", "testserver"),
    ):
        found = body(browser, "/plain/", HTTP_HOST=host)
        assert found == (acme if host.endswith(".") else nothing_for(member)), host
    for host in ("acme.evil.test", "acme.example.com@evil.test", "acme.example.com, x", "[::1"):
        assert browser.get("/plain/", HTTP_HOST=host).status_code == 400, host
    settings.ALLOWED_HOSTS = ["testserver"]
    # Where no other middleware has refused the host already.
    refused = RequestFactory().get("/", HTTP_HOST="acme.example.com")
    assert resolvers.from_host(refused) is resolvers.NOBODY
    settings.ALLOWED_HOSTS = ["testserver", ".example.com"]
    # A URL that names one comes first, whatever the host says.
    assert body(browser, "/zenith/plain/", HTTP_HOST="acme.example.com") == nothing_for(member)
    choose(settings, "from_host")
    with pytest.raises(ImproperlyConfigured, match="ORGANIZATION_HOST"):
        browser.get("/plain/")


def hint(browser, organization):
    session = browser.session
    session[resolvers.HINT] = str(organization.pk)
    session.save()


def test_a_header_names_the_organization_and_caches_know(world, settings, tables):
    choose(settings, "from_header", f"{__name__}.custom", ORGANIZATION_HEADER="X-Tenant")
    member, browser = world.people["member"], world.browser("member")
    response = browser.get("/plain/", headers={"X-Tenant": "acme"})
    assert response.content.decode() == expected(world.acme, member)
    assert "X-Tenant" in response["Vary"]
    for garbage in (*tables, "\xff\xfe", "acme, acme", "acme\x00", "{}", "' OR 1=1 --", "\ud800"):
        found = body(browser, "/plain/?name=Acme", HTTP_X_TENANT=garbage)
        assert found == nothing_for(member), garbage
    assert body(browser, "/plain/?name=Acme") == expected(world.acme, member), "a resolver's own"
    assert body(browser, "/plain/?name=Zenith") == nothing_for(member)


def test_a_resolver_that_is_not_there_is_named(settings, world):
    for path, says in (
        ("nowhere.at_all", "nowhere.at_all"),
        ("organizations.resolvers.from_nowhere", "from_nowhere"),
        ("organizations.resolvers.HINT", "cannot be called"),
    ):
        choose(settings, path)
        with pytest.raises(ImproperlyConfigured, match=says):
            OrganizationMiddleware(lambda request: HttpResponse())
    choose(settings)
    with pytest.raises(ImproperlyConfigured, match="AuthenticationMiddleware"):
        OrganizationMiddleware(lambda request: HttpResponse())(HttpRequest())


def test_streams_and_errors_leave_the_organization(world, hooked):
    member, browser = world.people["member"], world.browser("member")
    ENDED.clear()
    response = browser.get("/acme/stream/")
    assert hooked == ["open", "close", "open"]
    assert acting.current() is None
    assert next(response.streaming_content).decode() == f"{expected(world.acme, member)}\n"
    assert acting.current() is None
    response.close()
    assert ENDED == ["acme"], "what the stream does at its end is done in the organization"
    assert hooked == ["open", "close"] * 2
    hooked.clear()
    with pytest.raises(RuntimeError, match=r"^acme"):
        browser.get("/acme/broken/")
    assert hooked == ["open", "close"]
    assert acting.current() is None
    assert browser.get("/acme/nowhere/").status_code == 404
    assert hooked == ["open", "close"] * 2

    def file(request):
        return FileResponse(open(__file__, "rb"))

    request = HttpRequest()
    request.user = member
    hooked.clear()
    response = OrganizationMiddleware(file)(request)
    assert response.file_to_stream is not None
    response.close()
    assert hooked == ["open", "close"]


def test_nesting_restores_the_outer_one_whatever_happens(world, hooked, monkeypatch):
    acme, zenith, user = world.acme, world.zenith, world.people["member"]
    with acting.acting_in(acme, user) as outer:
        assert (acting.current_organization(), outer.actor) == (acme, user)
        with pytest.raises(ZeroDivisionError), acting.acting_in(zenith, None):
            assert acting.current_organization() is zenith
            raise ZeroDivisionError
        assert acting.current() is outer
        again = acting.acting_in(zenith, None)
        with again, again:
            assert acting.current_organization() is zenith
        assert acting.current() is outer
    assert acting.current() is acting.current_organization() is None
    assert hooked == ["open", "open", "close", "open", "open", "close", "close", "close"]

    def refuses(entered):
        raise PermissionError

    acting.register("refuses", refuses)
    hooked.clear()
    with pytest.raises(PermissionError), acting.acting_in(acme, user):
        raise AssertionError("nobody gets in")
    assert acting.current() is None
    assert hooked == ["open", "close"], "what was open before the refusal is closed again"
    with pytest.raises(ImproperlyConfigured):
        acting.acting_in(user, user)
    with pytest.raises(ValueError, match="not saved"):
        acting.acting_in(Organization(name="New"), user)


@pytest.mark.django_db(transaction=True)
def test_async_views_threads_and_tasks_do_not_mix():
    people = {name: testing.make_user(name) for name in ("ann", "bob", "cid")}
    owned = {name: testing.make_organization(f"{name} inc", owner=people[name]) for name in people}
    browsers = {name: Browser() for name in people}
    for name, browser in browsers.items():
        browser.force_login(people[name])

    def client(name):
        made = AsyncClient()
        made.cookies = browsers[name].cookies
        return made

    async def ask(name, view, slug):
        response = await client(name).get(f"/{slug}/{view}/")
        if response.streaming:
            return "".join([part.decode() async for part in response.streaming_content])
        return response.content.decode()

    async def all_at_once():
        jobs = {
            (name, view, owner): ask(name, view, owned[owner].slug)
            for name in people
            for owner in people
            for view in ("later", "plain", "nested", "astream")
            if view != "nested" or owner == name
        }
        return dict(zip(jobs, await asyncio.gather(*jobs.values()), strict=True))

    for (name, view, owner), found in async_to_sync(all_at_once)().items():
        user = people[name]
        expect = expected(owned[owner], user) if owner == name else nothing_for(user)
        if view == "astream":
            expect = f"{expect}\n" * 3
        assert found == expect, (name, view, owner)
    assert acting.current() is None

    # Session, user, and one for both; nothing where nobody asks.
    for view, count in (("both", 3), ("alater-silent", 0)):
        with CaptureQueriesContext(connection) as queries:
            async_to_sync(ask)("ann", view, owned["ann"].slug)
        assert len(queries) == count, view

    barrier, seen = threading.Barrier(2), {}

    def work(name):
        try:
            with acting.acting_in(owned[name], people[name]):
                barrier.wait(10)
                seen[name] = acting.current_organization()
                barrier.wait(10)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ann", "bob")]
    [each.start() for each in threads]
    [each.join(20) for each in threads]
    assert seen == {name: owned[name] for name in ("ann", "bob")}


def test_the_switcher_marks_the_current_one_and_switches(world, settings):
    member, browser = world.people["member"], world.browser("member")
    members.add(world.zenith, member)
    with CaptureQueriesContext(connection) as queries:
        shown = body(browser, "/acme/switcher/")
    # Session and user; the organization, and the list with the number of invitations.
    assert len(queries) == 4
    assert shown.count('aria-current="true"') == 1
    assert f'href="{page("organization_detail", world.zenith)}"' in shown
    assert "<button" not in shown
    choose(settings, "from_session")
    shown = body(browser, "/switcher/")
    assert "aria-current" not in shown
    assert f'formaction="{page("organization_switch", world.zenith)}"' in shown
    assert "csrfmiddlewaretoken" in shown
    browser.post(page("organization_switch", world.zenith))
    shown = body(browser, "/switcher/")
    assert shown.count('aria-current="true"') == 1
    for number in range(25):
        testing.make_organization(f"Org {number}", owner=member)
    shown = body(browser, "/switcher/")
    assert shown.count("formaction") == 20
    assert page("organization_list") in shown
