import re

import pytest
from django.urls import reverse

from organizations import permissions, testing
from organizations.teams import services
from organizations.teams.models import Team
from tests.doors.support import text_of
from tests.doors.support import words_of as all_words_of

from .support import chain, drawn, dump, make, member, people, user

pytestmark = pytest.mark.django_db

BILLING = permissions.MANAGE_BILLING


def page(name, organization, team=None, **kwargs):
    name = f"organization_team{name}"
    if team is not None:
        kwargs["team_pk"] = team.pk
    return reverse(name, kwargs={"organization_pk": organization.slug, **kwargs})


@pytest.fixture
def sign_in(client, acme):
    def sign_in(name):
        client.force_login(user(acme, name))
        return client

    return sign_in


def words_of(response):
    """Return the visible words; people are called by the first part of their address."""
    return all_words_of(response).replace("@example.com", "")


def confirm_of(response):
    """Return what the page that asks would send again, but for the button."""
    found = re.findall(
        r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', response.content.decode()
    )
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


# the list


def test_list_nests_teams_with_their_members_and_leads(sign_in, acme):
    top = make(acme, "Design", members=["cy"], leads=["di", "eve"])
    make(acme, "Print", top)
    make(acme, "Sales")
    response = sign_in("cy").get(page("s", acme))
    words = words_of(response)
    assert "Design 3 members · led by di , eve Print 0 members Sales 0 members" in words
    html = response.content.decode()
    assert re.search(r"Design.*<ul.*Print.*</ul>.*Sales", html, re.DOTALL)


def test_list_costs_the_same_for_any_number_of_teams(sign_in, acme, django_assert_num_queries):
    browser = sign_in("cy")
    chain(acme, 2)
    counts = []
    for number in (0, 1):
        for index in range(number * 20):
            make(acme, f"More {index}", Team.objects.get(name="Level 1"), leads=["di"])
        # The session, the user, the organization with all that stands beside, and the view's own.
        with django_assert_num_queries(6, info="list of teams") as asked:
            browser.get(page("s", acme))
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("name", "may"), [("ada", True), ("bo", True), ("cy", False)])
def test_empty_list_offers_the_first_team_to_those_who_may_make_it(name, may, sign_in, acme):
    response = sign_in(name).get(page("s", acme))
    assert "There are no teams yet" in words_of(response)
    assert (page("_add", acme) in response.content.decode()) is may


def test_tab_leads_to_the_teams(sign_in, acme):
    response = sign_in("cy").get(reverse("organization_detail", args=[acme.slug]))
    assert f'href="{page("s", acme)}"' in response.content.decode()


# new


def test_new_team_stands_where_the_form_says(sign_in, acme):
    above = make(acme, "Design")
    browser = sign_in("bo")
    form = browser.get(page("_add", acme) + f"?parent={above.pk}")
    assert f'<option value="{above.pk}" selected>Design</option>' in form.content.decode()
    data = {"name": "Print", "description": "Ink", "parent": above.pk}
    response = browser.post(page("_add", acme), data, follow=True)
    assert drawn(acme) == ["Design", "  Print"]
    assert "The team Print is ready." in words_of(response)
    assert response.redirect_chain[-1][0] == page("_detail", acme, Team.objects.get(name="Print"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": "DESIGN"}, "There is a team of this name already"),
        ({"name": " "}, "This field is required"),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "a\u202eb"}, "marks that turn the text around"),
        ({"name": "New", "description": "x" * 301}, "at most 300 characters"),
        ({"name": "New", "parent": "foreign"}, "Select a valid choice"),
        ({"name": "New", "parent": "x"}, "Select a valid choice"),
        ({"name": "New", "parent": "deepest"}, "Teams can have 2 levels here"),
    ],
)
def test_form_says_what_is_wrong(data, words, sign_in, acme, zenith, settings):
    settings.ORGANIZATIONS_TEAMS = {"MAX_DEPTH": 2}
    keys = {
        "foreign": make(zenith, "Foreign").pk,
        "deepest": make(acme, "Deepest", make(acme, "Design")).pk,
    }
    parent = data.get("parent", "")
    before = dump()
    response = sign_in("bo").post(page("_add", acme), {**data, "parent": keys.get(parent, parent)})
    assert response.status_code == 200
    assert words in words_of(response)
    assert dump() == before


def test_form_of_a_team_offers_no_place_within_itself(sign_in, acme):
    top, middle, _low = chain(acme, 3)
    make(acme, "Other")
    response = sign_in("bo").get(page("_edit", acme, middle))
    options = re.findall(r'<option value="\d*"(?: selected)?>([^<]*)', response.content.decode())
    assert options == ["No other team", "Level 1", "Other"]
    assert f'value="{top.pk}" selected' in response.content.decode()


# one team


