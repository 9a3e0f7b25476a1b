"""Forms that make offers: what is offered, to whom, by which way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language

from . import jobs, presets
from .backends import invitation_backend
from .backends.forms import ADDRESS_LENGTH, clean_address
from .conf import LIFETIMES, get_settings
from .dates import DayField, end_of, last_day
from .doors import link_base
from .exceptions import OrganizationsError
from .families import family_of
from .services import limits, links, members, requests
from .services._offers import NOTE_LENGTH, lifetime_of
from .states import InvitationKind
from .words import gettext
from .words import gettext_lazy as _

__all__ = ["ApproveForm", "InviteForm", "LinkAddressForm", "LinkForm", "TermsForm"]


def within(access: Any, preset: presets.Preset, organization: Any) -> list[tuple[str, str]]:
    """Return the choices of a preset that somebody has the rights to give.

    Args:
        access: None for whoever may give everything.
    Queries: those of ``choices`` and of ``permissions_by_value``.
    """
    choices = preset.choices(organization)
    if access is None:
        return choices
    values = [value for value, _name in choices]
    brought = presets.permissions_by_value(organization, preset, values)
    return [
        (value, name)
        for value, name in choices
        if brought.get(value, frozenset()) <= access.permissions
    ]


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
            field.choices = [(code, gettext(name)) for code, name in settings.LANGUAGES]
            self.initial.setdefault("locale", get_language())
        self.preset_names = []
        for preset in presets.presets_for(organization):
            choices = within(access, preset, organization)
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


class InviteForm(TermsForm):
    """Brings the reader of an address in, in the way of the project's backend.

    Where the backend asks nobody, there is nothing to offer but the standing.
    """

    email = forms.EmailField(
        label=_("Email address"),
        max_length=ADDRESS_LENGTH,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    is_admin = forms.BooleanField(
        label=_("Make this person an admin"),
        required=False,
        help_text=_("Admins invite and remove people and change the settings."),
    )
    link_only = forms.BooleanField(
        label=_("Give me the link instead of sending a mail"),
        required=False,
        help_text=_("It is shown once. Pass it on to this person yourself."),
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, organization, *args, **kwargs)
        if not invitation_backend().requires_acceptance:
            self.preset_names = []
            self.fields = {
                name: field for name, field in self.fields.items() if name in ("email", "is_admin")
            }
        presets_ = self.preset_names
        self.order_fields(["email", "is_admin", *presets_, "member_until", "locale", "note"])

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"])

    def save(self) -> Any:
        """Invite, or add at once if the backend does not ask; return invitation or member.

        An invitation that was not mailed has its link in ``url``.
        """
        backend = invitation_backend()
        email = self.cleaned_data["email"]
        if backend.requires_acceptance:
            # Other backends of a project take what they always took.
            unsent = {"send": False} if self.cleaned_data.get("link_only") else {}
            return backend.invite_by_email(
                email,
                user=self.request.user,
                actor=self.request.user,
                organization=self.organization,
                **self.terms(),
                **unsent,
                domain=link_base(self.request),
                now=timezone.now(),
            )
        context = {
            "domain": link_base(self.request),
            "organization": self.organization,
            "sender": self.request.user,
        }
        limits.invitation(
            self.organization, inviter=self.request.user, address=email, now=timezone.now()
        )
        with transaction.atomic():
            user = backend.invite_by_email(email, **context)
            member = members.add(self.organization, user, actor=self.request.user, **self.terms())
            jobs.mail_after_commit(backend, "send_notification", user, **context)
        return member


class LinkForm(TermsForm):
    """Makes a link by which people join, for one person or for several."""

    who = forms.ChoiceField(
        label=_("Who may use it"),
        choices=[
            ("one", _("One person, whoever opens it first")),
            ("several", _("Several people")),
        ],
        initial="one",
        widget=forms.RadioSelect,
    )
    max_uses = forms.IntegerField(
        label=_("How many people"),
        required=False,
        min_value=1,
        max_value=1_000_000,
        help_text=_("For several people. Leave it empty for any number."),
    )
    days = forms.IntegerField(
        label=_("Days that it works"), min_value=LIFETIMES[0].days, max_value=LIFETIMES[1].days
    )
    domain = forms.CharField(
        label=_("Only for addresses at"),
        required=False,
        max_length=253,
        help_text=_("A mail domain such as example.com. Leave it empty for everybody."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    needs_approval = forms.BooleanField(
        label=_("Somebody approves each person"),
        required=False,
        help_text=_("Whoever comes by the link asks to join, and you or others decide."),
    )

    def __init__(self, request: Any, organization: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, organization, *args, **kwargs)
        self.initial.setdefault("days", lifetime_of(organization).days)
        own = ["who", "max_uses", "days", "domain", "needs_approval"]
        self.order_fields([*own, "is_admin", *self.preset_names, "member_until", "locale", "note"])

    def clean_domain(self) -> str:
        domain: str = self.cleaned_data["domain"].strip()
        try:
            return links.normalise_domain(domain) if domain else ""
        except OrganizationsError as error:
            raise ValidationError(str(error)) from error

    def save(self) -> Any:
        """Make the link; its address stands in ``url``, and nowhere else."""
        data = self.cleaned_data
        link = links.create(
            self.organization,
            actor=self.request.user,
            now=timezone.now(),
            shared=data["who"] == "several",
            max_uses=data["max_uses"],
            domain=data["domain"],
            needs_approval=data["needs_approval"],
            lifetime=timedelta(days=data["days"]),
            **self.terms(),
        )
        invitation_backend().show_url(link, request=self.request)
        return link


class ApproveForm(TermsForm):
    """Lets somebody in who asked, or sends the invitation that a member proposed."""

    def __init__(
        self, request: Any, organization: Any, *args: Any, invitation: Any, **kwargs: Any
    ) -> None:
        self.invitation = invitation
        until = invitation.member_until
        # The note is a word to who decides; what the person reads is the decider's own.
        asked = {
            "is_admin": invitation.is_admin,
            "member_until": last_day(until),
            **({"locale": invitation.locale} if invitation.locale else {}),
            **(invitation.presets or {}),
        }
        kwargs["initial"] = {**asked, **(kwargs.get("initial") or {})}
        super().__init__(request, organization, *args, **kwargs)
        self.is_request = invitation.kind == InvitationKind.REQUEST
        if self.is_request:
            self.fields.pop("note", None)

    def save(self) -> Any:
        """Approve; return the new member, or the invitation. The mail leaves after the commit."""
        backend = invitation_backend()
        approved = requests.approve(
            self.invitation,
            actor=self.request.user,
            now=timezone.now(),
            deliver=None if self.is_request else backend.deliver(request=self.request),
            **self.terms(),
        )
        if self.is_request:
            base = link_base(self.request)
            jobs.mail_after_commit(
                backend, "send_request_answer", self.invitation, approved=True, domain=base
            )
        return approved


class LinkAddressForm(forms.Form):
    """Where an offer goes to for somebody who holds a link and has no account."""

    email = forms.EmailField(
        label=_("Your email address"),
        max_length=ADDRESS_LENGTH,
        help_text=_("We send the invitation to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        return clean_address(self.cleaned_data["email"])
