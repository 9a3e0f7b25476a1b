"""The documented forms, which projects use in pages of their own."""

import pytest
from django.core import mail
from django.test import RequestFactory, TestCase
from django.urls import reverse

from organizations import testing
from organizations.exceptions import AddressAmbiguous
from organizations.forms import (
    OrganizationAddForm,
    OrganizationForm,
    OrganizationUserAddForm,
    OrganizationUserForm,
    SignUpForm,
    add_verb_error,
)
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.signals import member_changed, owner_changed
from tests.doors.support import signed_in


def request_of(user):
    request = RequestFactory().post("/")
    request.user = user
    return request


def member_of(organization, user):
    return OrganizationUser.objects.get(organization=organization, user=user)


def save(form):
    """Save with the transaction committed, so that mail leaves."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return form.save()


def settings_form(world, actor, *, owner, name="Acme II"):
    data = {"name": name, "slug": "acme-ii", "owner": getattr(owner, "pk", owner)}
    return OrganizationForm(request_of(world.people[actor]), data, instance=world.acme)


def test_the_owner_hands_over_with_the_organizations_form(world):
    heard = []
    owner_changed.connect(lambda **kwargs: heard.append(kwargs), weak=False, dispatch_uid="heard")
    new = member_of(world.acme, world.people["admin"])
    form = settings_form(world, "owner", owner=new)
    assert form.is_valid(), form.errors
    save(form)
    owner_changed.disconnect(dispatch_uid="heard")
    assert OrganizationOwner.objects.get(organization=world.acme).organization_user == new
    assert Organization.objects.get(pk=world.acme.pk).name == "Acme II"
    assert len(heard) == 1


@pytest.mark.parametrize("actor", ["admin", "member", "outsider", "superuser"])
def test_nobody_but_the_owner_hands_over(actor, world):
    form = settings_form(world, actor, owner=member_of(world.acme, world.people["admin"]))
    assert not form.is_valid()
    assert "Only the organization owner" in str(form.errors["owner"])


@pytest.mark.parametrize("person", ["member", "deactivated", "foreigner"])
def test_the_form_offers_active_admins_only(person, world):
    rows = OrganizationUser.objects.filter(user=world.people[person])
    form = settings_form(world, "owner", owner=rows.get())
    assert not form.is_valid()
    assert "owner" in form.errors


def test_an_admin_changes_the_name_and_keeps_the_owner(world):
    form = settings_form(world, "admin", owner=member_of(world.acme, world.people["owner"]))
    assert form.is_valid(), form.errors
    assert save(form).name == "Acme II"


def test_the_member_form_changes_the_flag_by_the_verb(world):
    heard = []
    member_changed.connect(lambda **kwargs: heard.append(kwargs), weak=False, dispatch_uid="heard")
    member = member_of(world.acme, world.people["member"])
    form = OrganizationUserForm({"is_admin": "on"}, instance=member)
    assert form.is_valid(), form.errors
    save(form)
    member_changed.disconnect(dispatch_uid="heard")
    assert member_of(world.acme, world.people["member"]).is_admin
    assert [kwargs["changes"] for kwargs in heard] == [{"is_admin": (False, True)}]


def test_the_member_form_keeps_the_owner_an_admin(world):
    form = OrganizationUserForm({}, instance=member_of(world.acme, world.people["owner"]))
    assert not form.is_valid()
    assert "must be an admin" in str(form.errors["is_admin"])


def test_the_member_form_can_leave_saving_to_the_caller(world):
    member = member_of(world.acme, world.people["member"])
    form = OrganizationUserForm({"is_admin": "on"}, instance=member)
    assert form.save(commit=False).is_admin
    assert not member_of(world.acme, world.people["member"]).is_admin


@pytest.mark.parametrize(
    ("email", "kind"),
    [("outsider@example.com", "notification"), ("new@example.com", "invitation")],
)
def test_the_add_form_adds_at_once_and_mails(email, kind, world):
    form = OrganizationUserAddForm(
        request_of(world.people["admin"]), world.acme, {"email": email, "is_admin": "on"}
    )
    assert form.is_valid(), form.errors
    member = save(form)
    assert (member.user.email, member.is_admin) == (email, True)
    (message,) = mail.outbox
    assert ("added you" if kind == "notification" else "invites you") in message.subject


@pytest.mark.parametrize(
    ("email", "problem"),
    [("member@example.com", "already"), ("MEMBER@example.com", "already"), ("x", "valid"),
     ("two@example.com", "Several"), ("x" * 70 + "@example.com", "75")],
)  # fmt: skip
def test_the_add_form_refuses(email, problem, world):
    testing.make_user("one", email="two@example.com", verified=False)
    testing.make_user("two", email="Two@example.com", verified=False)
    form = OrganizationUserAddForm(request_of(world.people["admin"]), world.acme, {"email": email})
    assert not form.is_valid()
    assert problem in str(form.errors["email"])


def add_form(world, **data):
    return OrganizationAddForm(
        request_of(world.people["outsider"]), {"name": "New", "slug": "new", **data}
    )


def test_the_organization_add_form_makes_the_addressee_the_owner(world):
    form = add_form(world, email="member@example.com")
    assert form.is_valid(), form.errors
    organization = save(form)
    assert organization.is_owner(world.people["member"])
    assert (organization.is_active, organization.slug) == (True, "new")
    assert mail.outbox == []


def test_the_organization_add_form_invites_an_unknown_owner(world):
    form = add_form(world, email="new@example.com")
    assert form.is_valid(), form.errors
    organization = save(form)
    assert not organization.is_active
    (message,) = mail.outbox
    assert message.to == ["new@example.com"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "acme"), ("slug", "login"), ("slug", "12"), ("email", "x"), ("name", "")],
)
def test_the_organization_add_form_refuses(field, value, world):
    form = add_form(world, **{"email": "new@example.com", field: value})
    assert not form.is_valid()
    assert field in form.errors


def test_sign_up_takes_a_name_a_slug_and_an_address(db):
    form = SignUpForm({"name": "Acme", "slug": "ACME", "email": "Ada@Example.COM"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {"name": "Acme", "slug": "acme", "email": "ada@example.com"}
    assert list(form.fields) == ["name", "slug", "email"]


def test_an_error_of_a_verb_stands_on_top_if_its_field_is_missing(world):
    form = OrganizationUserForm({}, instance=member_of(world.acme, world.people["member"]))
    form.is_valid()
    add_verb_error(form, AddressAmbiguous())
    assert form.non_field_errors() == [str(AddressAmbiguous())]


def test_a_taken_short_name_comes_with_three_that_are_free(db):
    for slug in ("acme", "acme-2", "acme-4"):
        testing.make_organization(slug, owner=f"of-{slug}", slug=slug)
    ada = testing.make_user("ada")
    url = reverse("organization_add")
    response = signed_in(ada).post(url, {"name": "Acme", "slug": "acme"})
    assert response.context["form"].errors["slug"] == [
        "This short name is taken. These are free: acme-3, acme-5, acme-6."
    ]
    assert signed_in(ada).post(url, {"name": "Acme", "slug": "acme-5"}).status_code == 302
