"""The first page of an organization: figures, growth, and what is left to set up."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from organizations import testing
from organizations.models import OrganizationUser
from organizations.services import domains, members, organizations
from tests.doors.support import invite, page, signed_in, words_of
from tests.doors.test_queries import fill, queries_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada")


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


def look(organization, person, **headers):
    response = signed_in(person).get(page("organization_detail", organization), headers=headers)
    assert response.status_code == 200
    return response


def all_since(days):
    OrganizationUser.objects.update(created=timezone.now() - timedelta(days=days))


# -- next steps


def todo(response):
    return [str(step.label) for step in response.context["steps"] if not step.is_done]


COLOUR, ADMIN, INVITE, WAYS = (
    "Choose a colour",
    "Make a second person an admin",
    "Invite somebody",
    "Say who may join without an invitation",
)


def test_steps_go_as_they_are_done(modelled, acme, ada):
    assert todo(look(acme, ada)) == [INVITE, ADMIN, COLOUR, WAYS]
    invite(acme, "eve@example.com", by=acme.users.get(username="ada"))
    assert todo(look(acme, ada)) == [ADMIN, COLOUR, WAYS]
    organizations.set_accent(acme, "#123456", actor=None)
    response = look(acme, ada)
    assert todo(response) == [ADMIN, WAYS]
    assert "Done: Invite somebody" in words_of(response)
    organizations.set_joining(acme, accepts_requests=True, actor=None)
    assert todo(look(acme, ada)) == [ADMIN]
    members.add(acme, testing.make_user("bo"), is_admin=True)
    response = look(acme, ada)
    assert response.context["steps"] == []
    assert "Next steps" not in words_of(response)


def test_steps_are_those_of_functions_that_exist(acme, ada):
    """The default backend asks nobody, so there is no joining either."""
    assert todo(look(acme, ada)) == [INVITE, ADMIN, COLOUR]


def test_a_domain_is_a_way_in(modelled, acme, ada):
    domains.add(acme, "work.example", actor=None)
    assert WAYS not in todo(look(acme, ada))


def test_who_may_do_nothing_sees_no_steps(modelled, acme):
    cy = testing.make_user("cy")
    testing.make_member(acme, cy)
    assert look(acme, cy).context["steps"] == []


def test_each_open_step_leads_to_a_page_that_opens(modelled, acme, ada):
    browser = signed_in(ada)
    response = browser.get(page("organization_detail", acme))
    for step in response.context["steps"]:
        assert f'href="{step.url}"' in response.text
        assert browser.get(step.url).status_code == 200


# -- figures


def figures(response):
    return {str(stat.label): stat.value for stat in response.context["stats"]}


def test_figures_come_with_company(modelled, acme, ada):
    assert figures(look(acme, ada)) == {}
    testing.make_member(acme, "bo")
    all_since(90)
    testing.make_member(acme, "cy")
    invite(acme, "eve@example.com", by=acme.users.get(username="ada"))
    assert figures(look(acme, ada)) == {
        "Members": 3,
        "Open invitations": 1,
        "Joined in the last 30 days": 1,
    }


def test_a_plain_member_sees_no_number_of_invitations(modelled, acme):
    cy = testing.make_user("cy")
    testing.make_member(acme, cy)
    invite(acme, "eve@example.com", by=acme.users.get(username="ada"))
    assert "Open invitations" not in figures(look(acme, cy))


# -- growth


def test_growth_is_drawn_and_written_down(acme, ada):
    for name in ("bo", "cy"):
        testing.make_member(acme, name)
    all_since(100)
    for name in ("di", "eve"):
        testing.make_member(acme, name)
    response = look(acme, ada)
    assert "<svg width" in response.text
    assert response.text.count("<rect x=") >= 2
    [drawing] = re.findall(r'<svg width="100%".*?</svg>', response.text, re.S)
    assert 'role="img"' in drawing
    assert "5 members today" in drawing
    assert "style" not in drawing
    table = response.text.split("<details>")[-1].split("</details>")[0]
    assert table.count("<tr>") == 12
    assert "3 joined" in table
    assert "2 joined" in table


def test_an_empty_plot_is_not_shown(acme, ada):
    testing.make_member(acme, "bo")
    assert "<polyline" not in look(acme, ada).text


def test_somebody_alone_sees_no_growth(acme, ada):
    all_since(100)
    assert "<polyline" not in look(acme, ada).text
    testing.make_member(acme, "bo")
    assert "<polyline" in look(acme, ada).text


def test_time_runs_as_the_reader_reads(acme, ada, settings):
    testing.make_member(acme, "bo")
    all_since(100)
    assert "scale(-1 1)" not in look(acme, ada).text
    with translation.override("ar"):
        settings.LANGUAGE_CODE = "ar"
        text = look(acme, ada, **{"Accept-Language": "ar"}).text
    assert "scale(-1 1)" in text


def test_separators_of_thousands_stay_out_of_the_drawing(acme, ada, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    testing.make_member(acme, "bo")
    all_since(100)
    [points] = re.findall(r'<polyline points="([^"]*)"', look(acme, ada).text)
    assert re.fullmatch(r"(\d+,\d+ ?){12}", points)


def test_the_page_takes_as_many_queries_at_every_size(acme, ada, backend):
    browser, counts = signed_in(ada), set()
    for size in (25, 400):
        fill(acme, size, invitations=3 if size == 25 else 0)
        all_since(100)
        count, response = queries_of(browser, page("organization_detail", acme))
        assert response.context["plot"]
        counts.add(count)
    # Three of them are for the menu of organizations above the page.
    assert len(counts) == 1
    assert counts.pop() <= 13
