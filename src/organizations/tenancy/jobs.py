"""Tasks that carry their organization: of ``django.tasks``, Celery, or any other queue."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from asgiref.sync import sync_to_async
from django.apps import apps

from .exceptions import ScopeMissing
from .scope import EVERYTHING, scope, writable

__all__ = ["in_scope", "ticket"]


def ticket() -> list[str]:
    """Return the open organization as JSON can hold it: label of the model, and the key.

    Raises:
        ScopeMissing: no scope of one organization is open.
    """
    found = writable()
    if found == EVERYTHING:
        raise ScopeMissing
    return [found.model._meta.label_lower, str(found.key)]


def in_scope(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a task take a ticket as its first argument, and run in that organization's scope.

    Put it below the decorator of the queue. The task raises ``ScopeMissing`` if its first
    argument is no ticket, or the organization is gone. Each run reads the organization anew.

    Queries: 1.
    """
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            async with scope(await sync_to_async(_organization)(args)):
                return await function(*args[1:], **kwargs)

        return run_async

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with scope(_organization(args)):
            return function(*args[1:], **kwargs)

    return run


def _organization(args: tuple[Any, ...]) -> Any:
    try:
        label, key = args[0]
        return apps.get_model(label)._base_manager.filter(pk=key).first()
    except (IndexError, TypeError, ValueError, LookupError) as error:
        raise ScopeMissing from error
