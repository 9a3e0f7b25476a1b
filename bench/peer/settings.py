"""The project with django-organizations and django-guardian."""

from bench.settings_of_sides import *  # noqa: F403
from bench.settings_of_sides import APPS

INSTALLED_APPS = [*APPS, "guardian", "bench.peer.apps.GoodsConfig"]
ROOT_URLCONF = "bench.peer.urls"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
INVITATION_BACKEND = "organizations.backends.modeled.ModelInvitation"
