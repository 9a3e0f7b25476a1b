"""``organizations_doctor`` finds what is odd, says what mends it, and changes nothing."""

import json
import sys
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import override_settings
from django.urls import clear_url_caches
from django.utils import timezone

from organizations import testing
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
    OwnerAnchor,
)
from organizations.services import invitations
from organizations.services.health import odd_rows

pytestmark = pytest.mark.django_db

WELL = {
    "ORGANIZATIONS": {"INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation"},
}


def run(capsys, *arguments):
    """Return the exit code and what was printed."""
    try:
        call_command("organizations_doctor", *arguments)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def codes():
    return [finding.code for finding in odd_rows()]


def without_guards(sql, *parameters):
    """Write what no verb would: with the database's own guards out of the way."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(sql, parameters)
            cursor.execute("SET LOCAL session_replication_role = origin")
        else:
            cursor.execute(sql, parameters)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def test_all_is_well_in_a_well_kept_project(acme, capsys):
    with override_settings(**WELL):
        assert run(capsys) == (0, "All is well.\n")


def test_it_finds_an_organization_without_an_owner(capsys):
    Organization.objects.create(name="Lost")

    code, printed = run(capsys)

    assert code == 1
    assert "Lost" in printed
    assert "has no owner" in printed
    assert "manage.py organizations_recover" in printed


def test_what_it_says_about_an_ownerless_organization_mends_it(capsys):
    lost = Organization.objects.create(name="Lost")
    testing.make_user("ada")
    [finding] = odd_rows()
    command, key = finding.mend.removeprefix("manage.py ").split()

    call_command(command, key, "--to", "ada@example.com", "--add")

    assert codes() == []
    assert lost.is_owner(get_user_model().objects.get(username="ada"))


def test_it_finds_an_owner_from_another_organization(acme):
    other = testing.make_organization("Other", owner="di", members=["ed"])
    stranger = OrganizationUser.objects.get(organization=other, user__username="ed")
    without_guards(
        "UPDATE organizations_organizationowner SET organization_user_id = %s"
        " WHERE organization_id = %s",
        stranger.pk,
        acme.pk,
    )

    assert "owner_elsewhere" in codes()
    with_command = testing.make_user("fi")
    call_command("organizations_transfer", "acme", with_command.email)
    assert codes() == []


def test_it_finds_an_owner_who_cannot_sign_in(acme):
    get_user_model().objects.filter(username="ada").update(is_active=False)

    assert codes() == ["owner_inactive"]


def test_it_finds_an_owner_who_is_no_admin(acme):
    OrganizationUser.objects.filter(user__username="ada").update(is_admin=False)

    assert codes() == ["owner_no_admin"]


def test_it_finds_an_owner_row_that_django_did_not_write(acme):
    OwnerAnchor.objects.filter(organization=acme).delete()

    assert codes() == ["owner_unanchored"]
    OrganizationOwner.objects.get(organization=acme).save()
    assert codes() == []


def test_it_finds_invitations_that_nobody_answered(acme):
    ada = get_user_model().objects.get(username="ada")
    now = timezone.now()
    offer = invitations.invite(acme, address="new@example.com", actor=ada, now=now)
    assert codes() == []

    OrganizationInvitation.objects.filter(pk=offer.pk).update(expires_at=now - timedelta(1))

    assert codes() == ["invitation_expired"]


def test_it_changes_nothing(acme, capsys):
    Organization.objects.create(name="Lost")
    before = list(Organization.objects.values())

    run(capsys)

    assert list(Organization.objects.values()) == before


def test_it_reports_as_json(capsys):
    Organization.objects.create(name="Lost")

    code, printed = run(capsys, "--json")

    assert code == 1
    assert {finding["code"] for finding in json.loads(printed)} >= {"ownerless"}


def test_it_passes_on_what_the_checks_say(capsys):
    """In a process of its own the URLs have not been read before the settings are found wrong."""
    ours = [name for name in sys.modules if name in ("tests.urls", "organizations.urls")]
    forgotten = {name: sys.modules.pop(name) for name in ours}
    clear_url_caches()
    try:
        with override_settings(ORGANIZATIONS={"INVITATION_LIFETIM": 7}):
            code, printed = run(capsys)
    finally:
        sys.modules.update(forgotten)
        clear_url_caches()

    assert code == 1
    assert "organizations.E002" in printed
    assert "INVITATION_LIFETIME" in printed


def test_it_sends_a_mail_to_see_that_mail_works(acme, capsys):
    with override_settings(**WELL):
        code, printed = run(capsys, "--mail-to", "me@example.com")

    assert code == 0
    assert "me@example.com" in printed
    assert mail.outbox[0].to == ["me@example.com"]


def test_the_number_of_queries_does_not_grow_with_the_rows(acme, django_assert_num_queries):
    for number in range(5):
        Organization.objects.create(name=f"Lost {number}")

    with django_assert_num_queries(10):
        assert len(codes()) == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "ada@example.com"], "No organization has the key or slug 'nowhere'."),
        (["acme", "nobody@example.com"], "No account has the address 'nobody@example.com'."),
        (["acme", "no address"], "Enter a valid e-mail address."),
    ],
)
def test_the_transfer_command_refuses_what_it_cannot_find(acme, arguments, message):
    with pytest.raises(CommandError, match=message.replace(".", r"\.")):
        call_command("organizations_transfer", *arguments)


def test_the_transfer_command_refuses_a_deactivated_account(acme):
    gone = testing.make_user("gone")
    gone.is_active = False
    gone.save()

    with pytest.raises(CommandError, match="active account"):
        call_command("organizations_transfer", "acme", gone.email)

    assert not acme.is_member(gone), "a refused transfer leaves no new member behind"
