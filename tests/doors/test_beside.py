"""What stands beside the rows of a page comes with the viewer's member row, as if asked alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import Manager
from django.http import JsonResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views import View

from organizations import beside, testing
from organizations.models import Organization, OrganizationInvitation, OrganizationUser
from organizations.services import addresses, requests, suspension
from organizations.services.access import access_at
from organizations.templatetags import org_tags
from organizations.views.default import OrganizationList
from organizations.views.mixins import PermissionRequiredMixin
from tests.app.models import Club, ClubInvitation
from tests.doors import urls_modelled
from tests.doors.support import MODELLED, invite, page, signed_in, words_of

pytestmark = pytest.mark.django_db
ALL = (beside.accent, beside.choices, beside.offers, beside.open_invitations, beside.waiting)


@pytest.fixture
def ada():
    return testing.make_user("ada")


@pytest.fixture
def acme(ada):
    return testing.make_organization("Acme", owner=ada, members=["cy"])


def member_of(organization, user, columns=ALL):
    rows = Organization._default_manager.all()
    found = access_at(user, rows, name="id", value=organization.pk, columns=columns)
    return found[1].member


def columns_of(row):
    """Return the row's values, those of other tables among them, without a query."""
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: row.__dict__[name] for name in names if name in row.__dict__}


def menu_of(response):
    """Return the names in the menu of a page, and how many invitations it speaks of."""
    [names] = {tuple(each.name for each in context["organizations"]) for context in menus(response)}
    [pending] = {context["pending_count"] for context in menus(response)}
    return list(names), pending


def menus(response):
    return [each for each in response.context if "pending_count" in each and "switches" in each]


def test_the_menu_is_the_same_as_asked_alone(modelled, acme, ada):
    addresses.verify(ada, ada.email)
    for number in range(30):
        own = testing.make_organization(f"Org {number:02}", owner="eve")
        testing.make_member(own, ada)
    gone = testing.make_organization("Aa gone", owner=ada, is_active=False)
    left = testing.make_organization("Aa left", owner="eve")
    suspension.suspend(testing.make_member(left, ada), actor=None, now=timezone.now())
    ended = testing.make_member(testing.make_organization("Aa ended", owner="eve"), ada)
    OrganizationUser.objects.filter(pk=ended.pk).update(ends_at=timezone.now())
    for number in range(2):
        eve = testing.make_user(f"eve{number}")
        invite(testing.make_organization(f"Other {number}", owner=eve), ada.email, by=eve)
    alone = beside.choices_of(ada)
    along = beside.choices_on(member_of(acme, ada))
    assert gone not in alone.organizations
    assert along == alone
    assert along.pending == 2
    assert len(along.organizations) == 20
    assert along.organizations[0] == acme
    with CaptureQueriesContext(connection) as queries:
        for one, other in zip(along.organizations, alone.organizations, strict=True):
            assert columns_of(one) == columns_of(other)
            assert (one.name, one.slug, one.is_active) == (other.name, other.slug, True)
            assert one.get_absolute_url() == other.get_absolute_url()
            assert not one._state.adding
    assert not queries


def test_the_menu_follows_the_moment_and_the_person(acme, ada):
    """The statement is compiled once; what it is asked for is not."""
    cy = acme.users.get(username="cy")
    zenith = testing.make_organization("Zenith", owner=ada)
    assert beside.choices_on(member_of(acme, ada)).organizations == [acme, zenith]
    assert beside.choices_on(member_of(acme, cy)).organizations == [acme]
    row = testing.make_member(zenith, cy)
    assert beside.choices_on(member_of(acme, cy)).organizations == [acme, zenith]
    OrganizationUser.objects.filter(pk=row.pk).update(ends_at=timezone.now())
    assert beside.choices_on(member_of(acme, cy)).organizations == [acme]


def test_pages_show_the_menu_that_came_along(modelled, acme, ada):
    addresses.verify(ada, ada.email)
    eve = testing.make_user("eve")
    invite(testing.make_organization("Zenith", owner=eve), ada.email, by=eve)
    for name in ("organization_detail", "organization_list"):
        about = (acme,) if name == "organization_detail" else ()
        response = signed_in(ada).get(page(name, *about))
        assert menu_of(response) == (["Acme"], 1)
        assert "1 invitation" in words_of(response)


