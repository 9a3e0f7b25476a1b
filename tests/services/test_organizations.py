import pytest
from asgiref.sync import async_to_sync
from django.db import models
from django.utils import timezone

from organizations import testing, utils
from organizations.exceptions import NotAColour, NotAllowed, SlugTaken
from organizations.models import Organization, OrganizationOwner, OrganizationUser, OwnerAnchor
from organizations.services import invitations, organizations
from tests.app.models import Club, Product
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return testing.make_user("ada")


@pytest.fixture
def acme(ada):
    return testing.make_organization("Acme", owner=ada)


# create


def test_create_makes_all_rows_at_once(ada):
    acme = organizations.create(ada, name="Acme Ltd")
    assert (acme.name, acme.slug, acme.is_active) == ("Acme Ltd", "acme-ltd", True)
    assert names(acme) == {"ada": True}
    assert acme.is_owner(ada)
    assert OwnerAnchor.objects.filter(organization=acme).exists()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"slug": "other"}, {"slug": "other"}),
        ({"slug": ""}, {"slug": "acme"}),
        ({"slug": None}, {"slug": "acme"}),
        ({"is_active": False}, {"is_active": False}),
        ({"is_active": None}, {"is_active": True}),
        ({"org_defaults": {"slug": "given"}}, {"slug": "given"}),
        ({"org_defaults": {"name": "Not this"}}, {"name": "Acme"}),
        ({"model": Organization}, {"name": "Acme"}),
    ],
)
def test_create_takes(values, expected, ada):
    acme = organizations.create(ada, name="Acme", **values)
    acme.refresh_from_db()
    assert {name: getattr(acme, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "is_admin"), [(None, True), ({}, False), ({"is_admin": False}, False)]
)
def test_create_takes_values_of_the_member(given, is_admin, ada):
    acme = organizations.create(ada, name="Acme", org_user_defaults=given)
    assert names(acme) == {"ada": is_admin}


def test_create_sends_its_signals(ada, sent):
    acme = organizations.create(ada, name="Acme")
    row = acme.organization_users.get()
    assert sent.sent == [
        ("organization_created", Organization, {"organization": acme, "actor": ada}),
        ("member_added", OrganizationUser, {"organization": acme, "member": row, "actor": ada}),
    ]


def test_create_names_whoever_acts_for_the_owner(ada, sent):
    root = testing.make_user("root")
    organizations.create(ada, name="Acme", actor=root)
    assert [facts["actor"] for _, _, facts in sent.sent if "actor" in facts] == [root, root]


@pytest.mark.parametrize("slug", ["taken", "admin", "add", "sign-up", "12345", "ADMIN"])
def test_create_refuses_a_slug_that_is_taken_or_reserved(slug, ada):
    Organization.objects.create(name="Other", slug="taken")
    before = dump()
    with pytest.raises(SlugTaken):
        organizations.create(ada, name="Acme", slug=slug)
    assert dump() == before
    organizations.create(ada, name="Acme", slug="free")  # the transaction goes on


def test_slug_of_the_defaults_is_not_changed_when_it_is_taken(ada):
    Organization.objects.create(name="Other", slug="taken")
    with pytest.raises(SlugTaken):
        organizations.create(ada, name="Acme", org_defaults={"slug": "taken"})


def test_made_slug_gives_way_to_a_faster_namesake(ada, monkeypatch):
    """As in a race: the slug was free when it was made, and is taken when it is written."""
    field = Organization._meta.get_field("slug")
    Organization.objects.create(name="Acme", slug="acme")
    real, calls = field._free_slug, []

    def free_slug(instance):
        calls.append(instance)
        return "acme" if len(calls) == 1 else real(instance)

    monkeypatch.setattr(field, "_free_slug", free_slug)
    assert organizations.create(ada, name="Acme").slug == "acme-2"


def test_second_create_makes_a_second_organization(ada):
    slugs = [organizations.create(ada, name="Acme").slug for _ in range(3)]
    assert slugs == ["acme", "acme-2", "acme-3"]


@pytest.mark.parametrize("signal", ["organization_created", "member_added"])
def test_nothing_is_created_against_a_receiver(signal, ada):
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        organizations.create(ada, name="Acme")
    assert dump() == before


@pytest.mark.parametrize(("slug", "queries"), [(None, 6), ("acme", 5)])
def test_create_costs(slug, queries, ada, django_assert_num_queries):
    with django_assert_num_queries(queries + 2 * 2):  # two savepoints
        organizations.create(ada, name="Acme", slug=slug)


@pytest.mark.parametrize("keyword", ["model", "org_model"])
def test_old_function_does_the_same(keyword, ada):
    acme = utils.create_organization(ada, "Acme", slug="a", is_active=False, **{keyword: None})
    assert (acme.slug, acme.is_active, acme.is_owner(ada)) == ("a", False, True)


@pytest.mark.parametrize(
    "twin",
    [
        lambda u: organizations.acreate(u, name="Acme"),
        lambda u: utils.acreate_organization(u, "Acme"),
    ],
    ids=["verb", "old function"],
)
def test_async_twin_of_create_does_the_same(twin, ada):
    async def run():
        return await twin(ada)

    assert async_to_sync(run)().is_owner(ada)


# change


def test_change_sets_fields_and_says_what_changed(acme, ada, sent):
    sent.sent.clear()
    changed = organizations.change(acme, actor=ada, name="New", slug="acme")
    assert changed is acme
    acme.refresh_from_db()
    assert (acme.name, acme.slug) == ("New", "acme")
    assert sent.sent == [
        (
            "organization_changed",
            Organization,
            {"organization": acme, "actor": ada, "changes": {"name": ("Acme", "New")}},
        )
    ]


