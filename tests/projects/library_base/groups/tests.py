from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import TestCase

from organizations.signals import invitation_accepted, user_added
from organizations.utils import create_organization, model_field_attr, model_field_names

from .models import Organization, OrganizationInvitation, OrganizationOwner, OrganizationUser


class BaseLine(TestCase):
    def setUp(self):
        self.ada, self.bo = (
            User.objects.create_user(name, f"{name}@example.com", "x", first_name=name)
            for name in ("ada", "bo")
        )
        self.chess = Organization.objects.create(name="Chess")

    def test_the_tables_are_the_projects_own(self):
        self.assertFalse(apps.is_installed("organizations"))
        self.assertIs(apps.get_model("organizations", "Organization"), Organization)
        self.assertEqual(Organization._meta.db_table, "organizations_organization")
        self.assertIs(Organization.invitation_model, OrganizationInvitation)
        self.assertIs(self.chess._org_user_model, OrganizationUser)
        self.assertIs(self.chess._org_owner_model, OrganizationOwner)

    def test_members(self):
        heard = []

        def hear(sender, user, **kwargs):
            heard.append((sender, user))

        user_added.connect(hear, sender=self.chess)
        self.addCleanup(user_added.disconnect, hear, sender=self.chess)
        member = self.chess.add_user(self.ada, player_number=7)
        self.assertEqual((member.player_number, member.organization), (7, self.chess))
        self.assertEqual(heard, [(self.chess, self.ada)])
        self.assertFalse(OrganizationOwner.objects.exists())
        self.assertTrue(self.chess.is_member(self.ada))
        self.assertFalse(self.chess.is_member(self.bo))
        self.assertEqual(str(member), f"{member.name} Chess")
        with self.assertRaises(IntegrityError), transaction.atomic():
            self.chess.add_user(self.ada)
        member = async_to_sync(self.chess.aadd_user)(self.bo, player_number=8)
        self.assertEqual(member.player_number, 8)
        self.assertTrue(async_to_sync(self.chess.ais_member)(self.bo))

    def test_creating(self):
        made = create_organization(
            self.ada, "Go", org_user_defaults={"player_number": 1}, model=Organization
        )
        self.assertEqual(made.organization_users.get().player_number, 1)
        self.assertEqual(str(made.owner), f"Go: {made.organization_users.get()}")
        self.assertEqual(list(Organization.objects.get_for_user(self.ada)), [made])
        self.assertLess(made.created, made.modified)

    def test_invitations(self):
        offer = OrganizationInvitation.objects.create(
            organization=self.chess, invited_by=self.ada, invitee_identifier="bo"
        )
        self.assertEqual(offer.activation_kwargs(), {})
        self.assertEqual(offer.activate(self.bo).user, self.bo)
        offer.refresh_from_db()
        self.assertEqual(offer.invitee, self.bo)

    def test_accepted_invitations_send_their_signal(self):
        heard = []

        def hear(sender, **kwargs):
            heard.append(sender)

        invitation_accepted.connect(hear)
        self.addCleanup(invitation_accepted.disconnect, hear)
        offer = OrganizationInvitation.objects.create(
            organization=self.chess, invited_by=self.ada, invitee_identifier="bo"
        )
        offer.activate(self.bo)
        self.assertEqual(heard, [offer])

    def test_helpers(self):
        names = model_field_names(OrganizationUser)
        self.assertTrue({"id", "user", "user_id", "organization", "player_number"} <= set(names))
        self.assertIn("organization_users", model_field_names(Organization))
        self.assertEqual(model_field_attr(Organization, "sport", "max_length"), 100)
        with self.assertRaises(KeyError):
            model_field_attr(Organization, "slug", "max_length")
