"""``manage.py organizations_eject``: take over a page, an element or a mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.template import engines

from organizations.management import ejecting
from organizations.management.ejecting import Ejected


class Command(BaseCommand):
    help = (
        "Copy a template of the package into the project, to be changed there: a page, an element "
        "that pages are made of, or a mail. Without a name, list them all. manage.py check says "
        "when the original of a copy has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "template", nargs="?", help="name or the end of it, such as badge or organization_list"
        )
        parser.add_argument(
            "--to", metavar="FOLDER", help="folder of templates; the first of DIRS unless given"
        )
        parser.add_argument(
            "--diff",
            action="store_true",
            help="show what the original of today has that the copy has not, and change nothing",
        )
        parser.add_argument(
            "--seen", action="store_true", help="note that the original of today was looked at"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["template"] is None:
            self._list()
            return
        name = _one(options["template"])
        if options["diff"] or options["seen"]:
            copy = _copy(name)
            if options["diff"]:
                self.stdout.write(copy.diff() or f"{copy.path} is like the original.")
            if options["seen"]:
                copy.renew()
                self.stdout.write(f"{copy.path} is noted as up to date.")
            return
        folder = Path(options["to"]) if options["to"] else _folder()
        try:
            path = ejecting.eject(name, folder)
        except FileExistsError:
            raise CommandError(
                f"{folder / name} is there already. To compare it with the original: "
                f"manage.py organizations_eject {name} --diff"
            ) from None
        self.stdout.write(self.style.SUCCESS(f"{path} is yours now."))
        if path.resolve() not in [each.path.resolve() for each in ejecting.ejected()]:
            self.stdout.write(f"Django does not look there yet: TEMPLATES needs {folder} in DIRS.")

    def _list(self) -> None:
        copies = {each.name: each for each in ejecting.ejected()}
        for name in sorted(ejecting.packaged(), key=lambda name: (name.count("/"), name)):
            copy = copies.get(name)
            if copy is None:
                self.stdout.write(f"  {name}")
            else:
                state = "copied; its original has changed since" if copy.is_stale else "copied"
                self.stdout.write(self.style.WARNING(f"* {name}  ({state})"))


def _one(word: str) -> str:
    names = ejecting.named(word)
    if not names:
        raise CommandError(
            f"No template ends with {word!r}. To see them all: manage.py organizations_eject"
        )
    if len(names) > 1:
        raise CommandError(f"{word!r} may be {', '.join(names[:-1])} or {names[-1]}: say which.")
    return names[0]


def _copy(name: str) -> Ejected:
    for copy in ejecting.ejected():
        if copy.name == name:
            return copy
    raise CommandError(
        f"The project has no copy of {name}, or its first line was removed. To make one: "
        f"manage.py organizations_eject {name}"
    )


def _folder() -> Path:
    for engine in engines.all():
        for folder in getattr(engine, "dirs", ()):
            return Path(folder)
    raise CommandError(
        "TEMPLATES names no folder of the project's own. Add one to the settings: "
        'TEMPLATES[0]["DIRS"] = [BASE_DIR / "templates"], or say --to FOLDER.'
    )
