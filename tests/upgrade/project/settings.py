import json
import os

SECRET_KEY = "only-for-tests-0123456789abcdefghijklmnopqrstuvwxyz"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.upgrade.project.urls"
DATABASES = {"default": json.loads(os.environ["HOST_DATABASE"])}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "organizations",
    *(
        name if "." in name else f"tests.upgrade.project.{name}"
        for name in os.environ["HOST_APPS"].split()
    ),
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
