"""All pages under one ``include``: organizations, members, sign-up, invitations.

An organization is named by its key or its slug; the names and keywords of the URLs are those
that django-organizations documents.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import user_passes_test
from django.urls import include, path

from . import converters
from .backends import invitation_backend, registration_backend
from .doors import own_not_found
from .pages import urls_of_apps
from .views import bulk, joining
from .views import default as views
from .views.accent import OrganizationAccent
from .views.access import OrganizationUserAccess
from .views.fresh import OrganizationConfirm
from .views.handover import HandoverAnswer, OrganizationTransfer
from .views.mails import MailList, MailPreview
from .views.switching import OrganizationSwitch

__all__ = ["urlpatterns"]

converters.register()

# As Django's ``login_required``, but not for accounts that are switched off.
signed_in = user_passes_test(lambda user: user.is_active)

member_patterns = [
    path("", views.OrganizationUserList.as_view(), name="organization_user_list"),
    path("add/", views.OrganizationUserCreate.as_view(), name="organization_user_add"),
    path("propose/", joining.OrganizationUserPropose.as_view(), name="organization_user_propose"),
    path(
        "<str:user_pk>/remind/",
        views.OrganizationUserRemind.as_view(),
        name="organization_user_remind",
    ),
    path("<str:user_pk>/", views.OrganizationUserDetail.as_view(), name="organization_user_detail"),
    path(
        "<str:user_pk>/access/",
        OrganizationUserAccess.as_view(),
        name="organization_user_access",
    ),
    path(
        "<str:user_pk>/edit/", views.OrganizationUserUpdate.as_view(), name="organization_user_edit"
    ),
    path(
        "<str:user_pk>/suspend/",
        views.OrganizationUserSuspend.as_view(),
        name="organization_user_suspend",
    ),
    path(
        "<str:user_pk>/reinstate/",
        views.OrganizationUserReinstate.as_view(),
        name="organization_user_reinstate",
    ),
    path(
        "<str:user_pk>/delete/",
        views.OrganizationUserDelete.as_view(),
        name="organization_user_delete",
    ),
]

invitation_patterns = [
    path("", views.OrganizationInvitations.as_view(), name="organization_invitations"),
    path("link/", views.LinkAdd.as_view(), name="organization_link_add"),
    path("link/new/", views.LinkShown.as_view(), name="organization_link_shown"),
    path(
        "<str:invitation_pk>/approve/",
        views.InvitationApprove.as_view(),
        name="organization_invitation_approve",
    ),
    path(
        "<str:invitation_pk>/decline/",
        views.InvitationDecline.as_view(),
        name="organization_invitation_decline",
    ),
    path("many/", bulk.BulkInvite.as_view(), name="organization_bulk"),
    path("many/<str:bulk_pk>/", bulk.BulkDetail.as_view(), name="organization_bulk_detail"),
    path(
        "many/<str:bulk_pk>/columns/",
        bulk.BulkColumns.as_view(),
        name="organization_bulk_columns",
    ),
    path(
        "many/<str:bulk_pk>/results.csv",
        bulk.BulkResults.as_view(),
        name="organization_bulk_results",
    ),
    path(
        "<str:invitation_pk>/resend/",
        views.InvitationResend.as_view(),
        name="organization_invitation_resend",
    ),
    path(
        "<str:invitation_pk>/revoke/",
        views.InvitationRevoke.as_view(),
        name="organization_invitation_revoke",
    ),
]

organization_patterns: list[Any] = [
    path("", views.OrganizationDetail.as_view(), name="organization_detail"),
    path("edit/", views.OrganizationUpdate.as_view(), name="organization_edit"),
    path("accent.css", OrganizationAccent.as_view(), name="organization_accent"),
    path("delete/", views.OrganizationDelete.as_view(), name="organization_delete"),
    path("join/", joining.OrganizationJoin.as_view(), name="organization_join"),
    path("joining/", joining.OrganizationJoining.as_view(), name="organization_joining"),
    path("switch/", OrganizationSwitch.as_view(), name="organization_switch"),
    path("leave/", views.OrganizationLeave.as_view(), name="organization_leave"),
    path("transfer/", OrganizationTransfer.as_view(), name="organization_transfer"),
    path("transfer/answer/", HandoverAnswer.as_view(), name="organization_handover_answer"),
    path("people/", include(member_patterns)),
    path("invitations/", include(invitation_patterns)),
    *urls_of_apps(),
]

urlpatterns = [
    path("", own_not_found(signed_in(views.OrganizationList.as_view())), name="organization_list"),
    path("add/", signed_in(views.OrganizationCreate.as_view()), name="organization_add"),
    path(
        "deleted/<str:organization_pk>/",
        signed_in(views.OrganizationRestore.as_view()),
        name="organization_restore",
    ),
    path(
        "choose/",
        own_not_found(signed_in(joining.OrganizationChoose.as_view())),
        name="organization_choose",
    ),
    path("confirm/", signed_in(OrganizationConfirm.as_view()), name="organization_confirm"),
    path("sign-up/", views.OrganizationSignup.as_view(), name="organization_signup"),
    path("sign-up/sent/", views.OrganizationSignupDone.as_view(), name="organization_signup_done"),
    path("mails/", MailList.as_view(), name="organization_mails"),
    path("mails/<slug:kind>/", MailPreview.as_view(), name="organization_mail_preview"),
    path("inbox/", signed_in(views.OrganizationInbox.as_view()), name="organization_inbox"),
    path("register/", include(registration_backend().get_urls())),
    path(
        "invitations/<str:invitation_pk>/answer/",
        signed_in(views.InvitationAnswer.as_view()),
        name="organization_invitation_answer",
    ),
    path("invitations/", include(invitation_backend().get_urls())),
    path("<organization:organization_pk>/", include(organization_patterns)),
]
