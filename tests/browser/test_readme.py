"""The README's lines, pasted into a new project, and walked through with a browser."""

import pytest

from tests.docs.fresh_project import link_in, make_project

pytestmark = [
    pytest.mark.browser,
    # A new project comes with SQLite; the other run would be the same again.
    pytest.mark.sqlite,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    project = make_project(tmp_path_factory.mktemp("readme"))
    project.manage("migrate")
    with project.serve() as running:
        yield running


def test_the_pasted_lines_bring_two_people_into_one_organization(server, person, javascript):
    suffix = "js" if javascript else "plain"
    company = f"Newcomers {suffix}"
    uma = person(f"Uma{suffix}", base=server.url)
    vic = person(f"Vic{suffix}", base=server.url)

    uma.visit("/orgs/sign-up/")
    uma.fill(name=company, email=uma.address)
    uma.press("Sign up")
    uma.visit(link_in(server.last_mail(uma.address)))
    uma.register()
    assert company in uma.heading

    uma.invite(vic.address)
    vic.visit(link_in(server.last_mail(vic.address)))
    vic.register()
    assert company in vic.heading
    assert vic.sees("Uma")
