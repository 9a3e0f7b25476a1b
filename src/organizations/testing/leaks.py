"""Hunts leaks between organizations in a project: every URL, by everybody, with any key.

::

    class Leaks(LeakTestMixin, TestCase):
        leak_policy = {"product_list": "members", "home": "everybody"}

It fills two organizations, walks every route of the project as somebody from each side, compares
each answer with what the project declares, and looks whether anything of one organization shows
in what the other gets. With pytest, load the fixture ``find_leaks`` by
``pytest_plugins = ["organizations.testing.fixtures"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import override_settings

from ._hunt import WORDS, Hunt, Leak

__all__ = ["Leak", "LeakTestMixin", "find_leaks"]


def find_leaks(
    policy: dict[str, str],
    *,
    factories: dict[Any, Callable[[Any, int], Any]] | None = None,
    arguments: dict[str, Any] | None = None,
    request: Callable[[Any], dict[str, Any]] = lambda organization: {},
    only: Iterable[str] = ("*",),
) -> list[Leak]:
    """Return every leak that the walk finds; an empty list is the good news.

    Nothing is kept: the walk runs in a transaction that is rolled back. Mails stay in memory.

    Args:
        policy: name of a route, or a pattern such as ``"api:*"`` -> who gets in: "everybody"
            ("public" if its rows are for everybody, too), "signed in", "members", "admins",
            "insiders" (of those outside nobody), "nobody" of all these, or "any" (nothing is
            said). A route without a name is given as it is written. Routes of this package and
            of Django's admin and sign-in are known.
        factories: model -> ``(organization, number) -> row``, for models that the kit cannot fill.
        arguments: keyword of a URL -> a value, or ``(organization, rows) -> value``, for keywords
            whose model nobody can tell; ``rows`` has the rows of each model.
        request: ``(organization) -> extra arguments of the test client``, such as a host.
        only: names or patterns of the routes to walk, while one is being mended.
    Raises:
        ImproperlyConfigured: a model cannot be filled.
        ValueError: the policy says a word that is none, or names a route that is none.
    """
    for name, word in policy.items():
        if word not in WORDS:
            raise ValueError(f"{name!r}: {word!r} is none of {', '.join(WORDS)}.")
    if isinstance(only, str):
        raise ValueError(f"only=[{only!r}] is a list of names.")
    # Caches that are nobody else's, and forgotten with this.
    apart = {
        alias: {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": f"leaks-{alias}",
        }
        for alias in settings.CACHES
    }
    with override_settings(CACHES=apart), transaction.atomic():
        hunt = Hunt(policy, factories or {}, arguments or {}, request, tuple(only))
        try:
            hunt.run()
        finally:
            transaction.set_rollback(True)
    return hunt.found


class LeakTestMixin:
    """Put it before ``TestCase``, and declare ``leak_policy``; see ``find_leaks``."""

    leak_policy: dict[str, str] = {}
    leak_factories: dict[Any, Callable[[Any, int], Any]] = {}
    leak_arguments: dict[str, Any] = {}

    def leak_request(self, organization: Any) -> dict[str, Any]:
        """Return what the test client sends with requests for an organization."""
        return {}

    def test_no_organization_leaks(self) -> None:
        found = find_leaks(
            self.leak_policy,
            factories=self.leak_factories,
            arguments=self.leak_arguments,
            request=self.leak_request,
        )
        if found:
            raise AssertionError(report(found))


def report(found: Iterable[Leak]) -> str:
    """Return the leaks as a text, one a line."""
    lines = sorted({str(leak) for leak in found})
    return "\n".join([f"{len(lines)} leak{'s' * (len(lines) > 1)}:", *lines])
