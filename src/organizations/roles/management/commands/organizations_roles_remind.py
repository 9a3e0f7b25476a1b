"""``manage.py organizations_roles_remind``: tell people by mail before their roles end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from organizations.mail import PATIENCE, configured_base, display_name
from organizations.roles import services
from organizations.roles.models import RoleAssignment


class Command(BaseCommand):
    help = (
        "Send a mail to every member who has a role that ends soon, once for each end. "
        "Run it daily. Roles end by themselves, with or without it. Exit code 1 if a mail did not "
        "leave; the next run sends it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=7, help="how many days ahead to look (7)")
        parser.add_argument("--dry-run", action="store_true", help="only tell who would get a mail")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 365:
            raise CommandError("--days must be 1 to 365.")
        if not options["dry_run"]:
            try:
                configured_base()  # said at once, and not on the day when the first role ends
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error
        now = timezone.now()
        rows = services.due_reminders(now=now, within=timedelta(days=options["days"]))
        sent = failed = in_a_row = 0
        for assignment in rows.select_related("organization", "role", "member__user"):
            if not options["dry_run"]:
                try:
                    if not services.remind(assignment, now=now):
                        continue
                except ObjectDoesNotExist:
                    continue  # taken away since the look
                if not self._is_told(assignment):
                    failed, in_a_row = failed + 1, in_a_row + 1
                    if in_a_row == PATIENCE:
                        break  # the mail server is away
                    continue
            sent, in_a_row = sent + 1, 0
            if options["dry_run"] or options["verbosity"] > 1:
                who = display_name(assignment.member.user)
                self.stdout.write(f"{who}: {assignment} in {assignment.organization}")
        word = "would be sent" if options["dry_run"] else "sent"
        if options["dry_run"] or options["verbosity"] > 0:
            self.stdout.write(self.style.SUCCESS(f"Reminders {word}: {sent}."))
        if failed:
            self.stderr.write(
                "A mail did not leave; the log says why. The next run sends the rest."
            )
            raise SystemExit(1)

    def _is_told(self, assignment: RoleAssignment) -> bool:
        rows = RoleAssignment._base_manager.filter(pk=assignment.pk)
        return rows.filter(reminded_at__isnull=False).exists()
