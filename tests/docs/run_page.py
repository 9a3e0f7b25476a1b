"""Run by ``test_code_blocks.py`` in the project that a page of the documentation makes.

Standard input holds the page's blocks as JSON. Checks the project, makes and runs its
migrations, imports every module and compiles every template that the page writes, then runs
what the page types in the shell, and last its tests. Prints ``done`` at the end.
"""

import importlib
import json
import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(blocks):
    sys.path.insert(0, ".")
    django.setup()
    call_command("check", fail_level="WARNING")
    call_command("makemigrations", verbosity=0, interactive=False)
    for block in blocks:
        # These alter tables that only now have their first migration.
        if "/migrations/" in block["target"]:
            Path(block["target"]).write_text(block["text"])
    call_command("makemigrations", check_changes=True, verbosity=0)
    call_command("migrate", verbosity=0, interactive=False)

    from django.template import loader

    namespace = {"__name__": "shell"}
    tests = []
    for block in blocks:
        path = Path(block["target"])
        if block["target"] == "manage.py shell":
            code = "\n" * (block["line"] - 1) + block["text"]
            exec(compile(code, block["page"], "exec"), namespace)
        elif path.suffix in {".html", ".txt"}:
            loader.get_template(block["target"].partition("templates/")[2])
        elif path.name == "tests.py":
            tests.append(path.parts[0])
        elif path.suffix == ".py" and "/" in block["target"] and "migrations" not in path.parts:
            importlib.import_module(".".join(path.with_suffix("").parts))
    if tests:
        call_command("test", *tests, verbosity=0)


if __name__ == "__main__":
    main(json.load(sys.stdin))
    print("done")
