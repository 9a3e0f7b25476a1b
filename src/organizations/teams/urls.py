"""The pages of teams, below those of an organization."""

from __future__ import annotations

from typing import Any

__all__ = ["urlpatterns"]

urlpatterns: list[Any] = []
