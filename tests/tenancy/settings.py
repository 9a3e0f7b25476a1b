"""The settings of the tests, with models behind scopes.

They hang on organizations, and whoever deletes several of those in one queryset has to open their
scope: the tests of the core shall not have to.
"""

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.tenancy.files"]
