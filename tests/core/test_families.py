"""How models become a family.

Families are joined in the registry of apps. The tests put an empty registry in its place, so
that their models do not stay behind in the one of the test project.
"""

from collections import defaultdict
from itertools import permutations

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from organizations import abstract, base, families, testing
from organizations.families import KINDS, Family, default_family, family_of
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from tests.app.models import Product

DEFAULT = Family(Organization, OrganizationUser, OrganizationOwner, OrganizationInvitation)
FULL = {
    "organization": abstract.AbstractOrganization,
    "member": abstract.AbstractOrganizationUser,
    "owner": abstract.AbstractOrganizationOwner,
    "invitation": abstract.AbstractOrganizationInvitation,
}
MINIMAL = {
    "organization": base.OrganizationBase,
    "member": base.OrganizationUserBase,
    "owner": base.OrganizationOwnerBase,
    "invitation": base.OrganizationInvitationBase,
}
NAMES = {
    "organization": "Firm",
    "member": "FirmUser",
    "owner": "FirmOwner",
    "invitation": "FirmInvitation",
}


@pytest.fixture
def registry(monkeypatch):
    with isolate_apps("tests.app") as apps:
        monkeypatch.setattr(families, "apps", apps)
        monkeypatch.setattr(families, "_by_module", defaultdict(list))
        monkeypatch.setattr(families, "_by_app", defaultdict(lambda: defaultdict(list)))
        yield apps


def declare(kind, *, bases=FULL, module="firm.models", name=None, **attributes):
    """Declare the model of a kind as if it stood in that module; return the class."""
    meta = type("Meta", (), {"app_label": Product._meta.app_label, **attributes.pop("meta", {})})
    parent = bases[kind] if isinstance(bases, dict) else bases
    return type(name or NAMES[kind], (parent,), {"__module__": module, "Meta": meta, **attributes})


# The default family


@pytest.mark.parametrize("model", DEFAULT.__slots__)
def test_family_of_each_default_model(model):
    assert family_of(getattr(DEFAULT, model)) == DEFAULT


def test_default_family_is_the_package_s_own():
    assert default_family() == DEFAULT


@pytest.mark.django_db
def test_family_of_rows():
    acme = testing.make_organization("Acme", owner="ada")
    member = acme.organization_users.get()
    for row in (acme, member, acme.owner):
        assert family_of(row) == DEFAULT


@pytest.mark.django_db
def test_family_of_the_default_family_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        family_of(Organization)


@pytest.mark.parametrize("model", [Product, get_user_model()])
def test_foreign_model_has_no_family(model):
    for subject in (model, model()):
        with pytest.raises(ImproperlyConfigured, match="is no organization, member, owner"):
            family_of(subject)


@pytest.mark.parametrize(
    ("kind", "name", "has"),
    [
        ("member", "is_admin", True),
        ("member", "slug", False),
        ("organization", "slug", True),
        ("invitation", "token_digest", True),
    ],
)
def test_family_knows_its_fields(kind, name, has):
    assert DEFAULT.has_field(kind, name) is has


def test_owner_lookup_leads_from_the_member_to_its_owner_row():
    assert DEFAULT.owner_lookup == "organizationowner"


# Families of projects


@pytest.mark.parametrize("bases", [FULL, MINIMAL], ids=["full", "minimal"])
@pytest.mark.parametrize("order", list(permutations(KINDS)), ids="-".join)
def test_models_of_one_module_are_joined_in_any_order(order, bases, registry):
    made = {kind: declare(kind, bases=bases) for kind in order}
    family = Family(**made)
    for model in made.values():
        assert family_of(model) == family
    assert made["organization"].invitation_model is made["invitation"]
    assert families.incomplete() == []


