"""``organizations_explain`` says why somebody may do something."""

import json

import pytest
from django.core.management import CommandError, call_command

from organizations import permissions, testing

pytestmark = pytest.mark.django_db

INVITE = "organizations.invite_member"


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", members=["cy"])


def run(capsys, *arguments):
    """Return the exit code and what was printed."""
    try:
        call_command("organizations_explain", *arguments)
    except SystemExit as end:
        return end.code, capsys.readouterr().out
    return 0, capsys.readouterr().out


@pytest.mark.parametrize("person", ["ada@example.com", "ADA@example.com", "ada"])
def test_the_person_is_named_by_address_or_login_name(acme, capsys, person):
    code, text = run(capsys, person, "acme", INVITE)
    assert code == 0
    assert text == (
        "ada@example.com may do this in Acme: Invite people. The owner has every right.\n"
    )


def test_a_login_name_that_is_somebody_elses_address_means_the_address(acme, capsys):
    testing.make_user("odd", username="cy@example.com", email="odd@example.com")
    assert "cy@example.com may not" in run(capsys, "cy@example.com", "acme", INVITE)[1]


def test_the_organization_is_named_by_slug_or_key(acme, capsys):
    assert run(capsys, "ada", str(acme.pk), INVITE) == run(capsys, "ada", "acme", INVITE)


def test_exit_code_says_no(acme, capsys):
    code, text = run(capsys, "cy", "acme", INVITE)
    assert code == 1
    assert "may not do this in Acme: Invite people." in text


def test_without_a_permission_all_are_listed(acme, capsys):
    code, text = run(capsys, "cy", "acme")
    heading, *lines = text.splitlines()
    assert (code, heading) == (0, "cy@example.com in Acme:")
    assert [line.split()[:2] for line in lines] == [
        ["yes" if permissions.Standing.MEMBER in each.default_for else "no", each.name]
        for each in permissions.declared()
    ]


def test_json_is_for_scripts(acme, capsys):
    code, text = run(capsys, "cy", "acme", INVITE, "--json")
    assert code == 1
    found = json.loads(text)
    assert (found["allowed"], found["barrier"], found["permission"]) == (False, None, INVITE)
    every = json.loads(run(capsys, "cy", "acme", "--json")[1])
    assert found in every
    assert len(every) == len(permissions.declared())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ada", "nowhere", INVITE], "No organization has the key or slug 'nowhere'."),
        (["nobody", "acme", INVITE], "No account has the address or login name 'nobody'."),
        (["x@example.com", "acme"], "No account has the address or login name 'x@example.com'."),
        (["ada", "acme", "invite_member"], "Did you mean organizations.invite_member"),
    ],
)
def test_what_is_not_there_is_named(acme, arguments, message):
    with pytest.raises(CommandError) as caught:
        call_command("organizations_explain", *arguments)
    assert message in str(caught.value)


def test_an_address_of_two_accounts_names_nobody(acme):
    testing.make_user("second", email="ada@example.com")
    with pytest.raises(CommandError, match="Several accounts"):
        call_command("organizations_explain", "ada@example.com", "acme", INVITE)
