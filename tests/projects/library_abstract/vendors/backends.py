from organizations.backends.defaults import InvitationBackend

from .models import Vendor


class VendorInvitations(InvitationBackend):
    def __init__(self, org_model=None, namespace=None):
        super().__init__(org_model=org_model or Vendor, namespace=namespace)
