from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.http import HttpResponse
from django.urls import path

from organizations.backends.defaults import (
    BaseBackend,
    InvitationBackend,
    RegistrationBackend,
)
from organizations.backends.forms import UserRegistrationForm
from organizations.backends.modeled import ModelInvitation


class ShortForm(UserRegistrationForm):
    class Meta(UserRegistrationForm.Meta):
        fields = ("username",)


class Invitations(InvitationBackend):
    """Notes each step, sends HTML beside the text, and has a URL of its own."""

    form_class = ShortForm
    invitation_subject = "joining/subject.txt"
    invitation_body = "joining/body.txt"
    steps = []

    def get_success_url(self):
        return "/inside/"

    def get_urls(self):
        return [
            path("hello/", lambda request: HttpResponse("hello"), name="hello"),
            path("<int:user_id>-<token>/", view=self.activate_view, name="invitations_register"),
        ]

    def get_token(self, user, **kwargs):
        self.steps.append(("get_token", user.email))
        return super().get_token(user, **kwargs)

    def invite_by_email(self, email, sender=None, request=None, **kwargs):
        self.steps.append(("invite_by_email", email))
        model = get_user_model()
        try:
            user = model.objects.get(email=email)
        except model.DoesNotExist:
            user = model.objects.create(username=self.get_username(), email=email, is_active=False)
            user.set_unusable_password()
            user.save()
        self.send_invitation(user, sender, **kwargs)
        return user

    def send_invitation(self, user, sender=None, **kwargs):
        if user.is_active:
            return False
        kwargs["token"] = self.get_token(user)
        message = self.email_message(
            user,
            self.invitation_subject,
            self.invitation_body,
            sender,
            message_class=EmailMultiAlternatives,
            **kwargs,
        )
        message.attach_alternative("<b>Come</b>", "text/html")
        return message.send()

    def activate_view(self, request, user_id, token, extra_context=None):
        self.steps.append(("activate_view", user_id))
        return super().activate_view(request, user_id, token, extra_context={"hint": "short"})

    def activate_organizations(self, user):
        self.steps.append(("activate_organizations", user.username))
        super().activate_organizations(user)


class Registrations(RegistrationBackend):
    activation_subject = "joining/subject.txt"
    activation_body = "joining/body.txt"


class Bare(BaseBackend):
    """Brings everything itself and never calls the parent's ``__init__``."""

    user_model = None
    form_class = ShortForm

    def __init__(self):
        self.namespace = None

    def get_urls(self):
        return [path("<int:user_id>-<token>/", view=self.activate_view, name="bare")]

    def get_success_url(self):
        return "/bare-inside/"


class Modelled(ModelInvitation):
    """Mails by a hand of its own, with a phone number beside the address."""

    sent = []

    def send_invitation(self, invitation, **kwargs):
        self.sent.append(invitation.invitee_identifier)
        return self.email_message(
            invitation.invitee_identifier,
            "joining/subject.txt",
            "joining/body.txt",
            invitation.invited_by,
            **kwargs,
        ).send()

    def invite_by_email(self, email, user, organization, **kwargs):
        invitation = self.invitation_model.objects.create(
            invitee_identifier=email.lower(), invited_by=user, organization=organization
        )
        self.send_invitation(invitation)
        return invitation
