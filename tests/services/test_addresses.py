import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ImproperlyConfigured

from organizations import testing
from organizations.exceptions import NotAnAddress
from organizations.models import VerifiedAddress
from organizations.services import addresses


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  Ada@Example.COM \n", "ada@example.com"),
        ("ADA+tag@example.com", "ada+tag@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
    ],
)
def test_address_has_one_form(text, form):
    assert addresses.normalise(text) == form
    assert addresses.normalise(form) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        " ",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "a da@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        "ada@exa mple.com",
        "ada@" + "x" * 64 + ".com",
        "a" * 400 + "@example.com",
        "ada@example..com",
        "ada@\x00example.com",
        "\ud800@example.com",
        "user@\ud800.com",
    ],
)
def test_other_text_is_no_address(text):
    with pytest.raises(NotAnAddress):
        addresses.normalise(text)
    assert not addresses.same(text, "ada@example.com")


@pytest.mark.parametrize("text", ["ada@example.com", "ADA@example.com", " ada@EXAMPLE.com "])
def test_spellings_of_one_address_are_the_same(text):
    assert addresses.same(text, "ada@example.com")
    assert not addresses.same(text, "eve@example.com")


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["eve@example.com", "EVE@Example.com"])
def test_find_users_reads_any_case(text, django_assert_num_queries):
    eve = testing.make_user("eve", email="Eve@Example.com", verified=False)
    testing.make_user("other")
    with django_assert_num_queries(1):
        assert addresses.find_users(text) == [eve]


@pytest.mark.django_db
def test_find_users_gives_at_most_two():
    people = [testing.make_user(f"u{n}", email="same@example.com") for n in range(3)]
    assert addresses.find_users("same@example.com") == people[:2]
    assert addresses.find_users("nobody@example.com") == []


@pytest.mark.django_db
def test_verify_records_once_and_says_so_once(sent, django_assert_max_num_queries):
    ada = testing.make_user("ada", verified=False)
    assert addresses.verified_addresses(ada) == []
    addresses.verify(ada, "Ada@Example.com")
    addresses.verify(ada, "ada@example.COM ")
    assert VerifiedAddress.objects.get().address == "ada@example.com"
    assert sent.sent == [
        ("address_verified", type(ada), {"user": ada, "address": "ada@example.com"})
    ]
    with django_assert_max_num_queries(1):
        addresses.verify(ada, "ada@example.com")


@pytest.mark.django_db
def test_text_that_is_no_address_is_not_verified():
    with pytest.raises(NotAnAddress):
        addresses.verify(testing.make_user("ada", verified=False), "nonsense")
    assert not VerifiedAddress.objects.exists()


@pytest.mark.django_db
def test_own_address_is_no_proof():
    ada = testing.make_user("ada", verified=False)
    assert not addresses.is_verified(ada, "ada@example.com")
    addresses.verify(ada, "ada@example.com")
    assert addresses.is_verified(ada, "ada@example.com")


@pytest.mark.django_db
def test_two_users_may_have_proven_one_address():
    people = [testing.make_user(name) for name in ("ada", "bo")]
    for person in people:
        addresses.verify(person, "team@example.com")
    assert all(addresses.is_verified(each, "team@example.com") for each in people)


@pytest.mark.django_db
def test_anonymous_visitor_has_proven_nothing(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert addresses.verified_addresses(AnonymousUser()) == []


def more_addresses(user):
    """A source, as a project may write one."""
    return [f"{user.username.upper()}@elsewhere.example"]


@pytest.mark.django_db
def test_sources_of_the_project_count_in_their_normal_form(settings):
    ada = testing.make_user("ada")
    path = f"{__name__}.more_addresses"
    settings.ORGANIZATIONS = {"VERIFIED_ADDRESS_SOURCES": [path]}
    assert addresses.verified_addresses(ada) == ["ada@elsewhere.example"]
    recorded = "organizations.services.addresses.recorded_addresses"
    settings.ORGANIZATIONS = {"VERIFIED_ADDRESS_SOURCES": [path, recorded]}
    assert addresses.verified_addresses(ada) == ["ada@elsewhere.example", "ada@example.com"]


@pytest.mark.django_db
def test_source_that_does_not_exist_is_loud(settings):
    settings.ORGANIZATIONS = {"VERIFIED_ADDRESS_SOURCES": ["nowhere.at_all"]}
    with pytest.raises((ImportError, ImproperlyConfigured)):
        addresses.verified_addresses(testing.make_user("ada"))
