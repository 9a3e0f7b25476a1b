"""Section 10: the documented forms, by their documented signatures."""

import pytest
from django.core import mail
from django.test import RequestFactory

from organizations.backends.forms import UserRegistrationForm, org_registration_form
from organizations.forms import (
    OrganizationAddForm,
    OrganizationForm,
    OrganizationUserAddForm,
    OrganizationUserForm,
    SignUpForm,
)
from organizations.models import Organization, OrganizationUser

from .conftest import make_person


def request_of(user):
    request = RequestFactory().get("/")
    request.user = user
    return request


@pytest.fixture
def admin(acme):
    return acme.add_user(make_person("admin"), is_admin=True)


def test_10_organization_form_offers_active_admins_as_owner(acme, ada, admin, bo):
    acme.add_user(bo)
    off = acme.add_user(make_person("off", is_active=False), is_admin=True)
    form = OrganizationForm(request_of(ada), instance=acme)
    offered = list(form.fields["owner"].queryset)
    assert {each.user for each in offered} == {ada, admin.user}
    assert off not in offered
    assert form.fields["owner"].initial == acme.owner.organization_user
    assert set(form.fields) == {"name", "slug", "owner"}


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_10_only_the_owner_changes_the_owner(who, acme, ada, admin):
    data = {"name": "Apex", "slug": "acme", "owner": admin.pk}
    user = ada if who == "owner" else admin.user
    form = OrganizationForm(request_of(user), data, instance=acme)
    assert form.is_valid() is (who == "owner")
    if who == "owner":
        form.save()
        fresh = Organization.objects.get()
        assert (fresh.name, fresh.owner.organization_user) == ("Apex", admin)
    else:
        assert set(form.errors) == {"owner"}


def test_10_an_admin_changes_the_rest(acme, ada, admin):
    data = {"name": "Apex", "slug": "apex", "owner": acme.owner.organization_user_id}
    form = OrganizationForm(request_of(admin.user), data, instance=acme)
    assert form.is_valid(), form.errors
    form.save()
    assert Organization.objects.get().slug == "apex"


@pytest.mark.parametrize("form", [OrganizationForm, OrganizationAddForm])
def test_10_users_and_is_active_are_no_fields(form):
    assert not {"users", "is_active"} & set(form.base_fields)
    assert form._meta.model is Organization


def test_10_organization_user_form(acme, admin):
    form = OrganizationUserForm({}, instance=admin)
    assert form.is_valid(), form.errors
    form.save()
    admin.refresh_from_db()
    assert admin.is_admin is False
    assert set(OrganizationUserForm.base_fields) == {"is_admin"}


def test_10_organization_user_form_keeps_the_owner_an_admin(acme):
    form = OrganizationUserForm({}, instance=acme.owner.organization_user)
    assert not form.is_valid()
    assert set(form.errors) == {"is_admin"}


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_10_organization_user_add_form(known, acme, ada, bo, delivering):
    email = "BO@example.com" if known else "new@example.com"
    form = OrganizationUserAddForm(request_of(ada), acme, {"email": email, "is_admin": True})
    assert form.is_valid(), form.errors
    with delivering():
        member = form.save()
    assert type(member) is OrganizationUser
    assert (member.organization, member.is_admin) == (acme, True)
    assert member.user.is_active is known
    assert (member.user == bo) is known
    assert [sent.to for sent in mail.outbox] == [[member.user.email]]


@pytest.mark.parametrize(
    "email", ["ada@example.com", "twin@example.com", "x" * 70 + "@example.com"]
)
def test_10_organization_user_add_form_refuses(email, acme, ada):
    """A member, an address of two people, an address of more than 75 characters."""
    for name in ("one", "two"):
        user = make_person(name)
        user.email = "twin@example.com"
        user.save()
    form = OrganizationUserAddForm(request_of(ada), acme, {"email": email})
    assert not form.is_valid()
    assert set(form.errors) == {"email"}
    assert form.fields["email"].max_length == 75


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_10_organization_add_form(known, ada, bo, delivering):
    email = "bo@example.com" if known else "new@example.com"
    data = {"name": "Bell", "slug": "bell", "email": email}
    form = OrganizationAddForm(request_of(ada), data)
    assert set(form.fields) == {"name", "slug", "email"}
    assert form.is_valid(), form.errors
    with delivering():
        bell = form.save()
    owner = bell.owner.organization_user.user
    assert (bell.name, bell.slug, owner.email) == ("Bell", "bell", email)
    assert bell.is_active is owner.is_active is known
    assert len(mail.outbox) == (0 if known else 1)


def test_10_sign_up_form(db):
    assert list(SignUpForm().fields) == ["name", "slug", "email"]
    data = {"name": "n" * 50, "slug": "s" * 50, "email": "new@example.com"}
    form = SignUpForm(data)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == data
    assert not SignUpForm({**data, "name": ""}).is_valid()
    assert not SignUpForm({**data, "email": "no address"}).is_valid()


def test_10_user_registration_form(db):
    data = {"username": "new", "password1": "long-enough-7", "password2": "long-enough-7"}
    form = UserRegistrationForm(data)
    assert form.is_valid(), form.errors
    user = form.save()
    assert user.check_password("long-enough-7")
    assert not UserRegistrationForm({**data, "username": "x", "password2": "other"}).is_valid()


def test_10_org_registration_form(line, db):
    form_class = org_registration_form(line.organization)
    assert form_class._meta.model is line.organization
    assert {"name", "email"} <= set(form_class().fields)
    assert not {"users", "is_active"} & set(form_class().fields)
    assert ("slug" in form_class().fields) is not line.is_base
