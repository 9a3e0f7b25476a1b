"""P33: what is suspended or deleted is closed at every door, and restoring gives all of it back."""

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from organizations import permissions, testing
from organizations.models import Organization, OrganizationRecord
from organizations.services import closing, invitations, registration
from organizations.services.access import access_of
from tests.doors.support import BACKENDS, PEOPLE, all_rows, words_of
from tests.doors.test_access_table import (
    APP_OF,
    APPS,
    ORGANIZATION_PAGES,
    answer_of,
    arguments,
    ask,
    data_for,
)

#: How an organization is closed, and how it is opened again.
WAYS = {
    "suspended": (
        lambda o: closing.suspend(o, actor=None, now=timezone.now()),
        lambda o: closing.reinstate(o, actor=None),
    ),
    "deleted": (
        lambda o: closing.close(o, actor=None, now=timezone.now()),
        lambda o: closing.restore(o, actor=None, now=timezone.now()),
    ),
}
PAGES = sorted({*ORGANIZATION_PAGES, *APP_OF} - {"organization_restore"})


@pytest.fixture
def world(world):
    for module in APPS.values():
        module.prepare(world)
    return world


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.mark.table
def test_every_page_of_it_is_not_found_for_everybody(way, world, modelled):
    WAYS[way][0](world.acme)
    before = all_rows()
    for name in PAGES:
        kwargs, data = arguments(world, name, "modelled"), data_for(world, name)
        by_key, by_slug = (
            reverse(name, kwargs={**kwargs, "organization_pk": key})
            for key in (world.acme.pk, world.acme.slug)
        )
        for person in PEOPLE:
            expected = {"login"} if person in {"anonymous", "deactivated"} else {"404"}
            found = {
                answer_of(ask(world, person, "GET", by_slug)),
                answer_of(ask(world, person, "POST", by_key, data)),
            }
            assert found == expected, (name, person)
    assert all_rows() == before


def test_lists_and_questions_leave_it_out(way, world, modelled):
    WAYS[way][0](world.acme)
    for name in ("owner", "admin", "member", "superuser"):
        person = world.people[name]
        acme = Organization.objects.get(pk=world.acme.pk)
        assert access_of(person, acme).permissions == frozenset(), name
        for each in permissions.declared():
            can = Organization.objects.where_user_can(person, each.name)
            assert acme not in can, (name, each.name)
        text = words_of(world.browser(name).get(reverse("organization_list")))
        assert ("Acme" in text) == (way == "deleted" and name == "owner"), name
    page = world.browser("owner").get(reverse("organization_list"))
    assert world.acme.pk not in [each.pk for each in page.context["organizations"]]


def test_offers_of_it_are_closed_too(way, world, modelled):
    offer, before = world.offer, all_rows()
    WAYS[way][0](world.acme)
    closed = all_rows()
    outsider = world.browser("outsider")
    page = outsider.get(reverse("organization_list"))
    assert list(page.context["invitations"]) == []
    answer = reverse("organization_invitation_answer", args=[offer.pk])
    for action in ("accept", "decline"):
        assert outsider.post(answer, {"action": action}).status_code == 404
    assert outsider.get(reverse("invitations_register", args=[offer.guid])).status_code == 404
    link = reverse("invitations_open", args=[offer.secret])
    for method in ("get", "post"):
        accept = getattr(outsider, method)(outsider.get(link)["Location"])
        assert accept.status_code == 404
        assert "Acme" not in words_of(accept)
    assert all_rows() == closed

    WAYS[way][1](world.acme)
    invitations.accept(offer, user=world.people["outsider"], now=timezone.now())
    assert world.acme.is_member(world.people["outsider"])
    assert before != closed


def test_link_of_an_account_does_not_open_it(way, world):
    eve = registration.pending_user("eve@example.com")
    organization = registration.open_organization(eve, name="Evening", slug=None)
    WAYS[way][0](organization)
    eve.set_unusable_password()
    registration.activate(eve)
    organization.refresh_from_db()
    assert not organization.is_active
    assert not access_of(eve, organization).may_enter


