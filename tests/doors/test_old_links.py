"""A slug that an organization has left: held for it, led on for its members, nobody else's."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import ResolverMatch, resolve, reverse

from organizations import forms, slugs, testing
from organizations.converters import clean_slug
from organizations.decorators import membership_required
from organizations.exceptions import SlugTaken
from organizations.models import FormerSlug, Organization
from organizations.services import _sides, closing, organizations
from tests.app.models import Club
from tests.doors.support import PEOPLE, page, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return testing.make_user("ada")


@pytest.fixture
def acme(ada):
    return testing.make_organization("Acme", owner=ada, members=["cy"])


def held():
    return list(FormerSlug.objects.order_by("pk").values_list("slug", flat=True))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("acme", []),
        ("two", ["acme"]),
        ("two three", ["acme", "two"]),
        ("two acme", ["two"]),
        ("two three two", ["acme", "three"]),
    ],
)
def test_what_is_held(steps, expected, acme):
    for slug in steps.split():
        organizations.change(acme, slug=slug)
    assert held() == expected


def test_newest_ten_are_held(acme):
    for number in range(13):
        organizations.change(acme, slug=f"name-{number}")
    assert held() == [f"name-{number}" for number in range(2, 12)]
    assert clean_slug("acme", model=Organization) == "acme", "the oldest is free again"


def test_other_changes_hold_nothing(acme):
    organizations.change(acme, name="New")
    assert held() == []


def test_slug_that_led_nowhere_is_not_held(acme):
    Organization.objects.filter(pk=acme.pk).update(slug="admin")
    acme.refresh_from_db()
    organizations.change(acme, slug="acme")
    assert held() == []


DOORS = {
    "create": lambda other: organizations.create(other.users.get(), name="X", slug="acme"),
    "change": lambda other: organizations.change(other, slug="acme"),
    "form": lambda other: clean_slug("acme", model=Organization, current=other),
    "form of a new one": lambda other: clean_slug("ACME", model=Organization),
}


@pytest.mark.parametrize("door", DOORS)
def test_nobody_else_gets_it_by(door, acme):
    other = testing.make_organization("Other", owner="bo")
    organizations.change(acme, slug="new")
    with pytest.raises((SlugTaken, ValidationError)):
        DOORS[door](other)
    other.refresh_from_db()
    assert (other.slug, held()) == ("other", ["acme"])
    organizations.change(acme, slug="acme")
    assert held() == ["new"], "the organization itself takes it back"


def test_documented_form_of_projects_holds_and_refuses_as_well(acme, ada):
    other = testing.make_organization("Other", owner=ada)
    request = RequestFactory().post("/")
    request.user = ada

    def form(organization, slug):
        data = {"name": "N", "slug": slug, "owner": organization.owner.organization_user_id}
        return forms.OrganizationForm(request, data, instance=organization)

    first = form(acme, "new")
    assert first.is_valid(), first.errors
    first.save()
    acme.refresh_from_db()
    assert (acme.slug, acme.name, held()) == ("new", "N", ["acme"])
    assert "slug" in form(other, "acme").errors


@pytest.mark.parametrize("make", [
    lambda: organizations.create(testing.make_user("bo"), name="Acme"),
    lambda: Organization.objects.create(name="Acme"),
])  # fmt: skip
def test_slug_that_is_made_avoids_it(make, acme):
    organizations.change(acme, slug="new")
    assert make().slug == "acme-2"


def test_slug_field_of_a_project_that_knows_no_former_ones(acme, monkeypatch):
    organizations.change(acme, slug="new")
    field = Organization._meta.get_field("slug")
    monkeypatch.setattr(field, "_free_slug", lambda instance: "acme")
    assert organizations.create(testing.make_user("bo"), name="Acme").slug == "acme-2"


def test_each_model_has_slugs_of_its_own(acme):
    organizations.change(acme, slug="new")
    club = testing.make_organization("Acme", owner="bo", model=Club)
    assert club.slug == "acme"
    organizations.change(club, slug="united")
    assert sorted(held()) == ["acme", "acme"]
    with pytest.raises(SlugTaken):
        testing.make_organization("Other", owner="cy", model=Club, slug="acme")


def test_it_is_free_again_when_the_organization_is_gone(acme):
    organizations.change(acme, slug="new")
    organizations.delete(acme)
    assert testing.make_organization("Acme", owner="bo").slug == "acme"


def test_closed_organization_keeps_its_slugs(acme):
    organizations.change(acme, slug="new")
    closing.close(acme, actor=None, now=acme.created)
    for slug in ("acme", "new"):
        with pytest.raises(SlugTaken):
            testing.make_organization("Other", owner="bo", slug=slug)


def test_slug_that_code_took_past_the_verbs_goes_to_who_had_it_last(acme):
    organizations.change(acme, slug="new")
    other = testing.make_organization("Other", owner="bo")
    Organization.objects.filter(pk=other.pk).update(slug="acme")
    other.refresh_from_db()
    organizations.change(other, slug="third")
    assert FormerSlug.objects.get(slug="acme").organization_key == str(other.pk)


def test_one_query_says_which_are_taken(acme, django_assert_num_queries):
    organizations.change(acme, slug="new")
    with django_assert_num_queries(1):
        assert slugs.taken(Organization, ["acme", "new", "free"]) == {"acme", "new"}
    with django_assert_num_queries(1):
        assert slugs.taken(Organization, ["acme", "new"], but=acme) == set()


# the pages


@pytest.fixture
def moved(world, modelled):
    organizations.change(world.acme, slug="acme-new")
    return world


ALLOWED = {"member", "admin", "owner", "superuser"}


@pytest.mark.parametrize("person", PEOPLE[1:])
def test_old_links_lead_members_on_and_nobody_else(person, moved, settings):
    settings.ORGANIZATIONS = {
        **settings.ORGANIZATIONS, "SUPERUSERS_HAVE_ACCESS": person != "restricted"
    }  # fmt: skip
    browser = moved.browser(person)
    old, unknown, new = (
        reverse("organization_user_list", args=[slug]) for slug in ("acme", "nowhere", "acme-new")
    )
    with CaptureQueriesContext(connection) as for_unknown:
        expected = browser.get(unknown)
    with CaptureQueriesContext(connection) as for_old:
        found = browser.get(old, {"q": "a b", "page": "2"})
    if person in ALLOWED:
        assert (found.status_code, found["Location"]) == (302, f"{new}?q=a+b&page=2")
        assert browser.head(old)["Location"] == new
    elif person == "deactivated":
        assert found.status_code == 302
        assert "login" in found["Location"]
    else:
        assert (found.status_code, text_of(found)) == (404, text_of(expected))
        assert len(for_old) == len(for_unknown)
    for method in ("post", "put", "delete"):
        answer = getattr(browser, method)(old)
        if person != "deactivated":
            assert answer.status_code == 404, method


def test_every_page_below_is_led_on(moved):
    browser, cy = moved.browser("owner"), moved.people["member"]
    for name, kwargs in [
        ("organization_detail", {}),
        ("organization_edit", {}),
        ("organization_user_edit", {"user_pk": cy.pk}),
    ]:
        old = reverse(name, kwargs={"organization_pk": "acme", **kwargs})
        new = reverse(name, kwargs={"organization_pk": "acme-new", **kwargs})
        assert browser.get(old)["Location"] == new


def test_old_links_of_a_closed_organization_are_not_found(moved):
    closing.suspend(moved.acme, actor=None, now=moved.acme.created)
    assert moved.browser("owner").get(page("organization_list") + "acme/").status_code == 404


def test_old_link_that_somebody_else_took_by_code_leads_to_them(moved):
    Organization.objects.filter(pk=moved.zenith.pk).update(slug="acme")
    assert (
        moved.browser("owner").get(reverse("organization_detail", args=["acme"])).status_code == 404
    )


def test_decorated_views_lead_on_too(moved):
    view = membership_required(lambda request, organization_pk: HttpResponse("in"))
    path = reverse("organization_detail", args=["acme"])
    request = RequestFactory().get(path, {"a": "1"})
    request.resolver_match = resolve(path)
    request.user = moved.people["member"]
    found = view(request, organization_pk="acme")
    assert found["Location"] == reverse("organization_detail", args=["acme-new"]) + "?a=1"
    request.user = moved.people["outsider"]
    assert view(request, organization_pk="acme").status_code == 404
    request.user = moved.people["member"]
    request.resolver_match = ResolverMatch(view, (), {"organization_pk": "acme"}, route="x/<y>/")
    assert view(request, organization_pk="acme").status_code == 404, "a page without a name"


def test_settings_page_says_what_becomes_of_old_links(acme, ada):
    text = signed_in(ada).get(reverse("organization_edit", args=["acme"])).content.decode()
    assert "old links lead members on" in text


def test_number_of_former_slugs_is_what_the_documentation_says():
    assert _sides.FORMER_SLUGS == 10
