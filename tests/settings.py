"""Settings of the small host project that the tests run in.

``ORGKIT_DB`` picks the database: ``sqlite`` (the default) or ``postgres``, which starts
the embedded server.
"""

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

from tools.embedded_postgres import postgres_database

SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Read by Django 6.1 and later, which deprecates EMAIL_BACKEND; the test environment of
# earlier ones sends mail to memory by itself.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
DEFAULT_FROM_EMAIL = "Orgkit Tests <tests@example.com>"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "organization_list"
# Safe hashers are slow on purpose, which tests pay for thousands of times.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The optional apps of the package, and what their tests bring, as far as they are there.
HERE = Path(__file__).parent
WINGS = [
    *(
        f"organizations.{name}"
        for name in ("roles", "teams", "tenancy")
        if (HERE.parent / "src" / "organizations" / name / "apps.py").exists()
    ),
    *(["tests.roles.crews"] if (HERE / "roles" / "crews").exists() else []),
]
# A queue that keeps its tasks in the database, for the tests that choose it. Before Django
# 6.0 the framework is a package of its own.
QUEUE = [
    name
    for name in (["django_tasks"] if django.VERSION < (6, 0) else []) + ["django_tasks_db"]
    if find_spec(name)
]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "organizations",
    *WINGS,
    *QUEUE,
    "tests.app",
    "tests.compat.guilds",
]

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "organizations.auth.OrganizationBackend",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            ],
        },
    },
]


def _sqlite_database() -> dict[str, object]:
    # A file, not memory: threads and a live server then have connections of their own, as
    # in a real project. Its name belongs to this run, whose workers inherit it.
    run = os.environ.setdefault("ORGKIT_RUN", str(os.getpid()))
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": ":memory:",
        "TEST": {"NAME": Path(tempfile.gettempdir(), f"orgkit-{run}.sqlite3")},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;",
        },
    }


match os.environ.get("ORGKIT_DB") or "sqlite":
    case "sqlite":
        DATABASES = {"default": _sqlite_database()}
    case "postgres":
        DATABASES = {"default": postgres_database("tests", name="orgkit")}
    case unknown:
        raise ImproperlyConfigured(f"ORGKIT_DB={unknown!r}: say sqlite or postgres.")

# Models of these tests that are for everybody, whatever organization they point at.
SILENCED_SYSTEM_CHECKS = ["organizations_tenancy.W004"]
