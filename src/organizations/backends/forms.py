"""Forms of people who are new."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import BaseUserCreationForm, UserCreationForm, UsernameField
from django.core.exceptions import ValidationError

from ..converters import clean_slug
from ..exceptions import OrganizationsError
from ..services import addresses
from ..words import gettext_lazy as _

__all__ = ["UserRegistrationForm", "org_registration_form"]

#: Characters of the longest address that Django's user model holds.
ADDRESS_LENGTH = 254

# Marks that reorder the text around a name, so that it reads as something else.
REORDERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def validate_name(value: str) -> None:
    """Refuse line breaks, control characters, and marks that turn the text around."""
    for character in value:
        if unicodedata.category(character) in {"Cc", "Zl", "Zp", "Cs"}:
            raise ValidationError(_("A name is one line of text, without control characters."))
        if unicodedata.bidirectional(character) in REORDERING:
            raise ValidationError(_("A name cannot hold marks that turn the text around."))
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise ValidationError(_("A name needs a character that can be seen."))


def clean_address(value: str) -> str:
    """Return an address in its normal form, or raise what is wrong with it."""
    try:
        address = addresses.normalise(value)
    except OrganizationsError as error:
        raise ValidationError(str(error)) from error
    # The normal form may be longer than what was typed.
    if len(address) > ADDRESS_LENGTH:
        raise ValidationError(_("This address is too long."))
    return address


def _person_fields() -> tuple[str, ...]:
    """The fields of the project's own user model that a new person fills in."""
    model = get_user_model()
    wanted = [model.USERNAME_FIELD, "first_name", "last_name", *model.REQUIRED_FIELDS]
    has = {field.name for field in model._meta.fields if field.editable}
    email = model.get_email_field_name()
    return tuple(name for name in dict.fromkeys(wanted) if name in has and name != email)


#: What the browser may fill in for the person, by the name of the field.
PURPOSES = {"first_name": "given-name", "last_name": "family-name"}


class UserRegistrationForm(UserCreationForm):
    """Names and a password for an account whose address is known.

    The fields are those of the project's own user model. The address is none of them: it is
    the one that the link was mailed to.
    """

    class Meta(BaseUserCreationForm.Meta):
        model = get_user_model()
        fields = _person_fields()
        field_classes = {"username": UsernameField} if "username" in _person_fields() else {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "username" in self.fields and not self.is_bound:
            # A random placeholder is nobody's name: suggest one from the address.
            email = getattr(self.instance, self.instance.get_email_field_name(), "") or ""
            self.initial["username"] = email.partition("@")[0]
        for name, purpose in PURPOSES.items():
            if name in self.fields:
                self.fields[name].widget.attrs.setdefault("autocomplete", purpose)


def org_registration_form(org_model: Any) -> type[forms.ModelForm]:
    """Return a form class for a new organization of that model and its owner's address."""

    class OrganizationRegistrationForm(forms.ModelForm):
        email = forms.EmailField(label=_("Email address"), max_length=ADDRESS_LENGTH)

        class Meta:
            model = org_model
            exclude = ("is_active", "users")  # noqa: DJ006  # the fields are the project's

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if "slug" in self.fields:
                self.fields["slug"].required = False
            if self.fields["name"].label == "Name":  # made by Django of the field's own name
                self.fields["name"].label = _("Name")

        def clean_name(self) -> str:
            name: str = self.cleaned_data["name"]
            validate_name(name)
            return name

        def clean_slug(self) -> str:
            # Checked here for every address alike: the verb sees the slug of new ones only.
            return clean_slug(self.cleaned_data["slug"], model=org_model)

        def clean_email(self) -> str:
            return clean_address(self.cleaned_data["email"])

    return OrganizationRegistrationForm
