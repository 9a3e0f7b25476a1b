"""The page that answers: what may this person do here, and why?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.generic import TemplateView

from .. import permissions
from ..services.explain import explain_all
from .mixins import AccessRequiredMixin, OrganizationUserMixin

__all__ = ["OrganizationUserAccess"]


class OrganizationUserAccess(AccessRequiredMixin, OrganizationUserMixin, TemplateView):
    """Every permission with its reasons: one's own, or anybody's for who may change members."""

    permission = permissions.VIEW_MEMBER
    template_name = "organizations/organizationuser_access.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.organization_user.user_id != request.user.pk:
            self.access.require(permissions.CHANGE_MEMBER)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> Any:
        groups: dict[str, list[Any]] = {}
        for each in explain_all(self.organization_user.user, self.organization):
            groups.setdefault(str(each.permission.group), []).append(each)
        asked = self.request.GET.get("permission")
        answers = [each for rows in groups.values() for each in rows]
        return super().get_context_data(
            groups=[(number, name, rows) for number, (name, rows) in enumerate(groups.items(), 1)],
            allowed_count=sum(each.allowed for each in answers),
            asked=next((each for each in answers if each.permission.name == asked), None),
            **kwargs,
        )
