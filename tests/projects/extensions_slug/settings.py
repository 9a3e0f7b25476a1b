"""The slug field of django-extensions, which django-organizations has by default."""

from tests.projects.usual import *  # noqa: F403
from tests.projects.usual import DJANGO_APPS

INSTALLED_APPS = [*DJANGO_APPS, "django_extensions", "organizations", "firms"]
ORGS_SLUGFIELD = "django_extensions.db.fields.AutoSlugField"
