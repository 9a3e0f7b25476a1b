"""Old path: the settings stand in ``organizations.conf``."""

from __future__ import annotations

from typing import Any

from .conf import get_settings

__all__ = ["ORGS_EMAIL_LENGTH", "ORGS_INVITATION_BACKEND", "ORGS_REGISTRATION_BACKEND"]

ORGS_INVITATION_BACKEND: str
ORGS_REGISTRATION_BACKEND: str
ORGS_EMAIL_LENGTH = 254


def __getattr__(name: str) -> Any:
    if name not in {"ORGS_INVITATION_BACKEND", "ORGS_REGISTRATION_BACKEND"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(get_settings(), name.removeprefix("ORGS_"))
