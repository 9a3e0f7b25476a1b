import json

from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import TestCase, TransactionTestCase
from django.urls import reverse

from organizations.exceptions import OrganizationMismatch, OwnershipRequired
from organizations.models import Organization
from organizations.signals import owner_changed, user_added, user_removed
from organizations.views.base import ViewFactory

from .backends import AccountInvitations
from .models import (
    Account,
    AccountInvitation,
    AccountOwner,
    AccountUser,
    acreate_account,
    create_account,
)


def person(name):
    return User.objects.create_user(name, f"{name}@example.com", "x", first_name=name.title())


class Family(TestCase):
    def setUp(self):
        self.ada, self.bo = person("ada"), person("bo")
        self.acme = create_account(self.ada, "Acme", org_defaults={"monthly_fee": 5})

    def test_four_models_know_each_other(self):
        self.assertIs(type(self.acme), Account)
        self.assertIs(Account.invitation_model, AccountInvitation)
        self.assertIs(self.acme._org_user_model, AccountUser)
        self.assertIs(self.acme._org_owner_model, AccountOwner)
        self.assertEqual(self.acme.user_relation_name, "accounts_account")
        self.assertEqual(list(self.ada.accounts_account.all()), [self.acme])
        self.assertEqual(self.ada.accounts_accountuser.get().accountowner, self.acme.owner)
        self.assertFalse(Organization.objects.exists())
        self.assertEqual(str(Account._meta.verbose_name), "organization")
        self.assertEqual(Account._meta.ordering, ["name"])

    def test_slug(self):
        self.assertEqual(self.acme.slug, "acme")
        self.assertNotEqual(create_account(self.bo, "Acme").slug, "acme")

    def test_members_with_values_of_their_own(self):
        made = create_account(self.bo, "Bell", org_user_defaults={"job_title": "Smith"})
        member = made.organization_users.get()
        self.assertEqual((member.job_title, member.is_admin), ("Smith", False))
        other = self.acme._org_user_model.objects.create(
            user=self.bo, organization=self.acme, job_title="Clerk"
        )
        self.assertEqual(str(other), "Bo (Acme)")
        self.assertTrue(self.acme.is_member(self.bo))

    def test_life_of_a_family(self):
        heard = []

        def hear(sender, signal, **kwargs):
            heard.append((sender, kwargs))

        for signal in (user_added, user_removed, owner_changed):
            signal.connect(hear, sender=self.acme)
            self.addCleanup(signal.disconnect, hear, sender=self.acme)
        member = self.acme.add_user(self.bo)
        old = self.acme.owner.organization_user
        self.acme.change_owner(member)
        self.acme.remove_user(self.ada)
        self.assertEqual(
            heard,
            [
                (self.acme, {"user": self.bo}),
                (self.acme, {"old": old, "new": member}),
                (self.acme, {"user": self.ada}),
            ],
        )
        with self.assertRaises(OwnershipRequired):
            self.acme.remove_user(self.bo)
        with self.assertRaises(OwnershipRequired):
            self.acme.organization_users.get(user=self.bo).delete()
        with self.assertRaises(AccountUser.DoesNotExist):
            self.acme.remove_user(self.ada)
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.acme.add_user(self.bo)

    def test_owner_of_another_account(self):
        bell = create_account(self.bo, "Bell")
        row = self.acme.owner
        row.organization_user = bell.organization_users.get()
        with self.assertRaises(OrganizationMismatch):
            row.save()

    def test_async(self):
        made = async_to_sync(acreate_account)(self.bo, "Road")
        self.assertIs(type(made), Account)
        member = async_to_sync(made.aadd_user)(self.ada)
        async_to_sync(made.achange_owner)(member)
        self.assertTrue(async_to_sync(Account.objects.get(pk=made.pk).ais_owner)(self.ada))

    def test_activating_an_invitation(self):
        offer = AccountInvitation.objects.create(
            organization=self.acme, invited_by=self.ada, invitee_identifier="x", job_title="Smith"
        )
        member = offer.activate(self.bo)
        self.assertEqual(member.organization, self.acme)
        self.assertEqual(AccountInvitation.objects.get().invitee, self.bo)


