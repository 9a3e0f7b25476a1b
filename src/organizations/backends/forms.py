"""Forms of people who are new."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.forms import BaseUserCreationForm, UserCreationForm, UsernameField
from django.utils.translation import gettext_lazy as _

__all__ = ["UserRegistrationForm", "org_registration_form"]


def _person_fields() -> tuple[str, ...]:
    """The fields of the project's own user model that a new person fills in."""
    model = get_user_model()
    wanted = [model.USERNAME_FIELD, "first_name", "last_name", *model.REQUIRED_FIELDS]
    has = {field.name for field in model._meta.fields if field.editable}
    email = model.get_email_field_name()
    return tuple(name for name in dict.fromkeys(wanted) if name in has and name != email)


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


def org_registration_form(org_model: Any) -> type[forms.ModelForm]:
    """Return a form class for a new organization of that model and its owner's address."""

    class OrganizationRegistrationForm(forms.ModelForm):
        email = forms.EmailField(label=_("Email address"))

        class Meta:
            model = org_model
            exclude = ("is_active", "users")  # noqa: DJ006  # the fields are the project's

    return OrganizationRegistrationForm
