"""``manage.py organizations_transfer acme ada@example.com``: give an organization its owner."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from organizations.converters import find_organization
from organizations.exceptions import OrganizationsError
from organizations.families import default_family
from organizations.services import members, ownership, registration


class Command(BaseCommand):
    help = (
        "Make a person the owner of an organization, and a member before that if need be. "
        "It also mends an organization without an owner."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", help="key or slug of the organization")
        parser.add_argument("address", help="e-mail address of the new owner's account")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = find_organization(default_family().organization, options["organization"])
        if organization is None:
            raise CommandError(f"No organization has the key or slug {options['organization']!r}.")
        try:
            user = registration.user_with(options["address"])
            if user is None:
                raise CommandError(f"No account has the address {options['address']!r}.")
            with transaction.atomic():
                member, created = members.get_or_add(organization, user)
                ownership.transfer(organization, member)
        except OrganizationsError as error:
            raise CommandError(str(error)) from error
        joined = ", who joined as a member" if created else ""
        self.stdout.write(self.style.SUCCESS(f"{organization} is owned by {user} now{joined}."))
