import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from organizations import testing
from organizations.exceptions import AddressAmbiguous, NotAnAddress, SlugTaken
from organizations.models import Organization, OrganizationOwner
from organizations.services import addresses, registration
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump

pytestmark = pytest.mark.django_db

User = get_user_model()


@pytest.fixture
def eve():
    """An account that waits for its person."""
    return registration.pending_user("Eve@Example.com")


# Whose address is it


@pytest.mark.parametrize("text", ["ada@example.com", " ADA@example.com"])
def test_user_with_reads_any_spelling(text, django_assert_num_queries):
    ada = testing.make_user("ada", verified=False)
    with django_assert_num_queries(1):
        assert registration.user_with(text) == ada
    assert registration.user_with("bo@example.com") is None


def test_address_of_two_accounts_is_not_decided():
    testing.make_user("ada", email="team@example.com")
    testing.make_user("bo", email="Team@example.com")
    with pytest.raises(AddressAmbiguous):
        registration.user_with("team@example.com")


@pytest.mark.parametrize("verb", [registration.user_with, registration.pending_user])
def test_text_that_is_no_address_makes_nothing(verb):
    with pytest.raises(NotAnAddress):
        verb("nonsense")
    assert not User.objects.exists()


# Pending accounts


def test_pending_user_is_switched_off_and_has_no_password(eve):
    eve.refresh_from_db()
    assert (eve.email, eve.is_active, eve.has_usable_password()) == (
        "eve@example.com",
        False,
        False,
    )
    assert registration.is_pending(eve)
    assert addresses.verified_addresses(eve) == []


def test_pending_user_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        registration.pending_user("eve@example.com")


def test_usernames_of_pending_accounts_say_nothing_and_differ():
    names = {registration.new_username() for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) <= 150 for name in names)


NEVER, ONCE = None, timezone.now()
UNUSABLE, HASH, RANDOM_TEXT = "!unusable", make_password("pass", salt="of-the-tests"), "x8Fk2mQp9z"


@pytest.mark.parametrize(
    ("is_active", "last_login", "password", "pending"),
    [
        (False, NEVER, UNUSABLE, True),
        # what older releases stored: a random text that is no hash
        (False, NEVER, RANDOM_TEXT, True),
        (False, NEVER, "", True),
        # somebody had set a password: deactivated
        (False, NEVER, HASH, False),
        # somebody had been here: deactivated
        (False, ONCE, UNUSABLE, False),
        (False, ONCE, HASH, False),
        (False, ONCE, RANDOM_TEXT, False),
        (True, NEVER, UNUSABLE, False),
        (True, NEVER, HASH, False),
        (True, ONCE, HASH, False),
    ],
)
def test_pending_and_deactivated_accounts_are_told_apart(is_active, last_login, password, pending):
    user = User(is_active=is_active, last_login=last_login, password=password)
    assert registration.is_pending(user) is pending


# The organization that waits


def test_open_organization_waits_with_its_account(eve):
    acme = registration.open_organization(eve, name="Acme", slug=None)
    assert (acme.name, acme.slug, acme.is_active) == ("Acme", "acme", False)
    assert acme.is_owner(eve)


@pytest.mark.parametrize(("slug", "expected"), [(None, "acme"), ("beta", "beta"), ("acme", "acme")])
def test_second_sign_up_renames_the_first(slug, expected, eve):
    first = registration.open_organization(eve, name="Acme", slug=None)
    second = registration.open_organization(eve, name="Beta", slug=slug)
    assert second == first
    second.refresh_from_db()
    assert (second.name, second.slug, second.is_active) == ("Beta", expected, False)
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
@pytest.mark.parametrize("slug", ["taken", "admin", "42"])
def test_slug_that_is_taken_is_refused_at_every_sign_up(first, slug, eve):
    Organization.objects.create(name="Other", slug="taken")
    if not first:
        registration.open_organization(eve, name="Acme", slug=None)
    before = dump()
    with pytest.raises(SlugTaken):
        registration.open_organization(eve, name="Beta", slug=slug)
    assert dump() == before