class Pages(TestCase):
    def setUp(self):
        self.ada, self.bo, self.cy = person("ada"), person("bo"), person("cy")
        self.acme = create_account(self.ada, "Acme")
        self.acme.add_user(self.bo)
        self.acme.organization_users.filter(user=self.bo).update(job_title="Smith")

    def get(self, user, name, **kwargs):
        self.client.force_login(user)
        return self.client.get(reverse(name, kwargs={"organization_pk": self.acme.pk, **kwargs}))

    def test_who_gets_in(self):
        bo = {"user_pk": self.bo.pk}
        doors = {
            "account": ({}, [200, 200, 403]),
            "account_edit": ({}, [200, 403, 403]),
            "account_end": ({}, [200, 403, 403]),
            "people": ({}, [200, 200, 403]),
            "person": (bo, [200, 200, 403]),
            "person_edit": (bo, [200, 403, 403]),
            "person_delete": (bo, [200, 403, 403]),
            "numbers": ({}, [200, 403, 403]),
        }
        found = {
            name: (
                kwargs,
                [
                    self.get(user, name, **kwargs).status_code
                    for user in (self.ada, self.bo, self.cy)
                ],
            )
            for name, (kwargs, _) in doors.items()
        }
        self.assertEqual(found, doors)

    def test_contents(self):
        self.assertContains(self.get(self.bo, "account"), "Acme")
        self.assertContains(self.get(self.bo, "people"), "Bo Smith;")
        self.assertContains(self.get(self.bo, "person", user_pk=self.bo.pk), "bo at Acme")
        self.client.force_login(self.bo)
        self.assertContains(self.client.get(reverse("account_list")), "Acme;")
        numbers = json.loads(self.get(self.ada, "numbers").content)
        self.assertEqual(numbers, {"organization": self.acme.pk, "people": 2})

    def test_forms_of_ones_own(self):
        self.client.force_login(self.ada)
        member = self.acme.organization_users.get(user=self.bo)
        url = reverse("person_edit", args=[self.acme.pk, self.bo.pk])
        self.client.post(url, {"job_title": "Boss", "is_admin": "on"})
        member.refresh_from_db()
        self.assertEqual((member.job_title, member.is_admin), ("Boss", True))
        self.client.post(
            reverse("account_edit", args=[self.acme.pk]),
            {"name": "Apex", "slug": "apex", "monthly_fee": "7", "owner": member.pk},
        )
        account = Account.objects.get()
        self.assertEqual((account.name, account.monthly_fee), ("Apex", 7))
        self.assertTrue(account.is_owner(self.bo))

    def test_deleting(self):
        self.client.force_login(self.ada)
        self.client.post(reverse("person_delete", args=[self.acme.pk, self.bo.pk]))
        self.assertFalse(self.acme.is_member(self.bo))
        self.client.post(reverse("account_end", args=[self.acme.pk]))
        self.assertFalse(Account.objects.exists())

    def test_default_pages_stand_beside(self):
        self.client.force_login(self.ada)
        page = self.client.get(reverse("organization_list"))
        self.assertEqual(list(page.context["organizations"]), [])

    def test_a_second_factory_leaves_the_first_alone(self):
        first, second = ViewFactory(Account), ViewFactory(Organization)
        view = first.OrganizationDetail
        self.assertIs(second.OrganizationDetail.org_model, Organization)
        self.assertIs(view.org_model, Account)

    def test_admin(self):
        boss = User.objects.create_superuser("boss")
        self.client.force_login(boss)
        for model in ("account", "accountuser", "accountowner"):
            page = self.client.get(reverse(f"admin:accounts_{model}_changelist"))
            self.assertEqual(page.status_code, 200)
        member = self.acme.organization_users.get(user=self.bo)
        url = reverse("admin:accounts_accountuser_delete", args=[member.pk])
        self.client.post(url, {"post": "yes"})
        self.assertFalse(self.acme.is_member(self.bo))
        url = reverse("admin:accounts_account_delete", args=[self.acme.pk])
        self.client.post(url, {"post": "yes"})
        self.assertFalse(Account.objects.exists())


class Invitations(TransactionTestCase):
    def test_invitations_of_the_family(self):
        ada = person("ada")
        acme = create_account(ada, "Acme")
        backend = AccountInvitations(namespace="join")
        self.assertIs(backend.invitation_model, AccountInvitation)
        offer = backend.invite_by_email("Bo@Example.com", ada, acme)
        self.assertEqual(offer.invitee_identifier, "bo@example.com")
        self.assertEqual([sent.to for sent in mail.outbox], [["bo@example.com"]])
        self.assertEqual(list(backend.get_invitation_queryset()), [offer])
        url = reverse("join:invitations_register", args=[offer.guid])
        self.assertEqual(url, f"/join/{offer.guid}/")
        self.assertFalse(acme.is_member(person("bo")))
