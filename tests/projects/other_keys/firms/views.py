from shops import models as shops

from organizations.views.base import ViewFactory
from organizations.views.mixins import AdminRequiredMixin, MembershipRequiredMixin

from . import models


class Firm(MembershipRequiredMixin, ViewFactory(models.Firm).OrganizationDetail):
    template_name = "page.html"


class Shop(MembershipRequiredMixin, ViewFactory(shops.Shop).OrganizationDetail):
    template_name = "page.html"


class Keeper(AdminRequiredMixin, ViewFactory(shops.Shop).OrganizationUserDetail):
    template_name = "page.html"
