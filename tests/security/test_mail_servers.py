"""A mail server that is dead or slow: no error page, no half state, and the roster tells."""

import threading

import django
import pytest
from django.core.mail.backends.base import BaseEmailBackend

from organizations.models import Organization, OrganizationInvitation
from tests.doors.support import PERSON, Browser, page, words_of
from tests.security.test_requests import mailing_requests, reset_target  # noqa: F401

sent = []


class Dead(BaseEmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail today")


class Refusing(BaseEmailBackend):
    """Says neither yes nor no: what was accepted is zero."""

    def send_messages(self, messages):
        return 0


class Slow(BaseEmailBackend):
    """Waits for a moment, and notes whether the transaction is over by then."""

    def send_messages(self, messages):
        threading.Event().wait(0.2)
        sent.extend(messages)
        return len(messages)


def choose(settings, backend):
    path = f"{__name__}.{backend.__name__}"
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": path}}
    else:
        settings.EMAIL_BACKEND = path


@pytest.mark.parametrize("server", [Dead, Refusing, Slow])
def test_no_page_fails_because_of_the_mail_server(server, backend, world, settings, undo):
    choose(settings, server)
    for browser, url, data in mailing_requests(world):
        if url != page("password_reset"):
            with undo():
                assert browser.post(url, data).status_code in {200, 302, 404}, url


def test_an_invitation_whose_mail_did_not_leave_is_shown_as_such(modelled, world, settings, caplog):
    choose(settings, Dead)
    browser = world.browser("admin")
    browser.post(page("organization_user_add", world.acme), {"email": "new@example.com"})
    invitation = OrganizationInvitation.objects.get(invitee_identifier="new@example.com")
    assert (invitation.status, invitation.sent_at) == ("pending", None)
    assert "Not sent" in words_of(browser.get(page("organization_user_list", world.acme)))
    assert "could not be sent" in caplog.text
    # As soon as the server is back, one click mends it.
    choose(settings, Slow)
    about = {"invitation_pk": invitation.pk}
    browser.post(page("organization_invitation_resend", world.acme, **about))
    invitation.refresh_from_db()
    assert invitation.sent_at is not None
    offers = OrganizationInvitation.objects.exclude(pk=invitation.pk)
    offers.update(sent_at=invitation.sent_at)
    assert "Not sent" not in words_of(browser.get(page("organization_user_list", world.acme)))


def test_a_sign_up_whose_mail_did_not_leave_can_be_done_again(backend, db, settings, mailoutbox):
    name = "MAILERS" if django.VERSION >= (6, 1) else "EMAIL_BACKEND"
    usual = getattr(settings, name)
    choose(settings, Dead)
    data = {"name": "Acme", "email": "ada@example.com"}
    assert Browser().post(page("organization_signup"), data).status_code == 302
    organization = Organization.objects.get()
    assert not organization.is_active
    setattr(settings, name, usual)
    Browser().post(page("organization_signup"), data)
    assert Organization.objects.get() == organization
    (message,) = mailoutbox
    link = message.body.split("http://testserver")[1].split()[0]
    assert Browser().post(link, PERSON).status_code == 302
    organization.refresh_from_db()
    assert organization.is_active


@pytest.mark.usefixtures("modelled")
def test_mail_leaves_after_the_transaction(world, settings, django_capture_on_commit_callbacks):
    choose(settings, Slow)
    sent.clear()
    from organizations.backends import invitation_backend

    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        invitation_backend().invite_by_email(
            "new@example.com",
            user=world.people["admin"],
            organization=world.acme,
            domain={"name": "x", "domain": "example.com"},
        )
    assert sent == []
    for callback in callbacks:
        callback()
    assert len(sent) == 1
