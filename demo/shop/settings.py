"""Settings of the demo. It runs on one machine with public passwords: copy no secrets from it.

Three environment variables, which ``manage.py demo`` and the tests set:

``SHOP_DB``       ``sqlite`` (default) or ``postgres``, the embedded server
``SHOP_DATA``     folder of the SQLite file; ``data`` beside this project by default
``SHOP_DB_NAME``  name of the database
"""

import os
import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

PROJECT = Path(__file__).resolve().parent.parent

DEBUG = True
SECRET_KEY = "the-demo-has-no-secrets-0123456789abcdefghijklmnopqrstuvwxyz"
ROOT_URLCONF = "shop.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
# Those that the package speaks; the shop's own texts are English.
LANGUAGES = [
    ("en", "English"),
    ("de", "German"),
    ("fr", "French"),
    ("es", "Spanish"),
    ("pt-br", "Brazilian Portuguese"),
    ("ja", "Japanese"),
    ("ar", "Arabic"),
]
STATIC_URL = "/static/"

# What the package needs to know: its pages sit in our own base template, and nobody becomes a
# member without saying yes. Pages whose URL names no organization take the one that the person
# has switched to.
ORGANIZATIONS = {
    "BASE_TEMPLATE": "base.html",
    "INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation",
    "ORGANIZATION_RESOLVERS": ["organizations.resolvers.from_session"],
}
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Every mail is kept in a table and shown at /mail/.
DEFAULT_FROM_EMAIL = "Shop <shop@example.com>"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "shop.mailbox.backend.EmailBackend"}}
else:
    EMAIL_BACKEND = "shop.mailbox.backend.EmailBackend"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "shop",
    "shop.mailbox",
    "catalog",
    "organizations",
    "organizations.roles",
    "organizations.teams",
]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "organizations.auth.OrganizationBackend",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "shop.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organizations.middleware.OrganizationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "shop.middleware.PlainNotFound",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.shop",
            ],
        },
    },
]

# The terminal shows what went wrong, not every request.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "ERROR"},
    },
}

DATABASE_NAME = os.environ.get("SHOP_DB_NAME") or "shop"

match os.environ.get("SHOP_DB") or "sqlite":
    case "sqlite":
        DATA = Path(os.environ.get("SHOP_DATA") or PROJECT / "data")
        DATA.mkdir(parents=True, exist_ok=True)
        DATABASES = {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": DATA / f"{DATABASE_NAME}.sqlite3",
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
                },
            }
        }
    case "postgres":
        # The repository's own helper, which is no part of the package.
        sys.path.append(str(PROJECT.parent))
        from tools.embedded_postgres import postgres_database

        DATABASES = {"default": postgres_database("demo", name=DATABASE_NAME, keep=True)}
    case unknown:
        raise ImproperlyConfigured(f"SHOP_DB={unknown!r}: say sqlite or postgres.")