def test_offers_by_other_sources_of_addresses_are_counted_by_themselves(
    modelled, acme, ada, settings
):
    recorded = "organizations.services.addresses.recorded_addresses"
    sources = {"VERIFIED_ADDRESS_SOURCES": [recorded, recorded]}
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, **sources}
    addresses.verify(ada, ada.email)
    eve = testing.make_user("eve")
    invite(testing.make_organization("Zenith", owner=eve), ada.email, by=eve)
    assert not beside.can_bring_offers(beside.default_family())
    assert beside.choices_on(member_of(acme, ada, (beside.choices,))).pending == 1
    assert menu_of(signed_in(ada).get(page("organization_detail", acme))) == (["Acme"], 1)


def test_a_menu_is_for_its_own_person(acme, ada):
    """A page that looks at another member's access shows the menu of who looks."""
    cy = acme.users.get(username="cy")
    testing.make_organization("Zenith", owner=ada)
    response = signed_in(ada).get(page("organization_user_detail", acme, user_pk=cy.pk))
    assert menu_of(response)[0] == ["Acme", "Zenith"]
    access = access_at(
        ada, Organization._default_manager.all(), name="id", value=acme.pk, columns=ALL
    )[1]
    assert org_tags._choices({"access": access}, cy).organizations == [acme]


class NoneOfZenith(Manager):
    """A manager of a project's, which says something else for each request."""

    def get_queryset(self):
        return super().get_queryset().exclude(name="Zenith")


def test_a_managers_own_choice_is_kept(acme, ada, monkeypatch):
    testing.make_organization("Zenith", owner=ada)
    browser = signed_in(ada)
    assert menu_of(browser.get(page("organization_detail", acme)))[0] == ["Acme", "Zenith"]
    manager = NoneOfZenith()
    manager.model = Organization
    monkeypatch.setitem(vars(Organization._meta), "default_manager", manager)
    assert menu_of(browser.get(page("organization_detail", acme)))[0] == ["Acme"]
    monkeypatch.undo()
    assert menu_of(browser.get(page("organization_detail", acme)))[0] == ["Acme", "Zenith"]


def test_parts_and_layouts_without_the_menu_bring_none(acme, ada, settings):
    browser = signed_in(ada)
    with_menu = browser.get(page("organization_detail", acme))
    assert hasattr(with_menu.context["access"].member, "_org_choices")
    part = browser.get(page("organization_detail", acme), headers={"HX-Request": "true"})
    assert not hasattr(part.context["access"].member, "_org_choices")
    settings.ORGANIZATIONS = {"BASE_TEMPLATE": "tests/layout.html"}
    without = browser.get(page("organization_detail", acme))
    assert not hasattr(without.context["access"].member, "_org_choices")
    assert not beside.has_menu("nowhere/to/be/found.html")


class Chosen(OrganizationList):
    """A project's own list, of some organizations alone."""

    def get_queryset(self):
        return super().get_queryset().filter(name="Zenith")


class Short(OrganizationList):
    paginate_by = 1


class Answer(PermissionRequiredMixin, View):
    permission = "organizations.view_member"

    def get(self, request, *args, **kwargs):
        return JsonResponse({"menu": hasattr(self.access.member, "_org_choices")})


class Urls:
    urlpatterns = [
        path("chosen/", Chosen.as_view()),
        path("short/", Short.as_view()),
        path("answer/<organization_pk>/", Answer.as_view()),
        *urls_modelled.urlpatterns,
    ]


