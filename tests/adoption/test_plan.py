"""What the plan says about models of many shapes, and which lines it changes in a file."""

import textwrap

import pytest
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

from organizations.management.adoption import source, survey
from organizations.management.adoption.survey import AdoptionError, Options, Rule

from .support import apply

KEY = ("id", models.BigAutoField(primary_key=True))


def key_to(model, **options):
    options.setdefault("related_name", "+")
    return models.ForeignKey(model, models.CASCADE, **options)


def state_of(company, member=None, **others):
    """Return what the migrations of an app would describe: a model for each dictionary."""
    state = ProjectState()
    state.add_model(ModelState("auth", "User", [KEY]))
    state.add_model(ModelState("crm", "Company", [KEY, *company.items()]))
    if member is not None:
        others["CompanyUser"] = member
    for name, fields in others.items():
        options = fields.pop("options", {})
        state.add_model(ModelState("crm", name, [KEY, *fields.items()], options=options))
    return state


def plain_member(**more):
    return {"company": key_to("crm.Company"), "user": key_to("auth.User"), **more}


def plain_company(**more):
    return {"name": models.CharField(max_length=200), **more}


def plan(company=None, people=None, others=None, **options):
    state = state_of(company or plain_company(), people or plain_member(), **(others or {}))
    return survey.survey(state, "crm.Company", Options(**options))


def refusal(*arguments, **options):
    with pytest.raises(AdoptionError) as caught:
        plan(*arguments, **options)
    return str(caught.value)


def test_a_plain_pair_needs_no_option():
    found = plan()
    assert (found.organization, found.member) == ("Company", "CompanyUser")
    assert (found.owner, found.invitation) == ("CompanyOwner", "CompanyInvitation")
    assert found.member_renames == {"company": "organization"}
    assert found.organization_renames == {}
    assert found.admin_rule is None and found.owner_rule is None and found.lacks_unique
    there = {(need.model, need.what): need.there for need in found.needs}
    assert there == {
        ("Company", "name"): True,
        ("Company", "is_active"): False,
        ("Company", "slug"): False,
        ("Company", "created"): False,
        ("Company", "modified"): False,
        ("CompanyUser", "organization"): False,
        ("CompanyUser", "user"): True,
        ("Company", "users"): False,
        ("CompanyUser", "is_admin"): False,
        ("CompanyUser", "unique pair"): False,
        ("CompanyUser", "created"): False,
        ("CompanyUser", "modified"): False,
        ("CompanyOwner", "owner model"): False,
        ("CompanyInvitation", "invitation model"): False,
    }


@pytest.mark.parametrize(
    ("field", "dropped"),
    [
        (models.CharField(max_length=80), True),
        (models.CharField(max_length=200), True),
        (models.CharField(max_length=255), False),
        (models.TextField(), False),
    ],
)
def test_a_name_keeps_its_line_only_if_it_is_longer(field, dropped):
    assert ("name" in plan({"name": field}).organization_drops) is dropped


@pytest.mark.parametrize("name", survey.NAMES)
def test_a_name_is_found_under_other_words(name):
    found = plan({name: models.CharField(max_length=80), "city": models.CharField(max_length=80)})
    assert found.organization_renames == {name: "name"}


def test_flags_are_found_by_their_names():
    flag = models.BooleanField
    found = plan(
        plain_company(enabled=flag(default=True)),
        plain_member(is_manager=flag(default=False), is_owner=flag(default=False)),
    )
    assert found.organization_renames == {"enabled": "is_active"}
    assert found.admin_rule == Rule("member", "is_manager")
    assert found.owner_rule == Rule("member", "is_owner")


def test_roles_are_told_by_their_values():
    role = models.CharField(max_length=10, choices=[("boss", "Boss")])
    assert "--admin-field role=VALUE" in plan(None, plain_member(role=role)).hints[0]
    found = plan(
        None, plain_member(role=role), admin_field="role=boss,vice", owner_field="role=boss"
    )
    assert found.admin_rule.lookup == {"role__in": ["boss", "vice"]}
    assert found.owner_rule.lookup == {"role__in": ["boss"]}


