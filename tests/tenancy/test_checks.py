"""What ``manage.py check`` says about models whose foreign key cannot guard them."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from organizations.tenancy.checks import check_models, problems_of
from organizations.tenancy.managers import OwnedManager, OwnedQuerySet
from organizations.tenancy.models import OrganizationOwned
from tests.tenancy.files.models import Folder


def ids(model):
    return [problem.id.rpartition(".")[2] for problem in problems_of(model)]


@isolate_apps("tests.tenancy.files")
def test_models_that_cannot_be_guarded():
    from organizations.models import Organization, OrganizationUser

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


def test_the_models_of_the_project_are_looked_at(monkeypatch):
    assert check_models() == []
    monkeypatch.setattr(Folder, "_organization_field_name", "nothing")
    assert [problem.id for problem in check_models()] == ["organizations_tenancy.E001"]
