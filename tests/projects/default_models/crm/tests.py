import re

from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import TestCase, TransactionTestCase
from django.urls import reverse

from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.utils import create_organization

from .models import Arrival, Contact, may_export


class Rows(TestCase):
    def test_rows_of_a_data_migration_are_ordinary_ones(self):
        first = Organization.objects.get(slug="the-first")
        founder = User.objects.get(username="founder")
        self.assertEqual(first.owner.organization_user.user, founder)
        self.assertTrue(first.is_owner(founder) and first.is_admin(founder))
        self.assertEqual(first.contacts.get().keeper.user, founder)
        self.assertEqual(list(Organization.objects.get_for_user(founder)), [first])

    def test_names_in_queries(self):
        founder = User.objects.get(username="founder")
        first = founder.organizations_organization.get()
        other = User.objects.create(username="other")
        first.add_user(other)
        self.assertEqual(founder.organizations_organizationuser.get().organization, first)
        self.assertEqual(
            founder.organizations_organizationuser.get().organizationowner.organization, first
        )
        owners = User.objects.filter(
            organizations_organizationuser__organizationowner__id__isnull=False
        )
        self.assertEqual(list(owners), [founder])
        first.users.remove(other)
        self.assertEqual(list(first.users.all()), [founder])

    def test_receivers_hear_of_it(self):
        ada, bo = (User.objects.create(username=name) for name in ("ada", "bo"))
        acme = create_organization(ada, "Acme")
        acme.add_user(bo)
        acme.remove_user(bo)
        self.assertEqual(
            list(Arrival.objects.values_list("note", flat=True)),
            ["bo came to Acme", "bo left Acme"],
        )

    def test_duplicate_member_is_an_integrity_error(self):
        ada = User.objects.create(username="ada")
        acme = create_organization(ada, "Acme")
        with self.assertRaises(IntegrityError), transaction.atomic():
            acme.add_user(ada)

    def test_rows_made_by_hand(self):
        ada = User.objects.create(username="ada")
        acme = Organization.objects.create(name="Acme", slug="acme")
        member = OrganizationUser.objects.create(organization=acme, user=ada, is_admin=True)
        OrganizationOwner.objects.create(organization=acme, organization_user=member)
        self.assertTrue(acme.is_owner(ada))
        acme.delete()
        self.assertFalse(OrganizationUser.objects.filter(user=ada).exists())

    def test_permission_of_the_host_stays(self):
        may_export()
        call_command("migrate", verbosity=0)
        self.assertTrue(Permission.objects.filter(codename="export_organization").exists())
        ada = User.objects.create(username="ada")
        ada.user_permissions.add(may_export())
        self.assertTrue(ada.has_perm("organizations.export_organization"))


class Pages(TransactionTestCase):
    def setUp(self):
        self.ada = User.objects.create(username="ada", email="ada@example.com")
        self.acme = create_organization(self.ada, "Acme", slug="acme")
        self.client.force_login(self.ada)

    def page(self, name, **kwargs):
        return reverse(name, kwargs={"organization_pk": self.acme.pk, **kwargs})

    def test_the_projects_own_template_is_used(self):
        page = self.client.get(self.acme.get_absolute_url())
        self.assertContains(page, "<title>The CRM</title>")
        self.assertContains(page, "Ours: Acme")
        self.assertContains(page, "admin")
        self.assertContains(page, "owner")
        self.assertEqual(page.context["organization"], self.acme)
        self.assertContains(self.client.get(reverse("organization_list")), "<title>The CRM</title>")

    def test_an_invited_person_completes_the_account(self):
        self.client.post(self.page("organization_user_add"), {"email": "new@example.com"})
        person = User.objects.get(email="new@example.com")
        self.assertFalse(person.is_active)
        self.assertTrue(self.acme.is_member(person))
        self.assertEqual([sent.to for sent in mail.outbox], [["new@example.com"]])
        # From the mail: a token made anew is another one in the next second.
        start = reverse("invitations_register", args=[person.pk, "x"]).removesuffix("x/")
        [url] = re.findall(rf"{re.escape(start)}\S+", mail.outbox[0].body)
        self.client.logout()
        self.assertEqual(self.client.get(url).status_code, 200)
        answer = self.client.post(
            url,
            {
                "username": "new",
                "first_name": "New",
                "last_name": "Person",
                "password1": "long-enough-7",
                "password2": "long-enough-7",
            },
        )
        self.assertEqual(answer.status_code, 302)
        person.refresh_from_db()
        self.assertTrue(person.is_active and person.check_password("long-enough-7"))

    def test_registering_with_an_organization(self):
        self.client.logout()
        data = {"name": "Bell", "slug": "bell", "email": "bo@example.com"}
        page = self.client.post(reverse("registration_create"), data)
        self.assertTemplateUsed(page, "organizations/register_success.html")
        bell = Organization.objects.get(slug="bell")
        self.assertFalse(bell.is_active)
        self.assertEqual(bell.owner.organization_user.user.email, "bo@example.com")

    def test_contacts_go_with_the_organization(self):
        Contact.objects.create(organization=self.acme, name="Cy")
        self.acme.delete()
        self.assertFalse(Contact.objects.filter(name="Cy").exists())
