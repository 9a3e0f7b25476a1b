"""The project's own family, listed before the package, as its documentation allows."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = ["accounts", *DJANGO_APPS, "organizations"]
