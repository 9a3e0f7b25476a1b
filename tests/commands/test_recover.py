"""``organizations_recover``: a new owner where the old one is gone; and ``organizations_purge``."""

import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError
from django.db.models.signals import pre_delete
from django.utils import timezone

from organizations import testing
from organizations.exceptions import NotAllowed, OwnerMustBeActive
from organizations.models import Organization
from organizations.services import closing, recovery, registration
from organizations.services.health import odd_rows
from tests.commands.test_doctor import without_guards
from tests.security.test_mail_servers import Dead, choose
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(name):
    return get_user_model().objects.get(username=name)


def switch_off(name):
    get_user_model().objects.filter(username=name).update(is_active=False)


def no_owner(organization):
    without_guards(
        "DELETE FROM organizations_organizationowner WHERE organization_id = %s", organization.pk
    )


def owner_elsewhere(organization):
    other = testing.make_organization("Other", owner="di", members=["ed"])
    without_guards(
        "UPDATE organizations_organizationowner SET organization_user_id = %s"
        " WHERE organization_id = %s",
        other.organization_users.get(user__username="ed").pk,
        organization.pk,
    )


LOSSES = {
    "no owner row": no_owner,
    "account switched off": lambda organization: switch_off("ada"),
    "member of another organization": owner_elsewhere,
}


def run(capsys, *arguments):
    call_command("organizations_recover", *arguments)
    return capsys.readouterr().out


@pytest.mark.parametrize("loss", LOSSES)
def test_it_gives_an_owner_where_there_is(loss, acme, capsys):
    LOSSES[loss](acme)
    assert "Acme" in run(capsys)
    assert run(capsys, "acme", "--to", "cy@example.com") == "Acme is owned by cy now.\n"
    acme = Organization.objects.get(pk=acme.pk)
    assert acme.is_owner(user("cy"))
    assert names(acme)["cy"] is True
    assert run(capsys) == "Every organization has an owner.\n"


def test_it_lists_who_could_take_over_admins_first(acme, capsys):
    testing.make_member(acme, "di", is_admin=True)
    for name in ("ada", "di"):
        switch_off(name)
    lines = run(capsys, "acme").splitlines()
    assert [line.split()[:2] for line in lines[1:-1]] == [
        ["admin", "bo@example.com"],
        ["member", "cy@example.com"],
    ]
    assert lines[-1].endswith(f"organizations_recover {acme.pk} --to bo@example.com")


def test_it_says_what_to_do_without_members(capsys):
    Organization.objects.create(name="Lost")
    assert "--to ADDRESS --add" in run(capsys, "lost")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["acme"], "organizations_transfer"),
        (["acme", "--to", "bo@example.com"], "organizations_transfer"),
        (["nowhere"], "No organization has the key or slug 'nowhere'"),
        (["lost", "--to", "nobody@example.com"], "No account has the address"),
        (["lost", "--to", "bo@example.com"], "Use --add"),
        (["lost", "--to", "off@example.com", "--add"], "active account"),
        (["lost", "--to", "no address"], "Enter a valid e-mail address"),
    ],
)
def test_it_refuses(arguments, message, acme):
    Organization.objects.create(name="Lost")
    testing.make_user("off")
    switch_off("off")
    before = dump()
    with pytest.raises(CommandError, match=re.escape(message)):
        call_command("organizations_recover", *arguments)
    assert dump() == before


def test_options_need_an_organization():
    with pytest.raises(CommandError, match="Name the organization"):
        call_command("organizations_recover", to="bo@example.com")


def test_add_brings_somebody_in(capsys):
    lost = Organization.objects.create(name="Lost")
    testing.make_user("bo")
    run(capsys, "lost", "--to", "bo@example.com", "--add")
    assert names(lost) == {"bo": True}
    assert lost.is_owner(user("bo"))


def test_waiting_organization_is_not_without_an_owner(acme):
    eve = registration.pending_user("eve@example.com")
    registration.open_organization(eve, name="Evening", slug=None)
    assert recovery.ownerless() == []


