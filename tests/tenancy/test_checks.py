"""What ``manage.py check`` says about models that cannot be guarded, and that are not."""

from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import models
from django.db.models.functions import Lower
from django.test.utils import isolate_apps

from organizations.abstract import SharedBaseModel
from organizations.models import Organization, OrganizationUser
from organizations.tenancy import rls
from organizations.tenancy.checks import (
    check_constraints,
    check_models,
    check_unguarded,
    problems_of,
)
from organizations.tenancy.managers import OwnedManager, OwnedQuerySet
from organizations.tenancy.models import OrganizationOwned
from organizations.tenancy.rls import RowLevelSecurity, SameOrganization
from tests.tenancy.files.models import Folder, FolderEvent, Label, Paper


def ids(model):
    return [problem.id.rpartition(".")[2] for problem in problems_of(model)]


@isolate_apps("tests.tenancy.files")
def test_models_that_cannot_be_guarded():
    def make(name, field, manager="organization", **more):
        body = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "files"})}
        managers = more or {"objects": OwnedManager(manager)}
        return type(name, (models.Model,), {**body, "organization": field, **managers})

    def key(to=Organization, **options):
        return models.ForeignKey(to, models.CASCADE, related_name="+", **options)

    assert ids(make("Fine", key())) == []
    assert ids(make("Unknown", key(), manager="company")) == ["E001"]
    assert ids(make("NoKey", models.IntegerField())) == ["E002"]
    assert ids(make("Member", key(OrganizationUser))) == ["E002"]
    assert ids(make("Nullable", key(null=True))) == ["E003"]
    assert ids(make("BySlug", key(to_field="slug"))) == ["E003"]


@isolate_apps("tests.tenancy.files")
def test_a_manager_that_opens_every_row_is_refused_with_its_class():
    def make(name, base, *, proxy=False, **managers):
        meta = type("Meta", (), {"app_label": "files", "proxy": proxy})
        return type(name, (base,), {"__module__": __name__, "Meta": meta, **managers})

    plain = type("Plain", (models.QuerySet,), {})
    for name, base, managers in (
        ("Hidden", OrganizationOwned, {"objects": models.Manager()}),
        ("HiddenByItsOwn", OrganizationOwned, {"objects": plain.as_manager()}),
        ("Unguarded", OrganizationOwned, {"objects": OwnedManager.from_queryset(plain)()}),
        ("Second", OrganizationOwned, {"everything": models.Manager()}),
        ("Proxy", Folder, {"objects": models.Manager(), "proxy": True}),
        ("Child", Folder, {"objects": models.Manager()}),
    ):
        with pytest.raises(ImproperlyConfigured, match="the rows of all organizations"):
            make(name, base, **managers)
    own = type("Own", (OwnedQuerySet,), {})
    fine = make("FineToo", OrganizationOwned, objects=OwnedManager.from_queryset(own)())
    assert isinstance(fine._base_manager, OwnedManager)


@isolate_apps("tests.tenancy.files")
def test_values_that_are_unique_among_all_organizations():
    def make(name, constraints=(), together=(), **fields):
        options = {"app_label": "files", "constraints": constraints, "unique_together": together}
        body = {"__module__": __name__, "Meta": type("Meta", (), options)}
        key = models.ForeignKey(Organization, models.CASCADE, related_name="+")
        body |= {"organization": key, "objects": OwnedManager()}
        return type(name, (models.Model,), {**body, **fields})

    def once(*parts, **options):
        return [models.UniqueConstraint(*parts, name="once", **options)]

    def text(**options):
        return models.CharField(max_length=10, **options)

    assert ids(make("ByField", code=text(unique=True))) == ["W005"]
    assert ids(make("Together", together=[("code", "organization")], code=text())) == ["W005"]
    assert ids(make("Named", once(fields=["code"]), code=text())) == ["W005"]
    assert ids(make("Lowered", once(Lower("code")), code=text())) == ["W005"]
    assert ids(make("LaterInIt", once(Lower("code"), "organization"), code=text())) == ["W005"]
    assert ids(make("First", once("organization", Lower("code")), code=text())) == []
    downwards = once(models.F("organization").desc(), "code")
    assert ids(make("Downwards", downwards, code=text())) == []
    assert ids(make("Fields", once(fields=["organization", "code"]), code=text())) == []
    assert ids(make("Key", code=text(primary_key=True))) == []
    to_folder = models.OneToOneField(Folder, models.CASCADE, related_name="+")
    assert ids(make("OneToOne", folder=to_folder)) == ["W006"]  # and nothing about uniqueness
    [found] = problems_of(make("Two", together=[("code", "made")], code=text(), made=text()))
    assert found.msg == (
        "files.Two has code and made unique among all organizations: a clash tells one of them "
        "what another has."
    )


