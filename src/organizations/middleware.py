"""The organization of a request, for code that finds no organization in its own URL.

::

    MIDDLEWARE = [
        ...,
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "organizations.middleware.OrganizationMiddleware",
    ]
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from contextlib import ExitStack
from contextvars import Context, copy_context
from functools import cache
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.urls import get_resolver, get_urlconf
from django.utils.cache import patch_vary_headers

from . import resolvers
from .conf import get_settings
from .services.acting import Acting, entered

__all__ = ["OrganizationMiddleware"]

#: Where a request keeps the organization and the membership once they are known.
FOUND = "_organizations_found"


class OrganizationMiddleware:
    """Sets ``request.organization`` and ``request.membership``, and enters ``acting_in``.

    Both are None where the request names no organization, or none that the person may enter now.
    They are looked up when one of them is first read, and known from the moment on when Django
    has found the view. In async code, read them once by ``await request.aorganization()`` or
    ``await request.amembership()``.

    A streaming response acts in the organization until it is closed.

    Queries: 0, or 1 if one of the two is read.
    Raises:
        ImproperlyConfigured: there is no AuthenticationMiddleware before it, or a resolver cannot
            be loaded.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        resolvers.chosen()  # a wrong path is told when the server starts
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self._is_async:
            return self._acall(request)
        acting = _prepare(request)
        with entered(acting):
            response = self.get_response(request)
        return _finish(response, acting)

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        acting = _prepare(request)
        with entered(acting):
            response = await self.get_response(request)
        return _finish(response, acting)


class _WithOrganization:
    """What a request gets besides. Not a lazy object: ``organization is None`` must tell."""

    @property
    def organization(self) -> Any:
        return _look(self)[0]

    @organization.setter
    def organization(self, organization: Any) -> None:
        # The decorators say whom they have let in where, and a project may do so too.
        before, member = self.__dict__.get(FOUND) or (None, None)
        self.__dict__[FOUND] = (organization, member if organization == before else None)

    @property
    def membership(self) -> Any:
        return _look(self)[1]

    @membership.setter
    def membership(self, membership: Any) -> None:
        self.__dict__[FOUND] = (_look(self)[0], membership)

    async def aorganization(self) -> Any:
        return (await _alook(self))[0]

    async def amembership(self) -> Any:
        return (await _alook(self))[1]


@cache
def _class_for(kind: Any) -> Any:
    return type(kind.__name__, (_WithOrganization, kind), {"__module__": kind.__module__})


def _prepare(request: Any) -> Acting:
    # Django loads the URLs, and the views with them, with the first request. What a module makes
    # when it is loaded, such as a queryset of a class, must not begin in somebody's organization.
    get_resolver(get_urlconf()).url_patterns  # noqa: B018  # loads them
    if not hasattr(request, "user"):
        raise ImproperlyConfigured(
            "OrganizationMiddleware needs to know who is there. Put it behind "
            "'django.contrib.auth.middleware.AuthenticationMiddleware' in MIDDLEWARE."
        )
    kind: Any = type(request)
    if not issubclass(kind, _WithOrganization):
        request.__class__ = _class_for(kind)
    return Acting(lambda: request.organization, request.user)


def _look(request: Any) -> tuple[Any, Any]:
    found = request.__dict__.get(FOUND)
    if found is None:
        if request.resolver_match is None:
            # The URL comes first, and nobody knows yet what it names.
            return None, None
        found = request.__dict__[FOUND] = resolvers.look(request, request.user)
    return found  # type: ignore[no-any-return]


async def _alook(request: Any) -> tuple[Any, Any]:
    """Return what ``_look`` does, in a thread only where there is something to look up."""
    if FOUND not in request.__dict__ and request.resolver_match is not None:
        user = await request.auser()
        if not user.is_authenticated or (
            resolvers.from_url(request) is None and not resolvers.chosen()
        ):
            request.__dict__[FOUND] = (None, None)
        else:
            request.__dict__[FOUND] = await sync_to_async(resolvers.look)(request, user)
    return _look(request)


def _finish(response: Any, acting: Acting) -> HttpResponseBase:
    if resolvers.from_header in resolvers.chosen():
        patch_vary_headers(response, [get_settings().ORGANIZATION_HEADER])
    # Of a file the server itself may do the sending; nobody's code runs meanwhile.
    if response.streaming and getattr(response, "file_to_stream", None) is None:
        _keep_open(response, acting)
    return response  # type: ignore[no-any-return]


def _keep_open(response: Any, acting: Acting) -> None:
    """Let a stream act in the organization until the response is closed.

    It runs in a context of its own, since the server goes on in that of nobody.
    """
    context, stack = copy_context(), ExitStack()
    context.run(stack.enter_context, entered(acting))
    kind = _AsyncStream if response.is_async else _Stream
    content, close = response.streaming_content, response.close
    response.streaming_content = kind(content, context)

    def close_both() -> None:
        try:
            context.run(close)
        finally:
            context.run(stack.close)

    response.close = close_both


class _Stream:
    """An iterator whose every step runs in a context."""

    def __init__(self, content: Any, context: Context) -> None:
        self._content, self._context = iter(content), context

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._context.run(next, self._content)


class _AsyncStream:
    """The same for an async iterator."""

    def __init__(self, content: Any, context: Context) -> None:
        self._content, self._context = aiter(content), context

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    def __anext__(self) -> Awaitable[Any]:
        return _InContext(self._context.run(anext, self._content), self._context)


class _InContext:
    """An awaitable whose every step runs in a context, in the task that awaits it."""

    def __init__(self, awaitable: Awaitable[Any], context: Context) -> None:
        self._awaitable, self._context = awaitable, context

    def __await__(self) -> Generator[Any, Any, Any]:
        steps: Any = self._awaitable.__await__()
        step, value = steps.send, None
        while True:
            try:
                waiting = self._context.run(step, value)
            except StopIteration as end:
                return end.value
            try:
                step, value = steps.send, (yield waiting)
            except BaseException as error:
                # Such as a cancellation: it belongs to what waits within.
                step, value = steps.throw, error
