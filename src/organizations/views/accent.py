"""The stylesheet that gives the pages of an organization its own colour."""

from __future__ import annotations

import zlib
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.views.generic import View

from .. import colours, permissions
from ..services.organizations import accent_of
from .mixins import AccessRequiredMixin

__all__ = ["OrganizationAccent"]

# In the layer of the package's own stylesheet, so that a project's rules still win.
STYLESHEET = """\
@layer organizations {{
.orgs, .orgs-page {{--org-accent: {light.accent}; --org-on-accent: {light.on_accent}}}
@supports (color: light-dark(#000, #fff)) {{
.orgs, .orgs-page {{
  --org-accent: light-dark({light.accent}, {dark.accent});
  --org-on-accent: light-dark({light.on_accent}, {dark.on_accent});
}}
}}
}}
"""


class OrganizationAccent(AccessRequiredMixin, View):
    """Two variables of the stylesheet; nothing where an organization has no colour. Queries: 2.

    Pages link it with the colour in the query, so the browser may keep it.
    """

    permission = permissions.VIEW_ORGANIZATION
    http_method_names = ["get", "head", "options"]
    max_age = 86400

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        text = self.stylesheet(accent_of(self.organization))
        etag = quote_etag(f"{zlib.crc32(text.encode()):08x}")
        response: Any = HttpResponse(text, content_type="text/css; charset=utf-8")
        response["ETag"] = etag
        patch_cache_control(response, private=True, max_age=self.max_age)
        return get_conditional_response(request, etag=etag, response=response)  # type: ignore[return-value]

    def stylesheet(self, accent: str) -> str:
        """Return the rules for a colour, which may be empty."""
        if not accent:
            return ""
        return STYLESHEET.format(
            light=colours.shade(accent, dark=False), dark=colours.shade(accent, dark=True)
        )