#: Who sees which buttons; ada owns, bo and ben are admins, cy leads, di is in, eve is not.
BUTTONS = {
    "ada": {"Edit", "Add people", "Make lead: ada", "Make lead: bo", "Make lead: di",
            "No longer lead: cy", "Leave the team", "Remove: bo", "Remove: di", "Remove: cy"},
    "bo": {"Edit", "Add people", "Make lead: di", "No longer lead: cy", "Leave the team",
           "Remove: di", "Remove: cy"},
    "ben": {"Edit", "Add people", "Make lead: bo", "Make lead: di", "No longer lead: cy",
            "Remove: bo", "Remove: di", "Remove: cy"},
    "cy": {"Add people", "No longer lead: cy", "Leave the team", "Remove: di"},
    "di": {"Leave the team"},
    "eve": set(),
}  # fmt: skip


@pytest.mark.parametrize("name", BUTTONS)
def test_page_offers_what_the_verbs_allow(name, sign_in, acme):
    team = make(acme, "Crew", members=["ada", "bo", "di"], leads=["cy"])
    browser = sign_in(name)
    response = browser.get(page("_detail", acme, team))
    html = re.sub(r".*<main", "", response.content.decode(), flags=re.DOTALL)
    html = re.sub(r"<nav.*?</nav>", "", html, flags=re.DOTALL)
    found = re.findall(r"<(a|button)\b[^>]*org-button[^>]*>(.*?)</\1>", html, re.DOTALL)
    words = {re.sub(r"<svg.*?</svg>|<[^>]*>|@example.com", "", text).strip() for _, text in found}
    assert words - {"New team"} == BUTTONS[name]
    # No link leads to a refusal.
    for link in re.findall(r'href="([^"]*/teams/[^"]*)"', html):
        assert browser.get(link).status_code == 200, link
    for row in services.members_of(team):
        url = page("_member_lead", acme, team, user_pk=row.member.user_id)
        if f'action="{url}"' in html:
            wanted = "no" if row.is_lead else "yes"
            assert browser.post(url, {"lead": wanted}).status_code == 302
            services.set_lead(team, row.member, row.is_lead, actor=None)


def test_page_shows_what_is_above_and_below(sign_in, acme):
    top, middle, low = chain(acme, 3)
    services.change(middle, description="First\n<b>second</b>", actor=None)
    response = sign_in("cy").get(page("_detail", acme, middle))
    html = response.content.decode()
    assert "First<br>&lt;b&gt;second&lt;/b&gt;" in html
    for team in (top, low):
        assert f'href="{page("_detail", acme, team)}"' in html


def test_names_stand_apart_and_are_escaped(sign_in, acme):
    team = make(acme, "<b>x</b>", leads=["cy"])
    browser = sign_in("ada")
    urls = [page("s", acme), page("_add", acme)]
    urls += [page(name, acme, team) for name in ("_detail", "_edit", "_delete", "_member_add")]
    key = user(acme, "cy").pk
    urls += [page("_member_remove", acme, team, user_pk=key)]
    for url in urls:
        html = browser.get(url).content.decode()
        assert "<b>x" not in html
        assert "&lt;b&gt;x&lt;/b&gt;" in html
        assert "<bdi" in html


def test_team_page_has_pages_and_costs_the_same(sign_in, acme, django_assert_num_queries):
    browser = sign_in("bo")
    team = make(acme, "Crew", members=["cy"])
    counts = []
    for number in (0, 60):
        for index in range(number):
            row = testing.make_member(acme, f"p{index}")
            services.add_member(team, row, actor=None)
        with django_assert_num_queries(8, info="page of a team") as asked:
            response = browser.get(page("_detail", acme, team))
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert "Page 1 of 2" in words_of(response)
    second = words_of(browser.get(page("_detail", acme, team) + "?page=2"))
    assert "Page 2 of 2" in second
    assert "61 members" in second


def test_large_keys_are_written_in_plain_digits(sign_in, acme, settings):
    settings.USE_THOUSAND_SEPARATOR = True
    team = make(acme)
    Team.objects.filter(pk=team.pk).delete()
    team = Team.objects.create(pk=1234567, organization=acme, name="Large")
    html = sign_in("bo").get(page("_detail", acme, team)).content.decode()
    assert "1234567" in html
    assert "1,234,567" not in html


# adding people


def test_lead_finds_somebody_and_adds_them(sign_in, acme):
    team = make(acme, "Crew", leads=["cy"])
    for index in range(400):
        testing.make_member(acme, f"person{index:03}")
    browser = sign_in("cy")
    first = words_of(browser.get(page("_member_add", acme, team)))
    assert "Page 1 of 17" in first
    found = browser.get(page("_member_add", acme, team), {"q": "person399"})
    keys = re.findall(r'name="user" value="(\d+)"', found.content.decode())
    assert keys == [str(user(acme, "person399").pk)]
    response = browser.post(page("_member_add", acme, team), {"user": keys[0]}, follow=True)
    assert "person399 is in the team now." in words_of(response)
    assert people(team) == {"cy": True, "person399": False}


