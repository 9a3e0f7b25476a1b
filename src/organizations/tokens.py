"""Secrets in links.

An invitation's secret is random and says nothing; only its digest is stored, so neither a
dump nor a page can give a usable link. Pending accounts of the default backends use the
token mechanism of Django's password reset, which dies with its first use.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.contrib.auth.tokens import PasswordResetTokenGenerator

__all__ = ["check_account_token", "digest", "make_account_token", "make_secret"]

#: Longer texts are no secret of ours and are not even hashed.
MAX_LENGTH = 100


def make_secret() -> str:
    """Return a new secret: 256 random bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str, *, purpose: str) -> str:
    """Return what is stored of a secret: 64 hexadecimal digits, bound to the purpose."""
    return hashlib.sha256(f"organizations.{purpose}:{secret}".encode()).hexdigest()


def make_account_token(user: Any) -> str:
    """Return a token with which the holder may activate a pending account."""
    return PasswordResetTokenGenerator().make_token(user)


def check_account_token(user: Any, token: str) -> bool:
    """Return whether the token is for this account, unused and in time.

    The time is Django's ``PASSWORD_RESET_TIMEOUT``, in seconds.
    """
    return PasswordResetTokenGenerator().check_token(user, token)
