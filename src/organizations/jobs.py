"""Mail by the project's queue: a worker sends it where there is one, else the request does.

A queue is a default backend of ``django.tasks`` (before Django 6.0: of the package
``django-tasks``) that keeps its tasks for a worker. Many keep them in the database, so a job
holds keys of rows and never a secret, a link or a mail: the worker reads the rows, and makes the
link itself.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import models
from django.utils import translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from . import mail
from .families import default_family

__all__ = ["MailNotSent", "has_queue", "mail_after_commit", "run"]

logger = logging.getLogger("organizations.mail")


class MailNotSent(Exception):
    """A worker could not send a mail. The log says why; the queue's table should not."""


class _NotPackable(Exception):
    """A value that no job can carry."""


def mail_after_commit(backend: Any, method: str, user: Any, **context: Any) -> None:
    """Call a method of a backend that mails something to a user, once the transaction is over.

    By the queue if the project has one and all of the context can be written down: plain
    values, rows, ``LinkBase``, and lists and dictionaries of these. Else here, as the queue also
    may be down. The worker makes the backend anew from its class.

    Args:
        method: its name, which begins with ``send_``; it takes the user and the context.
    """

    def send() -> None:
        if has_queue():
            try:
                _enqueue(backend, method, user, context)
                return
            except _NotPackable:
                logger.debug("A mail by %s cannot wait in the queue.", method)
            except Exception:
                logger.exception("The queue takes no mail, so it is sent at once.")
        getattr(backend, method)(user, **context)

    mail.after_commit(send)


def has_queue() -> bool:
    """Return whether tasks of the project wait for a worker."""
    name = _framework()
    if name is None:
        return False
    try:
        backend = import_module(name).task_backends["default"]
    except ImproperlyConfigured:
        return False  # the checks of the framework say so
    at_once = (
        import_string(f"{name}.backends.immediate.ImmediateBackend"),
        import_string(f"{name}.backends.dummy.DummyBackend"),
    )
    return not isinstance(backend, at_once)


def _framework() -> str | None:
    """Return the package that tasks come from: Django's own, or the one that it came from."""
    if django.VERSION >= (6, 0):
        return "django.tasks"
    return "django_tasks" if apps.is_installed("django_tasks") else None


def _enqueue(backend: Any, method: str, user: Any, context: dict[str, Any]) -> None:
    import_module("organizations.queued").send_mail.enqueue(
        {
            "backend": _path_of(backend),
            "org_model": _org_model_of(backend),
            "namespace": getattr(backend, "namespace", None),
            "method": method,
            "user": _pack(user),
            "context": {key: _pack(value) for key, value in context.items()},
            "language": translation.get_language(),
        }
    )


def _path_of(backend: Any) -> str:
    path = f"{type(backend).__module__}.{type(backend).__qualname__}"
    try:
        known = import_string(path)
    except ImportError:
        known = None
    if known is not type(backend):
        raise _NotPackable
    return path


def _org_model_of(backend: Any) -> str | None:
    model = getattr(backend, "org_model", None)
    if model is None or model is default_family().organization:
        return None
    return str(model._meta.label_lower)


def run(job: Mapping[str, Any]) -> None:
    """Send the mail of a job; nothing if its rows are gone.

    Raises:
        MailNotSent: the mail did not leave; the log says why.
    """
    try:
        with translation.override(job["language"] or translation.get_language()):
            _call(job)
    except ObjectDoesNotExist:
        logger.info("A mail was not sent, since what it is about is gone.")
    except Exception:
        logger.exception("A mail could not be sent. It can be sent again from the page.")
        # Without its cause: a worker may keep the text of an error, which may hold the link.
        raise MailNotSent("The log of organizations.mail says why.") from None


def _call(job: Mapping[str, Any]) -> None:
    options = {"namespace": job["namespace"]}
    if job["org_model"]:
        options["org_model"] = apps.get_model(job["org_model"])
    backend = import_string(job["backend"])(**options)
    if not job["method"].startswith("send_"):
        raise ValueError(f"{job['method']!r} sends no mail.")
    context = {key: _unpack(value) for key, value in job["context"].items()}
    getattr(backend, job["method"])(_unpack(job["user"]), **context)


def _pack(value: Any) -> Any:
    """Return a value as JSON can hold it: plain ones as they are, others as [kind, ...]."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, models.Model) and value.pk is not None:
        return ["row", value._meta.label_lower, str(value.pk), value._state.db]
    if isinstance(value, mail.LinkBase):
        return ["base", value.scheme, value.domain, value.name]
    if isinstance(value, list | tuple):
        return ["list", *map(_pack, value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _pack(each) for key, each in value.items()}
    raise _NotPackable


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unpack(each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    kind, *rest = value
    if kind == "row":
        label, key, using = rest
        return apps.get_model(label)._base_manager.using(using).get(pk=key)
    return mail.LinkBase(*rest) if kind == "base" else [_unpack(each) for each in rest]
