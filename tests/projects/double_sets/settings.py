from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "organizations", "guilds"]
