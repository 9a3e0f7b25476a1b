import re

from django.core import mail
from django.test import TransactionTestCase
from django.urls import reverse

from organizations.backends.defaults import InvitationBackend
from organizations.models import Organization
from organizations.utils import create_organization

from .models import Person

PASSWORDS = {"password1": "long-enough-7", "password2": "long-enough-7"}
DOMAIN = {"name": "Site", "domain": "testserver"}


def link():
    return re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[-1].body)[1]


class EmailPeople(TransactionTestCase):
    def setUp(self):
        self.ada = Person.objects.create_user("ada@example.com", "x", is_staff=True)
        Person.objects.filter(pk=self.ada.pk).update(is_superuser=True)
        self.acme = create_organization(self.ada, "Acme")

    def test_names(self):
        member = self.acme.organization_users.get()
        self.assertEqual(member.name, "ada@example.com")
        self.assertEqual(str(member), "ada@example.com (Acme)")

    def test_sign_up(self):
        data = {"name": "Bell", "slug": "bell", "email": "bo@example.com"}
        self.client.post(reverse("organization_signup"), data)
        page = self.client.get(link())
        self.assertEqual(list(page.context["form"].fields), ["password1", "password2"])
        self.client.post(link(), PASSWORDS)
        bo = Person.objects.get(email="bo@example.com")
        self.assertTrue(bo.is_active and bo.check_password("long-enough-7"))
        bell = Organization.objects.get(slug="bell")
        self.assertTrue(bell.is_active and bell.is_owner(bo))

    def test_invitation_of_the_modelled_backend(self):
        self.client.force_login(self.ada)
        url = reverse("organization_user_add", args=[self.acme.pk])
        self.client.post(url, {"email": "Bo@Example.com"})
        self.assertFalse(Person.objects.filter(email__iexact="bo@example.com").exists())
        self.client.logout()
        page = self.client.get(link(), follow=True)
        answer = self.client.post(page.request["PATH_INFO"], PASSWORDS)
        self.assertEqual(answer.status_code, 302)
        self.assertTrue(self.acme.is_member(Person.objects.get(email="bo@example.com")))

    def test_invitation_of_the_default_backend(self):
        backend = InvitationBackend(namespace="old")
        person = backend.invite_by_email(
            "bo@example.com", sender=self.ada, domain=DOMAIN, organization=self.acme
        )
        self.assertFalse(person.is_active)
        self.assertTrue(link().startswith(f"/old/{person.pk}-"))
        self.client.post(link(), PASSWORDS)
        person.refresh_from_db()
        self.assertTrue(person.is_active)

    def test_every_page_of_the_admin_opens(self):
        self.client.force_login(self.ada)
        self.acme.organization_invites.create(invited_by=self.ada, invitee_identifier="x")
        for model in (
            *("organization", "organizationuser", "organizationowner"),
            "organizationinvitation",
        ):
            rows = reverse(f"admin:organizations_{model}_changelist")
            self.assertEqual(self.client.get(rows).status_code, 200, model)
            links = re.findall(
                rf'href="({rows}\d+/change/[^"]*)"', self.client.get(rows).content.decode()
            )
            self.assertEqual(self.client.get(links[0]).status_code, 200, model)
        bo = Person.objects.create_user("bo@example.com")
        self.client.post(
            reverse("admin:organizations_organizationuser_add"),
            {"user": bo.pk, "organization": self.acme.pk, "is_admin": "on"},
        )
        self.assertTrue(self.acme.is_admin(bo))
