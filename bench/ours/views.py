"""A page of members by somebody who knows what it costs, and the package's in the same look."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from organizations.models import OrganizationUser
from organizations.views.default import OrganizationUserList

PAGE = 50


@login_required
def members_by_hand(request: HttpRequest, slug: str) -> HttpResponse:
    me: Any = get_object_or_404(
        OrganizationUser.objects.select_related("organization"),
        user=request.user,
        organization__slug=slug,
        organization__is_active=True,
    )
    rows = OrganizationUser.objects.filter(organization=me.organization).order_by("user_id")
    after = request.GET.get("after", "")
    if after.isdigit():
        rows = rows.filter(user_id__gt=int(after))
    page = rows.values("pk", "user_id", "is_admin", "created", "user__username", "user__email")
    found = list(page[: PAGE + 1])
    context = {"me": me, "organization_users": found[:PAGE], "has_next": len(found) > PAGE}
    return render(request, "bench/members.html", context)


class MembersInATable(OrganizationUserList):
    """The package's view with a template that says what the page by hand says."""

    template_name = "bench/members_of_package.html"
