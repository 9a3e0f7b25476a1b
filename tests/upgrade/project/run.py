"""Run management commands one after the other, in one process.

Reads a JSON list of argument lists from the standard input, and writes a JSON list of
``[exit code, output]``. A command that fails with an error ends the program.
"""

import io
import json
import os
import sys

import django
from django.core.management import call_command


def run(name, *arguments):
    output = io.StringIO()
    try:
        call_command(name, *arguments, stdout=output, stderr=output)
    except SystemExit as end:
        return end.code, output.getvalue()
    return 0, output.getvalue()


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.upgrade.project.settings"
    django.setup()
    # Whatever else a command or a warning prints stays out of the answer.
    answer, sys.stdout = sys.stdout, sys.stderr
    json.dump([run(*command) for command in json.load(sys.stdin)], answer)
