"""The authentication backend: Django's own question about organizations and their rows."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject

from organizations import permissions, testing
from organizations.auth import OrganizationBackend
from organizations.exceptions import UnknownPermission
from organizations.families import organization_of
from organizations.managers import OrganizationOwnedQuerySet
from organizations.models import Organization, OrganizationInvitation
from organizations.services import access
from tests.app.models import Product, Proprietor

pytestmark = pytest.mark.django_db

MODEL = "django.contrib.auth.backends.ModelBackend"
OURS = "organizations.auth.OrganizationBackend"


@pytest.fixture(autouse=True)
def _backends():
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL, OURS]):
        yield


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(name):
    return get_user_model().objects.get(username=name)


def test_without_the_backend_nobody_has_anything(acme):
    assert user("ada").has_perm("app.refund_order", acme)
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL]):
        assert not user("ada").has_perm("app.refund_order", acme)


@pytest.mark.parametrize("backends", [[OURS], [OURS, MODEL], [MODEL, OURS]])
def test_place_among_the_backends_does_not_matter(backends, acme):
    with override_settings(AUTHENTICATION_BACKENDS=backends):
        assert user("bo").has_perm("app.change_product", acme)
        assert not user("bo").has_perm("app.refund_order", acme)


def test_backend_signs_nobody_in(acme):
    assert OrganizationBackend().authenticate(None, username="ada", password="") is None
    assert OrganizationBackend().get_user(user("ada").pk) is None


def test_without_an_object_the_backend_has_no_answer(acme, django_assert_num_queries):
    ada = user("ada")
    with override_settings(AUTHENTICATION_BACKENDS=[OURS]), django_assert_num_queries(0):
        assert not ada.has_perm("app.refund_order")
        assert ada.get_all_permissions() == set()
        assert not ada.has_module_perms("app")


def test_a_global_right_is_none_in_an_organization(acme):
    """Django's permission of the model has the same name as the declared one."""
    clerk = testing.make_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.all())
    clerk = user("clerk")
    assert clerk.has_perm("organizations.delete_organization")
    for name in ("organizations.delete_organization", "organizations.change_organization"):
        assert not clerk.has_perm(name, acme)
        assert not Organization.objects.where_user_can(clerk, name).exists()


@pytest.mark.parametrize("name", ["app.refund_orders", "refund_order", "", "app.", "x" * 10_000])
def test_unknown_name_is_no_right_for_django_and_an_error_for_us(name, acme):
    ada = user("ada")
    assert not ada.has_perm(name, acme)
    assert not async_to_sync(ada.ahas_perm)(name, acme)
    for ask in (
        access.access_of(ada, acme).has,
        access.access_of(ada, acme).require,
        lambda name: Organization.objects.where_user_can(ada, name),
        lambda name: Product.objects.where_user_can(ada, name),
        lambda name: Product.objects.where_user_can(AnonymousUser(), name),
        lambda name: Organization.objects.where_user_can(AnonymousUser(), name),
    ):
        with pytest.raises(UnknownPermission):
            ask(name)


def test_unknown_name_is_told_with_the_nearest_ones(acme):
    for ask in (
        access.access_of(user("ada"), acme).has,
        lambda name: Product.objects.where_user_can(user("ada"), name),
    ):
        with pytest.raises(UnknownPermission, match=r"Did you mean app\.refund_order"):
            ask("app.refund_orders")


def test_active_superuser_has_django_s_own_yes(acme, django_assert_num_queries, settings):
    root = testing.make_user("root", is_superuser=True)
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    with django_assert_num_queries(0):
        assert root.has_perm("app.refund_order", acme)
        assert root.has_perm("no.such_thing", acme)
    assert not access.access_of(root, acme).has("app.refund_order")
    assert root.get_all_permissions(acme) == set()


def test_rights_are_read_again_each_time(acme):
    cy = user("cy")
    assert cy.has_perm("app.view_product", acme)
    acme.remove_user(cy)
    assert not cy.has_perm("app.view_product", acme)


@pytest.mark.parametrize("has", [True, False])
def test_all_permissions_are_those_of_the_access(has, acme):
    if not has:
        acme.remove_user(user("bo"))
    bo = user("bo")
    wanted = set(access.access_of(bo, acme).permissions)
    assert bo.get_all_permissions(acme) == wanted
    assert async_to_sync(bo.aget_all_permissions)(acme) == wanted
    assert bo.get_user_permissions(acme) == bo.get_group_permissions(acme) == set()
    assert bo.has_perms(["app.view_product", "app.change_product"], acme) is has


# What is asked about


