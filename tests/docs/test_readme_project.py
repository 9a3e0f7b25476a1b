"""The README's lines, pasted as they stand into a new project, do what the README says."""

import re

import pytest

from .blocks import README
from .fresh_project import link_in, make_project, readme_lines
from .visitor import Visitor

PASSWORD = "copper-kettle-42"

# The database of these tests plays no part here: a new project has its own.
pytestmark = pytest.mark.sqlite


def test_lines_are_pasted_as_they_stand(tmp_path):
    project = make_project(tmp_path)
    settings, urls = readme_lines()
    pasted = (project.folder / "mysite" / "settings.py").read_text()
    assert pasted.endswith("\n".join(settings) + "\n")
    pasted = (project.folder / "mysite" / "urls.py").read_text()
    for line in urls:
        assert f"    {line}\n" in pasted
    assert "`include` imported beside `path`" in README.read_text()


def test_sign_up_invite_and_join(tmp_path):
    project = make_project(tmp_path)
    assert "no issues (0 silenced)" in project.manage("check", "--fail-level", "WARNING")
    project.manage("migrate", "--verbosity", "0")
    with project.serve() as server:
        owner, colleague, outsider = (Visitor(server.url) for _ in range(3))

        owner.get("/orgs/sign-up/")
        page = owner.submit(name="Acme Rockets", email="ada@example.com")
        assert page.path == "/orgs/sign-up/sent/"
        assert "ada@example.com" in page.text
        owner.get(link_in(server.last_mail("ada@example.com")))
        page = owner.submit(username="ada", password1=PASSWORD, password2=PASSWORD)
        assert page.status == 200
        assert "Acme Rockets" in page.text
        home = page.path

        page = owner.get("/orgs/acme-rockets/people/add/")
        page = owner.submit(email="bo@example.com")
        assert page.path == "/orgs/acme-rockets/people/"
        assert "bo@example.com" in page.text

        mail = server.last_mail("bo@example.com")
        assert "Acme Rockets" in mail["Subject"]
        page = colleague.get(link_in(mail))
        assert "Acme Rockets" in page.text
        page = colleague.submit(username="bo", password1=PASSWORD, password2=PASSWORD)
        assert page.status == 200
        assert page.path == home
        assert colleague.get("/orgs/").text.count("Acme Rockets") >= 1

        outsider.get("/orgs/sign-up/")
        outsider.submit(name="Bell Works", email="cy@example.com")
        outsider.get(link_in(server.last_mail("cy@example.com")))
        outsider.submit(username="cy", password1=PASSWORD, password2=PASSWORD)
        assert "Bell Works" in outsider.get("/orgs/").text
        assert "Acme" not in outsider.page.text
        for path in (home, "/orgs/acme-rockets/", "/orgs/acme-rockets/people/"):
            assert outsider.get(path).status == 404
        used = outsider.get(link_in(mail))
        assert used.status in {404, 410}
        assert "Acme" not in used.text

        stranger = Visitor(server.url)
        assert stranger.get(home).path == "/accounts/login/"


def test_doctor_has_nothing_to_say_about_a_new_project(tmp_path):
    project = make_project(tmp_path)
    project.manage("migrate", "--verbosity", "0")
    assert "All is well." in project.manage("organizations_doctor")


def test_without_the_lines_the_checks_name_them(tmp_path):
    """The first line alone: every other line is the hint of a check."""
    from .fresh_project import start_project

    project = start_project(tmp_path)
    project.add_settings(readme_lines()[0][0])
    output = project.manage("check")
    assert set(re.findall(r"organizations\.(\w\d+)", output)) == {"W001", "W008"}
    assert 'path("orgs/", include("organizations.urls"))' in output
    assert "organizations.backends.modeled.ModelInvitation" in output

    project.add_urls('    path("orgs/", __import__("django").urls.include("organizations.urls")),')
    output = project.manage("check")
    assert set(re.findall(r"organizations\.(\w\d+)", output)) == {"W002", "W008", "W010"}
    assert 'LOGIN_REDIRECT_URL = "organization_list"' in output
    assert 'path("accounts/", include("organizations.auth_urls"))' in output
