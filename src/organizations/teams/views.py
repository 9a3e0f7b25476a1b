"""The pages of teams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import FormView, TemplateView

from organizations.words import gettext as _
from organizations.words import gettext_lazy

from ..converters import as_key
from ..exceptions import PermissionMissing
from ..families import family_of, live
from ..mail import display_name
from ..permissions import VIEW_MEMBER
from ..services.access import members_with_grants
from ..services.preview import Preview, preview
from ..views.base import BaseOrganizationUserList, PageMixin
from ..views.default import OrganizationFormMixin, org_url
from ..views.mixins import AccessRequiredMixin, OrganizationUserMixin
from ..views.preview import PreviewMixin, shown
from . import services
from .forms import ActForm, AddMemberForm, TeamForm
from .models import Team, TeamMember
from .permissions import MANAGE_TEAMS

__all__ = [
    "TeamCreate",
    "TeamDelete",
    "TeamDetail",
    "TeamList",
    "TeamMemberAdd",
    "TeamMemberLead",
    "TeamMemberRemove",
    "TeamUpdate",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Branch:
    """A team as the list shows it, with the branches below it."""

    team: Any
    leads: list[Any]
    below: list[Any]


def branches(organization: Any) -> list[Branch]:
    """Return the teams at the top, each with all below it. Queries: 3."""
    leads: dict[int, list[Any]] = {}
    there = live(family_of(organization), timezone.now(), prefix="member__")
    rows = TeamMember.objects.for_organization(organization).leads().filter(there)
    for lead in rows.select_related("member__user").order_by("pk"):
        leads.setdefault(lead.team_id, []).append(lead.member)
    found: dict[int | None, list[Branch]] = {}
    # From the end, so that what is below a team is complete when the team comes.
    for row in reversed(services.tree(organization)):
        below = found.pop(row.team.pk, [])[::-1]
        branch = Branch(team=row.team, leads=leads.get(row.team.pk, []), below=below)
        found.setdefault(row.parent_id, []).append(branch)
    return found.get(None, [])[::-1]


class TeamList(AccessRequiredMixin, TemplateView):
    """All teams, those below others nested. Queries: 5."""

    permission = VIEW_MEMBER
    template_name = "organizations_teams/team_list.html"

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(branches=branches(self.organization), **kwargs)


class TeamMixin(AccessRequiredMixin):
    """Fetches the team that ``team_pk`` names, in the organization of the URL."""

    @cached_property
    def team(self) -> Any:
        key = as_key(Team, self.kwargs["team_pk"])
        if key is None:
            raise Http404
        return get_object_or_404(Team, pk=key, organization_id=self.organization.pk)

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(**{"team": self.team, **kwargs})

    def get_success_url(self) -> str:
        return org_url("organization_team_detail", self.organization, team_pk=self.team.pk)


class TeamDetail(TeamMixin, TemplateView):
    """One team: who is in it, and what is above and below. Queries: 7."""

    permission = VIEW_MEMBER
    template_name = "organizations_teams/team_detail.html"
    members_shown = 50

    def get_context_data(self, **kwargs: Any) -> Any:
        page = Paginator(self.get_members(), self.members_shown).get_page(
            self.request.GET.get("page")
        )
        return super().get_context_data(
            page_obj=page,
            ancestors=services.ancestors_of(self.team),
            children=services.children_of(self.team),
            can_manage=services.may_manage_members(self.access, self.team),
            **kwargs,
        )

    def get_members(self) -> Any:
        """Return the members of the team, leads first; each says whether it leads."""
        rows = members_with_grants(self.organization, now=timezone.now())
        return (
            rows.filter(
                organizations_team_memberships__team=self.team.pk,
                organizations_team_memberships__organization=self.organization.pk,
            )
            .annotate(is_lead=F("organizations_team_memberships__is_lead"))
            .order_by("-is_lead", "pk")
        )


class TeamFormMixin(PreviewMixin, OrganizationFormMixin, PageMixin):
    """A form whose effect on rights is shown before it is saved, on a page of teams."""

    preview_tab = "organization_teams"
    preview_template_name = "organizations_teams/team_preview.html"


class TeamCreate(AccessRequiredMixin, OrganizationFormMixin, PageMixin, FormView):
    """A new team; it has no members yet, so nobody's rights change."""

    permission = MANAGE_TEAMS
    form_class = TeamForm
    template_name = "organizations_teams/team_form.html"
    saved: Any

    def get_initial(self) -> dict[str, Any]:
        return {**super().get_initial(), "parent": self.request.GET.get("parent", "")}

    def get_message(self, form: Any) -> str:
        return _("The team %(name)s is ready.") % {"name": self.saved}

    def get_success_url(self) -> str:
        return org_url("organization_team_detail", self.organization, team_pk=self.saved.pk)


class TeamUpdate(TeamMixin, TeamFormMixin, FormView):
    permission = MANAGE_TEAMS
    form_class = TeamForm
    template_name = "organizations_teams/team_form.html"
    done = gettext_lazy("The team is saved.")
    preview_submit = gettext_lazy("Save changes")

    def get_initial(self) -> dict[str, Any]:
        above = services.parent_of(self.team)
        return {
            **super().get_initial(),
            "name": self.team.name,
            "description": self.team.description,
            "parent": above.pk if above else "",
        }

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "team": self.team}

    def get_preview(self, form: Any) -> Preview:
        return preview(form.act, self.organization)