def without_stamps(organization):
    """Return every row but the record beside the organization and its moment of change."""
    Organization.objects.filter(pk=organization.pk).update(modified=organization.created)
    label = OrganizationRecord._meta.label
    return all_rows(but=("sessions.Session", label))


def test_opening_gives_everything_back(way, world, modelled):
    before = without_stamps(world.acme)
    access = {name: access_of(world.people[name], world.acme) for name in PEOPLE[1:]}
    WAYS[way][0](world.acme)
    WAYS[way][1](world.acme)
    assert without_stamps(world.acme) == before
    acme = Organization.objects.get(pk=world.acme.pk)
    assert {name: access_of(world.people[name], acme) for name in PEOPLE[1:]} == access
    assert mail.outbox == []


# the page that takes the deletion back


@pytest.mark.parametrize("backend_name", BACKENDS)
def test_owner_deletes_and_restores_on_the_pages(backend_name, world, settings):
    settings.ORGANIZATIONS = BACKENDS[backend_name]
    owner, url = world.browser("owner"), reverse("organization_restore", args=[world.acme.pk])
    asked = owner.get(reverse("organization_delete", args=["acme"]))
    assert asked.context["until"] is not None
    assert "can be undone until" in words_of(asked)
    done = owner.post(
        reverse("organization_delete", args=["acme"]), {"confirm_name": "Acme"}, follow=True
    )
    assert "Acme is deleted. You can restore it until" in words_of(done)
    assert f'href="{url}"' in done.content.decode()
    before = all_rows()
    assert "Restore Acme ?" in words_of(owner.get(url))
    assert all_rows() == before
    back = owner.post(url, follow=True)
    assert back.redirect_chain == [(reverse("organization_detail", args=["acme"]), 302)]
    assert "Acme is restored." in words_of(back)
    assert owner.get(url).status_code == 404


@pytest.mark.parametrize("person", [name for name in PEOPLE if name != "owner"])
def test_nobody_else_finds_the_page_that_restores(person, world, modelled):
    closing.close(world.acme, actor=None, now=timezone.now())
    before = all_rows()
    for key in (world.acme.pk, world.acme.slug, "0", "-1", "x", 10**30):
        url = reverse("organization_restore", args=[key])
        for method in ("GET", "POST"):
            expected = "login" if person in {"anonymous", "deactivated"} else "404"
            assert answer_of(ask(world, person, method, url)) == expected, (key, method)
    assert all_rows() == before


def test_restoring_a_suspended_one_says_that_it_stays_closed(world):
    closing.close(world.acme, actor=None, now=timezone.now())
    closing.suspend(world.acme, actor=None, now=timezone.now())
    owner, url = world.browser("owner"), reverse("organization_restore", args=[world.acme.pk])
    done = owner.post(url, follow=True)
    assert "stays suspended" in words_of(done)
    assert owner.get(reverse("organization_detail", args=["acme"])).status_code == 404


def test_after_the_time_the_page_is_gone(world):
    grace = closing.end_of_grace(timezone.now()) - timezone.now()
    closing.close(world.acme, actor=None, now=timezone.now() - grace)
    owner, url = world.browser("owner"), reverse("organization_restore", args=[world.acme.pk])
    assert [owner.get(url).status_code, owner.post(url).status_code] == [404, 404]
    assert "Acme" not in words_of(owner.get(reverse("organization_list")))


def test_without_grace_the_page_deletes_for_good_and_says_so(world, settings):
    settings.ORGANIZATIONS = {"DELETION_GRACE": timezone.timedelta(0)}
    owner, url = world.browser("owner"), reverse("organization_delete", args=["acme"])
    assert "This cannot be undone" in words_of(owner.get(url))
    done = owner.post(url, {"confirm_name": "Acme"}, follow=True)
    assert "Acme is deleted. " in words_of(done)
    assert not Organization.objects.filter(pk=world.acme.pk).exists()


def test_closed_organization_of_another_person_is_not_in_my_list(world):
    mine = testing.make_organization("Mine", owner=world.people["admin"])
    closing.close(world.acme, actor=None, now=timezone.now())
    closing.close(mine, actor=None, now=timezone.now())
    page = world.browser("admin").get(reverse("organization_list"))
    assert [each.organization for each in page.context["deleted"]] == [mine]
