"""Section 13: uses seen in real public projects. Whole projects of them: ``tests/projects``."""

from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import models
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter
from django.db.models.deletion import RestrictedError
from django.test.utils import isolate_apps
from django.utils.module_loading import import_string

from organizations import abstract, base, fields
from organizations.fields import SlugField
from organizations.models import Organization, OrganizationUser
from organizations.utils import create_organization

from .conftest import ABSTRACT, make_person

PROJECTS = Path(__file__).parents[1] / "projects"

#: What section 13 lists, and the project that does it.
COVERED = {
    "not installed, abstract line": "library_abstract",
    "not installed, base line, the app's label is ours": "library_base",
    "listed before ours, fields of its own": "own_models",
    "bases in any order, options inherited or not": "redeclared",
    "a swappable set and a second one": "swappable_sets",
    "proxies that override __bool__ and save": "proxy_models",
    "a child of the invitation with parent_link": "multi_table",
    "incomplete and double sets": "double_sets",
    "keys of other kinds": "other_keys",
    "backends without __init__ and with other methods": "own_backends",
    "frozen migrations in both spellings": "old_migrations",
    "django-extensions' slug field": "extensions_slug",
    "data migration, signals without sender, names in queries": "default_models",
    "several families": "two_families",
    "a family in two modules": "two_modules",
    "users with nothing but an address": "email_people",
}


@pytest.mark.parametrize("use", COVERED, ids=lambda use: f"13-{use.replace(' ', '-')}")
def test_13_use_has_a_project(use):
    assert (PROJECTS / COVERED[use] / "settings.py").is_file()


def test_13_each_project_stands_for_a_use():
    found = {each.parent.name for each in PROJECTS.glob("*/settings.py")} - {"email_user"}
    assert found == set(COVERED.values())


# Bases in any order


@isolate_apps("tests.app")
def test_13_plain_abstract_model_before_ours():
    class Theirs(models.Model):
        remark = models.CharField(max_length=10)

        class Meta:
            abstract = True
            ordering = ["remark"]

    class First(Theirs, abstract.AbstractOrganization):  # noqa: DJ008
        class Meta:
            app_label = "host"

    class Second(abstract.SharedBaseModel, base.OrganizationBase):
        class Meta(base.OrganizationBase.Meta):
            app_label = "host"
            verbose_name = "second"

    names = {field.name for field in First._meta.fields}
    assert {"remark", "name", "slug", "created"} <= names
    assert First(name="x").family_kind == "organization"
    assert {"created", "modified", "name"} <= {field.name for field in Second._meta.fields}
    assert (Second._meta.ordering, str(Second._meta.verbose_name)) == (["name"], "second")
    assert [type(manager).__name__ for manager in Second._meta.managers] == [
        *("OrgManager", "ActiveOrgManager"),
    ]


# Names in queries


def test_13_names_in_queries(acme, ada, bo):
    acme.add_user(bo)
    user_model = type(ada)
    owners = user_model.objects.filter(
        organizations_organizationuser__organizationowner__id__isnull=False
    )
    assert list(owners) == [ada]
    assert list(ada.organizations_organization.all()) == [acme]
    member = ada.organizations_organizationuser.get()
    assert member.organizationowner.organization == acme
    assert acme.owner.organization_user.user == ada
    with pytest.raises(OrganizationUser.organizationowner.RelatedObjectDoesNotExist):
        bo.organizations_organizationuser.get().organizationowner  # noqa: B018


def test_13_users_remove(line, make, ada, bo):
    acme = make(line)
    acme.add_user(bo)
    acme.users.remove(bo)
    assert list(acme.users.all()) == [ada]


def test_13_users_remove_does_not_take_the_owner(acme, ada):
    with pytest.raises(RestrictedError):
        acme.users.remove(ada)
    assert acme.is_owner(ada)


# Overrides without super()


def test_13_overrides_without_super(acme, ada, bo, monkeypatch):
    calls = []
    monkeypatch.setattr(Organization, "is_admin", lambda self, user: calls.append("admin") or True)
    monkeypatch.setattr(Organization, "is_owner", lambda self, user: calls.append("owner") or True)
    monkeypatch.setattr(Organization, "__str__", lambda self: f"<{self.pk}>")
    monkeypatch.setattr(OrganizationUser, "name", property(lambda self: "somebody"))
    from django.views.generic import View

    from organizations.views.mixins import AdminRequiredMixin, OrganizationMixin, OwnerRequiredMixin

    class Page(AdminRequiredMixin, OwnerRequiredMixin, OrganizationMixin, View):
        def get(self, request, organization_pk):
            return str(self.organization)

    request = type("Request", (), {"user": bo, "method": "GET"})()
    assert Page.as_view()(request, organization_pk=acme.pk) == f"<{acme.pk}>"
    assert calls == ["admin", "owner"]
    assert str(acme.organization_users.get()) == "somebody (Acme)"


