"""Fill a project with demo data to look at, and take it away again."""

from __future__ import annotations

import json
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from .. import demo_data

__all__ = ["Command"]

#: Known to everybody, so it is used in DEBUG only.
PASSWORD = "orgkit-demo"  # noqa: S105


class Command(BaseCommand):
    help = (
        "Add demo data to this project: four organizations of 1, 9, 38 and 400 people with "
        "their invitations, and five people with a password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--remove", action="store_true", help="take the demo data away")
        parser.add_argument("--force", action="store_true", help="run although DEBUG is off")
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")
        parser.add_argument(
            "--password",
            help=f"password of the five people ({PASSWORD!r}, or a random one if DEBUG is off)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEBUG or options["force"]):
            raise CommandError(
                "DEBUG is off, so this may be a real site, and nothing was done. "
                "Add --force if you mean it."
            )
        try:
            if options["remove"]:
                result: dict[str, Any] = demo_data.remove()
                text = self.removed(result)
            else:
                result = demo_data.seed(now=timezone.now(), password=self.password(options))
                text = self.seeded(result)
        except demo_data.DemoError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(result, ensure_ascii=False) if options["json"] else text)

    def password(self, options: dict[str, Any]) -> str:
        default = PASSWORD if settings.DEBUG else secrets.token_urlsafe(12)
        return options["password"] or default

    def removed(self, result: dict[str, int]) -> str:
        if not any(result.values()):
            return "There is no demo data here."
        return "Removed {organizations} organizations and {users} people.".format(**result)

    def seeded(self, result: dict[str, Any]) -> str:
        lines = ["", "Made four organizations:"]
        lines += [
            f"  {each['members']:>4} {'person' if each['members'] == 1 else 'people'}  "
            f"{each['name']}"
            for each in result["organizations"]
        ]
        lines += ["", f"Sign in with the password {result['password']} as:"]
        width = max(len(each["login"]) for each in result["logins"])
        lines += [
            f"  {each['login']:<{width}}  {each['name']}: {each['about']}"
            for each in result["logins"]
        ]
        lines += ["", "Take everything away again: manage.py organizations_demo --remove"]
        return "\n".join(lines)
