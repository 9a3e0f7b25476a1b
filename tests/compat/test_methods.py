"""Section 4: methods of organizations, members, owners and invitations."""

import pytest
from asgiref.sync import async_to_sync
from django.db import IntegrityError, transaction

from organizations.exceptions import OrganizationMismatch, OwnershipRequired
from organizations.managers import ActiveOrgManager, OrgManager

from .conftest import make_person

#: How a method is called: itself, or its async twin.
CALLS = {
    "sync": lambda subject, name, *args, **kwargs: getattr(subject, name)(*args, **kwargs),
    "async": lambda subject, name, *args, **kwargs: async_to_sync(getattr(subject, f"a{name}"))(
        *args, **kwargs
    ),
}


@pytest.fixture(params=CALLS)
def call(request):
    return CALLS[request.param]


# Organizations


def test_4_objects_get_for_user(line, make, ada, bo):
    acme = make(line)
    off = make(line, "Off", is_active=False)
    assert isinstance(line.organization.objects, OrgManager)
    assert list(line.organization.objects.get_for_user(ada)) == [acme, off]
    assert list(line.organization.objects.get_for_user(bo)) == []


def test_4_active_leaves_out_what_is_switched_off(line, make, ada):
    acme = make(line)
    make(line, "Off", is_active=False)
    assert isinstance(line.organization.active, ActiveOrgManager)
    assert list(line.organization.active.all()) == [acme]
    assert list(line.organization.active.get_for_user(ada)) == [acme]


def test_4_str_is_the_name(line, make):
    assert str(make(line, "Anvils")) == "Anvils"


def test_4_user_relation_name(line, make, ada):
    acme = make(line)
    assert acme.user_relation_name == line.related_name
    assert list(getattr(ada, acme.user_relation_name).all()) == [acme]


def test_4_is_member(line, make, call, ada, bo):
    acme = make(line)
    assert call(acme, "is_member", ada) is True
    assert call(acme, "is_member", bo) is False


def test_4_add_user_on_the_base_line_takes_values_and_makes_no_owner(call, bo, hearing):
    from .conftest import BASE

    guild = BASE.organization.objects.create(name="Smiths")
    with hearing("user_added") as heard:
        member = call(guild, "add_user", bo, rank=3)
    assert (member.user, member.organization, member.rank) == (bo, guild, 3)
    assert heard == [(guild, {"user": bo})]
    assert not BASE.owner.objects.exists()


def test_4_add_user_makes_the_first_member_admin_and_owner(rich, call, ada, bo):
    acme = rich.organization.objects.create(name="Acme")
    first = call(acme, "add_user", ada)
    second = call(acme, "add_user", bo)
    third = call(acme, "add_user", make_person("cy"), is_admin=True)
    assert [each.is_admin for each in (first, second, third)] == [True, False, True]
    assert rich.owner.objects.get().organization_user == first


def test_4_add_user_sends_the_signal_and_returns_the_member(rich, make, call, bo, hearing):
    acme = make(rich)
    with hearing("user_added") as heard:
        member = call(acme, "add_user", bo)
    assert heard == [(acme, {"user": bo})]
    assert rich.member.objects.get(user=bo) == member


