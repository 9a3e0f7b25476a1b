"""The settings of the tests, with models behind scopes.

They hang on organizations, and whoever deletes several of those in one queryset has to open their
scope: the tests of the core shall not have to.
"""

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.tenancy.files"]

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    # The application as it is in production: it signs in as a role that owns nothing, and all
    # its threads share one connection. ``default`` is who runs the migrations.
    DATABASES["app"] = {
        **DATABASES["default"],
        "USER": "orgkit_app",
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 1, "timeout": 60}},
        "TEST": {"MIRROR": "default"},
    }
