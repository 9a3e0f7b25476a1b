from django.contrib.auth.models import User
from django.test import TestCase
from sports.models import Association, AssociationInvitation, AssociationUser

from organizations.models import Organization, OrganizationUser
from organizations.utils import create_organization, default_org_model
from organizations.views.base import ViewFactory

from .models import Vendor, VendorUser


class Families(TestCase):
    def setUp(self):
        self.ada, self.bo = (
            User.objects.create_user(name, f"{name}@example.com", "x") for name in ("ada", "bo")
        )
        self.made = {
            model: create_organization(self.ada, model.__name__, model=model)
            for model in (Organization, Vendor, Association)
        }

    def test_each_family_has_rows_of_its_own(self):
        for model, organization in self.made.items():
            self.assertEqual(list(model.objects.get_for_user(self.ada)), [organization])
            self.assertEqual(organization.owner.organization_user.user, self.ada)
            self.assertEqual(
                list(getattr(self.ada, organization.user_relation_name).all()), [organization]
            )
        self.assertIs(default_org_model(), Organization)

    def test_members_come_into_the_family_of_the_organization(self):
        kinds = {Organization: OrganizationUser, Vendor: VendorUser, Association: AssociationUser}
        for model, organization in self.made.items():
            self.assertIs(type(organization.add_user(self.bo)), kinds[model])
        for kind in kinds.values():
            self.assertEqual(kind.objects.filter(user=self.bo).count(), 1)

    def test_invitations_come_into_their_family(self):
        offer = AssociationInvitation.objects.create(
            organization=self.made[Association], invited_by=self.ada, invitee_identifier="bo"
        )
        self.assertEqual(offer.activate(self.bo).player_number, 11)

    def test_views_of_each_family(self):
        views = [ViewFactory(model).OrganizationList for model in self.made]
        self.assertEqual([view.org_model for view in views], list(self.made))

    def test_the_account_goes_when_nothing_is_owned(self):
        self.made[Vendor].add_user(self.bo)
        self.bo.delete()
        self.assertEqual(self.made[Vendor].users.count(), 1)