def test_change_to_the_same_values_writes_and_says_nothing(acme, sent):
    sent.sent.clear()
    before = dump()
    organizations.change(acme, name="Acme", slug="acme")
    assert dump() == before
    assert not sent.sent


def test_change_moves_the_time_of_the_last_change(acme):
    before = acme.modified
    organizations.change(acme, name="New")
    acme.refresh_from_db()
    assert acme.modified > before


def test_change_leaves_alone_what_somebody_else_changed_meanwhile(acme):
    stale = Organization.objects.get(pk=acme.pk)
    organizations.change(acme, slug="new-slug")
    organizations.change(stale, name="New")
    acme.refresh_from_db()
    assert (acme.name, acme.slug) == ("New", "new-slug")


@pytest.mark.parametrize("slug", ["taken", "login", "7", "Static"])
def test_change_refuses_a_slug_that_is_taken_or_reserved(slug, acme):
    Organization.objects.create(name="Other", slug="taken")
    before = dump()
    with pytest.raises(SlugTaken):
        organizations.change(acme, name="New", slug=slug)
    assert dump() == before


def test_reserved_slug_of_old_may_stay(ada):
    old = Organization.objects.create(name="Help", slug="help")
    organizations.change(old, name="Help us", slug="help")
    old.refresh_from_db()
    assert (old.name, old.slug) == ("Help us", "help")


def test_nothing_is_changed_against_a_receiver(acme):
    before = dump()
    with vetoed("organization_changed"), pytest.raises(Veto):
        organizations.change(acme, name="New")
    assert dump() == before


def test_async_twin_of_change_does_the_same(acme):
    async_to_sync(organizations.achange)(acme, name="New")
    acme.refresh_from_db()
    assert acme.name == "New"


# delete


def test_delete_takes_everything_of_the_organization_and_no_user(acme, ada, sent):
    invitations.invite(acme, address="eve@example.com", actor=ada, now=timezone.now())
    Product.objects.create(name="Lamp", account=acme)
    other = testing.make_organization("Other", owner=ada)
    key = acme.pk
    sent.sent.clear()
    organizations.delete(acme, actor=ada)
    assert set(Organization.objects.all()) == {other}
    assert OrganizationOwner.objects.get().organization == other
    assert not Product.objects.exists()
    assert type(ada).objects.filter(pk=ada.pk).exists()
    assert sent.names == ["organization_deleted"]
    sender, facts = sent.of("organization_deleted")
    assert sender is Organization
    assert (facts["organization"].pk, facts["actor"]) == (key, ada)


def test_second_delete_finds_nothing(acme):
    again = Organization.objects.get(pk=acme.pk)
    organizations.delete(acme)
    with pytest.raises(Organization.DoesNotExist):
        organizations.delete(again)


def test_nothing_is_deleted_against_a_receiver(acme):
    before = dump()
    with vetoed("organization_deleted"), pytest.raises(Veto):
        organizations.delete(acme)
    assert dump() == before


def test_protected_rows_of_the_project_keep_their_organization(acme, monkeypatch):
    Product.objects.create(name="Lamp", account=acme)
    key = Product._meta.get_field("account").remote_field
    monkeypatch.setattr(key, "on_delete", models.PROTECT)
    before = dump()
    with pytest.raises(models.ProtectedError):
        organizations.delete(acme)
    assert dump() == before
    assert Product.objects.count() == 1


def test_async_twin_of_delete_does_the_same(acme):
    async_to_sync(organizations.adelete)(acme)
    assert not Organization.objects.exists()


# colour


@pytest.mark.parametrize("model", [Organization, Club], ids=["ours", "custom"])
def test_the_colour_is_kept_and_told(model, sent):
    acme = testing.make_organization("Acme", owner="ada", model=model)
    ada = acme.users.get()
    sent.sent.clear()
    assert organizations.accent_of(acme) == ""
    for _twice in range(2):
        assert organizations.set_accent(acme, "#FFCC00", actor=ada) == "#ffcc00"
    assert organizations.accent_of(acme) == "#ffcc00"
    assert organizations.set_accent(acme, "", actor=ada) == ""
    assert organizations.accent_of(acme) == ""
    changes = [facts["changes"] for _, _, facts in sent.sent]
    assert changes == [{"accent": ("", "#ffcc00")}, {"accent": ("#ffcc00", "")}]


def test_the_colour_is_for_those_who_may_change_the_organization(acme):
    bob = testing.make_user("bob")
    testing.make_member(acme, bob)
    with pytest.raises(NotAllowed):
        organizations.set_accent(acme, "#ffcc00", actor=bob)
    assert organizations.accent_of(acme) == ""


@pytest.mark.parametrize("text", ["red", "#fff", "#2450b2;", "x" * 5000])
def test_what_is_no_colour_is_refused(text, acme):
    with pytest.raises(NotAColour):
        organizations.set_accent(acme, text, actor=None)
    assert organizations.accent_of(acme) == ""


def test_the_colour_comes_with_the_organization(acme, django_assert_num_queries):
    organizations.set_accent(acme, "#ffcc00", actor=None)
    testing.make_organization("Plain", owner="eve")
    with django_assert_num_queries(1):
        rows = organizations.with_accent(Organization.objects.order_by("name"))
        assert [organizations.accent_of(each) for each in rows] == ["#ffcc00", ""]


def test_the_colour_can_be_set_from_async_code(acme):
    async_to_sync(organizations.aset_accent)(acme, "#ffcc00", actor=None)
    assert organizations.accent_of(acme) == "#ffcc00"
