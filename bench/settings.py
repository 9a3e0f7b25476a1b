"""Settings of the bench of row-level security: a small shop on PostgreSQL.

``SCALE`` is the size of the data. On a server of ``DATABASE_URL`` the application's role has to
get in without a password.
"""

import os

from bench.server import database

SCALE = float(os.environ.get("SCALE") or 0.05)
APP_ROLE = "bench_app"

SECRET_KEY = "only-for-benches"  # noqa: S105  # nothing is signed with it
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "bench.shop.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "organizations",
    "organizations.tenancy",
    "bench.shop",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

# ``default`` runs the migrations and loads the data; ``app`` is the application, which signs in
# as a role that owns nothing.
DATABASES = {"default": database("bench_shop")}
DATABASES["app"] = {**DATABASES["default"], "USER": APP_ROLE, "PASSWORD": ""}

# The plain orders are there to be compared with, so nothing may guard them.
SILENCED_SYSTEM_CHECKS = ["organizations_tenancy.W004"]
