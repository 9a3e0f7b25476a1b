"""``PermissionRequiredMixin`` and the decorators: who gets in, and what the others are told."""

import asyncio

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, RequestFactory, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView, View

from organizations import permissions, testing
from organizations.decorators import admin_required, membership_required, permission_required
from organizations.exceptions import UnknownPermission
from organizations.models import Organization, OrganizationUser
from organizations.services import members
from organizations.views.mixins import AccessRequiredMixin, PermissionRequiredMixin
from tests.doors.support import words_of
from tests.urls import urlpatterns as usual_patterns

REFUND = "app.refund_order"
CHANGE = "app.change_product"

# One view of each make. All ask for ``app.change_product``.


class ByClass(PermissionRequiredMixin, View):
    permission = CHANGE

    def get(self, request, organization_pk):
        assert self.access.has(CHANGE)
        return HttpResponse(f"in {self.organization} {organization_pk == self.organization.pk}")

    post = get


class ByAsyncClass(PermissionRequiredMixin, View):
    permission = CHANGE

    async def get(self, request, organization_pk):
        assert self.access.has(CHANGE)
        await asyncio.sleep(0)
        return HttpResponse(f"in {self.organization} {organization_pk == self.organization.pk}")

    async def post(self, request, organization_pk):
        return await self.get(request, organization_pk)


@permission_required(CHANGE)
def by_function(request, organization_pk):
    """Look."""
    assert request.access.has(CHANGE)
    return HttpResponse(f"in {request.organization} {organization_pk == request.organization.pk}")


@permission_required(CHANGE)
async def by_async_function(request, organization_pk):
    """Look."""
    assert request.access.has(CHANGE)
    await asyncio.sleep(0)
    return HttpResponse(f"in {request.organization} {organization_pk == request.organization.pk}")


class Plain(View):
    def get(self, request, organization_pk):
        return HttpResponse(f"in {request.organization} True")

    post = get


class AsyncPlain(View):
    async def get(self, request, organization_pk):
        await asyncio.sleep(0)
        return HttpResponse(f"in {request.organization} True")

    async def post(self, request, organization_pk):
        return await self.get(request, organization_pk)


VIEWS = {
    "class": ByClass.as_view(),
    "async class": ByAsyncClass.as_view(),
    "function": by_function,
    "async function": by_async_function,
    "decorated class": permission_required(CHANGE)(Plain.as_view()),
    "decorated async class": permission_required(CHANGE)(AsyncPlain.as_view()),
}

# What views do besides.


class Removes(PermissionRequiredMixin, View):
    permission = permissions.VIEW_MEMBER

    def get(self, request, organization_pk):
        remove_owner(self.organization, request.user)


class AsyncRemoves(PermissionRequiredMixin, View):
    permission = permissions.VIEW_MEMBER

    async def get(self, request, organization_pk):
        await sync_to_async(remove_owner)(self.organization, request.user)


@membership_required
def removes(request, organization_pk):
    remove_owner(request.organization, request.user)


@membership_required
async def aremoves(request, organization_pk):
    await sync_to_async(remove_owner)(request.organization, request.user)


def remove_owner(organization, actor):
    members.remove(organization, organization.owner.organization_user.user, actor=actor)


class Gone(PermissionRequiredMixin, View):
    permission = permissions.VIEW_MEMBER

    def get(self, request, organization_pk):
        return OrganizationUser.objects.get(pk=0)


class AsyncGone(PermissionRequiredMixin, View):
    permission = permissions.VIEW_MEMBER

    async def get(self, request, organization_pk):
        raise Http404


class Unnamed(PermissionRequiredMixin, View):
    def get(self, request, organization_pk):
        return HttpResponse("in")


class AsyncUnnamed(PermissionRequiredMixin, View):
    async def get(self, request, organization_pk):
        return HttpResponse("in")


class Misspelt(PermissionRequiredMixin, View):
    permission = "app.refund_orders"

    def get(self, request, organization_pk):
        return HttpResponse("in")


class AsyncMisspelt(PermissionRequiredMixin, View):
    permission = "app.refund_orders"

    async def get(self, request, organization_pk):
        return HttpResponse("in")


@permission_required("app.refund_orders")
def misspelt(request, organization_pk):
    return HttpResponse("in")


@permission_required("app.refund_orders")
async def amisspelt(request, organization_pk):
    return HttpResponse("in")


class Rendered(PermissionRequiredMixin, TemplateView):
    permission = REFUND
    template_name = "organizations/404.html"


