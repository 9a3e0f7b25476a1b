from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator

from organizations import testing, tokens


def test_secrets_are_long_and_differ():
    secrets = {tokens.make_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(43 <= len(secret) <= tokens.MAX_LENGTH for secret in secrets)  # 256 bits
    assert all(secret.isascii() for secret in secrets)


def test_digest_is_bound_to_its_purpose_and_says_nothing_of_the_secret():
    found = tokens.digest("secret", purpose="invitation")
    assert found == tokens.digest("secret", purpose="invitation")
    assert len(found) == 64
    assert "secret" not in found
    assert found != tokens.digest("secret", purpose="other")
    assert found != tokens.digest("secret2", purpose="invitation")


@pytest.mark.django_db
def test_account_token_is_for_one_account_and_dies_with_its_use():
    eve, fay = (testing.make_user(name, is_active=False) for name in ("eve", "fay"))
    token = tokens.make_account_token(eve)
    assert tokens.check_account_token(eve, token)
    assert not tokens.check_account_token(fay, token)
    eve.set_password("now used")
    assert not tokens.check_account_token(eve, token)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "0", "null", "-", "a-b", "x" * 10_000, "\x00", "ümlaut-x"])
def test_garbage_is_no_account_token(token):
    assert not tokens.check_account_token(testing.make_user("eve"), token)


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "good"), [(0, True), (3600, True), (3601, False)])
def test_account_token_ends_when_django_says(seconds, good, settings, monkeypatch):
    settings.PASSWORD_RESET_TIMEOUT = 3600
    clock = [datetime(2026, 1, 1)]
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: clock[0])
    eve = testing.make_user("eve")
    token = tokens.make_account_token(eve)
    clock[0] += timedelta(seconds=seconds)
    assert tokens.check_account_token(eve, token) is good