def test_a_model_that_points_at_an_organization_and_is_not_guarded(monkeypatch):
    def of_files():
        found = [each for each in check_unguarded() if each.obj._meta.app_label == "files"]
        return [each for each in found if each.obj is not FolderEvent]

    assert of_files() == []
    # Neither the package's own models nor the families of the tests; the two are for everybody.
    labels = {each.obj._meta.label for each in check_unguarded()}
    crews = {"crews.Crew"} if apps.is_installed("tests.roles.crews") else set()
    assert labels == {"host.Product", "files.FolderEvent"} | crews
    monkeypatch.delattr(Label, "_organization_field_name")
    [found] = of_files()
    assert found.id == "organizations_tenancy.W004"
    assert found.msg.startswith("files.Label points at an organization by 'company'")
    assert "OwnedManager(field='company')" in found.hint


def test_a_base_class_of_the_package_hides_no_model(monkeypatch):
    with isolate_apps("tests.tenancy.files") as isolated:

        class Invoice(SharedBaseModel):
            payer = models.ForeignKey(Organization, models.CASCADE, related_name="+")

            class Meta:
                app_label = "files"

            def __str__(self):
                return "an invoice"

    monkeypatch.setattr("organizations.tenancy.checks.apps", isolated)
    assert [each.obj for each in check_unguarded()] == [Invoice]


def test_the_models_of_the_project_are_looked_at(monkeypatch):
    assert check_models() == []
    monkeypatch.setattr(Folder, "_organization_field_name", "nothing")
    assert [problem.id for problem in check_models()] == ["organizations_tenancy.E001"]


@pytest.mark.django_db(databases="__all__")
def test_the_doctor_says_so_as_well(monkeypatch, settings):
    settings.SILENCED_SYSTEM_CHECKS = []
    monkeypatch.delattr(Label, "_organization_field_name")
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("organizations_doctor", stdout=output)
    assert "files.Label points at an organization by 'company'" in output.getvalue()
    assert "[organizations_tenancy.W004]" in output.getvalue()


@isolate_apps("tests.tenancy.files")
def isolated_sheet():
    class Sheet(models.Model):
        organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
        folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
        label = models.ForeignKey(Label, models.CASCADE, related_name="+")

        objects = OwnedManager()

        class Meta:
            app_label = "files"
            constraints = [
                SameOrganization(name="in_label", field="label", to_organization="company")
            ]

        def __str__(self):
            return "a sheet"

    return Sheet


def test_a_foreign_key_that_could_point_at_another_organization(monkeypatch):
    Sheet = isolated_sheet()
    monkeypatch.setattr(rls.apps, "get_models", lambda *a, **k: [Sheet])
    [found] = problems_of(Sheet)
    assert found.id == "organizations_tenancy.W006"
    assert "by 'folder'" in found.msg
    assert "SameOrganization(field='folder'" in found.hint
    [found] = check_constraints()
    assert found.id == "organizations_tenancy.E005"
    assert "files.Label has nothing unique" in found.msg
    assert "UniqueConstraint(fields=['company', 'id'], name=...)" in found.hint

    def unique(**options):
        return models.UniqueConstraint(fields=["company", "id"], name="label_key", **options)

    for constraints, count in (([unique(condition=models.Q(name="x"))], 1), ([unique()], 0)):
        monkeypatch.setattr(Label._meta, "constraints", constraints)
        assert len(check_constraints()) == count


def test_the_key_to_a_parent_model_is_left_out():
    with isolate_apps("tests.tenancy.files"):

        class Note(Folder):
            class Meta:
                app_label = "files"

    assert [each for each in problems_of(Note) if each.id.endswith("W006")] == []


