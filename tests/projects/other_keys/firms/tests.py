import uuid
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from people.models import Person
from shops.models import Shop, ShopInvitation

from organizations import slugs
from organizations.exceptions import OrganizationMismatch, OwnershipRequired, SlugTaken
from organizations.models import FormerSlug, Organization, OrganizationRecord
from organizations.services import closing, organizations
from organizations.utils import create_organization

from .models import Firm, FirmInvitation, FirmOwner, FirmUser


class Keys(TestCase):
    def setUp(self):
        self.ada, self.bo = (
            Person.objects.create_user(name, f"{name}@example.com", "x", first_name=name)
            for name in ("ada", "bo")
        )
        self.firm = create_organization(self.ada, "Firm", model=Firm)
        self.shop = create_organization(self.ada, "Shop", model=Shop)
        self.usual = create_organization(self.ada, "Usual")

    def test_keys_are_of_their_kinds(self):
        keys = (self.ada.pk, self.firm.pk, self.shop.pk, self.usual.pk)
        self.assertEqual([type(key) for key in keys], [uuid.UUID, uuid.UUID, str, int])
        self.assertIs(type(self.firm.owner.pk), uuid.UUID)

    def test_life_with_each_kind_of_key(self):
        for organization in (self.firm, self.shop, self.usual):
            with self.subTest(organization=organization):
                member = organization.add_user(self.bo)
                self.assertTrue(organization.is_member(self.bo))
                self.assertFalse(organization.is_admin(self.bo))
                self.assertTrue(async_to_sync(organization.ais_admin)(self.ada))
                self.assertEqual(organization.get_or_add_user(self.bo), (member, False))
                organization.change_owner(member)
                fresh = type(organization).objects.get(pk=organization.pk)
                self.assertTrue(fresh.is_owner(self.bo))
                with self.assertRaises(OwnershipRequired):
                    fresh.remove_user(self.bo)
                fresh.remove_user(self.ada)
                self.assertEqual(
                    list(type(organization).objects.get_for_user(self.bo)), [organization]
                )

    def test_what_stands_beside_each_kind_of_key(self):
        now = timezone.now()
        for organization in (self.firm, self.shop, self.usual):
            with self.subTest(organization=organization):
                model, old = type(organization), organization.slug
                organizations.change(organization, slug=f"{old}-new")
                with self.assertRaises(SlugTaken):
                    create_organization(self.bo, "Other", slug=old, model=model)
                self.assertEqual(slugs.taken(model, [old]), {old})
                keys = slugs.keys_of_former(model, old)
                self.assertEqual(list(model.objects.filter(pk__in=keys)), [organization])
                closing.close(organization, actor=self.ada, now=now)
                mine = closing.restorable_for(self.ada, now=now, model=model)
                self.assertEqual([each.organization for each in mine], [organization])
                state = closing.with_state(model.objects.all()).get()
                self.assertEqual(state._deleted_at, now)
                closing.restore(organization, actor=self.ada, now=now)
                closing.close(organization, actor=None, now=now - timedelta(days=31))
                [gone] = closing.purge(now=now)
                self.assertEqual((gone.organization.name, gone.problem), (organization.name, ""))
        self.assertFalse(FormerSlug.objects.exists() or OrganizationRecord.objects.exists())

    def test_owner_is_compared_by_key(self):
        other = create_organization(self.bo, "Other", model=Firm)
        row = FirmOwner.objects.get(organization=self.firm)
        row.organization_user = FirmUser.objects.get(organization=other)
        with self.assertRaises(OrganizationMismatch):
            row.save()

    def test_invitations(self):
        for model, organization in ((FirmInvitation, self.firm), (ShopInvitation, self.shop)):
            offer = model.objects.create(
                organization=organization, invited_by=self.ada, invitee_identifier="bo"
            )
            self.assertEqual(offer.activate(self.bo).user, self.bo)

    def test_addresses_of_pages(self):
        for organization in (self.firm, self.shop, self.usual):
            self.assertIn(
                str(organization.pk),
                reverse("organization_detail", kwargs={"organization_pk": organization.pk}),
            )
        url = reverse("organization_user_detail", args=[self.usual.pk, self.ada.pk])
        self.assertIn(str(self.ada.pk), url)

    def test_pages(self):
        self.client.force_login(self.ada)
        for name, organization in (("firm", self.firm), ("shop", self.shop)):
            page = self.client.get(reverse(name, args=[organization.pk]))
            self.assertContains(page, organization.name)
        page = self.client.get(reverse("keeper", args=[self.shop.pk, self.ada.pk]))
        self.assertContains(page, "Shop: ada")
        missing = reverse("firm", args=[uuid.uuid4()])
        self.assertEqual(self.client.get(missing).status_code, 404)
        self.client.force_login(self.bo)
        self.assertEqual(self.client.get(reverse("firm", args=[self.firm.pk])).status_code, 403)

    def test_default_pages_with_uuids_of_people(self):
        self.client.force_login(self.ada)
        self.usual.add_user(self.bo)
        page = reverse("organization_user_detail", args=[self.usual.pk, self.bo.pk])
        self.assertContains(self.client.get(page), "bo")
        self.client.post(reverse("organization_user_delete", args=[self.usual.pk, self.bo.pk]))
        self.assertFalse(Organization.objects.get().is_member(self.bo))


class Pages(TestCase):
    """The default pages, told to use a family with keys of another kind."""

    def setUp(self):
        self.ada, self.bo = (
            Person.objects.create_user(name, f"{name}@example.com", "x", first_name=name)
            for name in ("ada", "bo")
        )
        self.client.force_login(self.ada)

    def test_every_page_opens_by_key_and_by_slug(self):
        for model in (Firm, Shop):
            organization = create_organization(self.ada, f"{model.__name__}s", model=model)
            organization.add_user(self.bo)
            label = model._meta.label
            for part in (organization.pk, organization.slug):
                for name in ("detail", "edit", "delete", "leave", "transfer", "user_list"):
                    url = reverse(f"organization_{name}", kwargs={"organization_pk": part})
                    with (
                        self.subTest(url=url),
                        self.settings(ORGANIZATIONS={"ORGANIZATION_MODEL": label}),
                    ):
                        self.assertEqual(self.client.get(url).status_code, 200)
                for name in ("detail", "edit", "delete"):
                    keys = {"organization_pk": part, "user_pk": self.bo.pk}
                    url = reverse(f"organization_user_{name}", kwargs=keys)
                    with (
                        self.subTest(url=url),
                        self.settings(ORGANIZATIONS={"ORGANIZATION_MODEL": label}),
                    ):
                        self.assertEqual(self.client.get(url).status_code, 200)

    def test_a_member_is_removed_and_garbage_is_not_found(self):
        for model in (Firm, Shop):
            organization = create_organization(self.ada, f"{model.__name__}s", model=model)
            organization.add_user(self.bo)
            keys = {"organization_pk": organization.pk, "user_pk": self.bo.pk}
            with self.settings(ORGANIZATIONS={"ORGANIZATION_MODEL": model._meta.label}):
                self.client.post(reverse("organization_user_delete", kwargs=keys))
                self.assertFalse(organization.is_member(self.bo))
                for part in ("0", "-1", "no-such", "%00", uuid.uuid4(), "x" * 5000):
                    answer = self.client.get(f"/accounts/{part}/people/{part}/")
                    self.assertEqual(answer.status_code, 404, part)
