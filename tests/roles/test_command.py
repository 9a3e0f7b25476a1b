"""The reminder before a role ends."""

from datetime import timedelta
from io import StringIO

import django
import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.utils import timezone, translation
from django.utils.formats import date_format

from organizations import testing
from organizations.mail import PATIENCE
from organizations.permissions import INVITE_MEMBER
from organizations.roles import services
from organizations.roles.models import RoleAssignment
from tests.roles.support import row
from tests.security.test_mail_servers import Dead, choose

SETTINGS = {"LINK_BASE": "https://app.example.com", "SITE_NAME": "The App"}


@pytest.fixture(autouse=True)
def site(settings):
    settings.ORGANIZATIONS = SETTINGS


@pytest.fixture
def sales(acme):
    return services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)


def in_days(number):
    return timezone.now() + timedelta(days=number)


def give(acme, name, role, days):
    return services.assign(row(acme, name), role, ends_at=days and in_days(days), actor=None)


def remind(*args):
    out = StringIO()
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("organizations_roles_remind", *args, stdout=out)
    return out.getvalue()


def test_it_writes_to_those_whose_role_ends_soon(acme, sales):
    for name, days in [("cy", 3), ("di", 30), ("ed", None), ("al", 6.9)]:
        give(acme, name, sales, days)

    assert "Reminders sent: 2." in remind()

    assert [message.to for message in mail.outbox] == [["cy@example.com"], ["al@example.com"]]


def test_it_writes_once_for_each_end(acme, sales):
    given = give(acme, "cy", sales, 3)
    remind()
    assert "sent: 0." in remind()

    services.set_end(given, ends_at=in_days(5), actor=None)

    assert "sent: 1." in remind()
    assert "sent: 0." in remind()
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_a_dead_server_leaves_the_reminders_to_the_next_run(acme, sales, settings, caplog):
    for name in ("cy", "di", "ed", "al"):
        give(acme, name, sales, 3)
    setting = "MAILERS" if django.VERSION >= (6, 1) else "EMAIL_BACKEND"
    usual, out, err = getattr(settings, setting), StringIO(), StringIO()
    choose(settings, Dead)

    with pytest.raises(SystemExit) as end:
        call_command("organizations_roles_remind", stdout=out, stderr=err)

    assert (end.value.code, out.getvalue()) == (1, "Reminders sent: 0.\n")
    assert "The next run sends the rest" in err.getvalue()
    assert caplog.text.count("ConnectionRefusedError: no mail today") == PATIENCE
    setattr(settings, setting, usual)
    assert "sent: 4." in remind()
    assert len(mail.outbox) == 4


def test_the_mail_says_what_ends_where_and_when(acme, sales):
    given = give(acme, "cy", sales, 3)
    remind()

    (message,) = mail.outbox
    ((rich, mimetype),) = message.alternatives
    assert message.subject == "Your role Sales in Acme ends soon"
    assert f"https://app.example.com/accounts/{acme.slug}/" in message.body
    assert "The App" in message.body and "The App" in rich
    assert mimetype == "text/html" and "Open the organization" in rich
    for text in (message.body, rich):
        assert date_format(given.ends_at, "DATE_FORMAT") in text
        assert date_format(given.ends_at, "TIME_FORMAT") + " (UTC)." in text


@pytest.mark.parametrize("name", ["<b>Sales</b>\nBcc: x@example.com", "www.evil.example"])
def test_a_name_brings_no_mark_up_no_header_and_no_link(acme, name):
    role = services.create(acme, name=name, permissions=[], actor=None)
    give(acme, "cy", role, 3)
    remind()

    (message,) = mail.outbox
    assert "\n" not in message.subject
    assert "www.evil.example" not in message.body
    assert "<b>" not in message.alternatives[0][0]
    assert set(message.message().keys()).isdisjoint({"Bcc"})


