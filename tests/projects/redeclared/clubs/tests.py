from django.contrib.auth.models import User
from django.template import Context, Template
from django.test import TestCase

from organizations.signals import user_added
from organizations.utils import create_organization
from organizations.views.base import ViewFactory

from .models import Club, ClubInvitation, ClubOwner, ClubUser


class Redeclared(TestCase):
    def setUp(self):
        self.ada, self.bo = (User.objects.create_user(name, password="x") for name in ("ada", "bo"))
        self.rovers = create_organization(self.ada, "Rovers", model=Club)

    def test_what_the_project_wrote_stands(self):
        self.assertEqual(ClubUser._meta.unique_together, ())
        self.assertEqual(ClubUser._meta.ordering, [])
        self.assertEqual(Club._meta.ordering, ["-name"])
        self.assertEqual(ClubUser._meta.get_field("user").remote_field.related_name, "memberships")
        self.assertEqual(str(ClubUser._meta.get_field("is_admin").verbose_name), "runs the club")
        self.assertEqual(str(self.rovers), "The Rovers club")
        self.assertEqual(str(self.rovers.owner), "the owner")
        self.assertEqual(self.rovers.slug, "club-rovers")

    def test_own_methods_without_super(self):
        heard = []

        def hear(sender, user, **kwargs):
            heard.append(user)

        user_added.connect(hear)
        self.addCleanup(user_added.disconnect, hear)
        member = self.rovers.add_user(self.bo, role="coach")
        self.assertEqual((member.role, heard), ("coach", [self.bo]))
        self.assertTrue(self.rovers.is_admin(self.bo))
        self.rovers.change_owner(member)
        self.assertTrue(self.rovers.is_owner(self.bo))
        self.assertFalse(ClubUser.objects.get(user=self.ada).is_admin)
        self.assertEqual(ClubOwner.objects.get().organization_user, member)

    def test_invitation_uses_the_projects_add_user(self):
        offer = ClubInvitation.objects.create(
            organization=self.rovers, invited_by=self.ada, invitee_identifier="bo"
        )
        self.assertEqual(offer.activate(self.bo).role, "coach")

    def test_a_member_without_user(self):
        nobody = ClubUser.objects.create(organization=self.rovers)
        self.assertEqual(str(nobody), "player None at The Rovers club")
        self.assertEqual(self.rovers.organization_users.count(), 2)
        self.assertTrue(self.rovers.is_member(self.ada))
        nobody.delete()

    def test_reverse_names(self):
        self.assertEqual(self.ada.memberships.get().organization, self.rovers)
        self.assertEqual(list(self.ada.clubs_club.all()), [self.rovers])

    def test_an_account_goes_and_its_membership_stays(self):
        self.rovers.add_user(self.bo)
        self.bo.delete()
        self.assertEqual(self.rovers.organization_users.filter(user=None).count(), 1)

    def test_tags_and_views_ask_the_projects_own_methods(self):
        template = Template("{% load org_tags %}{{ club|is_admin:user }}")
        self.rovers.add_user(self.bo, role="coach")
        for user, answer in ((self.bo, "True"), (User.objects.create_user("cy"), "False")):
            self.assertEqual(template.render(Context({"club": self.rovers, "user": user})), answer)
        self.assertIs(ViewFactory(Club).OrganizationList.org_model, Club)
