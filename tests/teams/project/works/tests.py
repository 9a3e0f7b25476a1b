import uuid

from django.apps import apps
from django.contrib.auth.models import User
from django.test import TestCase
from django.urls import reverse

from organizations.services.access import access_of
from organizations.services.preview import preview
from organizations.teams import services
from organizations.teams.grants import TeamGroups
from organizations.teams.models import Team, TeamMember
from organizations.utils import create_organization

from .models import Works, WorksUser


class Teams(TestCase):
    def setUp(self):
        self.ada, self.bo = (
            User.objects.create_user(name, f"{name}@example.com", "x") for name in ("ada", "bo")
        )
        self.works = create_organization(self.ada, "Works", model=Works)
        self.member = self.works.add_user(self.bo)

    def test_tables_belong_to_the_family(self):
        for model in apps.get_app_config("organizations_teams").get_models():
            self.assertIs(model._meta.get_field("organization").related_model, Works)
        self.assertIs(TeamMember._meta.get_field("member").related_model, WorksUser)
        self.assertIs(type(self.works.pk), uuid.UUID)

    def test_life_of_a_team(self):
        top = services.create(self.works, name="Top", actor=self.ada)
        below = services.create(self.works, name="Below", parent=top, actor=self.ada)
        found = preview(services.add_member, below, self.member, actor=self.ada)
        self.assertEqual(found.changes, ())
        services.add_member(below, self.member, is_lead=True, actor=self.ada)
        self.assertTrue(services.may_manage_members(access_of(self.bo, self.works), below))
        self.assertEqual(set(TeamGroups().reaching(self.member.pk)), {top.pk, below.pk})
        services.delete(top, actor=self.ada)
        self.assertEqual([row.level for row in services.tree(self.works)], [1])
        self.works.remove_user(self.bo)
        self.assertFalse(TeamMember.objects.exists())
        self.works.delete()
        self.assertFalse(Team.objects.exists())

    def test_pages(self):
        self.client.force_login(self.ada)
        part = {"organization_pk": self.works.slug}
        self.client.post(reverse("organization_team_add", kwargs=part), {"name": "Crew"})
        team = Team.objects.get()
        part["team_pk"] = team.pk
        url = reverse("organization_team_member_add", kwargs=part)
        self.assertContains(self.client.get(url), "bo@example.com")
        self.client.post(url, {"user": self.bo.pk})
        page = self.client.get(reverse("organization_team_detail", kwargs=part))
        self.assertContains(page, "bo@example.com")
        url = reverse("organization_team_member_remove", kwargs={**part, "user_pk": self.bo.pk})
        self.client.post(url)
        self.assertFalse(TeamMember.objects.exists())

    def test_admin(self):
        services.create(self.works, name="Crew", actor=None)
        root = User.objects.create_superuser("root", "root@example.com", "x")
        self.client.force_login(root)
        for name in ("team", "teammember"):
            url = reverse(f"admin:organizations_teams_{name}_changelist")
            self.assertEqual(self.client.get(url).status_code, 200)