def test_joined_models_get_the_documented_relations(registry):
    made = {kind: declare(kind) for kind in KINDS}
    relations = {
        (NAMES[kind], field.name): (
            type(field).__name__,
            field.remote_field.related_name,
        )
        for kind, model in made.items()
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
        if field.is_relation
    }
    label = Product._meta.app_label
    assert relations == {
        ("Firm", "users"): ("ManyToManyField", f"{label}_firm"),
        ("FirmUser", "user"): ("ForeignKey", f"{label}_firmuser"),
        ("FirmUser", "organization"): ("ForeignKey", "organization_users"),
        ("FirmOwner", "organization_user"): ("OneToOneField", None),
        ("FirmOwner", "organization"): ("OneToOneField", "owner"),
        ("FirmInvitation", "invited_by"): (
            "ForeignKey",
            f"{label}_firminvitation_sent_invitations",
        ),
        ("FirmInvitation", "invitee"): ("ForeignKey", f"{label}_firminvitation_invitations"),
        ("FirmInvitation", "organization"): ("ForeignKey", "organization_invites"),
    }


@pytest.mark.parametrize("order", list(permutations(KINDS))[::5], ids="-".join)
def test_models_of_several_modules_of_one_app_are_joined(order, registry):
    made = {kind: declare(kind, module=f"firm.{kind}") for kind in order}
    assert family_of(made["owner"]) == Family(**made)


def test_two_families_in_one_app_keep_to_their_modules(registry):
    one = {kind: declare(kind, module="one.models") for kind in KINDS}
    two = {kind: declare(kind, module="two.models", name=f"Two{NAMES[kind]}") for kind in KINDS}
    assert family_of(one["member"]) == Family(**one)
    assert family_of(two["member"]) == Family(**two)


@pytest.mark.parametrize("missing", KINDS)
def test_incomplete_family_says_what_it_lacks(missing, registry):
    made = {kind: declare(kind) for kind in KINDS if kind != missing}
    # Sisters are not told of again.
    assert families.incomplete() == [(next(iter(made.values())), [missing])]
    for model in made.values():
        with pytest.raises(ImproperlyConfigured, match=r"firm\.models"):
            family_of(model)
        # Nothing is joined by halves.
        assert not [field.name for field in model._meta.get_fields() if field.is_relation]


def test_relations_that_are_written_out_are_left_alone(registry):
    made = {"organization": declare("organization")}
    made["member"] = declare(
        "member",
        organization=models.ForeignKey(
            made["organization"], models.PROTECT, related_name="organization_users"
        ),
    )
    made["owner"], made["invitation"] = declare("owner"), declare("invitation")
    assert family_of(made["invitation"]) == Family(**made)
    field = made["member"]._meta.get_field("organization")
    assert field.remote_field.on_delete is models.PROTECT


def test_written_out_models_may_stand_in_any_modules(registry):
    firm = declare("organization", module="a.models")
    person = declare(
        "member",
        module="b.models",
        organization=models.ForeignKey(firm, models.CASCADE, related_name="organization_users"),
    )
    owner = declare(
        "owner",
        module="c.models",
        organization=models.OneToOneField(firm, models.CASCADE, related_name="owner"),
        organization_user=models.OneToOneField(person, models.CASCADE),
    )
    assert family_of(owner) == Family(firm, person, owner, None)
    assert families.incomplete() == []


def test_proxies_and_children_belong_to_the_family_of_their_parent(registry):
    made = {kind: declare(kind) for kind in KINDS}
    proxy = declare("organization", bases=made["organization"], name="Proxy", meta={"proxy": True})
    child = declare("organization", bases=made["organization"], name="Branch")
    assert family_of(proxy) == family_of(child) == Family(**made)
    assert "users" not in [field.name for field in child._meta.local_many_to_many]


def test_further_organization_in_a_complete_module_stands_for_itself(registry):
    made = {kind: declare(kind) for kind in KINDS}
    other = declare("organization", name="Other")
    assert family_of(made["organization"]) == Family(**made)
    with pytest.raises(ImproperlyConfigured, match="has no complete family"):
        family_of(other)


def test_default_family_needs_the_app(monkeypatch):
    with isolate_apps() as apps:
        monkeypatch.setattr(families, "apps", apps)
        with pytest.raises(ImproperlyConfigured, match="INSTALLED_APPS"):
            default_family()