def test_an_owner_by_foreign_key_makes_way_for_the_relation():
    found = plan(plain_company(owner=key_to("auth.User", null=True)))
    assert found.owner_rule == Rule("organization", "owner")
    assert found.organization_renames == {"owner": "old_owner"}
    found = plan(plain_company(created_by=key_to("auth.User", null=True)))
    assert found.owner_rule is None and "--owner-field created_by" in found.hints[0]
    found = plan(plain_company(created_by=key_to("auth.User", null=True)), owner_field="created_by")
    assert found.owner_rule == Rule("organization", "created_by")
    assert found.organization_renames == {}


def test_the_membership_is_told_from_other_models_with_both_keys():
    order = plain_member(total=models.IntegerField())
    unique = plain_member(options={"unique_together": {("company", "user")}})
    assert plan(None, unique, {"Order": order}).member == "CompanyUser"
    found = plan(None, None, {"Order": plain_member()}, member="crm.CompanyUser")
    assert found.member == "CompanyUser"


def test_names_that_are_taken_are_left_alone():
    found = plan(
        None, None, {"CompanyOwner": {}, "CompanyInvitation": {"x": key_to("crm.Company")}}
    )
    assert (found.owner, found.invitation) == ("CompanyOwner2", "CompanyInvitation2")
    assert found.referrers == ["crm.CompanyInvitation.x"]


def test_a_one_to_one_user_is_remarked_on():
    one = models.OneToOneField("auth.User", models.CASCADE, related_name="+")
    found = plan(None, {"company": key_to("crm.Company"), "account": one})
    assert found.member_renames == {"company": "organization", "account": "user"}
    assert "ForeignKey would allow it" in found.hints[0]


def test_fields_that_the_pages_leave_empty_are_told():
    found = plan(
        plain_company(vat=models.CharField(max_length=9, unique=True), note=models.TextField()),
        plain_member(since=models.DateField(), seen=models.DateField(auto_now=True)),
    )
    assert [hint.split(",")[0] for hint in found.hints] == [
        "The pages make rows without Company.vat",
        "The pages make rows without CompanyUser.since",
    ]


text, flag = models.CharField(max_length=80), models.BooleanField(default=False)


@pytest.mark.parametrize(
    ("company", "member", "options", "sentence"),
    [
        ({"a": text, "b": text}, None, {}, "--name-field NAME"),
        ({"name": models.CharField(max_length=9, null=True)}, None, {}, "may be NULL"),
        (None, None, {"name_field": "nope"}, "--name-field nope: crm.Company has no text field"),
        (None, None, {"active_field": "name"}, "has no yes-or-no field of that name"),
        (None, None, {"admin_field": "nope"}, "--admin-field nope: crm.CompanyUser has no"),
        (None, None, {"owner_field": "nope=1"}, "crm.CompanyUser has no field 'nope'"),
        (None, None, {"member": "crm.Nope"}, "know no model 'crm.Nope'"),
        (None, None, {"member": "auth.User"}, "auth.User is no membership"),
        (None, None, {"user_field": "nope"}, "has no foreign key of that name to auth.User"),
        (plain_company(slug=models.IntegerField()), None, {}, "slug is no text field"),
        (plain_company(users=text), None, {}, "leads elsewhere than through CompanyUser"),
        (None, plain_member(organization=text), {}, "something else than the organization"),
        (None, plain_member(other=key_to("crm.Company")), {}, "several keys to crm.Company"),
        (None, plain_member(is_admin=text), {}, "is_admin is no yes-or-no field"),
        (None, plain_member(owner=flag, is_owner=flag), {}, "--owner-field is_owner"),
        (
            None,
            {"company": key_to("crm.Company"), "a": key_to("auth.User"), "b": key_to("auth.User")},
            {},
            "--user-field a\n    --user-field b",
        ),
    ],
)
def test_what_is_unclear_is_refused_with_a_sentence(company, member, options, sentence):
    assert sentence in refusal(company, member, **options)


def test_without_one_membership_model_the_way_there_is_told():
    both = {"A": plain_member(), "B": plain_member()}
    with pytest.raises(AdoptionError, match=r"--member crm\.A\n    --member crm\.B"):
        survey.survey(state_of(plain_company(), None, **both), "crm.Company", Options())
    many = models.ManyToManyField("auth.User", related_name="+")
    with pytest.raises(AdoptionError, match=r"crm\.Company\.people leads to the users through"):
        survey.survey(state_of(plain_company(people=many)), "crm.Company", Options())
    with pytest.raises(AdoptionError, match="No model holds the memberships"):
        survey.survey(state_of(plain_company()), "crm.Company", Options())
    with pytest.raises(AdoptionError, match="know no model 'Company'"):
        survey.survey(state_of(plain_company()), "Company", Options())


