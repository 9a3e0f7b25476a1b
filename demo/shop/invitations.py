from django.contrib.auth import get_user_model

from organizations.backends import invitation_backend
from organizations.mail import LinkBase
from organizations.models import Organization

#: Who invites, into what, whom, and whether as an admin.
INVITATIONS = (
    ("demo-owner", "kestrel-tools", "noor.newcomer@example.com", False),
    ("demo-billing", "riverbend-bookbinders", "outsider@demo.example.com", False),
)


def send_invitations(address):
    """Invite a new person and one with an account, so that the mailbox is not empty."""
    for inviter, slug, invited, is_admin in INVITATIONS:
        invitation_backend().invite_by_email(
            invited,
            user=get_user_model().objects.get(username=inviter),
            organization=Organization.objects.get(slug=slug),
            is_admin=is_admin,
            domain=LinkBase.parse(address),
        )