def test_search_that_finds_nobody_and_team_with_everybody_say_so(sign_in, acme):
    team = make(acme, "Crew", members=["ada", "bo", "ben", "cy", "di", "eve"])
    browser = sign_in("bo")
    url = page("_member_add", acme, team)
    assert "Everybody is in this team already" in words_of(browser.get(url))
    assert "Nobody matches" in words_of(browser.get(url, {"q": "nobody"}))


@pytest.mark.parametrize("key", ["zed", "999999", "", "x", "0", "1_0", str(10**30), "\x00"])
def test_who_is_no_member_is_not_added_and_not_told_from_nobody(key, sign_in, acme, zenith):
    team = make(acme, "Crew")
    key = str(user(zenith, "zed").pk) if key == "zed" else key
    response = sign_in("bo").post(page("_member_add", acme, team), {"user": key})
    assert response.status_code == 200
    words = words_of(response)
    assert "is no member of the organization" in words or "This field is required" in words or (
        "Null characters are not allowed" in words
    )  # fmt: skip
    assert people(team) == {}


def test_who_is_in_the_team_is_not_added_again(sign_in, acme):
    team = make(acme, "Crew", members=["cy"])
    response = sign_in("bo").post(page("_member_add", acme, team), {"user": user(acme, "cy").pk})
    assert "This person is in the team already." in words_of(response)


# the effect is shown first


def test_who_gains_is_shown_before_somebody_is_added(sign_in, acme, gifts):
    team = make(acme, "Rich")
    gifts["Rich"] = {BILLING}
    browser = sign_in("ada")
    url = page("_member_add", acme, team)
    shown = browser.post(url, {"user": user(acme, "cy").pk})
    assert shown.status_code == 200
    assert "Gains: Manage billing" in words_of(shown)
    assert people(team) == {}
    again = browser.post(url, {**confirm_of(shown), "edit": "1"})
    assert "Search members" in words_of(again)
    assert people(team) == {}
    wrong = browser.post(url, {**confirm_of(shown), "confirm": "0" * 32})
    assert "Gains: Manage billing" in words_of(wrong)
    assert people(team) == {}
    done = browser.post(url, confirm_of(shown))
    assert done.status_code == 302
    assert people(team) == {"cy": False}


def test_who_gains_is_shown_before_a_team_is_moved(sign_in, acme, gifts):
    rich, team = make(acme, "Rich"), make(acme, "Team", members=["cy"])
    gifts["Rich"] = {BILLING}
    browser = sign_in("ada")
    url = page("_edit", acme, team)
    data = {"name": "Renamed", "description": "", "parent": rich.pk}
    shown = browser.post(url, data)
    assert "Gains: Manage billing" in words_of(shown)
    assert drawn(acme) == ["Rich", "Team"]
    back = browser.post(url, {**confirm_of(shown), "edit": "1"})
    assert 'value="Renamed"' in back.content.decode()
    assert browser.post(url, confirm_of(shown)).status_code == 302
    assert drawn(acme) == ["Rich", "  Renamed"]


def test_confirmed_effect_that_is_another_one_by_now_is_shown_again(sign_in, acme, gifts):
    rich, team = make(acme, "Rich"), make(acme, "Team", members=["cy"])
    gifts["Rich"] = {BILLING}
    browser = sign_in("ada")
    url = page("_edit", acme, team)
    shown = browser.post(url, {"name": "Team", "description": "", "parent": rich.pk})
    services.add_member(team, member(acme, "di"), actor=None)
    again = browser.post(url, confirm_of(shown))
    assert "2 gain something" in words_of(again)
    assert drawn(acme) == ["Rich", "Team"]
    assert browser.post(url, confirm_of(again)).status_code == 302
    assert drawn(acme) == ["Rich", "  Team"]


def test_change_that_alters_nobodys_rights_is_saved_at_once(sign_in, acme):
    above, team = make(acme, "Above"), make(acme, "Team", members=["cy"])
    data = {"name": "Team", "description": "Words", "parent": above.pk}
    response = sign_in("bo").post(page("_edit", acme, team), data, follow=True)
    assert "The team is saved." in words_of(response)
    assert drawn(acme) == ["Above", "  Team"]


