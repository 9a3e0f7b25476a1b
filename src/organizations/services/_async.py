"""Async twins by wrapping: a transaction is sync, so the body stays the only one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async

P = ParamSpec("P")
T = TypeVar("T")


def make_async(function: Callable[P, T]) -> Callable[P, Awaitable[T]]:
    """Return the twin that runs the function in Django's thread for sync code."""

    @wraps(function)
    async def twin(*args: P.args, **kwargs: P.kwargs) -> T:
        return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)

    twin.__name__ = f"a{function.__name__}"
    twin.__qualname__ = twin.__name__
    twin.__doc__ = f"Async twin of ``{function.__name__}``."
    return twin