@pytest.mark.parametrize("url", ["/found/", "/chosen/", "/short/", "/more/"])
def test_a_list_of_some_shows_the_menu_of_all(url, acme, ada, settings):
    settings.ROOT_URLCONF = Urls
    names = ["Acme", *(f"Org {number:02}" for number in range(85)), "Zenith"]
    zenith = testing.make_organization("Zenith", owner=ada)
    for name in names[1:-1]:
        testing.make_member(testing.make_organization(name, owner="eve"), ada)
    browser = signed_in(ada)
    if url == "/more/":
        first = browser.get(page("organization_list"))
        assert menu_of(first)[0] == names[:20]
        url = f"{page('organization_list')}?page={first.context['page_obj'].next_page_number()}"
        assert len(browser.get(url).context["organizations"]) > 20
    if url == "/found/":
        url = f"{page('organization_list')}?q=zen"
    response = browser.get(url)
    shown = [each.name for each in response.context["organizations"]]
    assert shown != names[: len(shown)] or len(shown) == 1
    assert menu_of(response)[0] == names[:20]
    assert zenith.pk


def test_a_list_by_another_manager_shows_the_menu_of_the_first(acme, ada, monkeypatch):
    testing.make_organization("Zenith", owner=ada)
    browser = signed_in(ada)
    monkeypatch.setattr(beside, "choices_of", lambda user: beside.Choices([], 7))
    assert menu_of(browser.get(page("organization_list"))) == (["Acme", "Zenith"], 0)
    for name in ("default_manager", "active"):
        manager = NoneOfZenith()
        manager.model = Organization
        with monkeypatch.context() as patch:
            if name == "active":
                patch.setattr(Organization, "active", manager)
            else:
                patch.setitem(vars(Organization._meta), name, manager)
            assert menu_of(browser.get(page("organization_list"))) == ([], 7)


def test_pages_of_another_family_bring_no_menu(modelled, acme, rf):
    family = beside.family_of(Club)
    assert beside.columns_for(rf.get("/"), family) == (beside.accent,)
    assert beside.columns_for(rf.get("/"), beside.default_family()) == ALL[:3]
    assert beside.columns_for(rf.post("/"), beside.default_family()) == (beside.accent,)


def test_answers_without_a_template_bring_no_menu(acme, ada, settings):
    settings.ROOT_URLCONF = Urls
    assert signed_in(ada).get(f"/answer/{acme.pk}/").json() == {"menu": False}


def test_open_invitations_are_the_same_as_asked_alone(modelled, acme, ada):
    late = invite(acme, "late@example.com", by=ada)
    type(late).objects.filter(pk=late.pk).update(
        expires_at=timezone.now() - timedelta(days=1), send_count=2, sent_at=timezone.now()
    )
    # As another invitation has it; nothing reads it here.
    type(late).objects.filter(pk=late.pk).update(presets={"hats": ["1", "ä"]})
    for number in range(24):
        invite(acme, f"new{number}@example.com", by=ada, is_admin=bool(number % 2))
    zenith = testing.make_organization("Zenith", owner=ada)
    invite(zenith, "theirs@example.com", by=ada)
    alone = beside.open_invitations_of(acme)
    along = beside.open_invitations_of(acme, member_of(acme, ada))
    assert along == alone
    assert len(along.rows) == along.count == 25
    assert along.rows[-1].presets == {"hats": ["1", "ä"]}
    invite(acme, "one-more@example.com", by=ada)
    more = beside.open_invitations_of(acme, member_of(acme, ada))
    assert (len(more.rows), more.count) == (25, 26)
    assert more.rows[0].invitee_identifier == "one-more@example.com"
    with CaptureQueriesContext(connection) as queries:
        for one, other in zip(along.rows, alone.rows, strict=True):
            assert columns_of(one) == columns_of(other)
            assert (one.state, one.is_expired) == (other.state, other.is_expired)
    assert not queries
    assert {row.organization for row in along.rows} == {acme}


def test_a_superuser_who_is_no_member_sees_open_invitations_too(modelled, acme, ada):
    invite(acme, "new@example.com", by=ada)
    root = testing.make_user("root", is_superuser=True)
    browser = signed_in(root)
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(page("organization_user_list", acme))
    # No row that anything could come with: session, user, that row, the organization, the access,
    # the members, the open invitations and their number, the menu and its offers.
    assert len(queries) == 10
    assert "new@example.com" in words_of(response)
    assert response.context["invitation_count"] == 1


