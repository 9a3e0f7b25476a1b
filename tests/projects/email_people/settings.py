"""Users who have an e-mail address, a password and nothing else."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "people", "organizations"]
AUTH_USER_MODEL = "people.Person"
ORGANIZATIONS = {"INVITATION_BACKEND": "organizations.backends.modeled.ModelInvitation"}