MORE = {
    "removes": Removes.as_view(),
    "async-removes": AsyncRemoves.as_view(),
    "removes-function": removes,
    "async-removes-function": aremoves,
    "gone": Gone.as_view(),
    "async-gone": AsyncGone.as_view(),
    "rendered": Rendered.as_view(),
}

urlpatterns = [
    *[
        path(f"doors/{name.replace(' ', '-')}/<organization:organization_pk>/", view)
        for name, view in {**VIEWS, **MORE}.items()
    ],
    *usual_patterns,
]


@pytest.fixture(autouse=True)
def _urls():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def url(name, organization):
    return f"/doors/{name.replace(' ', '-')}/{organization}/"


@pytest.fixture(params=["sync", "async"], ids=["WSGI", "ASGI"])
def ask(request, world):
    """Return a function that gets a page as one of the people, by either kind of server."""

    def by_wsgi(name, address, method="get"):
        return getattr(world.browser(name), method)(address)

    def by_asgi(name, address, method="get"):
        async def run():
            client = AsyncClient()
            if name in world.sessions:
                client.cookies["sessionid"] = world.sessions[name]
            return await getattr(client, method)(address)

        return async_to_sync(run)()

    return by_wsgi if request.param == "sync" else by_asgi


#: What everybody gets from a door that asks for ``app.change_product``.
ANSWERS = {
    "anonymous": 302,
    "outsider": 404,
    "member": 403,
    "admin": 200,
    "owner": 200,
    "former": 404,
    "deactivated": 302,
    "foreigner": 404,
    "superuser": 200,
    "restricted": 200,
}
EVERY_DOOR = pytest.mark.parametrize("door", VIEWS)


pytestmark = pytest.mark.django_db


@pytest.mark.table
@EVERY_DOOR
@pytest.mark.parametrize("key", ["pk", "slug"])
def test_who_gets_in(door, key, ask, world):
    for name, status in ANSWERS.items():
        answer = ask(name, url(door, getattr(world.acme, key)))
        assert answer.status_code == status, name
        if status == 200:
            assert answer.content == b"in Acme True"
        elif status == 302:
            assert answer["Location"].startswith("/accounts/login/?next=/doors/")
        else:
            assert b"in Acme" not in answer.content


@EVERY_DOOR
def test_what_a_member_without_the_right_is_told(door, ask, world):
    answer = ask("member", url(door, world.acme.slug))
    assert "What it takes: Change products" in words_of(answer)
    assert "Acme" in words_of(answer)
    assert "organizations/403.html" in {each.name for each in answer.templates}


@EVERY_DOOR
def test_a_foreign_organization_is_answered_as_an_unknown_one(door, ask, world):
    foreign = ask("owner", url(door, world.zenith.slug))
    unknown = ask("owner", url(door, "no-such-organization"))
    assert foreign.status_code == unknown.status_code == 404
    assert words_of(foreign) == words_of(unknown)
    for key in (world.zenith.pk, 999_999):
        assert ask("owner", url(door, key)).status_code == 404


@pytest.mark.table
@EVERY_DOOR
@pytest.mark.parametrize("method", ["post", "put", "delete", "head", "options"])
def test_no_method_goes_past_the_door(door, method, ask, world):
    for name in ("anonymous", "outsider", "member"):
        answer = ask(name, url(door, world.acme.slug), method)
        assert answer.status_code == ANSWERS[name], name


