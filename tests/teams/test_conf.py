import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from organizations.teams.checks import check_settings
from organizations.teams.conf import get_settings


def test_silence_gives_the_default():
    assert get_settings().MAX_DEPTH == 8
    assert check_settings() == []


def test_value_is_read_late_and_forgotten_again():
    with override_settings(ORGANIZATIONS_TEAMS={"MAX_DEPTH": 3}):
        assert get_settings().MAX_DEPTH == 3
    assert get_settings().MAX_DEPTH == 8


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"MAX_DEPHT": 3}, "MAX_DEPHT.*Did you mean 'MAX_DEPTH'"),
        ({"SIZE": 3}, "SIZE.*Known keys: MAX_DEPTH"),
        ({"MAX_DEPTH": 0}, "is 0; it must be a whole number from 1 to 32"),
        ({"MAX_DEPTH": 33}, "is 33"),
        ({"MAX_DEPTH": "8"}, "is '8'"),
        ({"MAX_DEPTH": True}, "is True"),
        ([("MAX_DEPTH", 3)], "must be a dictionary"),
    ],
)
def test_wrong_value_is_told_by_name(given, words):
    with override_settings(ORGANIZATIONS_TEAMS=given):
        with pytest.raises(ImproperlyConfigured, match=words):
            get_settings()
        [found] = check_settings()
        assert found.id == "organizations_teams.E001"
