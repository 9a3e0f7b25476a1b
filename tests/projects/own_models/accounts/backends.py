from organizations.backends.modeled import ModelInvitation

from .models import Account


class AccountInvitations(ModelInvitation):
    """The project's invitations, with another place to go to."""

    def __init__(self, org_model=None, namespace=None):
        super().__init__(org_model=Account, namespace=namespace)

    def get_invitation_queryset(self):
        return self.invitation_model.objects.exclude(job_title="withdrawn")

    def get_invitation_accepted_url(self):
        return "/joined/"
