"""The pages of this app; they come below an organization's own URL."""

from __future__ import annotations

from django.urls import include, path

from . import views

__all__ = ["urlpatterns"]

role_patterns = [
    path("", views.RoleDetail.as_view(), name="organization_role"),
    path("edit/", views.RoleUpdate.as_view(), name="organization_role_edit"),
    path("delete/", views.RoleDelete.as_view(), name="organization_role_delete"),
    path("give/", views.RoleGive.as_view(), name="organization_role_give"),
    path("take/<int:assignment_pk>/", views.RoleTake.as_view(), name="organization_role_take"),
]

urlpatterns = [
    path("roles/", views.RoleList.as_view(), name="organization_roles"),
    path("roles/add/", views.RoleCreate.as_view(), name="organization_role_add"),
    path("roles/<str:role>/", include(role_patterns)),
    path(
        "people/<str:user_pk>/roles/", views.MemberRoles.as_view(), name="organization_user_roles"
    ),
]
