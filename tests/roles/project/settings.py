"""A project whose organizations are its own, with keys of another type, and roles for them."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "organizations", "organizations.roles", "yards"]
ORGANIZATIONS = {"ORGANIZATION_MODEL": "yards.Yard", "LINK_BASE": "https://yards.example"}
