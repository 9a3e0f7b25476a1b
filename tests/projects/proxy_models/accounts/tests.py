from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from organizations.models import Organization, OrganizationUser
from organizations.utils import create_organization

from .models import Account, AccountUser


class Proxies(TestCase):
    def setUp(self):
        self.ada = User.objects.create_superuser("ada", "ada@example.com", "x")
        self.bo = User.objects.create_user("bo", "bo@example.com", "x")
        self.acme = create_organization(self.ada, " Acme ", slug="acme", model=Account)
        self.client.force_login(self.ada)

    def test_methods(self):
        self.assertIs(type(self.acme), Account)
        self.assertEqual(self.acme.shout, "ACME")
        member = self.acme.add_user(self.bo)
        self.assertIsInstance(member, OrganizationUser)
        self.assertEqual(AccountUser.objects.get(user=self.bo).label, "bo of Acme")
        self.assertTrue(self.acme.is_member(self.bo))
        self.acme.change_owner(AccountUser.objects.get(user=self.bo))
        self.assertTrue(Account.objects.get().is_owner(self.bo))
        self.acme.remove_user(self.ada)
        self.assertEqual(list(Account.objects.get_for_user(self.bo)), [self.acme])
        self.assertEqual(list(Account.active.all()), [self.acme])
        self.assertEqual(Organization.objects.get().organization_users.get().user, self.bo)

    def test_views_of_a_factory_use_the_templates_named_after_the_proxy(self):
        page = self.client.get(reverse("team", args=[self.acme.pk]))
        self.assertTemplateUsed(page, "accounts/account_detail.html")
        self.assertContains(page, "Account page of Acme with 1 people")
        page = self.client.get(reverse("teams"))
        self.assertEqual([type(each) for each in page.context["organizations"]], [Account])
        self.client.force_login(self.bo)
        self.assertEqual(self.client.get(reverse("team", args=[self.acme.pk])).status_code, 403)

    def test_default_pages_go_on(self):
        page = self.client.get(reverse("organization_detail", args=[self.acme.pk]))
        self.assertContains(page, "Acme")

    def test_own_admin(self):
        change = reverse("admin:accounts_account_change", args=[self.acme.pk])
        self.assertContains(self.client.get(change), "Acme")
        owner = self.acme.owner
        member = owner.organization_user
        answer = self.client.post(
            change,
            {
                "name": "Apex",
                "slug": "apex",
                "is_active": "on",
                "owner-TOTAL_FORMS": 1,
                "owner-INITIAL_FORMS": 1,
                "owner-0-id": owner.pk,
                "owner-0-organization": self.acme.pk,
                "owner-0-organization_user": member.pk,
                "organization_users-TOTAL_FORMS": 2,
                "organization_users-INITIAL_FORMS": 1,
                "organization_users-0-id": member.pk,
                "organization_users-0-organization": self.acme.pk,
                "organization_users-0-user": self.ada.pk,
                "organization_users-0-is_admin": "on",
                "organization_users-1-organization": self.acme.pk,
                "organization_users-1-user": self.bo.pk,
            },
        )
        self.assertEqual(answer.status_code, 302, getattr(answer, "context", None))
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.name, "Apex!")
        self.assertTrue(self.acme.is_member(self.bo))
        rows = self.client.get(reverse("admin:accounts_account_changelist"), {"q": "apex"})
        self.assertContains(rows, "Apex!")

    def test_own_admin_deletes(self):
        delete = reverse("admin:accounts_account_delete", args=[self.acme.pk])
        self.assertEqual(self.client.post(delete, {"post": "yes"}).status_code, 302)
        self.assertFalse(Organization.objects.exists())

    def test_models_that_were_unregistered_have_no_page(self):
        self.assertEqual(self.client.get("/admin/organizations/organization/").status_code, 404)
        self.assertEqual(
            self.client.get("/admin/organizations/organizationowner/").status_code, 200
        )
