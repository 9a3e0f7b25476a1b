"""Check a project, see that no migration is missing, migrate, and run its own tests.

Run in the folder of the project: ``python -m tests.projects.run``. It is one process for
all four, since starting Django costs more than some of them.
"""

import os
import sys

import django
from django.conf import settings
from django.core.management import call_command

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    sys.path.insert(0, os.getcwd())
    django.setup()
    call_command("check")
    apps = getattr(settings, "APPS_WITH_STEADY_MIGRATIONS", ())
    call_command("makemigrations", *apps, check_changes=True, dry_run=True)
    call_command("test", *sys.argv[1:], interactive=False)
