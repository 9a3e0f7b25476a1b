"""The command that invites everybody on a list."""

import io
import sys

import pytest
from django.core import mail as outbox
from django.core.management import CommandError, call_command
from django.test import override_settings

from organizations import testing
from organizations.models import OrganizationInvitation
from tests.doors.support import MODELLED

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.doors.urls_modelled"),
]


@pytest.fixture(autouse=True)
def _modelled():
    base = {"LINK_BASE": "https://app.example.com"}
    with override_settings(ORGANIZATIONS={**MODELLED, **base}):
        yield


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", members=["cy"])


def run(*args, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command("organizations_invite", *args, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_file_is_invited_and_counted(acme, tmp_path):
    file = tmp_path / "people.txt"
    file.write_text("Bo <bo@example.com>, nonsense\ndi@example.com\ncy@example.com\n")
    for dry_run in (True, False):
        out, err = run("acme", str(file), dry_run=dry_run, admin=True)
        assert [line.split()[:2] for line in out.splitlines()] == [
            ["2", "invited"],
            ["1", "not_an_address"],
            ["1", "already_member"],
        ]
        assert "line 1: nonsense: This is no e-mail address." in err
        assert OrganizationInvitation.objects.count() == (0 if dry_run else 2)
    assert len(outbox.outbox) == 2
    row = OrganizationInvitation.objects.get(invitee_identifier="bo@example.com")
    assert (row.is_admin, row.invited_by.username, row.on_own_authority) == (True, "ada", False)
    assert row.sent_at is not None


def test_a_table_comes_by_standard_input_or_by_name(acme, tmp_path, monkeypatch):
    file = tmp_path / "people.csv"
    file.write_text("Name;Mail\nBo;bo@example.com\n")
    run("acme", str(file))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"di@example.com\n")))
    run(str(acme.pk), "-", inviter="ada@example.com")
    rows = OrganizationInvitation.objects.order_by("pk")
    assert [row.invitee_identifier for row in rows] == ["bo@example.com", "di@example.com"]
    assert rows[1].on_own_authority


@pytest.mark.parametrize(
    ("organization", "options", "complaint"),
    [
        ("nothing", {}, "No organization"),
        ("acme", {"inviter": "nobody@example.com"}, "No account"),
        ("acme", {"inviter": "cy@example.com"}, "may not"),
    ],
)
def test_what_is_wrong_is_said(organization, options, complaint, acme, tmp_path):
    file = tmp_path / "people.txt"
    file.write_text("bo@example.com")
    with pytest.raises(CommandError, match=complaint):
        run(organization, str(file), **options)
    with pytest.raises(CommandError, match="cannot be read"):
        run("acme", str(tmp_path / "nothing.txt"))
    assert not OrganizationInvitation.objects.exists()


def test_a_backend_that_adds_at_once_is_refused(acme, tmp_path):
    with override_settings(ORGANIZATIONS={}), pytest.raises(CommandError, match="keeps no"):
        run("acme", str(tmp_path))
