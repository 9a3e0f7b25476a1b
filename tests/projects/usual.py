"""What the settings of the small projects have in common.

``ORGKIT_DB`` picks the database, as for the other tests; ``ORGKIT_PROJECT`` is the name of
the project, which its test database is called after.
"""

import os

from tools.embedded_postgres import postgres_database

SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz"
USE_TZ = True
ROOT_URLCONF = "urls"
STATIC_URL = "static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
DEFAULT_FROM_EMAIL = "Projects <projects@example.com>"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "organization_list"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

DJANGO_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
]
SITE_ID = 1

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": ["templates"],
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

if os.environ.get("ORGKIT_DB") == "postgres":
    project = os.environ["ORGKIT_PROJECT"]
    DATABASES = {"default": postgres_database("tests", name="orgkit")}
    DATABASES["default"]["TEST"] = {"NAME": f"orgkit_project_{project}"}
else:
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
