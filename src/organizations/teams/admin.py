"""Teams in Django's admin: every change goes through the same verbs as the pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from organizations.words import gettext_lazy as _

from ..backends.forms import validate_name
from ..base_admin import BaseVerbAdmin, BaseVerbForm
from . import services
from .forms import edit
from .models import Team, TeamMember

__all__ = ["TeamAdmin", "TeamMemberAdmin"]


class TeamForm(BaseVerbForm):
    parent = forms.ModelChoiceField(
        Team.objects.all(),
        required=False,
        label=_("Part of"),
        help_text=_("The key of the team above; empty for the top."),
        widget=forms.NumberInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            above = services.parent_of(self.instance)
            self.fields["parent"].initial = above.pk if above else None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            validate_name(name)
        return name

    def step(self, data: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        values = {name: data[name] for name in ("name", "description", "parent")}
        if self.instance.pk:
            return edit, self.instance, values
        return services.create, data["organization"], values


class TeamMemberForm(BaseVerbForm):
    def step(self, data: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
        if self.instance.pk:
            values = {"member": self.instance.member, "is_lead": data["is_lead"]}
            return services.set_lead, self.instance.team, values
        return (
            services.add_member,
            data["team"],
            {
                "member": data["member"],
                "is_lead": data["is_lead"],
            },
        )


@admin.register(Team)
class TeamAdmin(BaseVerbAdmin):
    form = TeamForm
    list_display = ("name", "organization", "modified")
    list_select_related = ("organization",)
    search_fields = ("name", "organization__name")
    raw_id_fields = ("organization",)
    fields = ("organization", "name", "description", "parent")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return ("organization",) if obj is not None else ()

    def delete_model(self, request: Any, obj: Any) -> None:
        services.delete(obj, actor=request.user)


@admin.register(TeamMember)
class TeamMemberAdmin(BaseVerbAdmin):
    form = TeamMemberForm
    list_display = ("team", "member", "is_lead", "organization")
    list_select_related = ("organization", "team", "member__user", "member__organization")
    list_filter = ("is_lead",)
    search_fields = ("team__name", "organization__name")
    raw_id_fields = ("team", "member")
    fields = ("team", "member", "is_lead")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return ("team", "member") if obj is not None else ()

    def delete_model(self, request: Any, obj: Any) -> None:
        services.remove_member(obj.team, obj.member, actor=request.user)