def changed(tmp_path, company, member=None, **plan_of):
    """Return a file, or two, after the edits of a plan."""
    paths = []
    for name, content in (("company.py", company), ("member.py", member)):
        if content is not None:
            path = tmp_path / name
            path.write_text(textwrap.dedent(content).lstrip())
            paths.append(path)
    made = survey.Plan("crm", "Company", "Person", "CompanyOwner", "CompanyInvitation")
    made.member_renames = {"firm": "organization"}
    for name, value in plan_of.items():
        setattr(made, name, value)
    edits = source.edits(made, paths[0], paths[-1])
    apply(
        {
            "edits": [
                {"file": e.file, "line": e.line, "old": [*e.old], "new": [*e.new]} for e in edits
            ]
        }
    )
    for path in paths:
        compile(path.read_text(), str(path), "exec")
    return [path.read_text() for path in paths]


def test_two_files_strange_layout_and_no_meta(tmp_path):
    company, member = changed(
        tmp_path,
        '''
        """Companies: é, ü."""
        from django.db.models import CharField, Model as M
        from django.db import models
        from elsewhere import Stamped

        class Company(Stamped):
            titel, other = None, None
            title: str = CharField(
                "é", max_length=80,
            )
            size = models.IntegerField(default=1)  # é

            @property
            def shout(self):
                return "é" + self.title.upper() + self.other.title
        ''',
        """
        from django.conf import settings
        from django.db import models

        class Person(models.Model):
            firm = models.ForeignKey(
                "crm.Company",
                models.CASCADE,
            )
            user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)

            class Meta:
                ordering = ["firm__title", "-firm"]

            def __str__(self):
                return f"{self.firm.title} {self.firm_id}"
        """,
        organization_renames={"title": "name"},
        organization_drops=["title"],
        organization_words=("company", "companies"),
    )
    assert "class Company(Stamped, AbstractOrganization):" in company
    assert "max_length" not in company
    assert 'return "é" + self.name.upper() + self.other.title' in company
    assert 'verbose_name_plural = "companies"' in company
    assert company.index("class Meta") < company.index("@property")
    assert "from organizations.abstract import AbstractOrganization\n" in company
    assert 'models.CASCADE, related_name="organization_users",' in member
    assert 'ordering = ["organization__title", "-organization"]' in member
    assert 'unique_together = ("user", "organization")' in member
    assert "{self.organization.name} {self.organization_id}" in member
    assert member.rstrip().endswith("]")


def test_a_class_without_any_method(tmp_path):
    [text] = changed(
        tmp_path,
        """
        from django.db import models


        class Company(models.Model):
            name = models.CharField(max_length=200)


        class Person(models.Model):
            firm = models.ForeignKey(Company, models.CASCADE, related_name="x")
            user = models.ForeignKey("auth.User", models.CASCADE)
        """.rstrip(),
        organization_drops=["name"],
        organization_words=("company", "companys"),
        member_words=("person", "persons"),
    )
    assert text.count("class Meta(") == 3
    assert "firm = models" not in text and 'related_name="organization_users"' in text
    assert text.index("class Company(") < text.index('verbose_name = "company"')
    assert text.index('verbose_name = "company"') < text.index("class Person(")


@pytest.mark.parametrize(
    ("company", "sentence"),
    [
        ("Company = make()\nclass Person(M): ...\n", "has no class Company on its first level"),
        ("class Company:\n    name = 1\nclass Person(M): ...\n", "Company has no base class"),
        ("class Company(Titled): ...\nclass Person(M): ...\n", "is written in a base class"),
        (
            "class Company(M):\n    name = 1\nclass Person(Joined): ...\n",
            "Person.firm is written in a base class",
        ),
        (
            "class Company(M):\n    name = 1\nclass Person(M):\n    firm = F(x)\n    user = F(x)\n"
            "    class Meta:\n        unique_together = ('a', 'b')\n",
            "Add the pair to unique_together",
        ),
    ],
)
def test_a_file_that_cannot_be_changed_line_by_line_is_refused(tmp_path, company, sentence):
    with pytest.raises(AdoptionError, match=sentence):
        changed(tmp_path, company, organization_drops=["name"])
