"""The package's pages, and one written by hand."""

from django.urls import include, path

from bench.ours.views import MembersInATable, members_by_hand

urlpatterns = [
    path("accounts/", include("organizations.urls")),
    path("by-hand/<slug:slug>/members/", members_by_hand),
    path("in-a-table/<slug:organization_pk>/members/", MembersInATable.as_view()),
]
