"""Old path: the settings stand in ``organizations.conf``."""

from __future__ import annotations

from typing import Any

from .backends import invitation_backend, registration_backend

__all__ = ["ORGS_EMAIL_LENGTH", "ORGS_INVITATION_BACKEND", "ORGS_REGISTRATION_BACKEND"]

ORGS_INVITATION_BACKEND: str
ORGS_REGISTRATION_BACKEND: str
ORGS_EMAIL_LENGTH = 254


def __getattr__(name: str) -> Any:
    backends = {
        "ORGS_INVITATION_BACKEND": invitation_backend,
        "ORGS_REGISTRATION_BACKEND": registration_backend,
    }
    if name not in backends:
        raise AttributeError(name)
    backend = type(backends[name]())
    return f"{backend.__module__}.{backend.__qualname__}"
