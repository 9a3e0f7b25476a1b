"""A reusable app with a swappable family of four, and a project that swaps all of them."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "standard", "custom"]
STANDARD_GROUP_MODEL = "custom.Group"
STANDARD_GROUPUSER_MODEL = "custom.GroupUser"
STANDARD_GROUPOWNER_MODEL = "custom.GroupOwner"
STANDARD_GROUPINVITATION_MODEL = "custom.GroupInvitation"

# Django itself takes a foreign key to a model that was swapped out for a change.
APPS_WITH_STEADY_MIGRATIONS = ["custom"]