#: What is wrong with a policy or a key, and what is said of it.
WRONG = {
    "no such field": (RowLevelSecurity(name="x", field="nothing"), "no foreign key 'nothing'"),
    "no foreign key": (RowLevelSecurity(name="x", field="name"), "no foreign key 'name'"),
    "no organization": (RowLevelSecurity(name="x", field="folder"), "points at no organization"),
    "no parent": (RowLevelSecurity(name="x", parent="nothing"), "no foreign key 'nothing'"),
    "parent without policy": (
        RowLevelSecurity(name="x", parent="user"),
        "no policy covers auth.User",
    ),
    "itself": (RowLevelSecurity(name="x", parent="above"), "it looks at itself"),
    "no relation": (
        RowLevelSecurity(name="x", many_to_many=["folder"]),
        "no many-to-many relation 'folder'",
    ),
    "relation of the other": (
        RowLevelSecurity(name="x", many_to_many=["nothing"]),
        "no many-to-many relation 'nothing'",
    ),
    "a model of its own": (
        RowLevelSecurity(name="x", many_to_many=["read"]),
        "'read' goes through a model of its own",
    ),
    "no history": (RowLevelSecurity(name="x", history=["Nothing"]), "has no model 'Nothing'"),
    "other history": (
        RowLevelSecurity(name="x", history=["Bookmark"]),
        "Bookmark has no field 'organization'",
    ),
    "long name": (RowLevelSecurity(name="x" * 59), "its name is too long"),
    "no guarded row": (SameOrganization(name="x", field="user"), "'user' points at no guarded row"),
    "no key": (SameOrganization(name="x", field="nothing"), "'nothing' points at no guarded row"),
    "plain field": (SameOrganization(name="x", field="name"), "'name' points at no guarded row"),
    "other name": (
        SameOrganization(name="x", field="folder", organization="company"),
        "have other names",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_policy_or_a_key_that_cannot_be_made(name, monkeypatch):
    constraint, problem = WRONG[name]
    with isolate_apps("tests.tenancy.files"):

        class Reading(models.Model):
            folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
            page = models.ForeignKey("Page", models.CASCADE, related_name="+")

            class Meta:
                app_label = "files"

            def __str__(self):
                return "a reading"

        class Page(models.Model):
            organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
            folder = models.ForeignKey(Folder, models.CASCADE, related_name="+")
            user = models.ForeignKey(get_user_model(), models.CASCADE, related_name="+")
            above = models.ForeignKey("self", models.CASCADE, related_name="+")
            name = models.CharField(max_length=10)
            read = models.ManyToManyField(Folder, through=Reading, related_name="+")

            objects = OwnedManager()

            class Meta:
                app_label = "files"
                constraints = [constraint]

            def __str__(self):
                return "a page"

    monkeypatch.setattr(rls.apps, "get_models", lambda *a, **k: [Page, Folder])
    [found] = check_constraints()
    assert problem in found.msg
    assert found.hint
    assert found.id[-4:] == ("E004" if isinstance(constraint, RowLevelSecurity) else "E005")


def test_a_policy_over_a_column_of_a_parent_model(monkeypatch):
    with isolate_apps("tests.tenancy.files"):

        class Note(Folder):
            class Meta:
                app_label = "files"
                constraints = [RowLevelSecurity(name="note_rows")]

    monkeypatch.setattr(rls.apps, "get_models", lambda *a, **k: [Note, Folder])
    [found] = check_constraints()
    assert "'organization' is a column of files.Folder" in found.msg
    assert found.hint.startswith("parent='folder_ptr'")


def test_the_constraints_of_the_tests_are_well():
    assert check_constraints() == []
    for constraint in (*Folder._meta.constraints, *Paper._meta.constraints):
        if isinstance(constraint, RowLevelSecurity | SameOrganization):
            clone = constraint.clone()
            assert clone == constraint
            assert hash(clone) == hash(constraint)
            assert clone != models.UniqueConstraint(fields=["name"], name=constraint.name)
    assert RowLevelSecurity(name="x") != RowLevelSecurity(name="x", enforce=False)
    assert RowLevelSecurity(name="x", enforce=False).clone().enforce is False
