"""The leak kit on a project with scopes, an API and the admin: nothing, and what is planted."""

import sys
from types import ModuleType

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path

from organizations.testing.leaks import find_leaks, report
from tests.tenancy import shelf
from tests.tenancy.files.models import FolderEvent

pytest_plugins = ["organizations.testing.fixtures"]


pytestmark = pytest.mark.usefixtures("on_the_shelf")


PLAIN = "<str:organization_pk>/{}/"


def plant(monkeypatch, *views, route=None):
    """Put only these views on the site, each with the organization in its URL."""
    module = ModuleType("tests.tenancy.planted")
    module.urlpatterns = [
        *(path((route or PLAIN).format(view.__name__), view, name=view.__name__) for view in views),
        path("accounts/", include("organizations.auth_urls")),
        path("orgs/", include("organizations.urls")),
    ]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module.__name__


def test_the_project_has_no_leaks(find_leaks):
    find_leaks(shelf.POLICY, only=[*shelf.POLICY, "admin:*"])


#: What is planted, and what the kit says of it.
PLANTED = {
    "leaky_list": "GET leaky_list, a member, with own keys: shows 'zq",
    "leaky_body": "with a foreign label in the body: changes files.Label of Zenith",
    "leaky_count": "GET leaky_count, a member, with own keys: says something else while",
    "leaky_order": "GET leaky_order, the owner, ordered by ",
    "leaky_cache": "GET leaky_cache, a member, with own keys: shows 'zq",
    "leaky_clash": "POST leaky_clash, the owner, with values of the other organization: says",
}


@pytest.mark.parametrize("name", PLANTED)
def test_each_kind_of_leak_is_found(name, settings, monkeypatch, scopes_alone):
    view = getattr(shelf, name)
    settings.ROOT_URLCONF = plant(monkeypatch, view)
    found = find_leaks({name: "members"}, only=[name])
    assert any(PLANTED[name] in str(leak) for leak in found), report(found)
    assert {leak.route for leak in found} == {name}


ROW, PLACE = "<str:organization_pk>/{}/<str:folder_pk>/", "{}/"
#: What else is planted: where it stands, who has to get in, and what the kit says of it.
MORE = {
    "leaky_query": (None, "members", "with foreign keys in the query: shows 'zq"),
    "leaky_apart": (ROW, "any", "with a foreign folder_pk: tells it from an unknown one"),
    "leaky_failing": (ROW, "any", "with a malformed folder_pk: fails: ValueError"),
    "leaky_link": (None, "members", "links files.Folder_labels to a foreign row"),
    "leaky_place": (PLACE, "signed in", "in the other organization's place: shows 'zq"),
}


@pytest.mark.parametrize("name", MORE)
def test_what_each_part_of_the_walk_finds(name, settings, monkeypatch, scopes_alone):
    route, word, says = MORE[name]
    settings.ROOT_URLCONF = plant(monkeypatch, getattr(shelf, name), route=route)
    options = {}
    if route == PLACE:
        options["request"] = lambda organization: {"headers": {"X-Place": str(organization.pk)}}
    found = find_leaks({name: word}, only=[name], **options)
    assert any(says in str(leak) for leak in found), report(found)


def test_what_is_public_may_be_seen_from_outside(settings, monkeypatch, scopes_alone):
    settings.ROOT_URLCONF = plant(monkeypatch, shelf.everywhere, shelf.leaky_place, route=PLACE)
    options = {"request": lambda organization: {"headers": {"X-Place": str(organization.pk)}}}
    outside = {
        word: [
            leak.actor
            for leak in find_leaks({"leaky_place": word}, only=["leaky_place"], **options)
            if "shows" in leak.problem and "member" != leak.actor[2:]
        ]
        for word in ("public", "any")
    }
    assert outside["any"]
    assert outside["public"] == []


def test_what_is_not_declared_fails(settings, monkeypatch):
    def page(request, organization_pk):
        return shelf.HttpResponse("")

    settings.ROOT_URLCONF = plant(monkeypatch, page)
    [found] = find_leaks({}, only=["page"])
    assert str(found) == "* page, anybody, always: is not declared in the policy"
    assert {leak.problem for leak in find_leaks({"page": "members"}, only=["page"])} == {
        "gets in: 200"
    }
    with pytest.raises(ValueError, match="'page': 'friends' is none of public, everybody"):
        find_leaks({"page": "friends"})
    with pytest.raises(ValueError, match="No route is called 'pages'"):
        find_leaks({"pages": "members"}, only=["page"])
    with pytest.raises(ValueError, match="is a list of names"):
        find_leaks({}, only="page")


def test_the_fixture_fails_with_what_it_finds(settings, monkeypatch, request):
    settings.ROOT_URLCONF = plant(monkeypatch, shelf.leaky_count)
    hunt = request.getfixturevalue("find_leaks")
    with pytest.raises(pytest.fail.Exception, match="leaky_count, anybody, always"):
        hunt({}, only=["leaky_count"])


def test_models_are_filled_by_factories_where_the_kit_cannot(monkeypatch):
    made = []

    def factory(organization, number):
        made.append(number)
        return FolderEvent.objects.create(organization=organization, name=f"event {number}")

    find_leaks({}, factories={FolderEvent: factory}, only=[])
    assert made == [0, 1, 2, 0, 1, 2]

    def unknown(field, marks, number):
        raise ImproperlyConfigured("no value")

    monkeypatch.setattr("organizations.testing._filler._value", unknown)
    with pytest.raises(ImproperlyConfigured):
        find_leaks({}, only=[])
