"""Backends of the project's own, under the documented flat names of the settings."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "organizations", "joining"]
INVITATION_BACKEND = "joining.backends.Invitations"
REGISTRATION_BACKEND = "joining.backends.Registrations"
