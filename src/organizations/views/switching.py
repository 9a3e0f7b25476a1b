"""Going to another organization of one's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views.generic import View

from ..conf import get_settings
from ..converters import url_part
from ..resolvers import remember
from .mixins import AccessRequiredMixin, OrganizationMixin

__all__ = ["OrganizationSwitch", "landing_url"]


def landing_url(organization: Any) -> str:
    """Return where people land who go to an organization: its page, or ``LANDING_URL``.

    Raises:
        NoReverseMatch: there is no URL of that name.
    """
    name = get_settings().LANDING_URL or "organization_detail"
    try:
        return reverse(name, kwargs={"organization_pk": url_part(organization)})
    except NoReverseMatch:
        return reverse(name)


class OrganizationSwitch(RedirectURLMixin, AccessRequiredMixin, OrganizationMixin, View):
    """Notes in the session where the person wants to be, and leads there.

    That is a hint and no right: the resolver ``from_session`` reads it where nothing else names
    an organization, and the membership is looked up on every request. ``next`` may name another
    page of this site. Who only follows the link lands there as well, and nothing is noted.
    """

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect(landing_url(self.organization))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        remember(request, self.organization)
        return redirect(self.get_success_url())

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Return ``next`` if it is a page of this site, written as a path."""
        url: str = super().get_redirect_url(*args, **kwargs)
        return url if url.startswith("/") else ""

    def get_default_redirect_url(self) -> str:
        return landing_url(self.organization)
