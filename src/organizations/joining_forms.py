"""Forms about joining without an invitation: the organization's own settings, and a proposal."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from .backends.forms import ADDRESS_LENGTH, clean_address
from .conf import LIFETIMES, get_settings
from .services import domains, organizations, requests
from .services._offers import NOTE_LENGTH
from .words import gettext_lazy as _

__all__ = ["AddDomainForm", "AskForm", "JoiningForm", "ProposeForm"]


class JoiningForm(forms.Form):
    """How long invitations stay open, and whether people may ask to join."""

    invitation_days = forms.IntegerField(
        label=_("Days an invitation stays open"),
        required=False,
        min_value=LIFETIMES[0].days,
        max_value=LIFETIMES[1].days,
    )
    accepts_requests = forms.BooleanField(
        label=_("People may ask to join"),
        required=False,
        help_text=_(
            "Everybody who is signed in and knows the address of the page sees the name of the "
            "organization there. Somebody who may invite decides on each request."
        ),
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.organization = organization
        now = organizations.joining_of(organization)
        initial = {name: getattr(now, name) for name in now.__dataclass_fields__}
        kwargs["initial"] = {**initial, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        days = get_settings().INVITATION_LIFETIME.days
        self.fields["invitation_days"].help_text = _(
            "1 to 30. Left empty, it is as for the whole site: %(days)d days."
        ) % {"days": days}

    def save(self) -> Any:
        return organizations.set_joining(
            self.organization, actor=self.request.user, **self.cleaned_data
        )


class AddDomainForm(forms.Form):
    """Lets readers of addresses in one more domain join: one in which the person reads mail."""

    domain = forms.ChoiceField(label=_("Mail domain"))
    needs_approval = forms.BooleanField(
        label=_("Somebody who may invite approves each person"), required=False, initial=True
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.organization = organization
        super().__init__(*args, **kwargs)
        field: Any = self.fields["domain"]
        field.choices = [(each, each) for each in domains.choices_for(organization, request.user)]

    def save(self) -> Any:
        return domains.add(self.organization, actor=self.request.user, **self.cleaned_data)


class _NoteForm(forms.Form):
    """With a word to who decides, where the site allows notes."""

    note = forms.CharField(
        label=_("A word to those who decide"),
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not get_settings().INVITATION_NOTE:
            del self.fields["note"]


class AskForm(_NoteForm):
    """Asks to join; there may be nothing to type."""


class ProposeForm(_NoteForm):
    """Proposes to invite the reader of an address."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=ADDRESS_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("email", "note")

    def __init__(
        self, request: Any, organization: Any, *args: Any, announce: Any = None, **kwargs: Any
    ) -> None:
        self.request = request
        self.organization = organization
        self.announce = announce
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"])

    def save(self) -> Any:
        return requests.propose(
            self.organization,
            address=self.cleaned_data["email"],
            note=self.cleaned_data.get("note", ""),
            actor=self.request.user,
            now=timezone.now(),
            announce=self.announce,
        )
