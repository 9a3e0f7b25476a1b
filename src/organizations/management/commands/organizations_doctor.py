"""``manage.py organizations_doctor``: look a project over and say what to do."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core import checks
from django.core.mail import send_mail
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from organizations.services import health
from organizations.services.health import Finding


class Command(BaseCommand):
    help = (
        "Look over settings, URLs, templates and rows. Every finding comes with what mends it; "
        "nothing is changed unless --mend names it. Exit code 1 if there is something to mend."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--mend",
            metavar="CODE",
            action="append",
            choices=health.MENDABLE,
            help=f"mend every row of one kind and do nothing else: {', '.join(health.MENDABLE)}",
        )
        parser.add_argument("--json", action="store_true", help="print findings as JSON")
        parser.add_argument(
            "--mail-to", metavar="ADDRESS", help="send a mail there, to see that mail works"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["mend"]:
            for code in options["mend"]:
                self.stdout.write(f"{code}: {health.mend(code)} mended.")
            return
        findings = _check_findings()
        if all(finding.code != "organizations.E002" for finding in findings):
            findings += health.odd_rows()  # without readable settings nobody knows whose rows
        if options["mail_to"]:
            findings += _mail_findings(options["mail_to"])
        if options["json"]:
            self.stdout.write(json.dumps([asdict(each) for each in findings], indent=2))
        else:
            self._print(findings, mailed=options["mail_to"])
        if findings:
            raise SystemExit(1)

    def _print(self, findings: list[Finding], *, mailed: str | None) -> None:
        for finding in findings:
            self.stdout.write(self.style.WARNING(f"{finding.subject} {finding.problem}"))
            self.stdout.write(f"    -> {finding.mend}")
        count = len(findings)
        if mailed and not any(finding.code == "mail" for finding in findings):
            self.stdout.write(f"A mail to {mailed} was handed over. Look whether it arrives.")
        if count:
            self.stdout.write(f"\n{count} thing{'s' if count > 1 else ''} to mend.")
        else:
            self.stdout.write(self.style.SUCCESS("All is well."))


def _check_findings() -> list[Finding]:
    return [
        Finding(
            str(message.id),
            "The project:",
            f"{message.msg} [{message.id}]",
            (message.hint or "").replace("\n", "\n       "),
        )
        for message in checks.run_checks(tags=["organizations"], databases=list(connections))
        if message.level >= checks.WARNING and not message.is_silenced()
    ]


def _mail_findings(address: str) -> list[Finding]:
    try:
        send_mail("A test of the mail settings", "It works.\n", None, [address])
    except Exception as error:  # whatever a mail server can do to us
        return [
            Finding("mail", "The mail server", f"refuses: {error}", "look at the EMAIL_ settings")
        ]
    return []
