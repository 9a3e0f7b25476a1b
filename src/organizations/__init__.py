"""Multi-user accounts for Django. Import rooms, not the root: models need ready apps."""

__version__ = "0.1.0"
__author__ = "django-orgkit contributors"
__email__ = ""
