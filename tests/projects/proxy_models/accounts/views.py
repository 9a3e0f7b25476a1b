from organizations.views.base import ViewFactory
from organizations.views.mixins import MembershipRequiredMixin

from .models import Account

views = ViewFactory(Account)


class AccountDetail(MembershipRequiredMixin, views.OrganizationDetail):
    pass


class AccountList(views.OrganizationList):
    pass
