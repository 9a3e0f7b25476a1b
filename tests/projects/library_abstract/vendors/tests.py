from importlib import import_module

from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.urls import reverse

from organizations.exceptions import OwnershipRequired
from organizations.signals import owner_changed, user_added
from organizations.utils import create_organization

from .backends import VendorInvitations
from .models import Vendor, VendorInvitation, VendorOwner, VendorUser


class Library(TestCase):
    def setUp(self):
        self.ada = User.objects.create_user("ada", "ada@example.com", "x")
        self.bo = User.objects.create_user("bo", "bo@example.com", "x")
        self.acme = create_organization(self.ada, "Acme", model=Vendor)

    def test_the_app_is_not_installed(self):
        self.assertFalse(apps.is_installed("organizations"))
        tables = connection.introspection.table_names()
        self.assertEqual([name for name in tables if name.startswith("organizations")], [])

    def test_modules_import_without_it(self):
        for name in (
            *("abstract", "base", "utils", "base_admin", "fields", "managers", "signals"),
            *("exceptions", "app_settings", "backends", "backends.defaults", "backends.forms"),
            "backends.modeled",
        ):
            import_module(f"organizations.{name}")

    def test_without_a_model_the_error_says_what_to_do(self):
        with self.assertRaises((ImproperlyConfigured, RuntimeError)) as caught:
            create_organization(self.bo, "Bell")
        self.assertIn("INSTALLED_APPS", str(caught.exception))

    def test_life_of_a_family(self):
        member = self.acme.add_user(self.bo)
        self.assertIs(type(member), VendorUser)
        self.assertTrue(self.acme.is_member(self.bo))
        self.acme.change_owner(member)
        self.assertEqual(VendorOwner.objects.get().organization_user, member)
        self.acme.remove_user(self.ada)
        with self.assertRaises(OwnershipRequired):
            self.acme.remove_user(self.bo)
        self.assertEqual(list(Vendor.active.get_for_user(self.bo)), [self.acme])

    def test_signals_that_the_project_sends_itself(self):
        heard = []

        def hear(**kwargs):
            heard.append((kwargs["sender"], kwargs.get("user") or kwargs["new"]))

        user_added.connect(hear)
        owner_changed.connect(hear, sender=self.acme)
        self.addCleanup(user_added.disconnect, hear)
        self.addCleanup(owner_changed.disconnect, hear, sender=self.acme)
        member = self.acme.organization_users.get()
        user_added.send(sender=self.acme, user=self.bo)
        owner_changed.send(sender=self.acme, old=member, new=member)
        self.assertEqual(heard, [(self.acme, self.bo), (self.acme, member)])

    def test_invitations(self):
        offer = VendorInvitation.objects.create(
            organization=self.acme, invited_by=self.ada, invitee_identifier="phone"
        )
        self.assertEqual(offer.activate(self.bo).user, self.bo)
        self.assertEqual(self.bo.vendors_vendorinvitation_invitations.get(), offer)

    def test_admin(self):
        self.client.force_login(User.objects.create_superuser("boss"))
        url = reverse("admin:vendors_vendor_change", args=[self.acme.pk])
        self.assertContains(self.client.get(url), "Acme")


class Backends(TransactionTestCase):
    def test_inviting(self):
        ada = User.objects.create_user("ada", "ada@example.com", "x")
        acme = create_organization(ada, "Acme", model=Vendor)
        domain = {"name": "Vendors", "domain": "vendors.example.com"}
        person = VendorInvitations().invite_by_email(
            "new@example.com", sender=ada, organization=acme, domain=domain
        )
        self.assertFalse(person.is_active)
        sent = mail.outbox[0]
        self.assertEqual(sent.subject, "Come to Acme")
        site, token, sender, address = sent.body.split()
        self.assertEqual((site, sender, address), ("vendors.example.com", "ada", "new@example.com"))
        url = reverse("invitations_register", args=[person.pk, token])
        self.assertEqual(url, f"/invitations/{person.pk}-{token}/")