def test_4_add_user_twice_is_an_integrity_error(line, make, call, ada, hearing):
    acme = make(line)
    with (
        hearing("user_added") as heard,
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        call(acme, "add_user", ada)
    assert heard == []
    assert acme.users.count() == 1


def test_4_remove_user_deletes_and_then_sends_the_signal(rich, make, call, bo, hearing):
    acme = make(rich)
    acme.add_user(bo)
    with hearing("user_removed") as heard:
        call(acme, "remove_user", bo)
    assert heard == [(acme, {"user": bo})]
    assert not rich.member.objects.filter(user=bo).exists()


def test_4_remove_user_refuses_the_owner(rich, make, call, ada, hearing):
    acme = make(rich)
    with hearing("user_removed") as heard, pytest.raises(OwnershipRequired):
        call(acme, "remove_user", ada)
    assert heard == []
    assert acme.is_owner(ada)


def test_4_remove_user_of_a_stranger_does_not_exist(rich, make, call, bo):
    with pytest.raises(rich.member.DoesNotExist):
        call(make(rich), "remove_user", bo)


def test_4_get_or_add_user(rich, make, call, ada, bo, hearing):
    acme = make(rich)
    with hearing("user_added") as heard:
        member, created = call(acme, "get_or_add_user", bo, is_admin=True)
        again = call(acme, "get_or_add_user", bo)
    assert (member.user, member.is_admin, created) == (bo, True, True)
    assert again == (member, False)
    assert heard == [(acme, {"user": bo})]


def test_4_get_or_add_user_makes_the_first_member_the_owner(rich, call, bo):
    acme = rich.organization.objects.create(name="Acme")
    member, created = call(acme, "get_or_add_user", bo)
    assert (created, member.is_admin, acme.owner.organization_user) == (True, True, member)


def test_4_change_owner(rich, make, call, ada, bo, hearing):
    acme = make(rich)
    old, new = acme.owner.organization_user, acme.add_user(bo)
    with hearing("owner_changed") as heard:
        call(acme, "change_owner", new)
    assert heard == [(acme, {"old": old, "new": new})]
    assert acme.owner.organization_user == new
    assert rich.organization.objects.get().owner.organization_user == new
    assert acme.is_member(ada)


def test_4_change_owner_takes_a_membership_and_no_user(rich, make, call, ada, bo):
    acme = make(rich)
    acme.add_user(bo)
    with pytest.raises((TypeError, ValueError)):
        call(acme, "change_owner", bo)
    assert rich.organization.objects.get().is_owner(ada)


def test_4_change_owner_refuses_a_member_of_another_organization(rich, make, call, bo):
    acme, other = make(rich), make(rich, "Other", user=bo)
    with pytest.raises(OrganizationMismatch):
        call(acme, "change_owner", other.owner.organization_user)


def test_4_is_admin_and_is_owner(rich, make, call, ada, bo):
    acme = make(rich)
    cy = make_person("cy")
    acme.add_user(bo, is_admin=True)
    acme.add_user(cy)
    found = {
        user: (call(acme, "is_admin", user), call(acme, "is_owner", user))
        for user in (ada, bo, cy, make_person("di"))
    }
    assert list(found.values()) == [(True, True), (True, False), (False, False), (False, False)]


def test_4_get_absolute_url(rich, make):
    acme = make(rich)
    assert acme.get_absolute_url() == f"/accounts/{acme.pk}/"


def test_4_private_names_that_subclasses_use(line, make, bo):
    acme = make(line)
    member = acme._org_user_model.objects.create(user=bo, organization=acme)
    assert type(member) is acme._org_user_model is line.member
    assert acme._org_owner_model is line.owner


# Members


def test_4_name_of_a_member(line, make):
    assert make(line).organization_users.get().name == "Ada Lovelace"


def test_4_name_where_the_user_has_no_full_name_method(line, make, monkeypatch):
    member = make(line).organization_users.get()
    monkeypatch.delattr("django.contrib.auth.models.AbstractUser.get_full_name")
    assert member.name == "ada"


def test_4_str_of_a_member(line, make):
    member = make(line).organization_users.get()
    assert str(member) == ("Ada Lovelace Acme" if line.is_base else "Ada Lovelace (Acme)")


def test_4_str_of_a_member_who_is_not_active_is_the_address(line, make, bo):
    acme = make(line)
    bo.is_active = False
    bo.save()
    member = acme.add_user(bo)
    assert str(member) == ("bo@example.com Acme" if line.is_base else "bo@example.com (Acme)")


def test_4_absolute_url_of_a_member(rich, make, ada):
    acme = make(rich)
    url = acme.organization_users.get().get_absolute_url()
    assert url == f"/accounts/{acme.pk}/people/{ada.pk}/"


def test_4_delete_of_a_member(rich, make, call, bo):
    acme = make(rich)
    member = acme.add_user(bo)
    call(member, "delete", using="default", keep_parents=False)
    assert not acme.is_member(bo)


def test_4_delete_of_the_owners_member(rich, make, call, ada):
    acme = make(rich)
    with pytest.raises(OwnershipRequired):
        call(acme.organization_users.get(), "delete")
    assert acme.is_owner(ada)


# Owners


def test_4_owner_of_another_organization_is_refused_when_saved(rich, make, bo):
    acme, other = make(rich), make(rich, "Other", user=bo)
    row = acme.owner
    row.organization_user = other.owner.organization_user
    with pytest.raises(OrganizationMismatch):
        row.save()


def test_4_str_of_an_owner(line, make):
    acme = make(line)
    assert str(acme.owner) == f"Acme: {acme.organization_users.get()}"


# Invitations


@pytest.fixture
def offer(line, make, ada):
    return line.invitation.objects.create(
        organization=make(line), invited_by=ada, invitee_identifier="bo@example.com"
    )


def test_4_absolute_url_of_an_invitation(offer, settings):
    settings.ROOT_URLCONF = "tests.doors.urls_modelled"
    assert offer.get_absolute_url().endswith(f"/{offer.guid}/")


def test_4_activate(offer, call, bo, hearing):
    with hearing("user_added") as heard:
        member = call(offer, "activate", bo)
    assert (member.user, member.organization) == (bo, offer.organization)
    assert heard == [(offer.organization, {"user": bo})]
    offer.refresh_from_db()
    assert offer.invitee == bo


def test_4_activation_kwargs(line, offer, call, bo, monkeypatch):
    assert offer.activation_kwargs() == {}
    values = {"rank": 5} if line.is_base else {"is_admin": True}
    monkeypatch.setattr(line.invitation, "activation_kwargs", lambda self: values)
    member = call(offer, "activate", bo)
    assert {name: getattr(member, name) for name in values} == values


def test_4_invitation_token_is_the_projects_task(offer):
    with pytest.raises(NotImplementedError):
        offer.invitation_token()


def test_4_str_of_an_invitation(offer):
    assert str(offer) == "Acme: bo@example.com"
