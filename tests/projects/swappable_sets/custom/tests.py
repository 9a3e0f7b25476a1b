from django.contrib.auth.models import User
from django.db import connection
from django.test import TestCase

from organizations.utils import create_organization

from .models import Group, GroupInvitation, GroupOwner, GroupUser


class Swapped(TestCase):
    def test_the_swapped_family_is_a_family(self):
        ada, bo = (User.objects.create_user(name, password="x") for name in ("ada", "bo"))
        group = create_organization(ada, "Group", model=Group, org_defaults={"remark": "first"})
        self.assertIs(group._org_user_model, GroupUser)
        self.assertIs(group._org_owner_model, GroupOwner)
        self.assertIs(Group.invitation_model, GroupInvitation)
        group.change_owner(group.add_user(bo))
        self.assertTrue(Group.objects.get().is_owner(bo))

    def test_the_family_that_was_swapped_out_has_no_tables(self):
        tables = connection.introspection.table_names()
        self.assertNotIn("standard_group", tables)
        self.assertIn("custom_group", tables)