def test_organization_that_is_in_use_is_not_renamed():
    ada = testing.make_user("ada")
    acme = testing.make_organization("Acme", owner=ada)
    second = registration.open_organization(ada, name="Beta", slug=None)
    acme.refresh_from_db()
    assert (acme.name, second.name) == ("Acme", "Beta")
    assert acme != second


# activate


def test_activate_switches_on_the_account_and_what_it_owns(eve, sent):
    acme = registration.open_organization(eve, name="Acme", slug=None)
    sent.sent.clear()
    eve.first_name = "Eve"
    eve.set_password("a secret for tests")
    assert registration.activate(eve) == [acme]
    eve.refresh_from_db()
    acme.refresh_from_db()
    assert (eve.is_active, eve.first_name, acme.is_active) == (True, "Eve", True)
    assert addresses.is_verified(eve, "eve@example.com")
    assert sent.names == ["address_verified", "organization_changed"]
    assert sent.of("organization_changed") == (
        Organization,
        {"organization": acme, "actor": eve, "changes": {"is_active": (False, True)}},
    )


def test_activate_switches_on_nothing_else(eve):
    mine = registration.open_organization(eve, name="Mine", slug=None)
    ada = testing.make_user("ada")
    joined = testing.make_organization("Joined", owner=ada, is_active=False, admins=[eve])
    foreign = testing.make_organization("Foreign", owner=ada, is_active=False)
    assert registration.activate(eve) == [mine]
    states = dict(Organization.objects.values_list("name", "is_active"))
    assert states == {"Mine": True, joined.name: False, foreign.name: False}


def test_account_without_organization_is_switched_on(eve):
    assert registration.activate(eve) == []
    assert User.objects.get(pk=eve.pk).is_active


def test_second_activation_is_refused(eve, sent):
    registration.activate(eve)
    sent.sent.clear()
    with pytest.raises(registration.NotPending):
        registration.activate(eve)
    assert not sent.sent


@pytest.mark.parametrize(
    "values",
    [
        {"last_login": ONCE},
        {"password": HASH},
        {"is_active": True},
    ],
    ids=["was here", "has a password", "is active"],
)
def test_activation_asks_the_table_and_not_the_instance(values, eve):
    """The form has already set names and a password on the instance."""
    acme = registration.open_organization(eve, name="Acme", slug=None)
    User.objects.filter(pk=eve.pk).update(**values)
    before = dump()
    with pytest.raises(registration.NotPending):
        registration.activate(eve)
    acme.refresh_from_db()
    assert dump() == before
    assert not acme.is_active
    assert User.objects.get(pk=eve.pk).is_active == values.get("is_active", False)


def test_activation_keeps_what_the_organization_was_called_last(eve, monkeypatch):
    """The rows are read again under the lock."""
    acme = registration.open_organization(eve, name="Acme", slug=None)
    real = registration.lock_organization

    def lock(organization):
        Organization.objects.filter(pk=acme.pk).update(name="Renamed")
        real(organization)

    monkeypatch.setattr(registration, "lock_organization", lock)
    registration.activate(eve)
    acme.refresh_from_db()
    assert (acme.name, acme.is_active) == ("Renamed", True)


@pytest.mark.parametrize("signal", ["address_verified", "organization_changed"])
def test_nothing_is_switched_on_against_a_receiver(signal, eve):
    registration.open_organization(eve, name="Acme", slug=None)
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        registration.activate(eve)
    assert dump() == before
    assert not User.objects.get(pk=eve.pk).is_active


def test_account_without_address_is_switched_on_and_nothing_is_verified(eve):
    eve.email = ""
    registration.activate(eve)
    assert addresses.verified_addresses(eve) == []


def test_async_twin_does_the_same(eve):
    acme = registration.open_organization(eve, name="Acme", slug=None)
    assert async_to_sync(registration.aactivate)(eve) == [acme]


def test_owner_of_a_waiting_organization_is_its_account(eve):
    acme = registration.open_organization(eve, name="Acme", slug=None)
    assert OrganizationOwner.objects.get(organization=acme).organization_user.user == eve
