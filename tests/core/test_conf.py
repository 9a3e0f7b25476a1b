from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from organizations.conf import get_settings, is_reserved

DEFAULTS = {
    "BASE_TEMPLATE": None,
    "INVITATION_BACKEND": "organizations.backends.defaults.InvitationBackend",
    "REGISTRATION_BACKEND": "organizations.backends.defaults.RegistrationBackend",
    "INVITATION_LIFETIME": timedelta(days=7),
    "LINK_BASE": None,
    "RESERVED_SLUGS": (),
    "SUPERUSERS_HAVE_ACCESS": True,
    "VERIFIED_ADDRESS_SOURCES": ("organizations.services.addresses.recorded_addresses",),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_of(name):
    assert getattr(get_settings(), name) == DEFAULTS[name]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"INVITATION_LIVETIME": 1}, "Did you mean 'INVITATION_LIFETIME'"),
        ({"invitation_backend": "x"}, "has no key 'invitation_backend'"),
        ({"ZZZ": 1}, "Known keys: .*INVITATION_LIFETIME"),
        ({7: 1}, "has no key 7"),
        ({"INVITATION_LIFETIME": 7}, "INVITATION_LIFETIME'] is int; it must be timedelta"),
        ({"INVITATION_BACKEND": None}, "INVITATION_BACKEND'] is NoneType; it must be str"),
        ({"LINK_BASE": 1}, "LINK_BASE'] is int; it must be str or NoneType"),
        ({"RESERVED_SLUGS": "shop"}, "RESERVED_SLUGS'] is str; it must be tuple"),
        ({"SUPERUSERS_HAVE_ACCESS": "no"}, "SUPERUSERS_HAVE_ACCESS'] is str; it must be bool"),
        ({"INVITATION_LIFETIME": timedelta(hours=23)}, "it must be 1 to 30 days"),
        ({"INVITATION_LIFETIME": timedelta(days=30, seconds=1)}, "it must be 1 to 30 days"),
        ({"INVITATION_LIFETIME": timedelta(days=-7)}, "it must be 1 to 30 days"),
        ({"LINK_BASE": "app.example.com"}, "must start with https://"),
        ({"LINK_BASE": "ftp://app.example.com"}, "must start with https://"),
        ({"LINK_BASE": ""}, "must start with https://"),
        ([], "must be a dictionary"),
        (None, "must be a dictionary"),
    ],
)
def test_wrong_setting_says_what_is_wrong(given, message):
    with (
        override_settings(ORGANIZATIONS=given),
        pytest.raises(ImproperlyConfigured, match=message.replace("]", r"\]")),
    ):
        get_settings()


@pytest.mark.parametrize("days", [1, 30])
def test_ends_of_the_range_are_in_it(days, settings):
    settings.ORGANIZATIONS = {"INVITATION_LIFETIME": timedelta(days=days)}
    assert get_settings().INVITATION_LIFETIME == timedelta(days=days)


@pytest.mark.parametrize("name", ["RESERVED_SLUGS", "VERIFIED_ADDRESS_SOURCES"])
def test_list_is_taken_for_a_tuple(name, settings):
    settings.ORGANIZATIONS = {name: ["a", "b"]}
    assert getattr(get_settings(), name) == ("a", "b")


def test_settings_follow_the_tests_that_override_them():
    assert get_settings().LINK_BASE is None
    with override_settings(ORGANIZATIONS={"LINK_BASE": "https://a.example"}):
        assert get_settings().LINK_BASE == "https://a.example"
        with override_settings(ORGANIZATIONS={}):
            assert get_settings().LINK_BASE is None
        assert get_settings().LINK_BASE == "https://a.example"
    assert get_settings().LINK_BASE is None


def test_settings_are_read_once():
    assert get_settings() is get_settings()


@pytest.mark.parametrize("name", ["INVITATION_BACKEND", "REGISTRATION_BACKEND"])
def test_flat_name_of_old_is_read_where_the_dictionary_is_silent(name):
    with override_settings(**{name: "old.path"}):
        assert getattr(get_settings(), name) == "old.path"
        with override_settings(ORGANIZATIONS={name: "new.path"}):
            assert getattr(get_settings(), name) == "new.path"
        assert getattr(get_settings(), name) == "old.path"
    assert getattr(get_settings(), name) == DEFAULTS[name]


def test_values_cannot_be_set():
    with pytest.raises(AttributeError):
        get_settings().LINK_BASE = "https://a.example"


@pytest.mark.parametrize(
    ("slug", "reserved"),
    [
        ("login", True),
        ("LOGIN", True),
        ("sign-up", True),
        ("invitations", True),
        ("organizations", True),
        ("1", True),
        ("007", True),
        ("٣", True),
        ("acme", False),
        ("login-2", False),
        ("1a", False),
        ("", False),
    ],
)
def test_reserved_words(slug, reserved):
    assert is_reserved(slug) is reserved


def test_project_reserves_words_of_its_own(settings):
    settings.ORGANIZATIONS = {"RESERVED_SLUGS": ["shop"]}
    assert is_reserved("shop")
    assert is_reserved("Shop")
    assert is_reserved("login")
    assert not is_reserved("shops")
