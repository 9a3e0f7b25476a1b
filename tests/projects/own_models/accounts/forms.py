from organizations.forms import OrganizationForm, OrganizationUserForm

from .models import Account, AccountUser


class AccountForm(OrganizationForm):
    class Meta(OrganizationForm.Meta):
        model = Account


class AccountUserForm(OrganizationUserForm):
    class Meta(OrganizationUserForm.Meta):
        model = AccountUser