def test_13_invitation_asks_the_projects_own_add_user(line, make, ada, bo, monkeypatch):
    acme = make(line)
    calls = []

    def add_user(self, user, role="none", **kwargs):
        calls.append((user, role, kwargs))
        return line.member.objects.create(user=user, organization=self)

    monkeypatch.setattr(line.organization, "add_user", add_user)
    monkeypatch.setattr(line.invitation, "activation_kwargs", lambda self: {"role": "coach"})
    offer = line.invitation.objects.create(
        organization=acme, invited_by=ada, invitee_identifier="bo"
    )
    assert offer.activate(bo).user == bo
    assert calls == [(bo, "coach", {})]


@pytest.mark.parametrize("twin", ["objects.create", "objects.acreate"])
def test_13_private_names(line, make, bo, twin):
    from asgiref.sync import async_to_sync

    acme = make(line)
    manager = acme._org_user_model.objects

    async def acreate(**values):
        return await manager.acreate(**values)

    create = manager.create if twin == "objects.create" else async_to_sync(acreate)
    member = create(user=bo, organization=acme)
    assert acme.organization_users.get(user=bo) == member
    assert acme._org_owner_model.objects.get().organization == acme


@pytest.mark.parametrize("kind", ["organization", "member", "owner", "invitation"])
def test_13_private_names_on_each_rich_model(rich, kind):
    row = getattr(rich, kind)()
    if kind != "organization":
        row.organization = rich.organization()
    assert row._org_user_model is rich.member
    assert row._org_owner_model is rich.owner


# Permissions, partials, generators


def test_13_permissions_of_the_host_under_our_label_stay(acme, bo):
    permission = Permission.objects.create(
        codename="export_organization",
        name="Can export",
        content_type=ContentType.objects.get_for_model(Organization),
    )
    bo.user_permissions.add(permission)
    call_command("migrate", verbosity=0)
    assert Permission.objects.filter(pk=permission.pk).exists()
    assert bo.has_perm("organizations.export_organization")


def test_13_partial_with_the_model_again(ada):
    create = partial(create_organization, model=ABSTRACT.organization)
    assert type(create(ada, "One")) is ABSTRACT.organization
    assert type(create(ada, "Two", model=Organization)) is Organization


def test_13_generator_registered_under_the_fields_path():
    """Makers of test data find the field by the class that the path names."""
    generators = {import_string("organizations.fields.SlugField"): lambda: "a-slug"}
    for line_model in (Organization, ABSTRACT.organization):
        assert generators[type(line_model._meta.get_field("slug"))]() == "a-slug"


def test_13_slugify_function_on_the_model(rich, ada, monkeypatch):
    monkeypatch.setattr(
        rich.organization, "slugify_function", lambda self, text: text[::-1], raising=False
    )
    assert create_organization(ada, "abc", model=rich.organization).slug == "cba"


# Migrations


@pytest.mark.parametrize(
    "field",
    [
        fields.AutoCreatedField(),
        fields.AutoLastModifiedField(),
        SlugField(max_length=200, populate_from="name", blank=False, editable=True),
        SlugField(max_length=200, populate_from="name", blank=True, editable=False),
    ],
    ids=["created", "modified", "slug-editable", "slug-hidden"],
)
def test_13_fields_are_written_as_code_that_makes_them_again(field):
    text, imports = MigrationWriter.serialize(field)
    assert imports == {"import organizations.fields"} | (imports - {"import organizations.fields"})
    scope = {}
    exec("\n".join([*imports, f"made = {text}"]), scope)
    assert scope["made"].deconstruct()[1:] == field.deconstruct()[1:]


def test_13_related_name_is_stored_as_a_template(line):
    state = ModelState.from_model(line.member)
    _, _, _, kwargs = state.fields["user"].deconstruct()
    assert kwargs["related_name"] == "%(app_label)s_%(class)s"


def test_13_historical_models_are_no_families(line, db):
    """Data migrations use them; they must not join or disturb the real ones."""
    from organizations import families

    before = families.every()
    apps = ProjectState.from_apps(import_string("django.apps.apps")).apps
    model = apps.get_model(line.organization._meta.label)
    member = apps.get_model(line.member._meta.label)
    assert model is not line.organization
    row = model.objects.create(name="Old")
    user = apps.get_model("auth", "User").objects.create(username="x")
    member.objects.create(organization=row, user=user)
    assert line.organization.objects.get().users.get().username == "x"
    assert families.every() == before


def test_13_slugs_of_historical_models(db):
    apps = ProjectState.from_apps(import_string("django.apps.apps")).apps
    made = apps.get_model("organizations", "Organization").objects.create(name="Old One")
    assert made.slug == "old-one"


def test_13_a_migration_may_depend_on_the_sixth():
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    assert ("organizations", "0006_alter_organization_slug") in loader.graph.nodes


def test_13_user_may_be_missing_in_a_redeclared_member(line, make, monkeypatch):
    acme = make(line)
    monkeypatch.setattr(line.member._meta.get_field("user"), "null", True)
    member = line.member(organization=acme, user=None)
    assert member.name == ""
    assert "Acme" in str(member)
    assert acme.is_member(make_person("cy")) is False


@pytest.mark.parametrize("twin", [False, True], ids=["sync", "async"])
def test_13_nobody_is_no_member(line, make, twin):
    from asgiref.sync import async_to_sync
    from django.contrib.auth.models import AnonymousUser

    acme = make(line)
    ask = async_to_sync(acme.ais_member) if twin else acme.is_member
    assert ask(AnonymousUser()) is False
