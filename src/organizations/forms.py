"""Forms: the shape of what people type. ``save()`` calls the verb that knows the rule.

The first five are the documented ones. The default pages use those behind them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from . import colours, handover_mail, jobs, mail
from .backends import invitation_backend
from .backends.forms import ADDRESS_LENGTH, clean_address, validate_name
from .converters import clean_slug
from .dates import DayField, clean_day, end_of, last_day
from .doors import link_base
from .exceptions import OrganizationsError
from .families import default_family, family_of
from .fields import UniqueSlugField
from .models import Organization, OrganizationUser
from .offer_forms import InviteForm
from .services import (
    addresses,
    closing,
    handover,
    invitations,
    members,
    organizations,
    ownership,
    registration,
    suspension,
)
from .services.preview import Preview, preview
from .words import gettext_lazy as _

__all__ = [
    "DeleteOrganizationForm",
    "InviteForm",
    "MemberForm",
    "OrganizationAddForm",
    "OrganizationCreateForm",
    "OrganizationForm",
    "OrganizationSettingsForm",
    "OrganizationUserAddForm",
    "OrganizationUserForm",
    "PasswordForm",
    "ReinstateForm",
    "SignUpForm",
    "SuspendForm",
    "TakeOverForm",
    "TransferForm",
    "add_verb_error",
]

# Which field an error of a verb belongs to.
FIELD_OF = {
    "slug_taken": "slug",
    "ownership_required": "is_admin",
    "already_member": "email",
    "not_an_address": "email",
    "not_a_colour": "accent",
    "address_ambiguous": "email",
    "organization_mismatch": "new_owner",
    "owner_must_be_active": "new_owner",
    "membership_ends_in_the_past": "until",
}


def add_verb_error(form: Any, error: OrganizationsError) -> None:
    """Put what a verb refused beside the field that it is about, or on top of the form."""
    field = FIELD_OF.get(error.code)
    form.add_error(field if field in form.fields else None, str(error))


class OrganizationForm(forms.ModelForm):
    """Documented form: changes an organization; the owner may name another one."""

    owner: Any = forms.ModelChoiceField(OrganizationUser.objects.all(), label=_("Owner"))

    class Meta:
        model = Organization
        exclude = ("users", "is_active")  # noqa: DJ006  # documented so

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)
        self._owner = ownership.owner_of(self.instance)
        field: Any = self.fields["owner"]
        field.queryset = self.instance.organization_users.filter(
            ownership.may_own(family_of(self.instance)), is_admin=True
        ).select_related("user", "organization")
        field.initial = self._owner

    def clean_owner(self) -> Any:
        owner = self.cleaned_data["owner"]
        if owner != self._owner and not self.instance.is_owner(self.request.user):
            raise ValidationError(_("Only the organization owner can change ownership"))
        return owner

    def clean_slug(self) -> str:
        # The row still has the slug that it had.
        return clean_slug(self.cleaned_data["slug"], model=self._meta.model, current=self.instance)

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        if self.cleaned_data["owner"] != self._owner:
            ownership.transfer(self.instance, self.cleaned_data["owner"], actor=self.request.user)
        if commit and "slug" in self.changed_data:
            # The verb keeps the old one. Without an actor: the project's own view has asked.
            organizations.change(self.instance, slug=self.cleaned_data["slug"])
        return super().save(commit=commit)


class OrganizationUserForm(forms.ModelForm):
    """Documented form: changes a member; the owner stays an admin."""

    class Meta:
        model = OrganizationUser
        exclude = ("organization", "user")  # noqa: DJ006  # documented so

    def clean_is_admin(self) -> bool:
        is_admin: bool = self.cleaned_data["is_admin"]
        if not is_admin and members.owns(self.instance):
            raise ValidationError(_("The organization owner must be an admin"))
        return is_admin

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        if not commit or "is_admin" not in self.changed_data:
            return super().save(commit=commit)
        # The verb changes the flag: it checks the rule under the lock and tells the others.
        wanted = self.instance.is_admin
        self.instance.is_admin = not wanted
        return members.set_admin(super().save(), wanted)


class OrganizationUserAddForm(forms.ModelForm):
    """Documented form: makes the reader of an address a member at once."""

    email = forms.EmailField(max_length=75, label=_("Email address"))

    class Meta:
        model = OrganizationUser
        exclude = ("user", "organization")  # noqa: DJ006  # documented so

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.organization = organization
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            user = registration.user_with(email)
        except OrganizationsError as error:
            raise ValidationError(str(error)) from error
        if user is not None and members.belongs(self.organization, user):
            raise ValidationError(
                _("There is already an organization member with this email address!")
            )
        return email

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        backend = invitation_backend()
        context = {
            "domain": link_base(self.request),
            "organization": self.organization,
            "sender": self.request.user,
        }
        user = registration.user_with(self.cleaned_data["email"]) or backend.invite_by_email(
            self.cleaned_data["email"], **context
        )
        # Without an actor: who may use this form is for the project's own view to say.
        member = members.add(self.organization, user, is_admin=self.cleaned_data["is_admin"])
        jobs.mail_after_commit(backend, "send_notification", user, **context)
        return member


class OrganizationAddForm(forms.ModelForm):
    """Documented form: makes an organization for the reader of an address.

    An address that nobody has is invited, and the organization waits until the person comes.
    The default pages do not use it, since nobody should own something by another's form.
    """

    email = forms.EmailField(
        max_length=75,
        label=_("Email address"),
        help_text=_("The email address for the account owner"),
    )

    class Meta:
        model = Organization
        exclude = ("users", "is_active")  # noqa: DJ006  # documented so

    def __init__(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean_slug(self) -> str:
        return clean_slug(self.cleaned_data["slug"], model=self._meta.model)

    @transaction.atomic
    def save(self, commit: bool = True) -> Any:
        email = self.cleaned_data["email"]
        user = registration.user_with(email)
        is_new = user is None
        if is_new:
            user = invitation_backend().invite_by_email(
                email,
                domain=link_base(self.request),
                organization=self.cleaned_data["name"],
                sender=self.request.user,
                created=True,
            )
        self.instance = organizations.create(
            user,
            name=self.cleaned_data["name"],
            slug=self.cleaned_data["slug"],
            is_active=not is_new,
            model=self._meta.model,
            actor=self.request.user,
        )
        return self.instance

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        try:
            registration.user_with(email)
        except OrganizationsError as error:
            raise ValidationError(str(error)) from error
        return email


def _makes_slug_of_name(org_model: Any) -> bool:
    """Return whether the package makes the slug, and the model has no maker of its own."""
    field = org_model._meta.get_field("slug")
    made_by_us = isinstance(field, UniqueSlugField) and field.populate_from == "name"
    return made_by_us and not hasattr(org_model, "slugify_function")


class _NamesForm(forms.Form):
    """A name and a short name for addresses."""

    name = forms.CharField(
        label=_("Organization name"),
        max_length=200,
        validators=[validate_name],
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    slug = forms.CharField(
        label=_("Short name"),
        max_length=200,
        required=False,
        help_text=_("Part of the address of your pages. Leave it empty to have one made."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    #: The organization that is being changed, if there is one.
    organization: Any = None
    org_model: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.org_model = self.org_model or default_family().organization
        if not family_of(self.org_model).has_field("organization", "slug"):
            del self.fields["slug"]
        elif _makes_slug_of_name(self.org_model):
            # The script shows beforehand what an empty field leads to.
            self.fields["slug"].widget.attrs["data-org-slug-of"] = "name"

    def clean_slug(self) -> str:
        return clean_slug(
            self.cleaned_data["slug"], model=self.org_model, current=self.organization
        )


class SignUpForm(_NamesForm):
    """Documented form: a new organization and the address of its owner."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=ADDRESS_LENGTH,
        help_text=_("We send a link to this address; it finishes your registration."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"])


class OrganizationCreateForm(_NamesForm):
    """A new organization of the person who is signed in."""

    def __init__(self, request: Any, *args: Any, org_model: Any = None, **kwargs: Any) -> None:
        self.request = request
        self.org_model = org_model
        super().__init__(*args, **kwargs)

    def save(self) -> Any:
        return organizations.create(
            self.request.user,
            name=self.cleaned_data["name"],
            slug=self.cleaned_data.get("slug") or None,
            model=self.org_model,
        )


class OrganizationSettingsForm(_NamesForm):
    """Changes an organization's name, slug and colour."""

    has_accent = forms.BooleanField(label=_("A colour of its own"), required=False)
    accent = forms.CharField(
        label=_("Colour"),
        required=False,
        help_text=_(
            "For links, buttons and marks. Where text could not be read in it, pages show a "
            "darker or lighter shade."
        ),
        widget=forms.ColorInput(),
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.organization = organization
        self.org_model = family_of(organization).organization
        accent = organizations.accent_of(organization)
        initial = {
            "name": organization.name,
            "slug": getattr(organization, "slug", ""),
            "has_accent": bool(accent),
            "accent": accent or colours.DEFAULT,
        }
        # A view passes an empty "initial"; what the row holds shows through it.
        kwargs["initial"] = {**initial, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = True
            self.fields["slug"].help_text = _(
                "When you change it, old links lead members on; nobody else gets the old one."
            )

    @transaction.atomic
    def save(self) -> Any:
        data = dict(self.cleaned_data)
        picked, is_ticked = data.pop("accent"), data.pop("has_accent")
        saved = organizations.change(self.organization, actor=self.request.user, **data)
        # A field that picks colours always sends one: without, the page has no such field.
        if picked:
            # Whoever picks another colour means it, and may overlook the box.
            means_it = "accent" in self.changed_data and "has_accent" not in self.changed_data
            accent = picked if is_ticked or means_it else ""
            organizations.set_accent(saved, accent, actor=self.request.user)
        return saved


class MemberForm(forms.Form):
    """Makes a member an admin, or an admin a plain member, and says when the membership ends.

    The second where memberships end at all, and never for oneself or for the owner.
    """

    is_admin = forms.BooleanField(
        label=_("Admin"),
        required=False,
        help_text=_("Admins invite and remove people and change the settings."),
    )
    until = DayField(
        label=_("Last day of the membership"),
        help_text=_("The access ends with this day. Leave it empty for no end."),
    )

    def __init__(self, request: Any, member: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.member = member
        can_end = family_of(member).has_member_lifecycle and member.user_id != request.user.pk
        if can_end:
            is_owner = member.owner_row if hasattr(member, "owner_row") else members.owns(member)
            can_end = not is_owner
        own = {
            "is_admin": member.is_admin,
            "until": last_day(member.ends_at) if can_end else None,
        }
        kwargs["initial"] = {**own, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        if not can_end:
            del self.fields["until"]

    def clean_until(self) -> Any:
        day = self.cleaned_data["until"]
        # A day that has passed may stand where it stood.
        return day if day == last_day(self.member.ends_at) else clean_day(day)

    def preview(self) -> Preview:
        """Return who would gain and lose what by ``save``."""
        return preview(self._act, self.member)

    @transaction.atomic
    def save(self) -> Any:
        return self._act(self.member)

    def _act(self, member: Any) -> Any:
        actor = self.request.user
        member = members.set_admin(member, self.cleaned_data["is_admin"], actor=actor)
        # An end that stands on another moment of the same day is left alone.
        if "until" in self.fields and self.cleaned_data["until"] != last_day(self.member.ends_at):
            ends_at = end_of(self.cleaned_data["until"])
            member = suspension.set_end(member, ends_at, actor=actor, now=timezone.now())
        return member


class SuspendForm(forms.Form):
    """Suspends a member; there is nothing to fill in."""

    def __init__(self, request: Any, member: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.member = member
        super().__init__(*args, **kwargs)

    def preview(self) -> Preview:
        """Return who would lose what by ``save``."""
        return preview(self._act, self.member)

    def save(self) -> Any:
        return self._act(self.member)

    def _act(self, member: Any) -> Any:
        return suspension.suspend(member, actor=self.request.user, now=timezone.now())


class ReinstateForm(SuspendForm):
    """Reinstates a member."""

    def _act(self, member: Any) -> Any:
        return suspension.reinstate(member, actor=self.request.user)


class _TypedNameForm(forms.Form):
    """Asks to type the organization's name, so that nothing happens by a slip."""

    confirm_name = forms.CharField(
        label=_("Type the name of the organization"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.request = request
        self.organization = organization
        super().__init__(*args, **kwargs)

    def clean_confirm_name(self) -> str:
        typed: str = self.cleaned_data["confirm_name"]
        if typed.split() != self.organization.name.split():
            raise ValidationError(
                _("This is not the name of the organization. It is: %(name)s"),
                params={"name": self.organization.name},
            )
        return typed


class DeleteOrganizationForm(_TypedNameForm):
    """Deletes an organization, such that it can be restored for a while."""

    def save(self) -> closing.Closed | None:
        return closing.close(self.organization, actor=self.request.user, now=timezone.now())


class MemberChoiceField(forms.ModelChoiceField):
    """Members by name and address, never with a blank label."""

    def label_from_instance(self, obj: Any) -> str:
        name, address = mail.display_name(obj.user), addresses.address_of(obj.user)
        return name if name == address or not address else f"{name} ({address})"


class TransferForm(_TypedNameForm):
    """Offers the ownership to another member, who has to accept it.

    An organization that keeps no offers, since its family has no invitations, changes hands at
    once.
    """

    new_owner = MemberChoiceField(
        queryset=None,  # the members of the organization, set below
        label=_("New owner"),
        help_text=_("You stay an admin of the organization."),
    )
    field_order = ("new_owner", "confirm_name")

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, organization, *args, **kwargs)
        family = family_of(organization)
        field: Any = self.fields["new_owner"]
        field.queryset = (
            family.member._default_manager.filter(
                ownership.may_own(family), organization_id=organization.pk
            )
            .exclude(**{f"{family.owner_lookup}__isnull": False})
            .select_related("user")
        )

    def save(self) -> Any:
        """Offer it and return the offer, or hand it over and return None."""
        member, base = self.cleaned_data["new_owner"], link_base(self.request)
        if handover.can_offer(self.organization):
            return handover.offer(
                self.organization,
                member,
                actor=self.request.user,
                now=timezone.now(),
                deliver=partial(handover_mail.tell_offered, base=base),
            )
        old = ownership.owner_of(self.organization)
        new = ownership.transfer(self.organization, member, actor=self.request.user)
        handover_mail.tell_transferred(self.organization, old=old, new=new, base=base)
        return None


class TakeOverForm(_TypedNameForm):
    """Takes the ownership that was offered."""

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        self.offer = kwargs.pop("offer")
        super().__init__(request, organization, *args, **kwargs)

    def save(self) -> Any:
        old = ownership.owner_of(self.organization)
        new = invitations.accept(self.offer, user=self.request.user, now=timezone.now())
        base = link_base(self.request)
        handover_mail.tell_transferred(self.organization, old=old, new=new, base=base)
        return new


class PasswordForm(forms.Form):
    """Asks for the password of somebody who is signed in."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
