"""Steps that ask who is there once more: a fresh sign-in, or the password again.

A session that somebody left open, or that somebody stole, is not enough for them.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import authenticate, logout
from django.contrib.auth.views import RedirectURLMixin, redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView

from ..conf import get_settings
from ..doors import is_fresh, mark_fresh, with_status_of
from ..exceptions import OrganizationsError
from ..forms import PasswordForm, add_verb_error
from ..services import limits
from ..words import gettext as _
from .mixins import LayoutMixin

__all__ = ["FreshLoginRequiredMixin", "OrganizationConfirm"]


class FreshLoginRequiredMixin:
    """Lets those through who have signed in lately, and asks the others for the password.

    Name it behind the mixin that says who may open the page: nobody is asked for a password who
    may not come in. What was posted is not sent again; the person comes back to the page itself.
    For views that are not async.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_fresh(request):
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]
        if request.method == "POST":
            messages.warning(request, _("Nothing has changed yet. Confirm that it is you first."))
        return redirect(confirm_url(request.get_full_path()))


def confirm_url(next_url: str) -> str:
    """Return the address of the page that asks again, and leads on from there."""
    page = get_settings().REAUTHENTICATION_URL or reverse("organization_confirm")
    return f"{page}{'&' if '?' in page else '?'}{urlencode({'next': next_url})}"


@method_decorator([sensitive_post_parameters("password"), never_cache], name="dispatch")
class OrganizationConfirm(RedirectURLMixin, LayoutMixin, FormView):
    """Asks for the password again; ``next`` says where to go then, on this site only.

    People whose account has no password sign out and in again.
    """

    form_class: Any = PasswordForm
    template_name = "organizations/organization_confirm.html"
    next_page: Any = reverse_lazy("organization_list")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if get_settings().REAUTHENTICATION_URL:
            return redirect(confirm_url(self.get_success_url()))
        return super().dispatch(request, *args, **kwargs)

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Never lead to this page again."""
        url: str = super().get_redirect_url(*args, **kwargs)
        return "" if url.partition("?")[0] == self.request.path else url

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") == "switch":
            logout(request)
            return redirect_to_login(self.get_success_url())
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            is_right = self.check_password(form.cleaned_data["password"])
        except OrganizationsError as error:
            add_verb_error(form, error)
            return with_status_of(error, self.form_invalid(form))
        if not is_right:
            form.add_error("password", _("This is not your password."))
            return self.form_invalid(form)
        mark_fresh(self.request)
        return HttpResponseRedirect(self.get_success_url())

    def check_password(self, password: str) -> bool:
        """Return whether the project's backends know the user by this password.

        Raises:
            LimitReached: there were as many guesses at this account as a client may make.
        """
        user: Any = self.request.user
        limits.spend("client", "password", user.pk)
        found = authenticate(self.request, username=user.get_username(), password=password)
        return found is not None and found.pk == user.pk

    def get_context_data(self, **kwargs: Any) -> Any:
        user: Any = self.request.user
        return super().get_context_data(
            has_password=user.has_usable_password(),
            username=user.get_username(),
            next=self.get_redirect_url(),
            **kwargs,
        )
