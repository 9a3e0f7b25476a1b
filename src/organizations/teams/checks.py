"""What ``manage.py check`` says about the settings of this app."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from .conf import NAME, get_settings

__all__ = ["check_settings"]


def check_settings(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Tell what is wrong with ``ORGANIZATIONS_TEAMS``."""
    try:
        get_settings()
    except ImproperlyConfigured as error:
        return [
            checks.Error(
                str(error), hint=f"Correct the setting {NAME}.", id="organizations_teams.E001"
            )
        ]
    return []