class ActView(TeamMixin, TeamFormMixin, FormView):
    """A page that shows what a step does and has one button for it."""

    form_class = ActForm
    preview_risky = True
    # A form without fields would take an empty PUT for a click.
    http_method_names = ["get", "post", "head", "options"]

    def step(self) -> tuple[Any, ...]:
        """Return a verb, its subject and what else it takes, as ``preview`` takes them."""
        # Each page has a step of its own, and none is safe to assume.
        raise NotImplementedError(f"{type(self).__name__} needs step().")

    def get_form_kwargs(self) -> dict[str, Any]:
        verb, *rest = self.step()
        return {
            **super().get_form_kwargs(),
            "act": partial(verb, *rest, actor=self.request.user),
        }

    def get_preview(self, form: Any) -> Preview:
        verb, *rest = self.step()
        return preview(verb, *rest, actor=self.request.user)

    def get_context_data(self, **kwargs: Any) -> Any:
        if "preview" not in kwargs:
            found = self.get_preview(None)
            kwargs["preview"] = shown(found, user=self.request.user)
            kwargs["confirm"] = self.get_digest(None, found)
        return super().get_context_data(**kwargs)


class TeamDelete(ActView):
    permission = MANAGE_TEAMS
    template_name = "organizations_teams/team_confirm_delete.html"
    preview_title = gettext_lazy("Delete the team?")
    preview_submit = gettext_lazy("Delete team")
    done = gettext_lazy("The team is deleted.")

    def step(self) -> tuple[Any, ...]:
        return services.delete, self.team

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(
            children=services.children_of(self.team),
            parent=services.parent_of(self.team),
            member_count=services.members_of(self.team).count(),
            **kwargs,
        )

    def get_success_url(self) -> str:
        return org_url("organization_teams", self.organization)


class TeamMemberAdd(TeamMixin, TeamFormMixin, FormView):
    """Members who are not in the team, found by name or address, each with a button."""

    permission = VIEW_MEMBER
    form_class = AddMemberForm
    template_name = "organizations_teams/team_member_add.html"
    preview_submit = gettext_lazy("Add to the team")
    people_shown = 25

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_management()
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.require_management()
        return super().post(request, *args, **kwargs)

    def require_management(self) -> None:
        if not services.may_manage_members(self.access, self.team):
            raise PermissionMissing(MANAGE_TEAMS)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "team": self.team}

    def get_preview(self, form: Any) -> Preview:
        member = form.cleaned_data["user"]
        return preview(services.add_member, self.team, member, actor=self.request.user)

    def get_message(self, form: Any) -> str:
        name = display_name(form.cleaned_data["user"].user)
        return _("%(name)s is in the team now.") % {"name": name}

    def get_context_data(self, **kwargs: Any) -> Any:
        search = BaseOrganizationUserList(request=self.request, kwargs=self.kwargs)
        inside = TeamMember.objects.filter(team=self.team.pk).values("member")
        rows = search.get_queryset().exclude(pk__in=inside)
        page = Paginator(rows, self.people_shown).get_page(self.request.GET.get("page"))
        return super().get_context_data(page_obj=page, query=search.query, **kwargs)


class TeamMemberMixin(OrganizationUserMixin):
    """Fetches somebody who is in the team: ``user_pk`` is the user's key."""

    team: Any

    @cached_property
    def membership(self) -> Any:
        rows = services.members_of(self.team)
        return get_object_or_404(rows, member=self.organization_user.pk)

    def get_context_data(self, **kwargs: Any) -> Any:
        return super().get_context_data(**{"membership": self.membership, **kwargs})


class TeamMemberRemove(TeamMemberMixin, ActView):
    """Takes somebody out of the team, or oneself."""

    permission = VIEW_MEMBER
    template_name = "organizations_teams/team_member_confirm_remove.html"
    preview_title = gettext_lazy("Remove from the team?")
    preview_submit = gettext_lazy("Remove from the team")

    def step(self) -> tuple[Any, ...]:
        return services.remove_member, self.team, self.membership.member

    def get_message(self, form: Any) -> str:
        if self.membership.member.user_id == self.request.user.pk:
            return _("You have left the team.")
        name = display_name(self.membership.member.user)
        return _("%(name)s is no longer in the team.") % {"name": name}


class TeamMemberLead(TeamMixin, TeamMemberMixin, OrganizationFormMixin, FormView):
    """Makes somebody in the team its lead, or no longer (POST, with ``lead`` yes or no)."""

    permission = VIEW_MEMBER
    form_class = ActForm
    http_method_names = ["post", "options"]

    def get_form_kwargs(self) -> dict[str, Any]:
        act = partial(
            services.set_lead,
            self.team,
            self.membership.member,
            self.wanted,
            actor=self.request.user,
        )
        return {**super().get_form_kwargs(), "act": act}

    @property
    def wanted(self) -> bool:
        wanted = self.request.POST.get("lead")
        if wanted not in {"yes", "no"}:
            raise Http404
        return bool(wanted == "yes")

    def get_message(self, form: Any) -> str:
        name = {"name": display_name(self.membership.member.user)}
        if self.wanted:
            return _("%(name)s leads the team now.") % name
        return _("%(name)s no longer leads the team.") % name
