"""Mail: rendered from templates, sent after the commit, never in the way of a request.

Each kind has ``email/<kind>_subject.txt`` and ``email/<kind>_body.html``. In spite of its
old name the body is the plain text; ``email/<kind>_rich.html`` beside it is the HTML part.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template import TemplateDoesNotExist, loader

from .conf import get_settings

__all__ = [
    "WAITING",
    "LinkBase",
    "after_commit",
    "configured_base",
    "display_name",
    "message",
    "send_all",
    "send_each",
]

logger = logging.getLogger("organizations.mail")

#: What a callable that delivers an invitation returns if a worker is going to send the mail.
WAITING = object()

T = TypeVar("T")

#: After so many failures in a row, a mail server gets no more mails of the same lot.
PATIENCE = 3


@dataclass(frozen=True, slots=True)
class LinkBase:
    """Where links in mails lead to: ``scheme://domain``, and the site's name for people."""

    scheme: str
    domain: str
    name: str

    @classmethod
    def parse(cls, url: str) -> LinkBase:
        scheme, _, domain = url.rstrip("/").partition("://")
        return cls(scheme=scheme, domain=domain, name=domain)

    def url(self, path: str) -> str:
        """Return the absolute URL of a path that begins with a slash."""
        return f"{self.scheme}://{self.domain}{path}"


def configured_base() -> LinkBase:
    """Return the base that the settings name, for mail without a request.

    Raises:
        ImproperlyConfigured: ``LINK_BASE`` is not set.
    """
    base = get_settings().LINK_BASE
    if base is None:
        raise ImproperlyConfigured(
            "Mails need to know the site's address. "
            "Set ORGANIZATIONS = {'LINK_BASE': 'https://app.example.com'}."
        )
    return LinkBase.parse(base)


def display_name(user: Any) -> str:
    """Return what a user is called: the full name, else the address, else ``str(user)``."""
    if user is None:
        return ""
    full_name = getattr(user, "get_full_name", lambda: "")() or ""
    email = getattr(user, user.get_email_field_name(), "") or ""
    return str(full_name).strip() or email or str(user)


def message(
    to: str,
    subject_template: str,
    body_template: str,
    context: dict[str, Any],
    *,
    sender: Any = None,
    message_class: type = EmailMultiAlternatives,
) -> Any:
    """Return an unsent message.

    The From address is the site's alone; the sender's own address goes into Reply-To.

    Args:
        to: one address.
        sender: the user on whose behalf the mail goes out, or None.
        message_class: the class of the message, ``EmailMessage`` or a child.
    """
    context = {**context, "sender": sender, "sender_name": display_name(sender)}
    subject = one_line(loader.get_template(subject_template).render(context))
    body: Any = loader.get_template(body_template)
    headers = {}
    address = getattr(sender, sender.get_email_field_name(), "") if sender is not None else ""
    if address and parseaddr(address)[1] == address and one_line(address) == address:
        headers["Reply-To"] = address
    mail = message_class(
        subject,
        body.render(context).strip() + "\n",
        settings.DEFAULT_FROM_EMAIL,
        [to],
        headers=headers,
    )
    rich = _rich_part(body, body_template)
    if rich is not None and isinstance(mail, EmailMultiAlternatives):
        mail.attach_alternative(rich.render(context), "text/html")
    return mail


def _rich_part(body: Any, body_template: str) -> Any:
    """Return the HTML template, unless the project has its own text and no HTML beside it."""
    stem = body_template.removesuffix(".html").removesuffix("_body")
    try:
        rich: Any = loader.get_template(f"{stem}_rich.html")
    except TemplateDoesNotExist:
        return None
    return rich if Path(rich.origin.name).parent == Path(body.origin.name).parent else None


def send_all(items: Iterable[T], message_of: Callable[[T], Any]) -> list[T]:
    """Send a mail for each of many things through one connection; return those whose mail left.

    A mail that fails is logged and keeps no other back. If several fail in a row, the server is
    taken to be away and the rest is left alone.
    """
    connection = _connection()
    try:
        connection.open()
    except Exception:
        logger.exception("The mail server does not answer. The mails can be sent again.")
        return []
    try:
        return send_each(items, lambda item: connection.send_messages([message_of(item)]))
    finally:
        connection.close()


def _connection() -> Any:
    """Return a new connection to the mail server that the settings name."""
    # Django 6.1 has mailers, and deprecates the older function.
    mailers = getattr(django_mail, "mailers", None)
    return django_mail.get_connection() if mailers is None else mailers.default


def send_each(items: Iterable[T], send: Callable[[T], Any]) -> list[T]:
    """Send a mail for each of many things; see ``send_all``."""
    sent, failed = [], 0
    for item in items:
        try:
            send(item)
        except Exception:
            logger.exception("A mail could not be sent. It can be sent again from the page.")
            failed += 1
            if failed == PATIENCE:
                break
        else:
            failed = 0
            sent.append(item)
    return sent


def one_line(text: str) -> str:
    """Return the text without line breaks and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def after_commit(send: Callable[[], Any]) -> None:
    """Run ``send`` once the transaction is committed; a failure is logged, not raised."""

    def run() -> None:
        try:
            send()
        except Exception:
            logger.exception("A mail could not be sent. It can be sent again from the page.")

    transaction.on_commit(run)
