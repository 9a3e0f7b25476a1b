"""Settings of the benches: a small shop on PostgreSQL.

``SCALE`` is the size of the data. The embedded server is started unless
``ORGKIT_POSTGRES_HOST`` names another one.
"""

import os

from tools.embedded_postgres import postgres_database

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
DATABASES = {"default": postgres_database("bench", name="orgkit_bench")}
DATABASES["app"] = {**DATABASES["default"], "USER": APP_ROLE}

# The plain orders are there to be compared with, so nothing may guard them.
SILENCED_SYSTEM_CHECKS = ["organizations_tenancy.W004"]
