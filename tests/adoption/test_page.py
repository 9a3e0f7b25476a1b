"""The how-to page does what it says: its models, its commands, its printed plan."""

import pytest

from tests.docs.blocks import DOCS, blocks_of
from tests.docs.fresh_project import start_project

from .support import add_package, apply, plan_of, steps

PAGE = DOCS / "howto" / "adopt.md"

# The database of these tests plays no part here: a new project has its own.
pytestmark = pytest.mark.sqlite

FILL = """
from crm.models import Company, CompanyUser, Invoice
from django.contrib.auth.models import User
make = User.objects.create
ada, bo = (make(username=name, email=f"{name}@example.com", password="!") for name in ("ada", "bo"))
acme, bell, core = (
    Company.objects.create(title=title, created_by=ada) for title in ("Acme", "Acme", "Core")
)
for company, user in ((acme, ada), (acme, bo), (bell, ada)):
    CompanyUser.objects.create(company=company, user=user, is_manager=user == bo)
Invoice.objects.create(company=acme, number="1")
"""


def page_project(folder):
    project = start_project(folder)
    [models] = [block for block in blocks_of(PAGE) if block.target == "crm/models.py"]
    project.write("crm/models.py", models.text)
    project.write("crm/migrations/__init__.py", "")
    project.add_settings('INSTALLED_APPS += ["crm"]')
    steps(project, ("makemigrations", "crm", "-v0"), ("migrate", "-v0"))
    project.run("-c", f"import django; django.setup()\n{FILL}")
    add_package(project)
    project.manage("migrate", "-v0")
    return project


def commands():
    lines = [line for block in blocks_of(PAGE) if block.language == "sh"
             for line in block.text.splitlines()]  # fmt: skip
    return [tuple(line.removeprefix("python manage.py ").split()) for line in lines]


def test_the_page_is_followed_to_its_end(tmp_path):
    project = page_project(tmp_path)
    plan, write, migrate, doctor = commands()
    [printed] = [block.text for block in blocks_of(PAGE) if block.language == "text"]
    assert project.manage(*plan).strip() == printed.strip()

    apply(plan_of(project, *plan[1:]))
    project.add_settings('ORGANIZATIONS["ORGANIZATION_MODEL"] = "crm.Company"')
    output = steps(project, write, migrate, doctor, ("makemigrations", "--check"))
    assert output.count("Written: crm/migrations/") == 4
    assert "Core (3) has no owner\n    -> manage.py organizations_recover 3" in output
    assert "1 thing to mend." in output
    assert "No changes detected" in output
    assert "Unapplying" in project.manage("migrate", "crm", "0001")
