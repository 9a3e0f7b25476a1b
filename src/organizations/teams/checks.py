"""What ``manage.py check`` says about the settings of this app."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from .conf import get_settings

__all__ = ["check_settings"]


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """E001: ``ORGANIZATIONS_TEAMS`` has a mistake."""
    try:
        get_settings()
    except ImproperlyConfigured as error:
        return [
            checks.Error(
                f"The setting ORGANIZATIONS_TEAMS is wrong: {error}",
                hint='ORGANIZATIONS_TEAMS = {"MAX_DEPTH": 8}',
                id="organizations_teams.E001",
            )
        ]
    return []
