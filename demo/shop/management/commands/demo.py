"""Everything from an empty folder to a page that can be looked at."""

import json
import signal
import socket
import sys
from io import StringIO

from catalog.demo_data import add_products
from catalog.roles_and_teams import add_roles_and_teams
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from organizations.management.commands.organizations_demo import PASSWORD
from organizations.management.demo_data import LOGINS, is_present

from ...invitations import send_invitations

HOST = "127.0.0.1"
TRIES = 50


class Command(BaseCommand):
    help = "Make the demo's database, fill it once, print the logins and serve the demo."
    # The tables of what is checked may not be there yet.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--db", choices=["sqlite", "postgres"], default="sqlite",
            help="database to use; postgres is the embedded server (read by manage.py)",
        )  # fmt: skip
        parser.add_argument("--port", type=int, default=8000, help="port to serve at (8000)")
        parser.add_argument("--fresh", action="store_true", help="forget all data and start anew")
        parser.add_argument("--no-serve", action="store_true", help="only make and fill")

    def handle(self, *args, db, port, fresh, no_serve, **options):
        if connection.vendor != {"sqlite": "sqlite", "postgres": "postgresql"}[db]:
            raise CommandError("--db is read by manage.py: run this as a program of its own.")
        wanted, port = port, port if no_serve else free_port(port)
        address = f"http://{HOST}:{port}"
        if fresh:
            forget_everything()
        call_command("migrate", verbosity=0)
        if not is_present():
            fill(address)
        self.say_hello(address, db=db, taken=wanted if wanted != port else None, runs=not no_serve)
        if not no_serve:
            serve(port)

    def say_hello(self, address, *, db, taken, runs):
        bold = self.style.MIGRATE_HEADING
        state = "The demo runs at" if runs else "The demo is ready. It will run at"
        lines = ["", bold(f"  {state}  {address}/")]
        if taken:
            lines.append(f"  (port {taken} is taken by another program)")
        lines += ["", "  Sign in with one click:", ""]
        for person in LOGINS:
            lines.append(f"    {person.first_name} {person.last_name}, {person.about}")
            lines.append(f"    {address}/login-as/{person.username}/")
            lines.append("")
        names = ", ".join(person.username for person in LOGINS)
        kept = {"sqlite": "SQLite", "postgres": "the embedded PostgreSQL"}[db]
        lines += [
            f"  Or by hand with the password  {PASSWORD}",
            f"    {names}",
            "",
            f"  Mail of the demo lands at  {address}/mail/",
            f"  Its data are kept in {kept}; --fresh starts anew",
            "",
            "  Stop with Ctrl+C." if runs else "  Serve it with: manage.py demo",
            "",
        ]
        self.stdout.write("\n".join(lines))


def free_port(first):
    """Return the first port from there on that no program listens at."""
    for port in range(first, min(first + TRIES, 65536)):
        with socket.socket() as probe:
            # As the server binds it: a port just left by an ended server counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise CommandError(f"No port from {first} on can be used. Choose another one with --port.")


def forget_everything():
    """Drop all tables of the demo's database, and nothing else."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            return
        tables = connection.introspection.table_names(cursor)
        cursor.execute("PRAGMA foreign_keys = OFF")
        for table in tables:
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")
        cursor.execute("PRAGMA foreign_keys = ON")


def fill(address):
    """Make people and organizations with products, roles and teams, and mails to click at."""
    printed = StringIO()
    call_command("organizations_demo", json=True, stdout=printed)
    made = json.loads(printed.getvalue())
    add_products(each["slug"] for each in made["organizations"])
    add_roles_and_teams()
    send_invitations(address)


def serve(port):
    """Serve until Ctrl+C, without the reloader: one process, and it starts at once."""
    # Leave in order when told to stop, so that an embedded server stops too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    call_command(
        "runserver", f"{HOST}:{port}", use_reloader=False, skip_checks=True, stdout=StringIO()
    )
