from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from organizations.exceptions import OrganizationMismatch, OwnershipRequired
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.signals import owner_changed, user_added
from organizations.utils import acreate_organization, create_organization

from .models import Client, Offer, ServiceProvider


class Children(TestCase):
    def setUp(self):
        self.ada = User.objects.create_superuser("ada", "ada@example.com", "x")
        self.bo = User.objects.create_user("bo", "bo@example.com", "x")
        self.rail = create_organization(
            self.ada, "Rail", model=ServiceProvider, org_defaults={"licence": "A1"}
        )
        self.farm = create_organization(self.bo, "Farm", org_model=Client, is_active=False)

    def test_each_kind_has_its_rows_and_both_are_organizations(self):
        self.assertEqual(self.rail.licence, "A1")
        self.assertEqual(list(ServiceProvider.objects.all()), [self.rail])
        self.assertEqual(list(Client.active.all()), [])
        self.assertEqual(Organization.objects.count(), 2)
        self.assertEqual(list(ServiceProvider.objects.get_for_user(self.ada)), [self.rail])
        self.assertEqual(list(ServiceProvider.objects.get_for_user(self.bo)), [])
        self.farm.service_provider = self.rail
        self.farm.save()
        self.assertEqual(list(self.rail.clients.all()), [self.farm])

    def test_methods(self):
        heard = []

        def hear(sender, **kwargs):
            heard.append((type(sender), sorted(kwargs)))

        user_added.connect(hear)
        owner_changed.connect(hear)
        self.addCleanup(user_added.disconnect, hear)
        self.addCleanup(owner_changed.disconnect, hear)
        member = self.rail.add_user(self.bo)
        found = OrganizationUser.objects.get(pk=member.pk).organization
        self.assertIs(type(found), Organization)
        self.assertEqual(found.serviceprovider, self.rail)
        self.assertTrue(self.rail.is_member(self.bo))
        self.assertFalse(self.rail.is_admin(self.bo))
        self.rail.change_owner(member)
        self.assertEqual(
            heard,
            [(ServiceProvider, ["signal", "user"]), (ServiceProvider, ["new", "old", "signal"])],
        )
        self.rail = ServiceProvider.objects.get(pk=self.rail.pk)
        self.assertTrue(self.rail.is_owner(self.bo))
        with self.assertRaises(OwnershipRequired):
            self.rail.remove_user(self.bo)
        self.rail.remove_user(self.ada)
        self.assertEqual(self.rail.get_or_add_user(self.bo), (member, False))

    def test_owner_of_the_child_is_compared_by_key(self):
        member = self.rail.add_user(self.bo)
        owner = OrganizationOwner.objects.get(organization=self.rail)
        owner.organization = self.rail
        owner.organization_user = member
        owner.save()
        owner.organization_user = self.farm.organization_users.get()
        with self.assertRaises(OrganizationMismatch):
            owner.save()

    def test_async(self):
        made = async_to_sync(acreate_organization)(self.ada, "Road", model=ServiceProvider)
        self.assertIs(type(made), ServiceProvider)
        self.assertTrue(async_to_sync(made.ais_owner)(self.ada))

    def test_child_of_the_invitation(self):
        offer = Offer.objects.create(
            organization=self.rail, invited_by=self.ada, invitee_identifier="bo", discount=20
        )
        self.assertIsNotNone(offer.guid)
        self.assertEqual(str(offer), "Rail: bo")
        member = offer.activate(self.bo)
        self.assertTrue(member.is_admin)
        self.assertEqual(Offer.objects.get().invitee, self.bo)
        self.assertEqual(self.rail.organization_invites.get().offer, offer)

    def test_admin(self):
        self.client.force_login(self.ada)
        add = reverse("admin:trade_serviceprovider_add")
        self.assertEqual(self.client.get(add).status_code, 200)
        delete = reverse("admin:trade_serviceprovider_delete", args=[self.rail.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 302)
        self.assertFalse(ServiceProvider.objects.exists())
        self.assertEqual(list(Organization.objects.values_list("name", flat=True)), ["Farm"])
        many = {"action": "delete_selected", "_selected_action": [self.farm.pk], "post": "yes"}
        self.client.post(reverse("admin:trade_client_changelist"), many)
        self.assertFalse(Organization.objects.exists())

    def test_pages(self):
        self.client.force_login(self.ada)
        self.assertContains(self.client.get(self.rail.get_absolute_url()), "Rail")
        self.assertContains(self.client.get(reverse("organization_list")), "Rail")