def test_who_loses_is_on_the_page_that_asks_whether_to_delete(sign_in, acme, gifts):
    top = make(acme, "Top")
    rich = make(acme, "Rich", top, members=["cy"])
    make(acme, "Below", rich, members=["di"])
    gifts["Rich"] = {BILLING}
    browser = sign_in("ada")
    url = page("_delete", acme, rich)
    asked = browser.get(url)
    words = words_of(asked)
    assert "1 person leaves the team" in words
    assert "The teams within it move up to Top : Below" in words
    assert words.count("Loses: Manage billing") == 2
    # A click that has not seen the page is shown it.
    assert "Loses: Manage billing" in words_of(browser.post(url))
    assert Team.objects.filter(pk=rich.pk).exists()
    response = browser.post(url, confirm_of(asked), follow=True)
    assert "The team is deleted." in words_of(response)
    assert drawn(acme) == ["Top", "  Below"]


def test_who_removes_somebody_sees_what_is_lost_and_who_leaves_is_warned(sign_in, acme, gifts):
    team = make(acme, "Rich", members=["cy", "di"])
    gifts["Rich"] = {BILLING}
    browser = sign_in("ada")
    url = page("_member_remove", acme, team, user_pk=user(acme, "cy").pk)
    asked = browser.get(url)
    assert "Loses: Manage billing" in words_of(asked)
    done = browser.post(url, confirm_of(asked), follow=True)
    assert "cy is no longer in the team." in words_of(done)
    browser = sign_in("di")
    url = page("_member_remove", acme, team, user_pk=user(acme, "di").pk)
    asked = browser.get(url)
    assert "You lose rights yourself: Manage billing" in words_of(asked)
    done = browser.post(url, confirm_of(asked), follow=True)
    assert "You have left the team." in words_of(done)
    assert people(team) == {}


@pytest.mark.parametrize("name", ["_member_add", "_edit", "_delete"])
def test_page_says_what_an_admin_lacks(name, sign_in, acme, gifts):
    rich = make(acme, "Rich", members=["di"])
    team = make(acme, "Team", rich, members=["cy"])
    gifts["Rich"] = {BILLING}
    data = {
        "_member_add": {"user": user(acme, "eve").pk},
        "_edit": {"name": "Team", "description": "", "parent": ""},
        "_delete": {},
    }[name]
    about = rich if name == "_delete" else team
    before = dump()
    response = sign_in("bo").post(page(name, acme, about), data)
    assert response.status_code == 403
    assert "Manage billing" in words_of(response)
    assert dump() == before


# whose team


@pytest.mark.parametrize("name", ["_detail", "_edit", "_delete", "_member_add"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_team_is_not_told_from_an_unknown_one(name, method, sign_in, acme, zenith):
    foreign = make(zenith, "Foreign")
    browser = sign_in("ada")
    answers = set()
    before = dump()
    for key in (foreign.pk, 999999, 0, "x", "-1", 10**30, "1_0"):
        response = getattr(browser, method)(page(name, acme, team_pk=key))
        if (name, method) == ("_detail", "post"):
            assert response.status_code == 405
        else:
            assert response.status_code == 404, key
        answers.add(text_of(response))
    assert len(answers) == 1
    assert dump() == before


@pytest.mark.parametrize("name", ["_member_remove", "_member_lead"])
def test_who_is_not_in_the_team_is_not_told_from_nobody(name, sign_in, acme, zenith):
    team = make(acme, "Crew", members=["cy"])
    outside = make(acme, "Other", members=["di"])
    browser = sign_in("ada")
    answers = set()
    for key in (user(acme, "di").pk, user(zenith, "zed").pk, 999999, "x", 10**30):
        response = browser.post(page(name, acme, team, user_pk=key), {"lead": "yes"})
        assert response.status_code == 404, key
        answers.add(text_of(response))
    assert len(answers) == 1
    assert people(team) == {"cy": False}
    assert people(outside) == {"di": False}


@pytest.mark.parametrize("wanted", ["", "maybe", "YES"])
def test_unknown_word_about_a_lead_changes_nothing(wanted, sign_in, acme):
    team = make(acme, "Crew", leads=["cy"])
    url = page("_member_lead", acme, team, user_pk=user(acme, "cy").pk)
    assert sign_in("ada").post(url, {"lead": wanted}).status_code == 404
    assert people(team) == {"cy": True}


def test_lead_is_made_and_steps_down_by_buttons(sign_in, acme):
    team = make(acme, "Crew", members=["cy"])
    url = page("_member_lead", acme, team, user_pk=user(acme, "cy").pk)
    words = words_of(sign_in("bo").post(url, {"lead": "yes"}, follow=True))
    assert "cy leads the team now." in words
    words = words_of(sign_in("cy").post(url, {"lead": "no"}, follow=True))
    assert "cy no longer leads the team." in words
    assert people(team) == {"cy": False}


def test_delete_page_of_a_project_counts_teams_with_what_goes(sign_in, acme):
    chain(acme, 2)
    response = sign_in("ada").get(reverse("organization_delete", args=[acme.slug]))
    assert "teams: 2" in words_of(response)
