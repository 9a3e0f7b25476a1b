"""Teams in a project with a family of its own, whose keys are UUIDs.

Its app stands behind the package's in the alphabet, and its members come in a second migration:
the order of migrations must come from what depends on what.
"""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "works", "organizations.teams", "organizations"]
ORGANIZATIONS = {"ORGANIZATION_MODEL": "works.Works"}