def test_one_query_finds_all(acme, django_assert_num_queries):
    for number in range(3):
        Organization.objects.create(name=f"Lost {number}")
    with django_assert_num_queries(1):
        assert len(recovery.ownerless()) == 3
    with django_assert_num_queries(1):
        assert len(recovery.candidates(acme)) == 3


def test_all_admins_are_told(acme, capsys, settings, django_capture_on_commit_callbacks):
    settings.ORGANIZATIONS = {"LINK_BASE": "https://app.example.com"}
    testing.make_member(acme, "di", is_admin=True)
    for name in ("ada", "di"):
        switch_off(name)
    with django_capture_on_commit_callbacks(execute=True):
        run(capsys, "acme", "--to", "cy@example.com")
    told = {message.to[0]: message for message in mail.outbox}
    assert set(told) == {"bo@example.com", "cy@example.com"}
    assert told["bo@example.com"].subject == "Acme has a new owner"
    assert told["cy@example.com"].subject == "You own Acme now"
    text, (rich, kind) = told["bo@example.com"].body, told["bo@example.com"].alternatives[0]
    assert kind == "text/html"
    for part in (text, rich):
        assert "https://app.example.com/accounts/acme/" in part
        assert "made cy@example.com the owner" in part.replace("\n", " ")


def test_mail_leaves_without_a_base_for_links(acme, capsys, django_capture_on_commit_callbacks):
    switch_off("ada")
    with django_capture_on_commit_callbacks(execute=True):
        run(capsys, "acme", "--to", "bo@example.com")
    [message] = mail.outbox
    assert "http" not in message.body
    assert "href" not in message.alternatives[0][0]


@pytest.mark.django_db(transaction=True)
def test_a_dead_mail_server_undoes_nothing_and_the_operator_is_told(acme, settings, capsys):
    switch_off("ada")
    choose(settings, Dead)
    call_command("organizations_recover", "acme", "--to", "cy@example.com")
    printed = capsys.readouterr()
    assert printed.out == "Acme is owned by cy now.\n"
    assert sorted(printed.err.splitlines()) == [
        f"The mail to {name}@example.com did not leave; the log says why." for name in ("bo", "cy")
    ]
    assert Organization.objects.get().is_owner(user("cy"))


def test_verb_is_for_operators(acme):
    switch_off("ada")
    before = dump()
    for name in ("bo", "cy"):
        with pytest.raises(NotAllowed):
            recovery.recover(acme, user(name), actor=user(name))
    with pytest.raises(recovery.NoMember):
        recovery.recover(acme, testing.make_user("eve", verified=False))
    user("eve").delete()
    assert dump() == before
    with pytest.raises(OwnerMustBeActive):
        recovery.recover(acme, user("ada"))
    root = testing.make_user("root", is_superuser=True)
    recovery.recover(acme, user("bo"), actor=root)
    with pytest.raises(recovery.HasOwner):
        recovery.recover(acme, user("cy"), actor=root)


def test_doctor_points_to_it(acme):
    switch_off("ada")
    [finding] = odd_rows()
    assert finding.mend == f"manage.py organizations_recover {acme.pk}"


# organizations_purge


def purge(capsys, *arguments):
    try:
        call_command("organizations_purge", *arguments)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_purge_says_what_goes_and_what_stays(acme, capsys):
    other = testing.make_organization("Other", owner="di")
    assert purge(capsys) == (0, "Nothing to delete.\n")
    for each in (acme, other):
        closing.close(each, actor=None, now=timezone.now() - timezone.timedelta(days=31))
    code, printed = purge(capsys, "--dry-run")
    assert (code, printed.count("would be deleted for good")) == (0, 2)
    assert Organization.objects.count() == 2

    def refuse(*, instance, **kwargs):
        if instance.pk == other.pk:
            raise ProtectedError("A contract needs it.", {other})

    pre_delete.connect(refuse, sender=Organization)
    try:
        code, printed = purge(capsys)
    finally:
        pre_delete.disconnect(refuse, sender=Organization)
    assert code == 1
    assert f"Acme ({acme.pk}) is deleted for good." in printed
    assert f"Other ({other.pk}) stays: A contract needs it." in printed
    assert [each.name for each in Organization.objects.all()] == ["Other"]
