"""How people come in: the backends that register and invite, chosen by settings."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from ..conf import get_settings

__all__ = ["invitation_backend", "registration_backend"]


def invitation_backend(backend: str | None = None, namespace: str | None = None) -> Any:
    """Return an instance of the invitation backend.

    Args:
        backend: dotted path; None for the setting ``INVITATION_BACKEND``.
        namespace: URL namespace that the backend's pages are included under.
    """
    return _load(backend or get_settings().INVITATION_BACKEND, namespace, "INVITATION_BACKEND")


def registration_backend(backend: str | None = None, namespace: str | None = None) -> Any:
    """Return an instance of the registration backend; as ``invitation_backend``."""
    return _load(backend or get_settings().REGISTRATION_BACKEND, namespace, "REGISTRATION_BACKEND")


def _load(path: str, namespace: str | None, setting: str) -> Any:
    try:
        backend_class = import_string(path)
    except ImportError as error:
        raise ImproperlyConfigured(
            f"The setting {setting} names {path!r}, which cannot be imported: {error}"
        ) from error
    return backend_class(namespace=namespace)
