"""Section 3: the models and the relations that are added by themselves."""

from importlib import import_module

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, models, transaction
from django.test.utils import isolate_apps

from organizations.abstract import AbstractOrganization, SharedBaseModel
from organizations.base import AbstractBaseOrganization, OrganizationBase, OrgMeta, with_metaclass
from organizations.fields import AutoCreatedField, AutoLastModifiedField, SlugField

from .conftest import ABSTRACT, BASE, INSTALLED

User = get_user_model()
BASE_FIELDS = {
    "organization": {
        "name": (models.CharField, {"max_length": 200}),
        "is_active": (models.BooleanField, {"default": True}),
    },
    "member": {},
    "owner": {},
    "invitation": {
        "guid": (models.UUIDField, {"editable": False, "unique": False, "db_index": False}),
        "invitee_identifier": (models.CharField, {"max_length": 1000}),
    },
}
TIMES = {
    "created": (AutoCreatedField, {"editable": False}),
    "modified": (AutoLastModifiedField, {"editable": False}),
}
RICH_FIELDS = {
    "organization": {
        **BASE_FIELDS["organization"],
        **TIMES,
        "slug": (
            SlugField,
            {
                **{"max_length": 200, "unique": True, "blank": False, "editable": True},
                "populate_from": "name",
            },
        ),
    },
    "member": {**TIMES, "is_admin": (models.BooleanField, {"default": False})},
    "owner": TIMES,
    "invitation": {**BASE_FIELDS["invitation"], **TIMES},
}  # fmt: skip

#: kind, field, class, the other end, reverse name
RELATIONS = [
    ("organization", "users", models.ManyToManyField, "user", "{label}"),
    ("member", "user", models.ForeignKey, "user", "{label}"),
    ("member", "organization", models.ForeignKey, "organization", "organization_users"),
    ("owner", "organization_user", models.OneToOneField, "member", None),
    ("owner", "organization", models.OneToOneField, "organization", "owner"),
    ("invitation", "invited_by", models.ForeignKey, "user", "{label}_sent_invitations"),
    ("invitation", "invitee", models.ForeignKey, "user", "{label}_invitations"),
    ("invitation", "organization", models.ForeignKey, "organization", "organization_invites"),
]

FIELD_ROWS = [
    pytest.param(line, kind, name, id=f"3-{line.name}-{kind}-{name}")
    for line in (INSTALLED, ABSTRACT, BASE)
    for kind, fields in (BASE_FIELDS if line.is_base else RICH_FIELDS).items()
    for name in fields
]


@pytest.mark.parametrize(("line", "kind", "name"), FIELD_ROWS)
def test_3_own_field(line, kind, name):
    kind_of_field, facts = (BASE_FIELDS if line.is_base else RICH_FIELDS)[kind][name]
    field = getattr(line, kind)._meta.get_field(name)
    assert type(field) is kind_of_field
    assert {fact: getattr(field, fact) for fact in facts} == facts


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda row: f"3-{row[0]}-{row[1]}")
def test_3_added_relation(line, relation):
    kind, name, kind_of_field, other, reverse_name = relation
    model = getattr(line, kind)
    field = model._meta.get_field(name)
    label = model._meta.label_lower.replace(".", "_")
    assert type(field) is kind_of_field
    assert field.related_model is (User if other == "user" else getattr(line, other))
    assert field.remote_field.related_name == (reverse_name and reverse_name.format(label=label))
    if name == "users":
        assert field.remote_field.through is line.member
    elif (line, name) != (INSTALLED, "organization_user"):
        # RESTRICT there: the owner's member goes with its organization and in no other way.
        assert field.remote_field.on_delete is models.CASCADE
    assert field.null is (name == "invitee")


def test_3_the_organization_knows_its_invitations(line):
    assert line.organization.invitation_model is line.invitation


def test_3_options(line):
    assert line.organization._meta.ordering == ["name"]
    assert line.member._meta.ordering == ["organization", "user"]
    assert line.member._meta.unique_together == (("user", "organization"),)


@pytest.mark.parametrize(
    ("kind", "one", "many"),
    [
        ("organization", "organization", "organizations"),
        ("member", "organization user", "organization users"),
        ("owner", "organization owner", "organization owners"),
    ],
)
def test_3_verbose_names(rich, kind, one, many):
    meta = getattr(rich, kind)._meta
    assert (str(meta.verbose_name), str(meta.verbose_name_plural)) == (one, many)


def test_3_one_owner_per_organization_and_one_organization_per_membership(line, make, bo):
    acme, other = make(line), make(line, "Other")
    second = acme.add_user(bo)
    for values in (
        {"organization": acme, "organization_user": second},
        {"organization": other, "organization_user": acme.owner.organization_user},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            line.owner.objects.bulk_create([line.owner(**values)])


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("organization", "organizations_organization"),
        ("member", "organizations_organizationuser"),
        ("owner", "organizations_organizationowner"),
        ("invitation", "organizations_organizationinvitation"),
    ],
)
def test_3_tables(kind, table):
    meta = getattr(INSTALLED, kind)._meta
    assert meta.db_table == table
    assert type(meta.pk) is models.AutoField


def test_3_reverse_names_on_the_user(line, make, ada, bo):
    acme = make(line)
    offer = line.invitation.objects.create(
        organization=acme, invited_by=ada, invitee=bo, invitee_identifier="bo"
    )
    name = {
        each: each._meta.label_lower.replace(".", "_") for each in (line.member, line.invitation)
    }
    assert list(getattr(ada, line.related_name).all()) == [acme]
    assert getattr(ada, name[line.member]).get().organization == acme
    assert getattr(ada, f"{name[line.invitation]}_sent_invitations").get() == offer
    assert getattr(bo, f"{name[line.invitation]}_invitations").get() == offer


@pytest.mark.parametrize(
    "name",
    [
        *("0001_initial", "0002_model_update", "0003_field_fix_and_editable"),
        *("0004_organizationinvitation", "0005_alter_organization_users_and_more"),
        "0006_alter_organization_slug",
    ],
)
def test_3_migrations(name):
    migration = import_module(f"organizations.migrations.{name}").Migration
    assert migration.operations
    assert not migration.replaces


def test_3_guid_is_filled_when_saved(line, make, ada):
    offer = line.invitation(organization=make(line), invited_by=ada, invitee_identifier="x")
    assert offer.guid is None
    offer.save()
    guid = offer.guid
    offer.save()
    offer.refresh_from_db()
    assert guid is not None and str(offer.guid) == str(guid)


@isolate_apps("tests.app")
def test_3_with_metaclass_and_the_old_metaclass():
    class Plain(with_metaclass(OrgMeta, SharedBaseModel, AbstractBaseOrganization)):
        class Meta(AbstractBaseOrganization.Meta):
            app_label = "host"

    class Direct(AbstractOrganization, metaclass=OrgMeta):
        class Meta:
            app_label = "host"

    assert type(Plain) is type(Direct) is OrgMeta
    assert {field.name for field in Plain._meta.fields} == {
        *("id", "created", "modified", "name", "is_active"),
    }
    assert Plain._meta.ordering == ["name"]
    assert issubclass(OrganizationBase, AbstractBaseOrganization)
