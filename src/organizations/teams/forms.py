"""Forms: the shape of what people type. ``save()`` calls the verb that knows the rule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from organizations.words import gettext_lazy as _

from ..backends.forms import validate_name
from ..converters import as_key
from ..exceptions import OrganizationsError
from ..families import default_family
from ..services._locks import verb
from . import services

__all__ = ["ActForm", "AddMemberForm", "TeamForm", "edit"]


@verb
def edit(team: Any, *, name: str, description: str, parent: Any, actor: Any) -> Any:
    """Change a team and its place, both or neither, as one form does; return the fresh row."""
    services.change(team, name=name, description=description, actor=actor)
    return services.move(team, parent=parent, actor=actor)


class TeamForm(forms.Form):
    """A new team, or what a team is called and where it stands."""

    name = forms.CharField(label=_("Name"), max_length=services.NAME_LENGTH)
    description = forms.CharField(
        label=_("Description"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What the team is for."),
    )
    parent = forms.TypedChoiceField(
        label=_("Part of"),
        required=False,
        empty_value=None,
        help_text=_("What the team above may do, the members of this team may do as well."),
    )

    def __init__(
        self, request: Any, organization: Any, *args: Any, team: Any = None, **kwargs: Any
    ) -> None:
        self.request = request
        self.organization = organization
        self.team = team
        super().__init__(*args, **kwargs)
        places = Places(organization, without=team)
        self._teams = places.teams
        field: Any = self.fields["parent"]
        field.choices = [("", _("No other team")), *places.choices]
        field.coerce = lambda key: self._teams[int(key)]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        validate_name(name)
        try:
            return services.free_name(self.organization, name, current=self.team)
        except OrganizationsError as error:
            raise ValidationError(str(error)) from error

    def act(self, organization: Any) -> Any:
        """Do what the form says, to an organization or without effect in a dry run."""
        values = {**self.cleaned_data, "actor": self.request.user}
        if self.team is None:
            return services.create(organization, **values)
        return edit(self.team, **values)

    def save(self) -> Any:
        return self.act(self.organization)


class Places:
    """Where a team can stand: every team of the organization but itself and those below it."""

    def __init__(self, organization: Any, without: Any = None) -> None:
        self.teams: dict[int, Any] = {}
        self.choices: list[tuple[str, str]] = []
        paths: dict[int | None, str] = {None: ""}
        for row in services.tree(organization):
            left_out = row.parent_id is not None and row.parent_id not in paths
            if left_out or (without is not None and row.team.pk == without.pk):
                continue
            above = paths[row.parent_id]
            paths[row.team.pk] = f"{above} / {row.team.name}" if above else row.team.name
            self.teams[row.team.pk] = row.team
            self.choices.append((str(row.team.pk), paths[row.team.pk]))


class ActForm(forms.Form):
    """A form without fields: a button and what it does."""

    def __init__(
        self, request: Any, organization: Any, *args: Any, act: Any, **kwargs: Any
    ) -> None:
        self.act = act
        super().__init__(*args, **kwargs)

    def save(self) -> Any:
        return self.act()


class AddMemberForm(forms.Form):
    """Puts the member with the user's key into a team."""

    user = forms.CharField(widget=forms.HiddenInput, max_length=100)

    def __init__(
        self, request: Any, organization: Any, *args: Any, team: Any, **kwargs: Any
    ) -> None:
        self.request = request
        self.organization = organization
        self.team = team
        super().__init__(*args, **kwargs)

    def clean_user(self) -> Any:
        """Return the member; somebody else's key is answered as one that nobody has."""
        model = default_family().member
        users = model._meta.get_field("user").related_model
        key = as_key(users, self.cleaned_data["user"])
        rows = model._default_manager.filter(organization_id=self.organization.pk)
        found = None if key is None else rows.select_related("user").filter(user_id=key).first()
        if found is None:
            raise ValidationError(_("This person is no member of the organization."))
        return found

    def save(self) -> Any:
        return services.add_member(self.team, self.cleaned_data["user"], actor=self.request.user)
