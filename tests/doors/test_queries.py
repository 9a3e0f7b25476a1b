"""Pages take a fixed number of queries, however many rows there are."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import testing
from organizations.decorators import membership_required
from organizations.models import Organization, OrganizationInvitation, OrganizationUser
from organizations.services import addresses, closing
from organizations.services.access import access_of
from organizations.views.mixins import AccessRequiredMixin
from tests.doors.support import invite, page, signed_in, words_of

SIZES = (25, 400, 5000)


def fill(organization, count, *, invitations=0):
    """Give an organization that many members in all, and open invitations."""
    model = get_user_model()
    have = organization.organization_users.count()
    users = model.objects.bulk_create(
        model(
            username=f"{organization.pk}-{number}",
            email=f"{organization.pk}-{number}@example.com",
            first_name=f"Person {number}" if number % 2 else "",
            is_active=number % 7 > 0,
        )
        for number in range(have, count)
    )
    OrganizationUser.objects.bulk_create(
        OrganizationUser(organization=organization, user=user, is_admin=not user.pk % 5)
        for user in users
    )
    OrganizationInvitation.objects.bulk_create(
        OrganizationInvitation(
            organization=organization,
            invitee_identifier=f"new{number}@example.com",
            invited_by=users[number % len(users)],
            guid=f"00000000-0000-4000-8000-{number:012}",
            expires_at=timezone.now(),
        )
        for number in range(invitations)
    )


def queries_of(browser, url, data=None):
    browser.get(url, data)  # the first request fills the caches of the process
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(url, data)
        assert response.status_code == 200
    return len(queries), response


@pytest.fixture
def ada(db):
    return testing.make_user("ada", first_name="Ada", last_name="Byron")


@pytest.fixture
def acme(ada):
    return testing.make_organization("Acme", owner=ada)


def test_the_members_page_takes_as_many_queries_at_every_size(acme, ada, backend):
    """Session, user, organization with access, menu and open invitations, members."""
    browser = signed_in(ada)
    counts, lengths = {}, {}
    for size in SIZES:
        fill(acme, size, invitations=40 if size == 25 else 0)
        counts[size], response = queries_of(browser, page("organization_user_list", acme))
        lengths[size] = len(response.content)
        assert response.context["member_count"] == min(size, 1001)
        assert f"{size if size < 1000 else '1,000+'} members" in words_of(response)
        assert len(response.context["organization_users"]) == min(size, 50)
        assert response.context["is_paginated"] is (size > 50)
    assert len(set(counts.values())) == 1, counts
    assert counts[5000] == 4
    shown = response.context["invitations"]
    assert len(shown) == {"default": 0, "modelled": 25}[backend]
    assert response.context["invitation_count"] == {"default": 0, "modelled": 40}[backend]
    assert lengths[5000] < 2 * lengths[400]
    late = response.context["page_obj"].next_page_number()
    late, response = queries_of(browser, page("organization_user_list", acme), {"page": late})
    assert len(response.context["organization_users"]) == 50
    assert late == counts[5000]
    found, response = queries_of(browser, page("organization_user_list", acme), {"q": "person 77"})
    assert found == counts[5000]
    assert response.context["member_count"] > 0


def test_a_plain_members_roster_takes_no_more(acme):
    fill(acme, 400)
    cy = testing.make_user("cy")
    testing.make_member(acme, cy)
    count, _response = queries_of(signed_in(cy), page("organization_user_list", acme))
    assert count == 4


@pytest.mark.parametrize("layout", ["organizations/layout.html", "tests/layout.html"])
@pytest.mark.parametrize("open_ones", [0, 60])
@pytest.mark.parametrize(
    ("name", "number"),
    [("organization_user_list", 4), ("organization_invitations", 4), ("organization_list", 3)],
)
def test_a_page_takes_at_most_four_queries_in_any_layout(
    name, number, open_ones, layout, modelled, acme, ada, settings
):
    """Session, user, organization with access and what stands beside the rows, rows."""
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, "BASE_TEMPLATE": layout}
    fill(acme, 400, invitations=open_ones)
    about = () if name == "organization_list" else (acme,)
    assert queries_of(signed_in(ada), page(name, *about))[0] == number


@pytest.mark.parametrize("guard", ["decorator", "mixin"])
def test_the_organization_and_the_access_are_one_query(guard, acme, ada, rf):
    """Also with roles and teams; later questions are none."""
    request = rf.get("/")
    request.user = ada
    with CaptureQueriesContext(connection) as queries:
        if guard == "mixin":
            view = AccessRequiredMixin()
            view.request, view.kwargs = request, {"organization_pk": "acme"}
            access = view.access
        else:
            membership_required(lambda request, organization_pk: None)(
                request, organization_pk="acme"
            )
            access = request.access
        assert access.is_owner
        assert access.has("organizations.invite_member")
    assert len(queries) == 1


PAGES = [
    "organization_detail",
    "organization_edit",
    "organization_delete",
    "organization_leave",
    "organization_user_add",
    "organization_user_detail",
    "organization_user_edit",
    "organization_user_delete",
]


@pytest.mark.parametrize("name", PAGES)
def test_other_pages_take_as_many_with_few_members_as_with_many(name, acme, ada):
    cy = testing.make_user("cy")
    testing.make_member(acme, cy)
    about = {"user_pk": cy.pk} if "user_" in name and not name.endswith("add") else {}
    browser = signed_in(ada)
    few, _response = queries_of(browser, page(name, acme, **about))
    assert few <= 14
    for size in SIZES:
        fill(acme, size)
        many, _response = queries_of(browser, page(name, acme, **about))
        assert many == few, size


def test_the_list_takes_as_many_with_one_organization_as_with_hundred(acme, ada, backend):
    browser = signed_in(ada)
    few, _response = queries_of(browser, page("organization_list"))
    for number in range(40):
        other = testing.make_organization(f"Org {number}", owner=f"owner{number}")
        testing.make_member(other, ada, is_admin=bool(number % 2))
    many, response = queries_of(browser, page("organization_list"))
    assert len(response.context["organizations"]) == 41
    assert many == few
    # Session, user, and the rows, which tell that no offer waits and nothing can be restored.
    assert many == 3
    addresses.verify(ada, ada.email)
    for number in range(3):
        bo = testing.make_user(f"bo{number}")
        invite(testing.make_organization(f"Other {number}", owner=bo), ada.email, by=bo)
    some, response = queries_of(browser, page("organization_list"))
    assert len(response.context["invitations"]) == {"default": 0, "modelled": 3}[backend]
    assert some == many + 1
    for name in ("Gone", "Lost"):
        gone = testing.make_organization(name, owner=ada)
        closing.close(gone, actor=ada, now=timezone.now())
    some, response = queries_of(browser, page("organization_list"))
    assert len(response.context["deleted"]) == 2
    assert some == many + 2


def test_further_sources_of_addresses_are_a_query_each(modelled, acme, ada, settings):
    """Once for the list; not for every question about offers."""
    browser = signed_in(ada)
    one, _response = queries_of(browser, page("organization_list"))
    recorded = "organizations.services.addresses.recorded_addresses"
    sources = {"VERIFIED_ADDRESS_SOURCES": [recorded, recorded]}
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, **sources}
    two, _response = queries_of(browser, page("organization_list"))
    assert two == one + 2
    addresses.verify(ada, ada.email)
    bo = testing.make_user("bo")
    invite(testing.make_organization("Other", owner=bo), ada.email, by=bo)
    some, response = queries_of(browser, page("organization_list"))
    assert len(response.context["invitations"]) == 1
    assert some == two + 1


def test_who_is_in_no_organization_asks_for_what_waits_elsewhere(modelled, acme, ada):
    """Without a row that would tell: offers, deleted ones, and for the page verified addresses."""
    addresses.verify(bo := testing.make_user("bo"), "bo@example.com")
    number, response = queries_of(signed_in(bo), page("organization_list"))
    assert "bo@example.com" in words_of(response)
    assert number == 6
    invite(acme, "bo@example.com", by=ada)
    number, response = queries_of(signed_in(bo), page("organization_list"))
    assert len(response.context["invitations"]) == 1
    assert number == 5


def test_the_transfer_page_takes_as_many_with_few_members_as_with_many(acme, ada):
    browser = signed_in(ada)
    counts = set()
    for size in SIZES:
        fill(acme, size)
        counts.add(queries_of(browser, page("organization_transfer", acme))[0])
    assert len(counts) == 1


@pytest.mark.parametrize("question", ["is_member", "is_admin", "is_owner"])
def test_each_question_is_one_query(question, acme, ada, django_assert_num_queries):
    fill(acme, 100)
    organization = Organization.objects.get(pk=acme.pk)
    for user, answer in ((ada, True), (testing.make_user("stranger"), False)):
        with django_assert_num_queries(1):
            assert getattr(organization, question)(user) is answer
    with django_assert_num_queries(0):
        assert getattr(organization, question)(AnonymousUser()) is False
        assert getattr(organization, question)(None) is False


@pytest.mark.parametrize(
    ("question", "loaded"),
    [
        ("is_member", "prefetch organization_users"),
        ("is_admin", "prefetch organization_users"),
        ("is_owner", "select owner__organization_user"),
    ],
)
def test_a_question_about_what_is_loaded_is_no_query(
    question, loaded, acme, ada, django_assert_num_queries
):
    fill(acme, 100)
    way, relation = loaded.split()
    rows = Organization.objects.all()
    rows = rows.prefetch_related(relation) if way == "prefetch" else rows.select_related(relation)
    organization = rows.get(pk=acme.pk)
    stranger = testing.make_user("stranger")
    with django_assert_num_queries(0):
        assert getattr(organization, question)(ada) is True
        assert getattr(organization, question)(stranger) is False


def test_the_access_is_one_query(acme, ada, django_assert_num_queries):
    with django_assert_num_queries(1):
        access_of(ada, acme)
    with django_assert_num_queries(0):
        access_of(AnonymousUser(), acme)


def test_the_pages_of_a_roster_are_apart(acme, ada):
    """With equal names too: nobody stands on two pages, and nobody on none."""
    fill(acme, 130)
    browser = signed_in(ada)
    seen, wanted = [], ""
    for _ in range(3):
        response = browser.get(page("organization_user_list", acme), {"page": wanted})
        seen += [member.pk for member in response.context["organization_users"]]
        found = response.context["page_obj"]
        wanted = found.next_page_number()
        assert (f"page={wanted}" in response.text) is found.has_next()
    assert not found.has_next()
    assert len(seen) == len(set(seen)) == 130
