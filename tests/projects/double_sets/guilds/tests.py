from django.contrib.auth.models import User
from django.test import TestCase

from organizations.utils import create_organization

from .models import Chapter, ChapterUser, Guild, GuildInvitation, GuildUser


class Double(TestCase):
    def setUp(self):
        self.ada, self.bo = (User.objects.create_user(name, password="x") for name in ("ada", "bo"))
        self.smiths = create_organization(self.ada, "Smiths", model=Guild)

    def test_the_first_family_is_whole(self):
        self.assertIs(type(self.smiths.add_user(self.bo)), GuildUser)
        self.assertIs(Guild.invitation_model, GuildInvitation)
        offer = GuildInvitation.objects.create(
            organization=self.smiths, invited_by=self.ada, invitee_identifier="cy"
        )
        self.assertIs(type(offer.activate(User.objects.create_user("cy"))), GuildUser)

    def test_the_second_pair_has_its_relations(self):
        north = Chapter.objects.create(name="North", guild=self.smiths)
        member = ChapterUser.objects.create(organization=north, user=self.bo)
        self.assertEqual(list(north.users.all()), [self.bo])
        self.assertEqual(north.organization_users.get(), member)
        self.assertEqual(list(Chapter.objects.get_for_user(self.bo)), [north])
        self.assertEqual(self.bo.guilds_chapteruser.get(), member)
