"""Sign-in, sign-out and password pages for projects that have none, under Django's names."""

from __future__ import annotations

from django.urls import path

from .views.auth import (
    Login,
    Logout,
    PasswordChange,
    PasswordChangeDone,
    PasswordReset,
    PasswordResetComplete,
    PasswordResetConfirm,
    PasswordResetDone,
)

__all__ = ["urlpatterns"]

AUTH = "organizations/auth/"

urlpatterns = [
    path(
        "login/",
        Login.as_view(template_name="organizations/login.html"),
        name="login",
    ),
    path("logout/", Logout.as_view(template_name=f"{AUTH}logged_out.html"), name="logout"),
    path(
        "password_change/",
        PasswordChange.as_view(template_name=f"{AUTH}password_change_form.html"),
        name="password_change",
    ),
    path(
        "password_change/done/",
        PasswordChangeDone.as_view(template_name=f"{AUTH}password_change_done.html"),
        name="password_change_done",
    ),
    path(
        "password_reset/",
        PasswordReset.as_view(
            template_name=f"{AUTH}password_reset_form.html",
            email_template_name=f"{AUTH}password_reset_email.html",
            html_email_template_name=f"{AUTH}password_reset_email_rich.html",
            subject_template_name=f"{AUTH}password_reset_subject.txt",
        ),
        name="password_reset",
    ),
    path(
        "password_reset/done/",
        PasswordResetDone.as_view(template_name=f"{AUTH}password_reset_done.html"),
        name="password_reset_done",
    ),
    path(
        "reset/<uidb64>/<token>/",
        PasswordResetConfirm.as_view(template_name=f"{AUTH}password_reset_confirm.html"),
        name="password_reset_confirm",
    ),
    path(
        "reset/done/",
        PasswordResetComplete.as_view(template_name=f"{AUTH}password_reset_complete.html"),
        name="password_reset_complete",
    ),
]