def test_what_waits_is_counted_with_the_access(modelled, acme, ada):
    cy = acme.users.get(username="cy")
    requests.propose(acme, address="new@example.com", actor=cy, now=timezone.now())
    assert beside.count_waiting(acme, member_of(acme, ada)) == beside.count_waiting(acme) == 1


class OfMoment(Manager):
    """A manager of a project's, which gives what the moment asks for."""

    wanted = "a"

    def get_queryset(self):
        return super().get_queryset().filter(note=self.wanted)


def test_a_base_manager_that_chooses_among_invitations_is_asked_each_time(
    modelled, acme, ada, monkeypatch
):
    zenith = testing.make_organization("Zenith", owner=testing.make_user("eve"))
    addresses.verify(ada, ada.email)
    for note in ("a", "b"):
        made = invite(acme, f"{note}@example.com", by=ada)
        type(made).objects.filter(pk=made.pk).update(note=note)
    mine = invite(zenith, ada.email, by=zenith.owner.organization_user.user)
    type(mine).objects.filter(pk=mine.pk).update(note="b")
    manager = OfMoment()
    manager.model = OrganizationInvitation
    monkeypatch.setitem(vars(OrganizationInvitation._meta), "base_manager", manager)
    browser = signed_in(ada)
    for note in ("a", "b"):
        manager.wanted = note
        response = browser.get(page("organization_user_list", acme))
        assert [row.note for row in response.context["invitations"]] == [note]
        assert menu_of(response) == (["Acme"], int(note == "b"))


class Ordered(Manager):
    """A manager of a project's, whose order may be another for each request."""

    def get_queryset(self):
        return super().get_queryset().order_by("-name")


def test_a_managers_own_order_is_kept(acme, ada, monkeypatch):
    testing.make_organization("Zenith", owner=ada)
    browser = signed_in(ada)
    assert menu_of(browser.get(page("organization_detail", acme)))[0] == ["Acme", "Zenith"]
    manager = Ordered()
    manager.model = Organization
    monkeypatch.setitem(vars(Organization._meta), "default_manager", manager)
    assert menu_of(browser.get(page("organization_detail", acme)))[0] == ["Zenith", "Acme"]


def test_old_invitations_with_lives_in_records_come_along_whole(settings, ada):
    settings.ORGANIZATIONS = MODELLED
    club = testing.make_organization("Club", owner=ada, model=Club)
    for number in range(10):
        ClubInvitation.objects.create(
            organization=club, invited_by=ada, invitee_identifier=f"new{number}@example.com"
        )
    assert beside.can_bring_invitations(beside.family_of(Club))
    found = access_at(
        ada,
        Club._default_manager.all(),
        name="id",
        value=club.pk,
        columns=(beside.open_invitations,),
    )
    with CaptureQueriesContext(connection) as queries:
        along = beside.open_invitations_of(club, found[1].member)
        lives = [(row.state, row.expires_at) for row in along.rows]
    assert len(queries) == 1
    alone = beside.open_invitations_of(club)
    assert (along, len(along.rows)) == (alone, 10)
    assert lives == [(row.state, row.expires_at) for row in alone.rows]


def test_old_invitations_end_by_the_lifetime_of_today(settings, ada):
    """The statement is compiled once for each."""
    model = {"ORGANIZATION_MODEL": "host.Club"}
    settings.ORGANIZATIONS = {**MODELLED, **model}
    addresses.verify(ada, ada.email)
    eve = testing.make_user("eve")
    mine, theirs = (
        testing.make_organization(f"Of {one}", owner=one, model=Club) for one in (ada, eve)
    )
    made = ClubInvitation.objects.create(
        organization=theirs, invited_by=eve, invitee_identifier=ada.email
    )
    type(made).objects.filter(pk=made.pk).update(created=timezone.now() - timedelta(days=3))
    for days, pending in ((7, 1), (2, 0), (7, 1)):
        lifetime = {"INVITATION_LIFETIME": timedelta(days=days)}
        settings.ORGANIZATIONS = {**MODELLED, **model, **lifetime}
        columns = beside.choices, beside.offers
        found = access_at(
            ada, Club._default_manager.all(), name="id", value=mine.pk, columns=columns
        )
        assert beside.choices_on(found[1].member) == beside.Choices([mine], pending)