def test_a_role_in_code_is_called_by_its_label(acme, roles_in_code):
    roles_in_code.declare("cashier", label="Cashier", permissions=[])
    give(acme, "cy", "cashier", 3)
    remind()

    assert mail.outbox[0].subject == "Your role Cashier in Acme ends soon"


def test_it_writes_to_nobody_who_cannot_come(acme, other, sales):
    for name in ("cy", "di"):
        give(acme, name, sales, 3)
    cy = row(acme, "cy").user
    cy.is_active = False
    cy.save()
    closed = services.create(other, name="X", permissions=[], actor=None)
    testing.make_member(other, "di")
    give(other, "di", closed, 3)
    other.is_active = False
    other.save()

    assert "sent: 1." in remind()
    assert [message.to for message in mail.outbox] == [["di@example.com"]]


def test_it_writes_to_nobody_without_an_address(acme, sales):
    give(acme, "cy", sales, 3)
    cy = row(acme, "cy").user
    cy.email = ""
    cy.save()

    assert "sent: 0." in remind()


def test_what_has_ended_and_roles_of_groups_are_left_out(acme, crew, sales):
    services.assign(crew, sales, ends_at=in_days(3), actor=None)
    given = give(acme, "cy", sales, 3)
    RoleAssignment.objects.filter(pk=given.pk).update(ends_at=in_days(-1))

    assert "sent: 0." in remind()


def test_a_dry_run_tells_and_sends_nothing(acme, sales):
    give(acme, "cy", sales, 3)

    said = remind("--dry-run")

    assert "cy@example.com: Sales in Acme" in said and "would be sent: 1." in said
    assert mail.outbox == []
    assert "sent: 1." in remind()


@pytest.mark.parametrize(("days", "number"), [(1, 0), (4, 1), (60, 2)])
def test_how_far_it_looks_is_chosen(acme, sales, days, number):
    give(acme, "cy", sales, 3)
    give(acme, "di", sales, 30)

    assert f"sent: {number}." in remind("--days", str(days))


@pytest.mark.parametrize("days", ["0", "366", "-1"])
def test_a_senseless_span_is_refused(db, days):
    with pytest.raises(CommandError, match="1 to 365"):
        remind("--days", days)


def test_without_the_address_of_the_site_nothing_is_marked(acme, sales, settings):
    settings.ORGANIZATIONS = {}
    give(acme, "cy", sales, 3)

    with pytest.raises(CommandError, match="LINK_BASE"):
        remind()

    assert RoleAssignment.objects.get().reminded_at is None
    assert "would be sent: 1." in remind("--dry-run")


def test_without_the_address_of_the_site_it_says_so_before_a_role_ends(db, settings):
    settings.ORGANIZATIONS = {}

    with pytest.raises(CommandError, match="LINK_BASE"):
        remind()


def test_a_second_reminder_at_once_finds_it_done(acme, sales):
    given = give(acme, "cy", sales, 3)

    with TestCase.captureOnCommitCallbacks(execute=True):
        assert services.remind(given, now=timezone.now()) is True
        assert services.remind(given, now=timezone.now()) is False

    assert len(mail.outbox) == 1


def test_the_language_is_that_of_the_site(acme, sales):
    give(acme, "cy", sales, 3)
    with translation.override("de"):
        remind("-v", "2")

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("change", ["taken", "ended", "endless", "account", "organization"])
def test_what_has_changed_since_it_was_found_is_seen(acme, sales, change):
    found = give(acme, "cy", sales, 3)
    rows = RoleAssignment.objects.filter(pk=found.pk)
    {
        "taken": rows.delete,
        "ended": lambda: rows.update(ends_at=in_days(-1)),
        "endless": lambda: rows.update(ends_at=None),
        "account": lambda: (
            type(found.member.user).objects.filter(username="cy").update(is_active=False)
        ),
        "organization": lambda: type(acme).objects.filter(pk=acme.pk).update(is_active=False),
    }[change]()
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert services.remind(found, now=timezone.now()) is False
    assert mail.outbox == []