@EVERY_DOOR
def test_the_superuser_switch_shuts_the_door(door, ask, world, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    assert ask("superuser", url(door, world.acme.slug)).status_code == 404


@EVERY_DOOR
def test_nobody_gets_into_a_closed_organization(door, ask, world):
    Organization.objects.filter(pk=world.acme.pk).update(is_active=False)
    for name in ("owner", "admin", "superuser"):
        assert ask(name, url(door, world.acme.slug)).status_code == 404, name


@EVERY_DOOR
def test_the_door_asks_anew_each_time(door, ask, world):
    assert ask("admin", url(door, world.acme.slug)).status_code == 200
    members.set_admin(world.acme.organization_users.get(user=world.people["admin"]), False)
    assert ask("admin", url(door, world.acme.slug)).status_code == 403
    members.remove(world.acme, world.people["admin"])
    assert ask("admin", url(door, world.acme.slug)).status_code == 404


@pytest.mark.parametrize("door", ["class", "function", "decorated class"])
def test_the_door_costs_one_query_for_members_and_three_for_others(
    door, world, django_assert_num_queries
):
    # For others one more is of the page that refuses: its bar has their organizations.
    for person, status, queries in (("admin", 200, 1), ("outsider", 404, 3 + 1)):
        for key in (world.acme.pk, world.acme.slug):
            request = RequestFactory().get("/")
            request.user = world.people[person]
            with django_assert_num_queries(queries):
                assert VIEWS[door](request, organization_pk=key).status_code == status


# What happens behind the door


@pytest.mark.parametrize("name", ["removes", "async-removes", "removes-function"])
def test_what_a_verb_refuses_is_the_page_that_says_so(name, ask, world):
    answer = ask("admin", url(name, world.acme.slug))
    assert answer.status_code == 403
    assert "Only the owner can change what the owner is" in words_of(answer)
    answer = ask("member", url(name, world.acme.slug))
    assert answer.status_code == 403
    assert "What it takes: Remove members" in words_of(answer)
    assert world.acme.is_member(world.people["owner"])


def test_what_a_verb_refuses_in_an_async_function_is_the_page_too(ask, world):
    answer = ask("member", url("async-removes-function", world.acme.slug))
    assert answer.status_code == 403
    assert "What it takes: Remove members" in words_of(answer)


@pytest.mark.parametrize("name", ["gone", "async-gone"])
def test_what_is_not_there_is_the_page_that_says_so(name, ask, world):
    assert ask("member", url(name, world.acme.slug)).status_code == 404


def test_several_missing_rights_are_told_by_their_labels(ask, world):
    testing.make_member(world.acme, "rich")
    answer = ask("admin", url("rendered", world.acme.slug))
    assert "Refund orders" in words_of(answer)
    assert "app.refund_order" not in answer.content.decode()


# Mistakes of the project are loud


def request_of(user, factory=RequestFactory):
    request = factory().get("/somewhere/")
    request.user = user if user is not None else AnonymousUser()
    return request


def run(view, request, **kwargs):
    """Run a view of either make."""
    answer = view(request, **kwargs)
    if not iscoroutinefunction(view):
        return answer

    async def wait():
        return await answer

    return async_to_sync(wait)()


@pytest.mark.parametrize("view", [Unnamed, AsyncUnnamed])
def test_a_door_that_asks_for_nothing_opens_for_nobody(view, world):
    for name in ("anonymous", "outsider", "owner", "superuser"):
        with pytest.raises(ImproperlyConfigured, match=rf"{view.__name__} must say what it asks"):
            run(
                view.as_view(),
                request_of(world.people.get(name)),
                organization_pk=world.acme.pk,
            )
    named = view.as_view(permission=CHANGE)
    request = request_of(world.people["admin"])
    assert run(named, request, organization_pk=world.acme.pk).content == b"in"


@pytest.mark.parametrize(
    "view",
    [Misspelt.as_view(), AsyncMisspelt.as_view(), misspelt, amisspelt],
    ids=["class", "async class", "function", "async function"],
)
def test_an_undeclared_name_opens_for_nobody_and_is_loud(view, world):
    for name in ("member", "owner", "superuser"):
        with pytest.raises(UnknownPermission, match=r"Did you mean app\.refund_order"):
            run(view, request_of(world.people[name]), organization_pk=world.acme.pk)


@pytest.mark.parametrize("view", [by_function, by_async_function])
def test_decorated_views_keep_name_text_and_make(view):
    assert view.__name__ in {"by_function", "by_async_function"}
    assert view.__doc__ == "Look."
    assert iscoroutinefunction(view) == (view is by_async_function)


@pytest.mark.parametrize("door", VIEWS)
def test_async_views_stay_async(door):
    assert iscoroutinefunction(VIEWS[door]) == ("async" in door)


def test_a_door_without_an_organization_in_the_url_finds_none(world):
    for view in (by_function, membership_required(by_function), admin_required(by_function)):
        request = request_of(world.people["owner"])
        assert run(view, request).status_code == 404


def test_access_mixin_alone_asks_for_membership(world):
    class Page(AccessRequiredMixin, View):
        async def get(self, request, organization_pk):
            return HttpResponse(str(self.access.standing))

    for name, status in {"member": 200, "outsider": 404, "anonymous": 302}.items():
        request = request_of(world.people.get(name), AsyncRequestFactory)
        answer = run(Page.as_view(), request, organization_pk=world.acme.slug)
        assert answer.status_code == status


def test_a_decorated_method_of_a_class(world):
    @method_decorator(permission_required(REFUND), name="dispatch")
    class Page(View):
        def get(self, request, organization_pk):
            return HttpResponse("in")

    for name, status in {"owner": 200, "admin": 403, "outsider": 404, "anonymous": 302}.items():
        request = request_of(world.people.get(name))
        assert run(Page.as_view(), request, organization_pk=world.acme.pk).status_code == status
