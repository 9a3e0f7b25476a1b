"""The fixture of the leak kit: ``pytest_plugins = ["organizations.testing.fixtures"]``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import leaks

__all__ = ["find_leaks"]


@pytest.fixture
def find_leaks(db: Any) -> Callable[..., None]:
    """Return a function like ``leaks.find_leaks`` that fails the test with what it finds."""

    def hunt(policy: dict[str, str], **options: Any) -> None:
        found = leaks.find_leaks(policy, **options)
        if found:
            pytest.fail(leaks.report(found), pytrace=False)

    return hunt
