"""URLs of a host project whose views ask for the organization of the request."""

import asyncio

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.template import engines
from django.urls import include, path
from django.views.generic import View

from organizations.decorators import membership_required
from organizations.services.acting import (
    acting_in,
    acurrent_organization,
    current,
    current_organization,
)
from tests.compat.guilds.models import Guild


def words(request):
    """Say what the request and the context know."""
    acting = current()
    member = request.membership
    return (
        f"{getattr(request.organization, 'slug', None)} "
        f"{getattr(member, 'user_id', None)} "
        f"{getattr(current_organization(), 'slug', None)} "
        f"{acting.actor.username or '-'}"
    )


def plain(request, **kwargs):
    return HttpResponse(words(request))


def silent(request, **kwargs):
    return HttpResponse("quiet")


def switcher(request, **kwargs):
    template = engines["django"].from_string("{% load org_tags %}{% org_switcher %}")
    return HttpResponse(template.render({}, request))


def broken(request, **kwargs):
    raise RuntimeError(words(request))


async def later(request, **kwargs):
    await asyncio.sleep(0)
    await request.aorganization()
    await request.amembership()
    await asyncio.sleep(0)
    assert (await acurrent_organization()) is request.organization
    return HttpResponse(await sync_to_async(words)(request))


async def both(request, **kwargs):
    return HttpResponse(f"{await request.aorganization()} {await request.amembership()}")


async def alater_silent(request, **kwargs):
    return HttpResponse("quiet")


def stream(request, **kwargs):
    def lines():
        try:
            for _ in range(3):
                yield f"{words(request)}\n"
        finally:
            ENDED.append(getattr(current_organization(), "slug", None))

    return StreamingHttpResponse(lines())


async def astream(request, **kwargs):
    await request.aorganization()

    async def lines():
        async with asyncio.timeout(30):
            for _ in range(3):
                await asyncio.sleep(0)
                yield f"{await sync_to_async(words)(request)}\n"

    return StreamingHttpResponse(lines())


async def nested(request, **kwargs):
    outer = await request.aorganization()
    async with acting_in(outer, None) as acting:
        assert current() is acting
    assert current() is not acting
    return HttpResponse(await sync_to_async(words)(request))


@membership_required
def members_only(request, **kwargs):
    return HttpResponse(words(request))


@membership_required(org_model=Guild)
def guild(request, **kwargs):
    return HttpResponse(words(request))


class Own(View):
    org_model = None

    def get(self, request, **kwargs):
        return HttpResponse(words(request))


class Guilds(Own):
    org_model = Guild


#: What streams saw when they were closed.
ENDED: list[str | None] = []

VIEWS = {
    "plain": plain,
    "silent": silent,
    "switcher": switcher,
    "broken": broken,
    "later": later,
    "both": both,
    "alater-silent": alater_silent,
    "stream": stream,
    "astream": astream,
    "nested": nested,
    "members-only": members_only,
    "guild": guild,
    "own": Own.as_view(),
    "guilds": Guilds.as_view(),
    "chosen-guilds": Own.as_view(org_model=Guild),
}

urlpatterns = [
    path("accounts/", include("organizations.urls")),
    path("accounts/", include("organizations.auth_urls")),
    *(path(f"{name}/", view) for name, view in VIEWS.items()),
    *(
        path(f"<organization:organization_pk>/{name}/", view, name=f"own_{name}")
        for name, view in VIEWS.items()
    ),
]
