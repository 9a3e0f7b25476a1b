"""Keys of other kinds: UUIDs for users and one family, texts for another."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "people", "firms", "shops", "organizations"]
AUTH_USER_MODEL = "people.Person"
