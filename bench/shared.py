"""What the ways of both sides are made with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

__all__ = ["Work", "page_of", "plain", "undone"]

#: What is timed. It returns rows, whose keys are compared, or anything else that is compared.
Work = Callable[[], Any]


def plain(function: Callable[..., Work]) -> Any:
    """Turn a function that prepares, and returns what is timed, into a way."""

    @contextmanager
    def way(**case: Any) -> Iterator[Work]:
        yield function(**case)

    return way


def undone(function: Callable[..., Work]) -> Any:
    """The same, for what writes: it is taken back when it has been timed."""

    @contextmanager
    def way(**case: Any) -> Iterator[Work]:
        with transaction.atomic():
            yield function(**case)
            transaction.set_rollback(True)

    return way


_clients: dict[Any, Client] = {}


def page_of(user: int, url: str) -> Work:
    """Ask for a page as somebody who has signed in, through all of Django but the server.

    Outside of tests Django keeps no copies of contexts for the client.
    """
    key = user, url
    if key not in _clients:
        client = _clients[key] = Client()
        # Past the project's backends: the account has no password.
        person = get_user_model().objects.get(pk=user)
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    client = _clients[key]

    def get() -> Any:
        response = client.get(url)
        if response.status_code != 200:
            raise AssertionError(f"{url} answers {response.status_code}")
        return response

    return get
