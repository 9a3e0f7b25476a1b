"""The tests' project with users who have an address and no username."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES as USUAL_DATABASES
from tests.settings import INSTALLED_APPS as USUAL_APPS

# The usual apps have rows of their own, some of which build on the usual user model.
INSTALLED_APPS = [
    *(app for app in USUAL_APPS if not app.startswith("tests.")),
    "tests.projects.email_user.people",
]
AUTH_USER_MODEL = "people.Person"

# A test database of its own, beside that of the run which starts this one.
_usual = USUAL_DATABASES["default"]
_name = f"test_email_user_{os.getpid()}"
if "TEST" in _usual:
    _name = Path(_usual["TEST"]["NAME"]).with_name(f"{_name}.sqlite3")
DATABASES = {"default": {**_usual, "TEST": {"NAME": _name}}}
