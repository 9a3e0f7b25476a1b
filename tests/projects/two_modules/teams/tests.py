from django.contrib.auth.models import User
from django.test import TestCase

from organizations.families import Family, family_of
from organizations.utils import create_organization

from .models import Team, TeamInvitation, TeamOwner, TeamUser


class Spread(TestCase):
    def test_the_four_are_one_family(self):
        family = Family(Team, TeamUser, TeamOwner, TeamInvitation)
        for model in (Team, TeamUser, TeamOwner, TeamInvitation):
            self.assertEqual(family_of(model), family)

    def test_life(self):
        ada, bo = (User.objects.create_user(name, password="x") for name in ("ada", "bo"))
        team = create_organization(ada, "Team", model=Team)
        self.assertEqual(TeamUser.objects.get(user=ada).teamowner.organization, team)
        team.change_owner(team.add_user(bo))
        offer = TeamInvitation.objects.create(
            organization=team, invited_by=ada, invitee_identifier="cy"
        )
        self.assertEqual(offer.activate(User.objects.create_user("cy")).organization, team)
        self.assertEqual(team.users.count(), 3)
