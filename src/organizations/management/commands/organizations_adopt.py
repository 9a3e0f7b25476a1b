"""``manage.py organizations_adopt crm.Company``: turn an existing model into an organization."""

from __future__ import annotations

import inspect
import json
import os
import shlex
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.utils import run_formatters
from django.db.migrations.loader import MigrationLoader

from ..adoption import rows, source, survey, text, writing
from ..adoption.survey import AdoptionError, Options

OPTIONS = {
    "member": ("MODEL", "the membership model, as app_label.Model"),
    "user_field": ("NAME", "the membership's foreign key to its user"),
    "name_field": ("NAME", "the field that holds the name"),
    "active_field": ("NAME", "the field that says whether the organization is in use"),
    "admin_field": (
        "NAME",
        "the membership's field that says who is an admin: a flag, or role=boss,deputy",
    ),
    "owner_field": (
        "NAME",
        "what says who the owner is: a field of the membership, as above, or a foreign key of "
        "the organization to a user",
    ),
}


class Command(BaseCommand):
    help = (
        "Turn an existing model into an organization. Prints the plan and changes nothing; with "
        "--write, after models.py has been changed as the plan says, it writes the migrations."
    )
    # In the middle of it the project has errors, and this command says what mends them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help="the model, as app_label.Model")
        for name, (metavar, text_) in OPTIONS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=text_)
        parser.add_argument("--write", action="store_true", help="write the migrations")
        parser.add_argument("--json", action="store_true", help="print the plan as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        given = {name: options[name] for name in OPTIONS}
        try:
            self.adopt(options["model"], Options(**given), options)
        except AdoptionError as error:
            raise CommandError(str(error)) from error

    def adopt(self, label: str, given: Options, options: dict[str, Any]) -> None:
        loader = MigrationLoader(None)
        state = loader.project_state()
        self.refuse_twice(state, label)
        plan = survey.survey(state, label, given)
        told = writing.is_adopted(plan)
        if not told and writing.pending(loader, plan.app_label):
            raise AdoptionError(
                f"{plan.app_label} has changes without a migration. Run "
                f"manage.py makemigrations {plan.app_label} first."
            )
        steps = writing.names(plan, loader)
        if options["write"]:
            self.write(plan, loader)
            return
        figures = rows.count(plan, state, writing.leaf(plan, loader))
        changes = [] if told else source.edits(plan, *self.files(plan))
        if options["json"]:
            self.stdout.write(json.dumps(text.as_data(plan, figures, changes, steps), indent=2))
            return
        for line in text.show(plan, figures, changes, steps, told):
            self.stdout.write(line)
        again = f"manage.py organizations_adopt {self.repeat(options)} --write"
        missing = writing.differences(plan) if told else []
        if missing:
            self.stdout.write("models.py is not yet as the plan says:")
            self.stdout.write("".join(f"    {each}\n" for each in missing), ending="")
        first = "mend models.py" if missing else "change models.py"
        ready = told and not missing
        self.stdout.write(self.style.SUCCESS(f"Next: {'' if ready else f'{first}, then '}{again}"))

    def refuse_twice(self, state: Any, label: str) -> None:
        """The migrations of an adopted model end with its family."""
        model = state.models.get(tuple(label.lower().split(".")))
        if model is None:
            return
        ends = {
            other.name
            for (app_label, _name), other in state.models.items()
            if app_label == model.app_label and "organization_user" in other.fields
            if state.apps.get_model(app_label, other.name)
            ._meta.get_field("organization")
            .related_model._meta.label_lower
            == label.lower()
        }
        if ends:
            raise AdoptionError(
                f"{label} is an organization already: its owners are in {', '.join(sorted(ends))}. "
                "Next: manage.py migrate, if you have not yet."
            )

    def files(self, plan: survey.Plan) -> tuple[Path, Path]:
        found = []
        for name in (plan.organization, plan.member):
            path = inspect.getsourcefile(apps.get_model(plan.app_label, name))
            found.append(Path(str(path)))
        return found[0], found[1]

    def repeat(self, options: dict[str, Any]) -> str:
        words = [options["model"]]
        for name in OPTIONS:
            if options[name]:
                words += [f"--{name.replace('_', '-')}", options[name]]
        return shlex.join(words)

    def write(self, plan: survey.Plan, loader: Any) -> None:
        missing = writing.differences(plan)
        if missing:
            lines = "".join(f"\n    {each}" for each in missing)
            raise AdoptionError(
                f"models.py is not yet as the plan says; nothing was written:{lines}"
            )
        files = writing.write(plan, loader)
        run_formatters([str(path) for path in files], stderr=self.stderr)
        for path in files:
            self.stdout.write(f"Written: {os.path.relpath(path)}")
        self.stdout.write(self.style.SUCCESS("Next: read them, then manage.py migrate"))
        self.stdout.write("Then: manage.py organizations_doctor")
