"""Sign-in and password pages that know of verified addresses and of the site's own address."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from ..doors import client_address, link_base, with_status_of
from ..exceptions import LimitReached
from ..services import addresses, limits
from .mixins import LayoutMixin

__all__ = [
    "Login",
    "Logout",
    "PasswordChange",
    "PasswordChangeDone",
    "PasswordReset",
    "PasswordResetComplete",
    "PasswordResetConfirm",
    "PasswordResetDone",
]


class Login(LayoutMixin, views.LoginView):
    """The sign-in page; people who are signed in go on at once."""

    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_active:
            # Some backends let switched-off accounts in; our pages do not.
            self.redirect_authenticated_user = False
        return super().dispatch(request, *args, **kwargs)

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Never lead to this page again, which Django answers with an error."""
        url: str = super().get_redirect_url(*args, **kwargs)
        return "" if url.partition("?")[0] == self.request.path else url


class Logout(LayoutMixin, views.LogoutView):
    """Signs out, and says so."""


class PasswordChange(LayoutMixin, views.PasswordChangeView):
    """The page of one's own new password."""


class PasswordChangeDone(LayoutMixin, views.PasswordChangeDoneView):
    """Says that the password is changed."""


class PasswordReset(LayoutMixin, views.PasswordResetView):
    """Mails a link to choose a new password, to the address that links in mails lead to.

    An address that has been sent its share gets none; the visitor sees no difference.
    """

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            limits.client(client_address(self.request))
        except LimitReached as error:
            form.add_error(None, str(error))
            return with_status_of(error, self.form_invalid(form))
        try:
            limits.mail_to(form.cleaned_data["email"], purpose="password")
        except LimitReached:
            return HttpResponseRedirect(str(self.get_success_url()))
        base = link_base(self.request)
        self.extra_email_context = {
            **(self.extra_email_context or {}),
            "protocol": base.scheme,
            "domain": base.domain,
            "site_name": base.name,
        }
        return super().form_valid(form)


class PasswordResetConfirm(LayoutMixin, views.PasswordResetConfirmView):
    """Sets a new password. The link was mailed to the user's address, so that is verified.

    Django's token dies when the address in the user's row changes, so it proves this one.
    """

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        if addresses.address_of(self.user):
            addresses.verify(self.user, addresses.address_of(self.user))
        return response


class PasswordResetDone(LayoutMixin, views.PasswordResetDoneView):
    """Says that a link is on its way, if there is such an account."""


class PasswordResetComplete(LayoutMixin, views.PasswordResetCompleteView):
    """Says that the new password counts."""
