"""Views put together in each of the documented ways, the mixins in any order."""

import json

from django.http import HttpResponse
from django.views.generic import DeleteView, DetailView, ListView, UpdateView

from organizations.views.base import (
    BaseOrganizationDelete,
    BaseOrganizationUserDetail,
    BaseOrganizationUserList,
    BaseOrganizationUserUpdate,
    ViewFactory,
)
from organizations.views.mixins import (
    AdminRequiredMixin,
    MembershipRequiredMixin,
    OrganizationMixin,
    OrganizationUserMixin,
    OwnerRequiredMixin,
)

from .forms import AccountForm, AccountUserForm
from .models import Account, AccountUser


class AccountMixin(OrganizationMixin):
    org_model = Account
    org_context_name = "account"


class AccountUserMixin(OrganizationUserMixin):
    org_model = Account
    user_model = AccountUser
    org_context_name = "account"
    org_user_context_name = "colleague"


class AccountList(ListView):
    template_name = "accounts/list.html"
    context_object_name = "accounts"

    def get_queryset(self):
        return Account.active.get_for_user(self.request.user)


class AccountDetail(AccountMixin, MembershipRequiredMixin, DetailView):
    template_name = "accounts/page.html"


class AccountUpdate(AdminRequiredMixin, AccountMixin, UpdateView):
    template_name = "accounts/form.html"
    form_class = AccountForm
    success_url = "/account/"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "request": self.request}


class AccountEnd(OwnerRequiredMixin, BaseOrganizationDelete):
    org_model = Account
    template_name = "accounts/page.html"


class People(MembershipRequiredMixin, ViewFactory(Account).OrganizationUserList):
    pass


class Person(AccountUserMixin, MembershipRequiredMixin, BaseOrganizationUserDetail):
    pass


class PersonUpdate(AccountUserMixin, AdminRequiredMixin, BaseOrganizationUserUpdate):
    template_name = "accounts/form.html"
    form_class = AccountUserForm

    def get_success_url(self):
        return "/account/"


class PersonDelete(AdminRequiredMixin, AccountUserMixin, DeleteView):
    template_name = "accounts/page.html"
    success_url = "/account/"


class PlainPeople(BaseOrganizationUserList):
    """Used with ``as_view(org_model=...)``."""


class ApiView:
    """Made as REST framework makes its view sets: without ``View.setup``."""

    @classmethod
    def as_view(cls):
        def view(request, *args, **kwargs):
            self = cls()
            self.request, self.args, self.kwargs = request, args, kwargs
            return self.dispatch(request, *args, **kwargs)

        return view

    def dispatch(self, request, *args, **kwargs):
        self.args, self.kwargs = args, kwargs
        return HttpResponse(json.dumps(self.list(request, *args, **kwargs)))


class Numbers(AccountMixin, AdminRequiredMixin, ApiView):
    def list(self, request, organization_pk):
        return {
            "organization": self.get_organization().pk,
            "people": self.organization.users.count(),
        }
