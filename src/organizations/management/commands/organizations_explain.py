"""``manage.py organizations_explain``: why may, or may not, somebody do something?"""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from organizations.converters import find_organization
from organizations.exceptions import NotAnAddress, OrganizationsError
from organizations.families import default_family
from organizations.services import registration
from organizations.services.explain import Explanation, explain, explain_all


class Command(BaseCommand):
    help = (
        "Say what a person may do in an organization, and why. With a permission the exit code "
        "is 0 if the person may, and 1 if not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="e-mail address or login name of the person")
        parser.add_argument("organization", help="key or slug of the organization")
        parser.add_argument(
            "permission", nargs="?", help="such as organizations.invite_member; all if left out"
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = find_organization(default_family().organization, options["organization"])
        if organization is None:
            raise CommandError(f"No organization has the key or slug {options['organization']!r}.")
        user = _user(options["user"])
        if options["permission"] is None:
            self._print_all(explain_all(user, organization), as_json=options["json"])
            return
        try:
            answer = explain(user, options["permission"], organization)
        except OrganizationsError as error:
            raise CommandError(str(error)) from error
        text = json.dumps(answer.as_dict(), indent=2) if options["json"] else answer.sentence
        self.stdout.write(text)
        if not answer.allowed:
            raise SystemExit(1)

    def _print_all(self, answers: list[Explanation], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps([each.as_dict() for each in answers], indent=2))
            return
        self.stdout.write(f"{answers[0].person} in {answers[0].organization}:")
        width = max(len(each.permission.name) for each in answers)
        for each in answers:
            word = self.style.SUCCESS("yes") if each.allowed else self.style.WARNING("no ")
            self.stdout.write(
                f"  {word}  {each.permission.name:<{width}}  {' '.join(each.reasons)}"
            )


def _user(text: str) -> Any:
    """Return the account with that address, or else with that login name."""
    try:
        user = registration.user_with(text)
    except NotAnAddress:
        user = None
    except OrganizationsError as error:
        raise CommandError(str(error)) from error
    model = get_user_model()
    user = user or model._default_manager.filter(**{model.USERNAME_FIELD: text}).first()
    if user is None:
        raise CommandError(f"No account has the address or login name {text!r}.")
    return user
