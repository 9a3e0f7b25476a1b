"""Pages for the site's staff: every kind of mail, as it looks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.views.generic import TemplateView

from .. import samples
from ..doors import not_found
from ..words import gettext
from .base import PageMixin

__all__ = ["MailList", "MailPreview"]

#: A mail brings its styles along, and nothing else: no script, no form, no other site's frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)


class StaffMixin(PageMixin):
    """Lets active staff in; for everybody else who is signed in there is nothing here."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_active:
            return redirect_to_login(request.get_full_path())
        if not getattr(request.user, "is_staff", False):
            return not_found(request)
        return super().dispatch(request, *args, **kwargs)  # type: ignore[misc, no-any-return]


class MailList(StaffMixin, TemplateView):
    """The kinds of mail."""

    template_name = "organizations/mail_list.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(samples=samples.samples(), **kwargs)


class MailPreview(StaffMixin, TemplateView):
    """One kind of mail in a language: ``?language=de``, and ``?part=html`` for its HTML alone."""

    template_name = "organizations/mail_preview.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        sample = samples.find(self.kwargs["kind"])
        if sample is None:
            return not_found(request)
        language = self.get_language()
        message = samples.render(sample, language=language)
        rich = next((part[0] for part in message.alternatives if part[1] == "text/html"), None)
        if request.GET.get("part") == "html":
            return not_found(request) if rich is None else self.alone(rich)
        context = self.get_context_data(
            sample=sample,
            message=message,
            has_html=rich is not None,
            language=language,
            languages=[(code, gettext(name)) for code, name in settings.LANGUAGES],
        )
        return self.render_to_response(context)

    def get_language(self) -> str:
        """Return the language that was asked for, else the reader's own."""
        asked = self.request.GET.get("language", "")
        if asked in dict(settings.LANGUAGES):
            return asked
        return translation.get_language() or settings.LANGUAGE_CODE

    def alone(self, html: str) -> HttpResponse:
        response = HttpResponse(html)
        response["Content-Security-Policy"] = POLICY
        # Django's middleware sets DENY where nothing is set, and the page could not show it.
        response["X-Frame-Options"] = "SAMEORIGIN"
        return response
