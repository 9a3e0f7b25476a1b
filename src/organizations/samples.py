"""Every kind of mail with something to show: what the staff page of mails renders.

An app that sends mails of its own registers them in ``ready``::

    samples.register(samples.Sample(
        name="role_ending",
        label=_("A role ends soon"),
        templates="organizations_roles/email/ending",
        context=lambda: {"role": "Treasurer", "ends_at": timezone.now() + timedelta(days=7)},
    ))

Nothing here touches the database: the rows are never saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone, translation

from . import mail
from .conf import get_settings
from .families import default_family
from .words import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

__all__ = ["Sample", "find", "register", "render", "samples"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A kind of mail.

    Attributes:
        name: part of the URL of its page; no other app may have it.
        templates: what the names of its templates begin with, without ``_subject.txt``.
        body: the template of the text, where that is not ``templates`` and ``_body.html``.
        context: what its templates get besides the usual; called for each rendering.
        has_sender: whether somebody sends it, or the site.
    """

    name: str
    label: str | _StrPromise
    templates: str
    body: str | None = None
    context: Callable[[], dict[str, Any]] = dict
    has_sender: bool = False


def _offer() -> dict[str, Any]:
    expires_at = timezone.now() + get_settings().INVITATION_LIFETIME
    model = default_family().invitation
    invitation = None if model is None else model(invitee_identifier=RECIPIENT)
    return {"invitation": invitation, "user": None, "expires_at": expires_at}


def _reset() -> dict[str, Any]:
    base = _base()
    return {"protocol": base.scheme, "domain": base.domain, "uid": "MQ", "token": "c0ffee-1a2b3c"}


FOLDER = "organizations/email"
RECIPIENT = "robin@example.com"

#: The mails of the core, in the order in which people meet them.
CORE = (
    Sample(name="activation", label=_("Confirm a sign-up"), templates=f"{FOLDER}/activation"),
    Sample(
        name="account_exists",
        label=_("Sign-up with an address that has an account"),
        templates=f"{FOLDER}/account_exists",
    ),
    Sample(
        name="modeled_invitation",
        label=_("Invitation"),
        templates=f"{FOLDER}/modeled_invitation",
        context=_offer,
        has_sender=True,
    ),
    Sample(
        name="modeled_reminder",
        label=_("Invitation, sent again"),
        templates=f"{FOLDER}/modeled_reminder",
        context=_offer,
        has_sender=True,
    ),
    Sample(
        name="invitation",
        label=_("Account for a new member"),
        templates=f"{FOLDER}/invitation",
        has_sender=True,
    ),
    Sample(
        name="notification",
        label=_("Word to a new member who has an account"),
        templates=f"{FOLDER}/notification",
        has_sender=True,
    ),
    Sample(
        name="reminder",
        label=_("Account for a new member, sent again"),
        templates=f"{FOLDER}/reminder",
        has_sender=True,
    ),
    Sample(
        name="request_received",
        label=_("Somebody asks to join, or is proposed"),
        templates=f"{FOLDER}/request_received",
        context=lambda: {
            "is_request": True,
            "address": RECIPIENT,
            "person_name": "Sam Sample",
        },
    ),
    Sample(
        name="request_approved",
        label=_("A request to join is approved"),
        templates=f"{FOLDER}/request_approved",
    ),
    Sample(
        name="request_declined",
        label=_("A request to join is declined"),
        templates=f"{FOLDER}/request_declined",
    ),
    Sample(
        name="ownership_offered",
        label=_("The ownership is offered"),
        templates=f"{FOLDER}/ownership_offered",
        context=_offer,
        has_sender=True,
    ),
    Sample(
        name="ownership_declined",
        label=_("The ownership is not taken"),
        templates=f"{FOLDER}/ownership_declined",
        has_sender=True,
    ),
    Sample(
        name="ownership_transferred",
        label=_("The ownership has passed on"),
        templates=f"{FOLDER}/ownership_transferred",
        context=lambda: {"part": "new", "old_name": "Sam Sample", "new_name": "Robin Reader"},
    ),
    Sample(
        name="recovered",
        label=_("An organization without an owner has one again"),
        templates=f"{FOLDER}/recovered",
        context=lambda: {"owner_name": "Robin Reader", "is_owner": False},
    ),
    Sample(
        name="password_reset",
        label=_("New password"),
        templates="organizations/auth/password_reset",
        body="organizations/auth/password_reset_email.html",
        context=_reset,
    ),
)

_samples: dict[str, Sample] = {each.name: each for each in CORE}


def register(sample: Sample) -> None:
    """Show a kind of mail on the staff page. Call it in ``AppConfig.ready``."""
    _samples[sample.name] = sample


def samples() -> list[Sample]:
    """Return every kind of mail, in the order of registration."""
    return list(_samples.values())


def find(name: str) -> Sample | None:
    """Return the kind of that name, or None."""
    return _samples.get(name)


def render(sample: Sample, *, language: str) -> Any:
    """Return the unsent mail of a kind in a language. Queries: 0."""
    with translation.override(language):
        base = _base()
        context = {
            "organization": default_family().organization(name="Acme"),
            "user": _person("Robin", "Reader", RECIPIENT),
            "recipient": RECIPIENT,
            "site_name": get_settings().SITE_NAME or base.name,
            "domain": base,
            "url": base.url("/c0ffee/"),
            **sample.context(),
        }
        sender = _person("Sam", "Sample", "sam@example.com") if sample.has_sender else None
        return mail.message(
            RECIPIENT,
            f"{sample.templates}_subject.txt",
            sample.body or f"{sample.templates}_body.html",
            context,
            sender=sender,
        )


def _person(first_name: str, last_name: str, address: str) -> Any:
    model = get_user_model()
    user = model()
    for name, value in (
        (model.USERNAME_FIELD, first_name.lower()),
        (model.get_email_field_name(), address),
        ("first_name", first_name),
        ("last_name", last_name),
    ):
        if any(field.name == name for field in model._meta.fields):
            setattr(user, name, value)
    return user


def _base() -> mail.LinkBase:
    try:
        return mail.configured_base()
    except ImproperlyConfigured:
        return mail.LinkBase.parse("https://app.example.com")
