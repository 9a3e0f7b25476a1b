"""Three families: the package's, one on the abstract line, one on the base line."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = ["sports", "organizations", *DJANGO_APPS, "vendors"]
