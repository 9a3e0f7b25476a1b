"""The pages about suspended members, and that no page opens to one."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from organizations import permissions, testing
from organizations.dates import end_of
from organizations.models import Organization, OrganizationUser
from tests.core.people import NameSource, give, registered
from tests.doors.support import page, signed_in, words_of
from tests.doors.test_access_table import APP_OF, APPS, ORGANIZATION_PAGES, arguments, ask, data_for
from tests.doors.test_queries import fill, queries_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LOST = {
    "suspended": lambda: {"suspended_at": timezone.now() - DAY},
    "ended": lambda: {"ends_at": timezone.now() - DAY},
}


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy", "di"])


def row(name):
    return OrganizationUser.objects.select_related("user").get(user__username=name)


def change(name, **values):
    OrganizationUser.objects.filter(user__username=name).update(**values)
    return row(name)


def browser(name):
    return signed_in(row(name).user)


def of_member(name, url_name):
    member = row(name)
    return page(url_name, member.organization, user_pk=member.user_id)


def confirm(person, url):
    """Open the page that asks and press its button."""
    shown = person.get(url)
    assert shown.status_code == 200
    return person.post(url, {"confirm": shown.context["confirm"]})


def said(response):
    return [str(each) for each in get_messages(response.wsgi_request)]


# No door opens


@pytest.mark.parametrize("lost", LOST)
def test_no_page_of_the_organization_opens_to_a_lost_admin(lost, world, undo, settings):
    """Every page answers as it does about an organization that is not there."""
    settings.ORGANIZATIONS = {}
    for module in APPS.values():
        module.prepare(world)
    OrganizationUser.objects.filter(user=world.people["admin"]).update(**LOST[lost]())
    unlike = []
    for name in sorted({*ORGANIZATION_PAGES, *APP_OF}):
        kwargs = arguments(world, name, "default")
        for method in ("GET", "POST"):
            data = data_for(world, name) if method == "POST" else None
            answers = []
            for key in (world.acme.pk, 999999):
                url = reverse(name, kwargs={**kwargs, "organization_pk": key})
                with undo():
                    response = ask(world, "admin", method, url, data)
                answers.append((response.status_code, words_of(response)))
            if answers != [(404, answers[-1][1])] * 2:
                unlike.append((name, method, answers))
    assert unlike == []


@pytest.mark.parametrize("lost", LOST)
def test_lists_and_the_switcher_leave_the_organization_out(lost, acme):
    person = browser("bo")
    assert "Acme" in words_of(person.get(reverse("organization_list")))
    change("bo", **LOST[lost]())
    response = person.get(reverse("organization_list"))
    assert "Acme" not in words_of(response)
    assert not response.context["organizations"]


def test_the_list_counts_those_who_have_access(acme):
    change("cy", suspended_at=timezone.now())
    change("di", ends_at=timezone.now())
    [found] = browser("ada").get(reverse("organization_list")).context["organizations"]
    assert found.member_count == 2


# Suspending and reinstating


def test_a_member_is_suspended_and_reinstated_by_two_clicks_each(acme):
    ada = browser("ada")
    assert (
        of_member("cy", "organization_user_suspend")
        in ada.get(of_member("cy", "organization_user_detail")).content.decode()
    )
    url = of_member("cy", "organization_user_suspend")
    before = row("cy").modified
    shown = ada.get(url)
    assert "Suspend cy@example.com?" in words_of(shown)
    assert [each.member.user_id for each in shown.context["preview"].people] == [row("cy").user_id]
    assert row("cy").modified == before  # to look is not to act
    assert ada.post(url).status_code == 200  # nor is a click that has seen nothing
    assert row("cy").suspended_at is None
    response = confirm(ada, url)
    assert response.status_code == 302
    assert said(response) == ["cy@example.com is suspended."]
    assert row("cy").suspended_at is not None
    assert browser("cy").get(page("organization_detail", acme)).status_code == 404

    back = of_member("cy", "organization_user_reinstate")
    text = ada.get(page("organization_user_list", acme)).content.decode()
    assert "Suspended" in text
    assert back in text
    text = ada.get(of_member("cy", "organization_user_detail")).content.decode()
    assert back in text
    assert url not in text
    response = confirm(ada, back)
    assert said(response) == ["cy@example.com is reinstated."]
    assert browser("cy").get(page("organization_detail", acme)).status_code == 200


def test_a_click_upon_another_effect_is_shown_again(acme):
    ada, url = browser("ada"), of_member("cy", "organization_user_suspend")
    seen = ada.get(url).context["confirm"]
    change("cy", is_admin=True)
    response = ada.post(url, {"confirm": seen})
    assert response.status_code == 200
    assert row("cy").suspended_at is None


@pytest.mark.parametrize("step", ["suspend", "reinstate"])
@pytest.mark.parametrize(
    ("by", "whom", "status"),
    [
        ("bo", "bo", 403),
        ("bo", "ada", 403),
        ("bo", "eve", 403),
        ("cy", "di", 403),
        ("bo", "cy", 200),
    ],
)
def test_what_the_verb_refuses_the_page_refuses(step, by, whom, status, acme):
    testing.make_member(acme, "eve")
    with registered(NameSource()):
        give(row("eve").user, permissions.MANAGE_BILLING)
        url = of_member(whom, f"organization_user_{step}")
        assert browser(by).get(url).status_code == status
        assert browser(by).post(url).status_code == status
        shown = browser(by).get(page("organization_user_list", acme)).content.decode()
        detail = browser(by).get(of_member(whom, "organization_user_detail")).content.decode()
        offered = of_member(whom, "organization_user_suspend")
        assert (offered in detail) == (status == 200)
        assert offered not in shown


def test_the_owner_is_told_why_it_cannot_be(acme):
    response = browser("ada").get(of_member("ada", "organization_user_suspend"))
    assert response.status_code == 403
    assert "The owner cannot be suspended." in words_of(response)


def test_who_may_suspend_alone_finds_the_way_in_the_list(acme):
    with registered(NameSource()):
        give(row("cy").user, permissions.SUSPEND_MEMBER)
        shown = browser("cy").get(page("organization_user_list", acme)).content.decode()
        assert of_member("di", "organization_user_suspend") in shown
        assert of_member("cy", "organization_user_suspend") not in shown
        assert of_member("ada", "organization_user_suspend") not in shown
        assert confirm(browser("cy"), of_member("di", "organization_user_suspend")).url == page(
            "organization_user_list", acme
        )


def test_who_comes_back_too_late_is_told_of(acme):
    change("cy", suspended_at=timezone.now(), ends_at=timezone.now() - DAY)
    shown = browser("ada").get(of_member("cy", "organization_user_reinstate"))
    assert "The membership has ended meanwhile" in words_of(shown)
    assert shown.context["preview"].people == []


# The last day


def test_the_last_day_is_set_and_taken_away(acme):
    ada, url = browser("ada"), of_member("cy", "organization_user_edit")
    day = timezone.localdate() + 3 * DAY
    response = ada.post(url, {"until": day.isoformat()})
    assert response.status_code == 302  # nobody's rights change today
    assert row("cy").ends_at == end_of(day)
    shown = ada.get(url)
    assert f'value="{day.isoformat()}"' in shown.content.decode()
    assert "until" in words_of(ada.get(page("organization_user_list", acme)))
    ada.post(url, {"until": ""})
    assert row("cy").ends_at is None


def test_a_day_that_has_passed_is_refused_unless_it_stood_there(acme):
    ada, url = browser("ada"), of_member("cy", "organization_user_edit")
    yesterday = timezone.localdate() - DAY
    response = ada.post(url, {"until": yesterday.isoformat()})
    assert response.status_code == 200
    assert "This day has passed" in words_of(response)
    ended = timezone.now() - 5 * DAY
    change("cy", ends_at=ended)
    assert "Membership ended" in words_of(ada.get(page("organization_user_list", acme)))
    shown = ada.get(url).context["form"]["until"].value()
    assert ada.post(url, {"until": shown.isoformat(), "is_admin": "on"}).status_code == 302
    member = row("cy")
    assert (member.ends_at, member.is_admin) == (ended, True)
    # A later day brings the access back, which is shown first.
    response = ada.post(url, {"until": timezone.localdate().isoformat(), "is_admin": "on"})
    assert len(response.context["preview"].people) == 1


def test_nobody_sees_a_last_day_of_their_own_nor_of_the_owner(acme):
    bo = browser("bo")
    assert "until" not in bo.get(of_member("bo", "organization_user_edit")).context["form"].fields
    ada = browser("ada")
    assert "until" not in ada.get(of_member("ada", "organization_user_edit")).context["form"].fields
    bo.post(of_member("bo", "organization_user_edit"), {"is_admin": "on", "until": "2099-01-01"})
    assert row("bo").ends_at is None


def test_the_roster_costs_the_same_with_suspended_members(acme):
    fill(acme, 40)
    ada, url = browser("ada"), page("organization_user_list", acme)
    before, _ = queries_of(ada, url)
    rows = OrganizationUser.objects.exclude(user__username="ada")
    rows.filter(pk__in=list(rows.values_list("pk", flat=True)[:20])).update(
        suspended_at=timezone.now()
    )
    rows.filter(suspended_at=None).update(ends_at=timezone.now() + DAY)
    after, response = queries_of(ada, url)
    assert before == after
    assert response.content.decode().count("Suspended</span>") == 20


# The admin


@pytest.fixture
def operator():
    root = testing.make_user("root", is_staff=True, is_superuser=True)
    return signed_in(root)


def act(operator, name, *rows):
    url = reverse("admin:organizations_organizationuser_changelist")
    data = {"action": name, "_selected_action": [each.pk for each in rows]}
    return operator.post(url, data)


def test_admin_suspends_row_by_row_and_tells_of_refusals(acme, operator):
    response = act(operator, "suspend", row("ada"), row("cy"), row("di"))
    assert said(response) == [
        f"{row('ada')}: The owner cannot be suspended. "
        "Transfer the ownership to another member first.",
        "2 of the chosen members are suspended.",
    ]
    assert row("ada").suspended_at is None
    assert row("cy").suspended_at is not None
    operator.get(reverse("admin:index"))  # where the messages are read
    assert said(act(operator, "reinstate", row("cy"))) == [
        "1 of the chosen members are reinstated."
    ]
    assert row("cy").suspended_at is None


def test_admin_asks_the_verb_about_its_own_people(acme, settings):
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    root = testing.make_user("root", is_staff=True, is_superuser=True)
    response = act(signed_in(root), "suspend", row("cy"))
    assert "0 of the chosen members are suspended." in said(response)
    assert row("cy").suspended_at is None


def test_admin_shows_the_columns_and_writes_neither(acme, operator):
    change("cy", suspended_at=timezone.now(), ends_at=timezone.now() + DAY)
    changelist = operator.get(reverse("admin:organizations_organizationuser_changelist"))
    assert "column-suspended_at" in changelist.content.decode()
    url = reverse("admin:organizations_organizationuser_change", args=[row("cy").pk])
    assert "field-ends_at" in operator.get(url).content.decode()
    operator.post(url, {"is_admin": "on", "suspended_at": "", "ends_at": ""})
    member = row("cy")
    assert member.is_admin
    assert member.suspended_at is not None
    assert member.ends_at is not None
    options = admin.site._registry[OrganizationUser]
    assert {"suspend", "reinstate"} <= set(options.actions)


def test_admin_takes_no_owner_who_would_not_stay(acme, operator):
    member = change("cy", suspended_at=timezone.now())
    url = reverse("admin:organizations_organizationowner_change", args=[acme.owner.pk])
    response = operator.post(url, {"organization_user": member.pk})
    assert response.status_code == 200
    assert Organization.objects.get().is_owner(row("ada").user)
