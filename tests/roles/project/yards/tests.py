from datetime import timedelta

from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.permissions import INVITE_MEMBER
from organizations.roles import services
from organizations.roles.models import Role, RoleAssignment
from organizations.services.access import access_of
from yards.models import Yard, YardMember


class RolesOfYards(TestCase):
    def setUp(self):
        self.yard = testing.make_organization("North", owner="ada", members=["cy"], model=Yard)
        self.cy = YardMember.objects.select_related("user").get(user__username="cy")
        self.ada = YardMember.objects.get(user__username="ada").user
        self.role = services.create(
            self.yard, name="Gate", permissions=[INVITE_MEMBER], actor=self.ada
        )

    def test_the_tables_lead_to_the_family_of_the_project(self):
        for model in (Role, RoleAssignment):
            self.assertIs(model._meta.get_field("organization").related_model, Yard)
        self.assertIs(RoleAssignment._meta.get_field("member").related_model, YardMember)

    def test_a_role_gives_and_ends(self):
        with self.assertNumQueries(1):
            self.assertFalse(access_of(self.cy.user, self.yard).has(INVITE_MEMBER))
        given = services.assign(self.cy, self.role, actor=self.ada)
        with self.assertNumQueries(1):
            self.assertTrue(access_of(self.cy.user, self.yard).has(INVITE_MEMBER))
        services.unassign(given, actor=self.ada)
        self.assertFalse(access_of(self.cy.user, self.yard).has(INVITE_MEMBER))

    def test_the_pages_open(self):
        services.assign(self.cy, self.role, actor=self.ada)
        self.client.force_login(self.ada)
        at = {"organization_pk": self.yard.pk}
        for name, kwargs in [
            ("organization_roles", {}),
            ("organization_role_add", {}),
            ("organization_role", {"role": self.role.pk}),
            ("organization_role_edit", {"role": self.role.pk}),
            ("organization_role_delete", {"role": self.role.pk}),
            ("organization_user_roles", {"user_pk": self.cy.user_id}),
        ]:
            answer = self.client.get(reverse(name, kwargs={**at, **kwargs}))
            self.assertEqual(answer.status_code, 200, name)

    def test_the_reminder_leaves(self):
        until = timezone.now() + timedelta(days=1)
        services.assign(self.cy, self.role, ends_at=until, actor=None)
        with self.captureOnCommitCallbacks(execute=True):
            call_command("organizations_roles_remind", verbosity=0)
        self.assertEqual(mail.outbox[0].to, ["cy@example.com"])

    def test_roles_go_with_the_yard(self):
        services.assign(self.cy, self.role, actor=None)
        self.yard.delete()
        for model in apps.get_app_config("organizations_roles").get_models():
            self.assertFalse(model.objects.exists())
