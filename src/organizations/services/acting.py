"""Who acts in which organization: the one way to enter one, for requests, commands and jobs.

::

    with acting_in(acme, ada):  # or "async with"
        current_organization()  # acme

Optional apps hook in: what they register is opened and closed with it, after errors too::

    class TenancyConfig(AppConfig):
        def ready(self):
            acting.register("tenancy", open_scope)


    @contextmanager
    def open_scope(acting): ...

It is kept in a context variable, so threads and tasks never see each other's. Entering asks for
no permission: doors ask ``access_of`` before they let somebody do something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from ..families import family_of
from ._async import make_async

__all__ = [
    "Acting",
    "Entering",
    "Hook",
    "acting_in",
    "acurrent_organization",
    "current",
    "current_organization",
    "register",
]


class Acting:
    """Somebody in an organization.

    Attributes:
        actor: a user, or whoever else acts; None for the system itself.
    """

    def __init__(self, find: Callable[[], Any], actor: Any) -> None:
        self._find = find
        self.actor = actor

    @property
    def organization(self) -> Any:
        """The organization. In a request it is looked up when it is first read.

        It is None in a request that names no organization, or none that the person may enter.
        Whoever guards something takes that as a refusal.
        """
        return self._find()


#: What an app opens and closes with it. It is called with an ``Acting``, on the event loop too:
#: it makes no query and leaves ``organization`` unread until that is needed.
Hook = Callable[[Acting], AbstractContextManager[Any]]

_hooks: dict[str, Hook] = {}

_current: ContextVar[Acting | None] = ContextVar("organizations_acting", default=None)


def register(name: str, hook: Hook) -> None:
    """Open a hook whenever somebody enters an organization. Call it in ``AppConfig.ready``.

    Args:
        name: one word; registering the same name again replaces the hook.
    """
    _hooks[name] = hook


def current() -> Acting | None:
    """Return who acts in which organization now; None outside of all. Queries: 0."""
    return _current.get()


def current_organization() -> Any:
    """Return the organization that somebody acts in now, or None.

    Queries: 0, or 1 for the first who asks in a request.
    """
    acting = _current.get()
    return None if acting is None else acting.organization


def acting_in(organization: Any, actor: Any) -> Entering:
    """Enter an organization while a block runs, sync or async; leave it whatever happens.

    Inside of another one it comes first, and the outer one is back afterwards.

    Args:
        organization: a saved row.
        actor: who acts; None for the system itself.
    Raises:
        ImproperlyConfigured: it is no organization.
        ValueError: the organization is not saved.
    """
    family_of(organization)
    if organization.pk is None:
        raise ValueError("Nobody can act in an organization that is not saved.")
    return Entering(organization, actor)


class Entering:
    """What ``acting_in`` returns: for ``with`` and ``async with``."""

    def __init__(self, organization: Any, actor: Any) -> None:
        self._acting = Acting(lambda: organization, actor)
        self._open: list[AbstractContextManager[Acting]] = []

    def __enter__(self) -> Acting:
        scope = entered(self._acting)
        acting = scope.__enter__()
        self._open.append(scope)
        return acting

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.pop().__exit__(kind, error, trace)

    async def __aenter__(self) -> Acting:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)


@contextmanager
def entered(acting: Acting) -> Iterator[Acting]:
    """Let somebody act while a block runs: what ``acting_in`` and the middleware share."""
    outer = _current.get()
    _current.set(acting)
    try:
        with ExitStack() as stack:
            for hook in tuple(_hooks.values()):
                stack.enter_context(hook(acting))
            yield acting
    finally:
        # Not by a token: a server may leave in another copy of the context.
        _current.set(outer)


acurrent_organization = make_async(current_organization)
