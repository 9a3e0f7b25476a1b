"""Write rows with the public functions of django-organizations itself."""

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from organizations.backends.defaults import InvitationBackend
from organizations.backends.modeled import ModelInvitation
from organizations.models import OrganizationInvitation
from organizations.utils import create_organization


class Silent:
    """Invites as ever, and sends no mail."""

    def send_invitation(self, *args, **kwargs):
        return True


class Placeholders(Silent, InvitationBackend):
    pass


class Invitations(Silent, ModelInvitation):
    pass


class Command(BaseCommand):
    def handle(self, **options):
        users = get_user_model().objects
        founder = users.create_user("peer-founder", "peer-founder@example.com", "secret")
        second = users.create_user("peer-second", "peer-second@example.com", "secret")
        organization = create_organization(
            founder, "Made by its own release", org_user_defaults={"is_admin": True}
        )
        member, _created = organization.get_or_add_user(second)
        organization.add_user(Placeholders().invite_by_email("peer-placeholder@example.com"))
        organization.change_owner(member)
        for address in ["Peer-One@example.com", "peer-one@example.com", "peer-two@example.com"]:
            Invitations().invite_by_email(address, founder, organization)
        invitation = OrganizationInvitation.objects.get(invitee_identifier="peer-two@example.com")
        invitation.activate(users.create_user("peer-two", "peer-two@example.com", "secret"))
        # A member that leaves, and an organization that goes, leave holes in the keys.
        organization.remove_user(founder)
        create_organization(founder, "Doomed").delete()
