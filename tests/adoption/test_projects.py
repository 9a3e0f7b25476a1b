"""Whole projects, each with data of its own, whose model becomes the organization."""

import json

import pytest

from .support import add_package, apply, kept, old_project, plan_of, steps

PLAN = (
    *("organizations_adopt", "crm.Company"),
    *("--owner-field", "is_owner", "--admin-field", "is_manager"),
)


def adopted(project, plan):
    """Take the steps that the plan prints, in order."""
    model = plan[1]
    apply(plan_of(project, *plan[1:]))
    project.add_settings(f'ORGANIZATIONS["ORGANIZATION_MODEL"] = "{model}"')
    output = steps(project, plan, (*plan, "--write"))
    assert f"Next: manage.py organizations_adopt {model}" in output
    return output


def migrations_of(project, app):
    return sorted(path.stem for path in (project.folder / app / "migrations").glob("0*.py"))


def test_a_company_becomes_the_organization_of_the_whole_site(tmp_path):
    with old_project(tmp_path, "crm") as project:
        made = (("makemigrations", "crm", "-v0"), ("migrate", "-v0"))
        marks, before = kept(steps(project, *made, "fill_crm.py", "rows_crm.py"))
        add_package(project)

        source = (project.folder / "crm" / "models.py").read_text()
        text = steps(project, ("migrate", "-v0"), PLAN, (*PLAN, "--write"))
        assert "Plan: crm.Company becomes an organization. This command changes nothing." in text
        assert "Company (200 rows)" in text and "CompanyUser (597 rows)" in text
        assert "Names that another row has too: 100;" in text
        assert f"Without any member, and so without an owner: 1 ({marks['lonely']})." in text
        assert "Stay as they are, rows and keys: crm.Invoice.company." in text
        assert (
            "Next: change models.py, then manage.py organizations_adopt crm.Company "
            "--admin-field is_manager --owner-field is_owner --write\n" in text
        )
        assert "CompanyUser.person -> user, Company.staff -> organization_users." in text
        assert "Company is not built on AbstractOrganization." in text
        assert (project.folder / "crm" / "models.py").read_text() == source
        assert migrations_of(project, "crm") == ["0001_initial"]

        output = adopted(project, PLAN)
        names = [
            "0002_adopt_company_columns",
            "0003_adopt_company_data",
            "0004_adopt_company_rules",
            "0005_adopt_company_keep_owner",
        ]
        assert migrations_of(project, "crm")[1:] == names
        assert all(f"crm/migrations/{name}.py" in output for name in names)

        output = steps(
            project,
            ("makemigrations", "--check", "--dry-run"),
            PLAN,
            ("migrate", "crm", "-v0"),
            *("rows_crm.py", "family_crm.py"),
            ("migrate", "crm", "0001", "-v0"),
            "rows_crm.py",
            ("migrate", "-v0"),
            *("rows_crm.py", "family_crm.py"),
            ("organizations_doctor", "--json"),
            ("organizations_recover", str(marks["lonely"]), "--to", "p7@example.com", "--add"),
            ("organizations_doctor",),
            ("check", "--fail-level", "WARNING"),
        )
        assert "No changes detected" in output
        assert "crm.Company is an organization already" in output
        assert output.count(f"Without an owner: Company {marks['lonely']}.") == 2
        rows, family, back, forward, again = kept(output)
        assert rows == back == forward == before
        assert family == again == EXPECTED_FAMILY
        odd, _, rest = output.partition("$ organizations_recover")
        odd = json.loads(odd.partition("$ organizations_doctor --json")[2].rpartition("stopped")[0])
        assert [each["code"] for each in odd] == ["ownerless"]
        assert odd[0]["mend"] == f"manage.py organizations_recover {marks['lonely']}"
        assert "All is well." in rest
        assert "no issues (0 silenced)" in rest

        assert steps(project, "main_job.py").rstrip().endswith("done")


EXPECTED_FAMILY = {
    "slugs": [
        *("acme", "acme-2", "åse-søn", "åse-søn-2", "admin-2", "admin-3", "東京", "東京-2"),
        *("company", "company-94", "2024-2", "2024-3", "company-1", "company-1-2"),
    ],
    "distinct": 200,
    # By place of the member in its company: the oldest, a manager, the flagged owner. One of
    # the flagged is switched off, so a manager takes the place.
    "owners": {"0": 67, "1": 67, "2": 65},
    "ownerless": 1,
    "owners_are_admins": True,
    "admins": 199,
    "created": "2019-03-01",
    "all_active": True,
}


def test_a_hard_one(tmp_path):
    """UUID keys, an owner by foreign key, roles, half-filled short names, doubles."""
    plan = ("organizations_adopt", "club.Club", "--admin-field", "role=boss,deputy")
    with old_project(tmp_path, "club") as project:
        made = (("makemigrations", "club", "-v0"), ("migrate", "-v0"))
        [marks] = kept(steps(project, *made, "fill_club.py"))
        add_package(project)
        text = steps(project, ("migrate", "-v0"), plan)
        assert f"named owner is no member, so without an owner: 1 ({marks['absent']})" in text
        assert "Player has several rows for one person" in text
        assert "Player.club -> organization" in text and "Club.owner -> old_owner" in text

        adopted(project, plan)
        output = steps(
            project,
            ("makemigrations", "--check", "--dry-run"),
            ("migrate", "club", "-v0"),
            "undouble_club.py",
            ("migrate", "club", "-v0"),
            "family_club.py",
            ("migrate", "club", "0001", "-v0"),
            ("migrate", "club", "-v0"),
            "family_club.py",
        )
        assert "No changes detected" in output
        assert "stopped: Player has several rows for one person in one organization" in output
        assert f"organization {marks['doubled']}, user" in output
        first, again = kept(output)
        assert first == again == {
            "slugs": ["already-there", "already-there-2", "reds", "whites-2", "lonely"],
            "owners": ["boss", "named", "boss", None, None],
            "admins": marks["admins"],
            "active": [True, True, True, True, False],
            "players_see_their_clubs": True,
        }  # fmt: skip


@pytest.mark.sqlite
def test_other_changes_in_the_models_are_not_swept_along(tmp_path):
    vat = "    vat_number = models.CharField(max_length=20, blank=True)\n"
    with old_project(tmp_path, "crm") as project:
        steps(project, ("makemigrations", "crm", "-v0"))
        add_package(project)
        path = project.folder / "crm" / "models.py"
        source = path.read_text()
        path.write_text(source.replace(vat, vat.replace("20", "30")))
        output = steps(project, PLAN)
        assert "crm has changes without a migration. Run manage.py makemigrations crm" in output

        path.write_text(source)
        plan = plan_of(project, *PLAN[1:])
        assert plan["rows"] is None
        apply(plan)
        told = path.read_text()
        for damage, complaint in (
            ((vat, ""), "Remove field vat_number from company"),
            ((vat, vat.replace("20", "30")), "Alter field vat_number on company"),
            ((vat, f"{vat}    fax = models.TextField()\n"), "Add field fax to company"),
            (("class CompanyOwner(", "class Boss("), "The class CompanyOwner is missing"),
            (("InvitationLifecycle, Abs", "Abs"), "is not built on InvitationLifecycle"),
        ):
            path.write_text(told.replace(*damage))
            assert path.read_text() != told
            output = steps(project, (*PLAN, "--write"))
            assert complaint in output and "othing was written" in output
        assert migrations_of(project, "crm") == ["0001_initial"]
