"""Forms that make offers: what is offered, to whom, by which way."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import presets
from .conf import get_settings
from .dates import DayField, end_of
from .families import family_of
from .services._offers import NOTE_LENGTH

__all__ = ["TermsForm"]


class TermsForm(forms.Form):
    """What an offer offers: the base of every form that makes one.

    Shows only what the organization and its members can have, and only values that the person
    who offers has the rights to give; the verb checks it again.

    Args:
        access: of the person who offers; None for whoever may offer everything.
    """

    is_admin = forms.BooleanField(
        label=_("As an admin"),
        required=False,
        help_text=_("Admins invite and remove people and change the settings."),
    )
    member_until = DayField(
        label=_("Membership ends on"),
        help_text=_("The last day. Leave it empty for no end."),
    )
    locale = forms.ChoiceField(label=_("Language of the mail"), required=False)
    note = forms.CharField(
        label=_("A note to the person"),
        required=False,
        max_length=NOTE_LENGTH,
        help_text=_("Plain text, shown in the mail under your name."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, request: Any, organization: Any, *args: Any, access: Any = None, **kwargs: Any
    ) -> None:
        self.request = request
        self.organization = organization
        super().__init__(*args, **kwargs)
        family = family_of(organization)
        has = {
            "is_admin": family.has_field("member", "is_admin"),
            "member_until": family.has_member_lifecycle,
            "locale": len(settings.LANGUAGES) > 1,
            "note": get_settings().INVITATION_NOTE,
        }
        for name, there in has.items():
            if not there:
                del self.fields[name]
        if "locale" in self.fields:
            field: Any = self.fields["locale"]
            field.choices = settings.LANGUAGES
            self.initial.setdefault("locale", get_language())
        self.preset_names = []
        for preset in presets.presets_for(organization):
            choices = [
                choice
                for choice in preset.choices(organization)
                if access is None
                or preset.permissions_of(organization, [choice[0]]) <= access.permissions
            ]
            if choices:
                self.preset_names.append(preset.name)
                self.fields[preset.name] = forms.MultipleChoiceField(
                    label=preset.label,
                    choices=choices,
                    required=False,
                    widget=forms.CheckboxSelectMultiple,
                )

    def terms(self) -> dict[str, Any]:
        """Return the terms as the verbs take them."""
        data = self.cleaned_data
        found: dict[str, Any] = {
            name: data[name] for name in ("is_admin", "locale", "note") if name in self.fields
        }
        if data.get("member_until"):
            found["member_until"] = end_of(data["member_until"])
        chosen = {name: data[name] for name in self.preset_names if data[name]}
        return {**found, "presets": chosen} if chosen else found
