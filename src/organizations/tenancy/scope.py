"""The organization whose rows are open: ``scope(organization)``, ``unscoped("why")``.

``scope_of_user(user)`` opens those of all organizations of somebody, to be read only. Where
somebody enters an organization by the core's ``acting_in``, as each request does with
``OrganizationMiddleware``, its rows are open as well.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.functional import cached_property

from .. import families
from ..services.acting import Acting
from .exceptions import ScopeMissing

__all__ = ["current", "scope", "scope_of_user", "unscoped"]


@dataclass(frozen=True)
class State:
    """What is open: one organization, or several, whose rows may be read only.

    ``model`` is None if all organizations are; ``keys`` is None unless it is several.
    """

    model: Any
    key: Any
    keys: frozenset[Any] | None = None

    def has(self, key: Any) -> bool:
        return key in self.keys if self.keys is not None else bool(key == self.key)


EVERYTHING = State(None, None)


class _Memberships:
    """The organizations of somebody: looked up once, when the first query needs them."""

    def __init__(self, user: Any, model: Any) -> None:
        self._user, self._model = user, model

    @cached_property
    def state(self) -> State:
        family = families.family_of(self._model)
        members = family.member._base_manager.filter(
            families.live(family, timezone.now()),
            user_id=self._user.pk,
            organization__is_active=True,
        )
        keys = frozenset(members.values_list("organization_id", flat=True))
        return State(family.organization, None, keys)


#: What is open, and the organization as it was given. Who acts, and whose organizations are
#: open, is looked up when a query needs it.
_open: ContextVar[tuple[State | _Memberships | Acting, Any] | None] = ContextVar(
    "organizations_scope", default=None
)


def begun() -> State | _Memberships | Acting | None:
    """Return what is open without looking anything up. No queries."""
    found = _open.get()
    return found[0] if found else None


def settled(opened: State | _Memberships | Acting | None) -> State | None:
    """Return what that opens. Queries: as ``Acting.organization``, of a user 1, then none."""
    if isinstance(opened, _Memberships):
        found: State = _apart(lambda: opened.state)
        return found
    if not isinstance(opened, Acting):
        return opened
    organization = _apart(lambda: opened.organization)
    if organization is None:
        return None
    return State(families.family_of(organization).organization, organization.pk)


def _apart(find: Callable[[], Any]) -> Any:
    # What finds an organization must not ask for the scope that depends on it.
    outer = _open.get()
    _open.set(None)
    try:
        return find()
    finally:
        _open.set(outer)


def state() -> State | None:
    """Return what is open, or None. Queries: as ``settled``."""
    return settled(begun())


def needed() -> State:
    """Return what is open.

    Raises:
        ScopeMissing: nothing is.
    """
    found = state()
    if found is None:
        raise ScopeMissing
    return found


def writable() -> State:
    """Return what is open to be written: one organization, or everything.

    Raises:
        ScopeMissing: nothing is, or only the organizations of a user.
    """
    found = needed()
    if found.keys is not None:
        raise ScopeMissing
    return found


def current() -> Any:
    """Return the organization whose scope is open, as it was given to ``scope``; else None.

    Of somebody who acts in an organization, that one. None inside ``unscoped`` and
    ``scope_of_user``. Queries: as ``Acting.organization``, else none.
    """
    opened, organization = _open.get() or (None, None)
    return _apart(lambda: opened.organization) if isinstance(opened, Acting) else organization


@contextmanager
def follow(acting: Acting) -> Iterator[None]:
    """Open the rows of the organization that somebody acts in: the hook of ``acting``.

    Nothing is looked up before a query needs it. In a request without an organization nothing
    is open, whatever was open around it.
    """
    outer = _open.get()
    _open.set((acting, None))
    try:
        yield
    finally:
        # Not by a token: a server may leave in another copy of the context.
        _open.set(outer)


class _Opening:
    """Opens something for a block, a function, or each step of a generator.

    One object opens once at a time; a decorated function makes one for each call.
    """

    def __init__(self, opened: State | _Memberships, organization: Any = None) -> None:
        self._value = (opened, organization)
        self._token: Token[Any] | None = None

    def _again(self) -> _Opening:
        return _Opening(*self._value)

    def __enter__(self) -> Any:
        if self._token is not None:
            raise RuntimeError("This scope is open already. Make another one by scope(...).")
        # A tuple of its own, so that leaving can tell this opening from others of the same.
        self._mine = (self._value[0], self._value[1])
        self._token = _open.set(self._mine)
        return self._value[1]

    def __exit__(self, *args: object) -> None:
        token, self._token = self._token, None
        if token is None or _open.get() is not self._mine:
            _open.set(None)  # closed, rather than whatever the other block had
            raise RuntimeError("Scopes have to close in the reverse order of their opening.")
        _open.reset(token)

    async def __aenter__(self) -> Any:
        return self.__enter__()

    async def __aexit__(self, *args: object) -> None:
        self.__exit__(*args)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the scope open while it runs, between its yields not."""
        if inspect.isasyncgenfunction(function):
            return self._around_async_generator(function)
        if inspect.isgeneratorfunction(function):
            return self._around_generator(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                with self._again():
                    return await function(*args, **kwargs)

            return run_async

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return run

    def _around_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            steps = function(*args, **kwargs)

            def step(method: Callable[..., Any], *values: Any) -> Any:
                with self._again():
                    return method(*values)

            try:
                item = step(next, steps)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        step(steps.close)
                        raise
                    except BaseException as error:
                        item = step(steps.throw, error)
                    else:
                        item = step(steps.send, sent)
            except StopIteration as stop:
                return stop.value

        return run

    def _around_async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            steps = function(*args, **kwargs)

            async def step(method: Callable[..., Any], *values: Any) -> Any:
                with self._again():
                    return await method(*values)

            try:
                item = await step(steps.__anext__)
                while True:
                    try:
                        sent = yield item
                    except GeneratorExit:
                        await step(steps.aclose)
                        raise
                    except BaseException as error:
                        item = await step(steps.athrow, error)
                    else:
                        item = await step(steps.asend, sent)
            except StopAsyncIteration:
                return

        return run


def scope(organization: Any) -> _Opening:
    """Open the rows of one organization: for ``with``, ``async with``, or as a decorator.

    Inside another one, it counts alone until it closes. Decorated generators have it open while
    they run, not between their yields; write no ``with`` around a ``yield``. No queries.

    Raises:
        ScopeMissing: what is given is no saved organization.
    """
    if getattr(organization, "pk", None) is None:
        raise ScopeMissing
    try:
        model: Any = families.family_of(organization).organization
    except (AttributeError, ImproperlyConfigured) as error:
        raise ScopeMissing from error
    if not isinstance(organization, model):
        raise ScopeMissing
    return _Opening(State(model, organization.pk), organization)


def scope_of_user(user: Any, model: Any = None) -> _Opening:
    """Open the rows of all organizations that somebody may enter, to be read only.

    For lists over several: those that are active and have the user as a live member. A write
    raises ``ScopeMissing``: it needs one of them.
    Queries: 1, with the first query in it.

    Args:
        model: the organizations' model; the default family's unless given.
    Raises:
        ScopeMissing: nobody is signed in.
    """
    if getattr(user, "pk", None) is None:
        raise ScopeMissing
    return _Opening(_Memberships(user, model or families.default_family().organization))


def unscoped(reason: str) -> _Opening:
    """Open the rows of all organizations, unfiltered; nothing is stamped or checked.

    Args:
        reason: why, for whoever looks for such places in the code.
    Raises:
        ValueError: the reason is empty.
    """
    if not (reason and reason.strip()):
        raise ValueError('Say why: unscoped("the nightly report counts all organizations").')
    return _Opening(EVERYTHING)
