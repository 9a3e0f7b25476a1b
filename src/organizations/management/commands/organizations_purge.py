"""``manage.py organizations_purge``: delete for good what cannot be restored any more."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from organizations.services import closing


class Command(BaseCommand):
    help = (
        "Delete for good the organizations that were deleted on their page longer ago than "
        "DELETION_GRACE. Run it once a day. Exit code 1 if one of them could not go."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would go, and delete nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        dry_run = options["dry_run"]
        found = closing.purge(now=timezone.now(), dry_run=dry_run)
        for each in found:
            name = f"{each.organization} ({each.organization.pk})"
            if each.problem:
                self.stdout.write(self.style.WARNING(f"{name} stays: {each.problem}"))
            else:
                self.stdout.write(f"{name} {'would be' if dry_run else 'is'} deleted for good.")
        stayed = sum(1 for each in found if each.problem)
        if not found:
            self.stdout.write("Nothing to delete.")
        if stayed:
            self.stdout.write(f"{stayed} could not go: remove what still needs them first.")
            raise SystemExit(1)