def test_rows_of_an_organization_cost_one_query_more(acme, django_assert_num_queries):
    ada = user("ada")
    Product.objects.create(name="Anvil", account=acme)
    with django_assert_num_queries(1):
        assert ada.has_perm("app.refund_order", acme)
    product = Product.objects.select_related("account").get()
    with django_assert_num_queries(1):
        assert ada.has_perm("app.refund_order", product)
    product = Product.objects.get()
    with django_assert_num_queries(2):
        assert ada.has_perm("app.refund_order", product)


def test_rows_of_the_family_belong_to_the_organization(acme):
    offer = OrganizationInvitation.objects.create(
        organization=acme, invitee_identifier="x@example.com", invited_by=user("ada")
    )
    proprietor = Proprietor.objects.get()
    for row in (acme.organization_users.first(), acme.owner, offer, proprietor):
        assert user("ada").has_perm(permissions.DELETE_ORGANIZATION, row)
        assert not user("bo").has_perm(permissions.DELETE_ORGANIZATION, row)


@pytest.mark.parametrize(
    "thing", [object(), "acme", 1, 0, "", [], Organization, Product, {}.keys()]
)
def test_what_is_no_row_belongs_to_nobody(thing, acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert organization_of(thing) is None
    with override_settings(AUTHENTICATION_BACKENDS=[OURS]):
        assert not user("ada").has_perm("app.refund_order", thing)


def test_rows_without_a_foreign_key_belong_to_nobody(acme):
    assert organization_of(user("ada")) is None
    assert not user("ada").has_perm("app.refund_order", user("bo"))


def test_unsaved_row_without_its_organization_belongs_to_nobody(acme, django_assert_num_queries):
    """As a form asks before it is filled in."""
    ada = user("ada")
    with django_assert_num_queries(0):
        assert organization_of(Product(name="Anvil")) is None
        assert not ada.has_perm("app.refund_order", Product(name="Anvil"))
    assert ada.has_perm("app.refund_order", Product(name="Anvil", account=acme))
    assert not ada.has_perm("app.refund_order", Organization(name="New"))
    assert not ada.has_perm("app.refund_order", Product(account=Organization(name="New")))


@isolate_apps("tests.app")
def test_rows_with_a_null_organization_belong_to_nobody(acme):
    class Note(models.Model):
        account = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")
        objects = OrganizationOwnedQuerySet.as_manager()

        class Meta:
            app_label = "host"

        def __str__(self):
            return "note"

    ada, root = user("ada"), testing.make_user("root", is_superuser=True)
    assert organization_of(Note()) is None
    assert not ada.has_perm("app.refund_order", Note())
    assert ada.has_perm("app.refund_order", Note(account=acme))
    # A superuser gets the rows of organizations alone: of organizations speaks the declaration.
    assert "IN (SELECT" in str(Note.objects.where_user_can(root, "app.refund_order").query)


@isolate_apps("tests.app")
def test_of_several_foreign_keys_the_chosen_one_counts(acme):
    class Chosen(OrganizationOwnedQuerySet):
        organization_field = "seller"

    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "host"

        def __str__(self):
            return "order"

    def key():
        return models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")

    class Order(Base):
        seller, buyer = key(), key()
        objects = Chosen.as_manager()

    class Undecided(Base):
        seller, buyer = key(), key()
        objects = OrganizationOwnedQuerySet.as_manager()

    class Plain(Base):
        seller, buyer = key(), key()

    zenith = testing.make_organization("Zenith", owner="zoe")
    ada, zoe = user("ada"), user("zoe")
    order = Order(seller=acme, buyer=zenith)
    assert organization_of(order) == acme
    assert ada.has_perm("app.refund_order", order)
    assert not zoe.has_perm("app.refund_order", order)
    assert not zoe.has_perm("app.refund_order", Order(buyer=zenith))
    listed = str(Order.objects.where_user_can(ada, "app.refund_order").query)
    assert '"seller_id" IN' in listed
    assert '"buyer_id" IN' not in listed
    for model in (Undecided, Plain):
        with pytest.raises(ImproperlyConfigured, match=r"seller, buyer.*organization_field"):
            ada.has_perm("app.refund_order", model(seller=acme, buyer=zenith))
    with pytest.raises(ImproperlyConfigured, match="seller, buyer"):
        Undecided.objects.where_user_can(ada, "app.refund_order")


def test_a_lazy_organization_is_the_one_it_stands_for(acme):
    lazy = SimpleLazyObject(lambda: acme)
    assert user("bo").has_perm(permissions.INVITE_MEMBER, lazy)
    assert not user("cy").has_perm(permissions.INVITE_MEMBER, lazy)
    assert access.access_of(user("ada"), lazy).is_owner
