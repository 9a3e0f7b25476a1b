"""The base line as a library, in an app that itself has the label ``organizations``."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "groups.apps.GroupsConfig"]
