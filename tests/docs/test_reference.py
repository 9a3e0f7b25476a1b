"""The pages of the reference are complete, and what they say by hand is true."""

import re
import sys

import pytest

from organizations import testing

from .blocks import DOCS, ROOT

sys.path.insert(0, str(DOCS / "_ext"))

import orgkit_reference as reference  # found by the line above

# Words and fresh projects: the database of the suite makes no difference.
pytestmark = pytest.mark.sqlite

PAGE = (DOCS / "reference" / "templates.md").read_text(encoding="utf-8")


def test_every_directive_writes_something():
    for name, function in reference.DIRECTIVES.items():
        assert len(function().splitlines()) > 2, name


def test_every_page_says_who_may_open_it():
    assert all(who for _route, _name, who in reference.url_rows())


def test_every_setting_has_a_comment_and_every_error_a_code_of_its_own():
    assert "\n\nType" not in reference.settings().replace(".\n\nType", "").replace(":\n\nType", "")
    codes = [error.code for error in reference.errors()]
    assert len(codes) == len(set(codes))


def test_every_check_has_a_message():
    for identity, _kind, message, _hint in reference.check_messages():
        assert message.strip("… ") or identity in reference.check_titles(), identity


def test_every_command_has_help_and_so_have_its_arguments():
    for name, command in reference.commands():
        assert command.help, name
    assert "|  |" not in reference.command_list()


def test_every_template_is_on_the_page():
    text = PAGE + reference.template_list()
    # Groups are listed below their folder; the words of the mails are meant as a whole.
    short = re.compile(r"organizations/(?:elements/|parts/|auth/|email/)?")
    missing = [
        name
        for name in reference.template_names()
        if f"`{short.sub('', name)}`" not in text and f"`{name}`" not in text
    ]
    assert not missing


def test_tags_and_filters_on_the_page_are_those_of_the_library():
    from organizations.templatetags.org_tags import register

    named = set(re.findall(r"\{% (\w+)|&#124;(\w+)", PAGE.split("## Tags and filters")[1]))
    named = {tag or name for tag, name in named}
    assert not {*register.tags, *register.filters} - named


def contexts():
    """Return template -> names that the page's table says its context has."""
    found = {}
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 and re.fullmatch(r"`[\w.]+\.html`", cells[0]):
            # Names after "no" are those that the context lacks.
            told = re.sub(r"; no .*", "", re.sub(r"\(.*?\)", "", cells[1]))
            found[cells[0].strip("`")] = set(re.findall(r"`(\w+)`", told))
    return found


VISITS = {
    "organization_list.html": "",
    "organization_detail.html": "acme/",
    "organization_confirm_delete.html": "acme/delete/",
    "organization_leave.html": "acme/leave/",
    "organization_transfer.html": "acme/transfer/",
    "organization_confirm.html": "confirm/",
    "organizationuser_list.html": "acme/people/",
    "organizationuser_detail.html": "acme/people/{bo}/",
    "organizationuser_access.html": "acme/people/{bo}/access/",
    "organizationuser_confirm_delete.html": "acme/people/{bo}/delete/",
    "organizationuser_remind.html": "acme/people/{bo}/remind/",
}


@pytest.mark.django_db
@pytest.mark.parametrize("template", VISITS)
def test_context_holds_what_the_page_says(client, template):
    ada, bo = testing.make_user("ada"), testing.make_user("bo")
    testing.make_organization("Acme", owner=ada, members=[bo])
    client.force_login(ada)
    page = client.get("/accounts/" + VISITS[template].format(bo=bo.pk))
    assert f"organizations/{template}" in [each.name for each in page.templates]
    names = contexts()[template]
    assert names
    common = {"base_template"} | (
        {"organization", "access"} if "acme" in VISITS[template] else set()
    )
    assert not {name for name in names | common if name not in page.context}


def test_variables_on_the_page_are_those_of_the_stylesheet():
    page = (DOCS / "howto" / "look.md").read_text(encoding="utf-8")
    sheet = (
        ROOT / "src" / "organizations" / "static" / "organizations" / "organizations.css"
    ).read_text(encoding="utf-8")
    declared = set(re.findall(r"(--org-[\w-]+):", sheet))
    named = set(re.findall(r"--org-[\w-]+", page))
    assert named <= declared
    assert {name for name in declared - named if not name.endswith("tint")} == set()
