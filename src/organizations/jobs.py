"""Mail by the project's queue: a worker sends it where there is one, else the request does.

A queue is a default backend of ``django.tasks`` (before Django 6.0: of the package
``django-tasks``) that keeps its tasks for a worker. Many keep them in the database, so a job
holds keys of rows and never a secret, a link or a mail: the worker reads the rows, and makes the
link itself. The secret of an offer is made there too, right before it is mailed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import django
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db import models
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from . import mail
from .families import default_family
from .services import _sending, invitations

__all__ = ["MailNotSent", "has_queue", "mail_after_commit", "offers_wait", "run", "send"]

logger = logging.getLogger("organizations.mail")


class MailNotSent(Exception):
    """A worker could not send a mail. The log says why; the queue's table should not."""


class _NotPackable(Exception):
    """A value that no job can carry."""


def mail_after_commit(backend: Any, method: str, subject: Any, /, **context: Any) -> None:
    """Let ``send`` mail something once the transaction is over."""
    mail.after_commit(partial(send, backend, method, subject, **context))


def send(
    backend: Any, method: str, subject: Any, /, *, while_it_is: str = "", **context: Any
) -> Any:
    """Call a method of a backend that mails something; call this after the commit.

    By the queue if the project has one and all of the context can be written down: plain
    values, rows, ``LinkBase``, and lists and dictionaries of these. Else here, as the queue also
    may be down. The worker makes the backend anew from its class.

    Args:
        method: its name, which begins with ``send_``; it takes the subject and the context.
        subject: the user who gets the mail, or the row that it is about.
        while_it_is: the status of an offer in which there is something to tell; a worker that
            finds another one mails nothing.
    Returns:
        ``mail.WAITING`` if a worker does it, else what the method returns.
    """
    work = {"method": method, "while_it_is": str(while_it_is)}
    if _waits(backend, lambda: {**work, "user": _pack(subject)}, context):
        return mail.WAITING
    return getattr(backend, method)(subject, **context)


#: So many offers are one job.
OFFERS_OF_A_JOB = 100


def offers_wait(backend: Any, offers: Sequence[Any], *, again: bool, **context: Any) -> bool:
    """Let a worker mail offers by a backend's ``send_invitation``; return whether it will.

    If not, the caller sends them: the project has no queue, or the queue takes nothing. Call it
    after the commit. The worker makes the secrets, see ``services._sending``.

    Args:
        offers: saved, loaded, and open. They are told from later ones by their ``send_count``.
        context: as for ``mail_after_commit``.
    """
    parts = [
        [[_pack(offer), offer.send_count] for offer in offers[start : start + OFFERS_OF_A_JOB]]
        for start in range(0, len(offers), OFFERS_OF_A_JOB)
    ]
    queued = 0
    for part in parts:
        work = {"offers": part, "again": again}
        if not _waits(backend, lambda work=work: work, context):  # type: ignore[misc]
            break
        queued += 1
    if 0 < queued < len(parts):
        raise MailNotSent("The queue took some of the invitations only; send the rest again.")
    return bool(parts) and queued == len(parts)


def _waits(backend: Any, work: Callable[[], dict[str, Any]], context: dict[str, Any]) -> bool:
    """Queue a job and return True; False if there is no queue for it."""
    if not has_queue():
        return False
    try:
        job = {
            **work(),
            "backend": _path_of(backend),
            "org_model": _org_model_of(backend),
            "namespace": getattr(backend, "namespace", None),
            "context": {key: _pack(value) for key, value in context.items()},
            "language": translation.get_language(),
        }
        import_module("organizations.queued").send_mail.enqueue(job)
    except _NotPackable:
        logger.debug("A mail of %s cannot wait in the queue.", type(backend).__name__)
        return False
    except Exception:
        logger.exception("The queue takes no mail, so it is sent at once.")
        return False
    return True


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
    """Send the mails of a job, but those whose rows are gone.

    Raises:
        MailNotSent: one of them did not leave; the log says why.
    """
    with translation.override(job["language"] or translation.get_language()):
        sends = [partial(_send_offer, job, *each) for each in job.get("offers", ())]
        sent = [_is_sent(send) for send in sends or [partial(_send, job)]]
    if not all(sent):
        raise MailNotSent("The log of organizations.mail says why.")


def _is_sent(send: Callable[[], None]) -> bool:
    """Run a step; what goes wrong is logged, and not raised.

    A worker may keep the text of an error, which may hold the link.
    """
    try:
        send()
    except ObjectDoesNotExist:
        logger.info("A mail was not sent, since what it is about is gone.")
    except Exception:
        logger.exception("A mail could not be sent. It can be sent again from the page.")
        return False
    return True


def _send(job: Mapping[str, Any]) -> None:
    if not job["method"].startswith("send_"):
        raise ValueError(f"{job['method']!r} sends no mail.")
    subject = _unpack(job["user"])
    if job.get("while_it_is") and subject.state != job["while_it_is"]:
        logger.info("A mail about an offer was not sent, since something else came first.")
        return
    getattr(_backend_of(job), job["method"])(subject, **_context_of(job))


def _send_offer(job: Mapping[str, Any], row: list[Any], send_count: int) -> None:
    opened = _sending.open_anew(_unpack(row), send_count=send_count, now=timezone.now())
    if opened is None:
        logger.info("An invitation was not mailed, since something else came first.")
        return
    invitation, secret = opened
    backend, context = _backend_of(job), _context_of(job)
    backend.send_invitation(invitation, secret=secret, again=job["again"], **context)
    _sending.mark_sent(invitation, now=timezone.now())


def _backend_of(job: Mapping[str, Any]) -> Any:
    options = {"namespace": job["namespace"]}
    if job["org_model"]:
        options["org_model"] = apps.get_model(job["org_model"])
    return import_string(job["backend"])(**options)


def _context_of(job: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _unpack(value) for key, value in job["context"].items()}


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
        row = apps.get_model(label)._base_manager.using(using).get(pk=key)
        is_offer = getattr(row, "family_kind", None) == "invitation"
        return invitations.with_life([row])[0] if is_offer else row
    return mail.LinkBase(*rest) if kind == "base" else [_unpack(each) for each in rest]
