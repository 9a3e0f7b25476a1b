"""``manage.py organizations_invite acme people.csv --as ada@example.com``: invite many people."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organizations.backends import invitation_backend
from organizations.converters import find_organization
from organizations.exceptions import OrganizationsError
from organizations.families import default_family
from organizations.services import bulk, lists, ownership, registration


class Command(BaseCommand):
    help = (
        "Invite everybody on a list of addresses and say how many lines ended how. "
        "A file whose name ends with .csv is read as a table with headings, anything else as "
        "addresses on lines or between commas."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="key or slug of the organization")
        parser.add_argument("file", help="the list; - for standard input")
        parser.add_argument(
            "--as",
            dest="inviter",
            metavar="ADDRESS",
            help="e-mail address of the account that invites, by its own rights; without it the "
            "owner is named, and the command itself vouches for the offers",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--admin", action="store_true", help="invite them as admins")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = find_organization(default_family().organization, options["organization"])
        if organization is None:
            raise CommandError(f"No organization has the key or slug {options['organization']!r}.")
        backend = invitation_backend()
        if not backend.requires_acceptance:
            raise CommandError("The project's INVITATION_BACKEND keeps no invitations.")
        try:
            actor = self.inviter(options["inviter"])
            results = bulk.invite_many(
                organization,
                self.lines(options["file"]),
                actor=actor,
                invited_by=actor or self.owner(organization),
                now=timezone.now(),
                deliver_many=None if options["dry_run"] else backend.deliver_many(),
                dry_run=options["dry_run"],
                is_admin=options["admin"],
            )
        except OrganizationsError as error:
            raise CommandError(str(error)) from error
        self.tell(results, quiet=options["verbosity"] < 2)

    def inviter(self, address: str | None) -> Any:
        if address is None:
            return None
        user = registration.user_with(address)
        if user is None:
            raise CommandError(f"No account has the address {address!r}.")
        return user

    def owner(self, organization: Any) -> Any:
        owner = ownership.owner_of(organization)
        if owner is None:
            raise CommandError("The organization has no owner: say with --as who invites.")
        return owner.user

    def lines(self, name: str) -> list[lists.Line]:
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.") from error
        if name.endswith(".csv"):
            return lists.parse_csv(data)
        return lists.parse_text(lists.decode(data))

    def tell(self, results: list[bulk.Result], *, quiet: bool) -> None:
        messages = {result.code: result.message for result in results}
        for code, count in Counter(result.code for result in results).most_common():
            self.stdout.write(f"{count:>6}  {code:<20}  {messages[code]}")
        for result in results:
            if not result.is_done:
                line = result.line
                shown = ascii(line.address or line.text)[1:-1]
                self.stderr.write(f"line {line.number}: {shown}: {result.message}")
        if not results:
            self.stdout.write("The list is empty.")
        elif not quiet:
            for result in results:
                self.stdout.write(f"{result.line.number}\t{result.code}\t{result.line.address}")
