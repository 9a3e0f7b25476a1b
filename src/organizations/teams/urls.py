"""The pages of teams, below those of an organization."""

from __future__ import annotations

from django.urls import path

from . import views

__all__ = ["urlpatterns"]

TEAM = "teams/<str:team_pk>/"
MEMBER = f"{TEAM}people/<str:user_pk>/"

urlpatterns = [
    path("teams/", views.TeamList.as_view(), name="organization_teams"),
    path("teams/add/", views.TeamCreate.as_view(), name="organization_team_add"),
    path(TEAM, views.TeamDetail.as_view(), name="organization_team_detail"),
    path(f"{TEAM}edit/", views.TeamUpdate.as_view(), name="organization_team_edit"),
    path(f"{TEAM}delete/", views.TeamDelete.as_view(), name="organization_team_delete"),
    path(f"{TEAM}people/add/", views.TeamMemberAdd.as_view(), name="organization_team_member_add"),
    path(
        f"{MEMBER}remove/",
        views.TeamMemberRemove.as_view(),
        name="organization_team_member_remove",
    ),
    path(f"{MEMBER}lead/", views.TeamMemberLead.as_view(), name="organization_team_member_lead"),
]
