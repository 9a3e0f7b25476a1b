"""Every path on which an organization could lose its owner, one by one.

The tests commit, because half of the guards judge at commit. After each refusal the
organization can still be deleted: a guard that holds too much is as bad as none.
"""

from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, RestrictedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from organizations import testing
from organizations.exceptions import (
    OrganizationMismatch,
    OwnerMustBeActive,
    OwnershipRequired,
)
from organizations.models import (
    Organization,
    OrganizationOwner,
    OrganizationUser,
    OwnerAnchor,
)
from organizations.services import (
    invitations,
    members,
    organizations,
    ownership,
    registration,
)
from tests.ownership import facts
from tests.ownership.test_machine import execute, table

pytestmark = pytest.mark.django_db(transaction=True)

User = get_user_model()


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def other():
    return testing.make_organization("Other", owner="olga", members=["pat"])


@pytest.fixture
def admin_site(client):
    client.force_login(User.objects.create_superuser("root", "root@example.com"))
    return client


def user(name):
    return User.objects.get(username=name)


def member(organization, name):
    return organization.organization_users.get(user__username=name)


def owner_row():
    """Return the owner row of Acme, read afresh."""
    return OrganizationOwner.objects.get(organization__name="Acme")


def delete_by_sql(model, **filters):
    execute(f"DELETE FROM {table(model)} WHERE id = %s", model.objects.get(**filters).pk)


def update_by_sql(model, column, value, **filters):
    pk = model.objects.get(**filters).pk
    execute(f"UPDATE {table(model)} SET {column} = %s WHERE id = %s", value, pk)


def deactivate(person, **options):
    person.is_active = False
    person.save(**options)


def assert_untouched(organization):
    """The owner is in place, and the organization is not stuck either."""
    facts.check_invariants()
    assert facts.owner_name(organization) == "ada"
    assert set(facts.users(organizations_organizationuser__organization=organization)) == {
        user(name).pk for name in ("ada", "bo", "cy")
    }
    Organization.objects.get(pk=organization.pk).delete()
    assert not Organization.objects.filter(pk=organization.pk).exists()
    assert not OwnerAnchor.objects.filter(organization_id=organization.pk).exists()


# Each takes Acme; ada owns it. The path is followed in one transaction, which then commits.
PATHS = {
    # with the user
    "user instance": (lambda o: user("ada").delete(), RestrictedError),
    "user queryset": (
        lambda o: User.objects.filter(username__in=["ada", "cy"]).delete(),
        RestrictedError,
    ),
    "user by SQL": (lambda o: delete_by_sql(User, username="ada"), IntegrityError),
    "user switched off": (lambda o: deactivate(user("ada")), OwnershipRequired),
    "user switched off, one field": (
        lambda o: deactivate(user("ada"), update_fields=["is_active"]),
        OwnershipRequired,
    ),
    # with the member
    "member instance": (lambda o: member(o, "ada").delete(), OwnershipRequired),
    "member queryset": (lambda o: o.organization_users.all().delete(), RestrictedError),
    "member by SQL": (
        lambda o: delete_by_sql(OrganizationUser, user__username="ada"),
        IntegrityError,
    ),
    "members without signals": (
        lambda o: o.organization_users.all()._raw_delete(connection.alias),
        IntegrityError,
    ),
    "users.remove": (lambda o: o.users.remove(user("ada")), RestrictedError),
    "users.clear": (lambda o: o.users.clear(), RestrictedError),
    "users.set": (lambda o: o.users.set([user("bo")]), RestrictedError),
    "users.set, all anew": (lambda o: o.users.set([user("ada")], clear=True), RestrictedError),
    "organizations of the user, cleared": (
        lambda o: user("ada").organizations_organization.clear(),
        RestrictedError,
    ),
    # with the owner row
    "owner instance": (lambda o: owner_row().delete(), OwnershipRequired),
    "owner queryset": (lambda o: OrganizationOwner.objects.all().delete(), IntegrityError),
    "owner by SQL": (
        lambda o: delete_by_sql(OrganizationOwner, organization=o),
        IntegrityError,
    ),
    "owner given to nobody": (
        lambda o: update_by_sql(OrganizationOwner, "organization_user_id", None, organization=o),
        IntegrityError,
    ),
    "owner given to a member who is not there": (
        lambda o: update_by_sql(OrganizationOwner, "organization_user_id", 0, organization=o),
        IntegrityError,
    ),
    # by the verbs
    "remove": (lambda o: members.remove(o, user("ada")), OwnershipRequired),
    "leave": (lambda o: members.leave(o, user("ada")), OwnershipRequired),
    "remove_user": (lambda o: o.remove_user(user("ada")), OwnershipRequired),
    "demote": (lambda o: members.set_admin(member(o, "ada"), False), OwnershipRequired),
}


@pytest.mark.parametrize("path", PATHS)
def test_owner_is_not_lost_by(path, acme):
    act, refusal = PATHS[path]
    with pytest.raises(refusal), transaction.atomic():
        act(acme)
    assert_untouched(acme)


@pytest.mark.parametrize("path", PATHS)
def test_owner_is_not_lost_without_a_transaction_by(path, acme):
    act, refusal = PATHS[path]
    with pytest.raises(refusal):
        act(acme)
    assert_untouched(acme)


def test_owner_cannot_be_deleted_with_the_savepoint_of_a_caller_who_goes_on(acme):
    with transaction.atomic():
        with pytest.raises(RestrictedError), transaction.atomic():
            user("ada").delete()
        user("cy").delete()
    facts.check_invariants()
    assert facts.owner_name(acme) == "ada"


# Rows that point into another organization: only PostgreSQL compares across tables.
FOREIGN = {
    "member moved by a queryset": lambda o, other: o.organization_users.filter(
        user__username="ada"
    ).update(organization=other),
    "members moved in bulk": lambda o, other: OrganizationUser.objects.bulk_update(
        [_moved(each, other) for each in o.organization_users.all()], ["organization"]
    ),
    "member moved by SQL": lambda o, other: update_by_sql(
        OrganizationUser, "organization_id", other.pk, user__username="ada"
    ),
    "member moved as an instance": lambda o, other: _moved(member(o, "ada"), other).save(),
    "owner row to a foreign member by a queryset": lambda o, other: (
        OrganizationOwner.objects.filter(organization=o).update(
            organization_user=member(other, "pat")
        )
    ),
    "owner row to a foreign member by SQL": lambda o, other: update_by_sql(
        OrganizationOwner, "organization_user_id", member(other, "pat").pk, organization=o
    ),
    "owner row replaced by a foreign member": lambda o, other: owner_row_replaced(
        o, member(other, "pat")
    ),
}


def _moved(row, organization):
    row.organization = organization
    return row


def owner_row_replaced(organization, new):
    OrganizationOwner.objects.filter(organization=organization).delete()
    return OrganizationOwner.objects.bulk_create(
        [OrganizationOwner(organization=organization, organization_user=new)]
    )


@pytest.mark.postgres
@pytest.mark.parametrize("path", FOREIGN)
def test_owner_is_a_member_here_in_spite_of(path, acme, other):
    with pytest.raises(IntegrityError, match="would lose its owner"), transaction.atomic():
        FOREIGN[path](acme, other)
    assert_untouched(acme)
    assert facts.owner_name(other) == "olga"


@pytest.mark.postgres
def test_owner_row_is_kept_when_the_anchor_is_gone(acme):
    OwnerAnchor.objects.all()._raw_delete(connection.alias)
    with pytest.raises(IntegrityError, match="would lose its owner"), transaction.atomic():
        OrganizationOwner.objects.all().delete()
    assert_untouched(acme)


@pytest.mark.postgres
def test_member_who_owns_nothing_may_be_moved(acme, other):
    update_by_sql(OrganizationUser, "organization_id", other.pk, user__username="cy")
    facts.check_invariants()
    assert other.is_member(user("cy"))


@pytest.mark.postgres
def test_member_of_an_organization_without_owner_may_be_moved(acme):
    empty = Organization.objects.create(name="Empty")
    row = OrganizationUser.objects.create(organization=empty, user=testing.make_user("di"))
    OrganizationUser.objects.filter(pk=row.pk).update(organization=acme)
    assert acme.is_member(user("di"))


def with_trigger(what):
    if connection.vendor == "postgresql":
        execute(f"ALTER TABLE {table(OrganizationOwner)} {what} TRIGGER USER")


def test_owner_row_is_kept_by_its_anchor_alone(acme):
    """The foreign key that works on every database, seen without the trigger."""
    with_trigger("DISABLE")
    try:
        with pytest.raises(IntegrityError), transaction.atomic():
            delete_by_sql(OrganizationOwner, organization=acme)
    finally:
        with_trigger("ENABLE")
    assert_untouched(acme)


@pytest.mark.parametrize(
    "make",
    [
        lambda user: organizations.create(user, name="New"),
        lambda user: Organization.objects.create(name="New").add_user(user).organization,
        lambda user: _by_instances(user),
    ],
    ids=["verb", "first member", "instances"],
)
def test_every_new_owner_row_gets_its_anchor(make):
    organization = make(testing.make_user("ada"))
    anchor = OwnerAnchor.objects.get(organization=organization)
    assert anchor.owner_id == organization.pk


def _by_instances(person):
    organization = Organization.objects.create(name="New")
    row = OrganizationUser.objects.create(organization=organization, user=person, is_admin=True)
    OrganizationOwner.objects.create(organization=organization, organization_user=row)
    return organization


def test_anchor_of_one_organization_cannot_hold_another(acme, other):
    with pytest.raises(IntegrityError), transaction.atomic():
        OwnerAnchor.objects.filter(organization=acme).update(owner=other.owner)


# Who may take over


@pytest.mark.parametrize("write", ["instance", "new row"])
def test_owner_row_of_a_foreign_member_is_not_saved(write, acme, other):
    row = owner_row() if write == "instance" else OrganizationOwner(organization=acme)
    row.organization_user = member(other, "pat")
    with pytest.raises(OrganizationMismatch), transaction.atomic():
        row.save()
    assert_untouched(acme)


def test_ownership_is_not_transferred_to_a_member_of_another_organization(acme, other):
    with pytest.raises(OrganizationMismatch):
        acme.change_owner(member(other, "pat"))
    assert_untouched(acme)


def test_ownership_stays_here_where_the_owner_row_checks_nothing(acme, other, monkeypatch):
    """As in a family on the minimal base classes, whose rows have no check of their own."""
    monkeypatch.setattr(OrganizationOwner, "save", Model.save)
    with pytest.raises(OrganizationMismatch):
        acme.change_owner(member(other, "pat"))
    assert_untouched(acme)


def test_ownership_is_not_transferred_to_a_member_who_is_gone(acme):
    gone = member(acme, "bo")
    members.remove(acme, user("bo"))
    with pytest.raises(OrganizationMismatch):
        acme.change_owner(gone)
    assert facts.owner_name(acme) == "ada"


@pytest.mark.parametrize("known", ["fresh", "stale"])
def test_ownership_is_not_transferred_to_a_deactivated_account(known, acme):
    row = member(acme, "bo")
    assert row.user.is_active  # what the caller's row says is not what counts
    deactivate(user("bo"))
    with pytest.raises(OwnerMustBeActive):
        acme.change_owner(member(acme, "bo") if known == "fresh" else row)
    assert_untouched(acme)


def test_ownership_is_not_transferred_to_a_user(acme):
    with pytest.raises(TypeError, match=r"must be a OrganizationUser, not User"):
        acme.change_owner(user("bo"))
    assert_untouched(acme)


# What must work


def test_transfer_inside_a_transaction_then_the_old_owner_leaves(acme):
    with transaction.atomic():
        acme.change_owner(member(acme, "cy"))
        members.leave(acme, user("ada"))
        user("ada").delete()
    facts.check_invariants()
    assert facts.owner_name(acme) == "cy"


def test_owner_row_may_be_replaced_in_one_transaction(acme):
    with transaction.atomic():
        owner_row_replaced(acme, member(acme, "bo"))
    facts.check_invariants()
    assert facts.owner_name(acme) == "bo"
    with pytest.raises(IntegrityError), transaction.atomic():
        OrganizationOwner.objects.all().delete()


def test_owner_row_may_be_pointed_to_another_member_of_the_organization(acme):
    row = owner_row()
    row.organization_user = member(acme, "bo")
    row.save()
    facts.check_invariants()
    assert facts.owner_name(acme) == "bo"


def test_old_owner_may_be_switched_off_and_deleted_after_a_transfer(acme):
    acme.change_owner(member(acme, "bo"))
    deactivate(user("ada"))
    assert not user("ada").is_active
    user("ada").delete()
    facts.check_invariants()


def test_account_that_owns_nothing_is_switched_off_and_on(acme):
    person = user("cy")
    deactivate(person)
    assert not user("cy").is_active
    person.is_active = True
    person.save()
    assert user("cy").is_active


def test_owner_who_was_switched_off_before_can_still_be_saved(acme):
    """As an upgraded project may have it: nothing is lost that was not lost before."""
    User.objects.filter(username="ada").update(is_active=False)
    person = user("ada")
    person.first_name = "Ada"
    person.save()
    assert user("ada").first_name == "Ada"


def test_owner_can_be_saved_without_the_flag_that_the_instance_holds(acme):
    person = user("ada")
    person.is_active = False
    person.first_name = "Ada"
    person.save(update_fields=["first_name"])
    assert user("ada").is_active
    assert user("ada").first_name == "Ada"


def test_new_account_that_is_switched_off_can_be_saved():
    person = User(username="new", is_active=False)
    person.save()
    assert not user("new").is_active


def test_users_of_an_organization_may_be_set_while_the_owner_stays(acme):
    acme.users.set([user("ada"), testing.make_user("di")])
    facts.check_invariants()
    assert sorted(acme.users.values_list("username", flat=True)) == ["ada", "di"]


def test_organization_without_owner_may_gain_one():
    empty = Organization.objects.create(name="Empty")
    ada = testing.make_user("ada")
    row = OrganizationUser.objects.create(organization=empty, user=ada)
    empty.change_owner(row)
    facts.check_invariants()
    assert empty.is_owner(ada)


DELETIONS = {
    "instance": lambda client, keys: [each.delete() for each in _rows(keys)],
    "verb": lambda client, keys: [organizations.delete(each) for each in _rows(keys)],
    "queryset": lambda client, keys: _rows(keys).delete(),
    "admin page": lambda client, keys: [
        client.post(reverse("admin:organizations_organization_delete", args=[key]), {"post": "yes"})
        for key in keys
    ],
    "admin action": lambda client, keys: client.post(
        reverse("admin:organizations_organization_changelist"),
        {"action": "delete_selected", "_selected_action": keys, "post": "yes"},
    ),
}


def _rows(keys):
    return Organization.objects.filter(pk__in=keys)


@pytest.mark.parametrize("path", DELETIONS)
def test_organization_is_deleted_with_all_that_is_its_own_by(path, acme, other, admin_site):
    DELETIONS[path](admin_site, [acme.pk, other.pk])
    for model in (Organization, OrganizationUser, OrganizationOwner, OwnerAnchor):
        assert not model._base_manager.exists(), model
    assert User.objects.filter(username__in=["ada", "bo", "cy", "olga", "pat"]).count() == 5


@pytest.mark.parametrize("path", DELETIONS)
def test_owner_can_be_deleted_once_the_organization_is_gone_by(path, acme, admin_site):
    DELETIONS[path](admin_site, [acme.pk])
    user("ada").delete()
    assert not User.objects.filter(username="ada").exists()


def test_organization_and_its_owner_go_in_one_transaction(acme):
    with transaction.atomic():
        acme.delete()
        user("ada").delete()
    assert not User.objects.filter(username="ada").exists()


# The admin site


def admin(name, *args):
    return reverse(f"admin:{name}", args=args)


ADMIN_PATHS = {
    "member page": (
        lambda o: admin("organizations_organizationuser_delete", member(o, "ada").pk),
        lambda o: {"post": "yes"},
    ),
    "member action": (
        lambda o: admin("organizations_organizationuser_changelist"),
        lambda o: {
            "action": "delete_selected",
            "_selected_action": [member(o, "ada").pk],
            "post": "yes",
        },
    ),
    "owner page": (
        lambda o: admin("organizations_organizationowner_delete", owner_row().pk),
        lambda o: {"post": "yes"},
    ),
    "owner action": (
        lambda o: admin("organizations_organizationowner_changelist"),
        lambda o: {
            "action": "delete_selected",
            "_selected_action": [owner_row().pk],
            "post": "yes",
        },
    ),
    "user page": (
        lambda o: admin("auth_user_delete", user("ada").pk),
        lambda o: {"post": "yes"},
    ),
    "user action": (
        lambda o: admin("auth_user_changelist"),
        lambda o: {
            "action": "delete_selected",
            "_selected_action": [user("ada").pk, user("cy").pk],
            "post": "yes",
        },
    ),
    "owner demoted": (
        lambda o: admin("organizations_organizationuser_change", member(o, "ada").pk),
        lambda o: {},
    ),
    "owner row to a foreign member": (
        lambda o: admin("organizations_organizationowner_change", owner_row().pk),
        lambda o: {
            "organization_user": OrganizationUser.objects.get(user__username="pat").pk,
        },
    ),
    "inline to a foreign member": (
        lambda o: admin("organizations_organization_change", o.pk),
        lambda o: {
            "name": "Acme",
            "slug": "acme",
            "is_active": "on",
            "owner-TOTAL_FORMS": 1,
            "owner-INITIAL_FORMS": 1,
            "owner-0-id": owner_row().pk,
            "owner-0-organization": o.pk,
            "owner-0-organization_user": OrganizationUser.objects.get(user__username="pat").pk,
        },
    ),
    "inline deleted": (
        lambda o: admin("organizations_organization_change", o.pk),
        lambda o: {
            "name": "Acme",
            "slug": "acme",
            "is_active": "on",
            "owner-TOTAL_FORMS": 1,
            "owner-INITIAL_FORMS": 1,
            "owner-0-id": owner_row().pk,
            "owner-0-organization": o.pk,
            "owner-0-organization_user": member(o, "ada").pk,
            "owner-0-DELETE": "on",
        },
    ),
}


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_owner_is_not_lost_in_the_admin_site_by(path, acme, other, admin_site):
    url, data = ADMIN_PATHS[path]
    response = admin_site.post(url(acme), data(acme))
    assert response.status_code in (200, 302, 403)
    assert_untouched(acme)


def test_admin_site_removes_a_member_who_owns_nothing(acme, admin_site):
    admin_site.post(
        admin("organizations_organizationuser_delete", member(acme, "cy").pk), {"post": "yes"}
    )
    assert not acme.is_member(user("cy"))


@pytest.mark.parametrize("page", ["owner page", "inline"])
def test_admin_site_transfers_the_ownership_with_its_verb(page, acme, admin_site):
    new = member(acme, "cy")
    if page == "inline":
        url, data = ADMIN_PATHS["inline deleted"]
        data = {**data(acme), "owner-0-organization_user": new.pk}
        del data["owner-0-DELETE"]
        response = admin_site.post(url(acme), data)
    else:
        url = admin("organizations_organizationowner_change", owner_row().pk)
        response = admin_site.post(url, {"organization_user": new.pk})
    assert response.status_code == 302
    facts.check_invariants()  # cy is an admin now, which the row alone would not make
    assert facts.owner_name(acme) == "cy"


def test_deletions_in_the_admin_site_leave_their_trace(acme, admin_site):
    admin_site.post(admin("organizations_organization_delete", acme.pk), {"post": "yes"})
    assert LogEntry.objects.filter(object_repr="Acme").exists()


# The lock

VERBS = [
    "add",
    "get_or_add",
    "remove",
    "leave",
    "set_admin",
    "transfer",
    "change",
    "delete",
    "invite",
    "resend",
    "revoke",
    "accept",
    "decline",
    "invitation.activate",
    "registration.activate",
]


def prepared(verb, acme):
    """Return a call of the verb with all it needs read or made before."""
    boss, now = user("ada"), timezone.now()
    eve = testing.make_user("eve")
    offer = invitations.invite(acme, address="eve@example.com", actor=boss, now=now)
    waiting = registration.pending_user("jan@example.com")
    organizations.create(waiting, name="Waiting", is_active=False)
    cy = member(acme, "cy")
    return {
        "add": partial(members.add, acme, eve),
        "get_or_add": partial(members.get_or_add, acme, eve),
        "remove": partial(members.remove, acme, user("bo")),
        "leave": partial(members.leave, acme, user("bo")),
        "set_admin": partial(members.set_admin, cy, True),
        "transfer": partial(ownership.transfer, acme, cy),
        "change": partial(organizations.change, acme, name="New name"),
        "delete": partial(organizations.delete, acme),
        "invite": partial(invitations.invite, acme, address="kim@example.com", actor=boss, now=now),
        "resend": partial(invitations.resend, offer, actor=boss, now=now),
        "revoke": partial(invitations.revoke, offer, actor=boss, now=now),
        "accept": partial(invitations.accept, offer, user=eve, now=now),
        "decline": partial(invitations.decline, offer, user=eve, now=now),
        "invitation.activate": partial(invitations.activate, offer, eve),
        "registration.activate": partial(registration.activate, _switched_on(waiting)),
    }[verb]


def _switched_on(person):
    person.first_name = "Jan"
    return person


def is_lock(sql):
    """Return whether the statement holds the organization's row."""
    if connection.vendor == "postgresql":
        return f"FROM {table(Organization)}" in sql and sql.endswith("FOR NO KEY UPDATE")
    column = f"{table(Organization)}.{connection.ops.quote_name('is_active')}"
    return sql.startswith(f"UPDATE {table(Organization)} SET") and f"= {column}" in sql


@pytest.mark.parametrize("verb", VERBS)
def test_verb_holds_the_organization_before_it_changes_anything(verb, acme):
    call = prepared(verb, acme)
    with CaptureQueriesContext(connection) as captured:
        call()
    statements = [query["sql"] for query in captured]
    locks = [position for position, sql in enumerate(statements) if is_lock(sql)]
    writes = [
        position
        for position, sql in enumerate(statements)
        if sql.startswith(("INSERT", "UPDATE", "DELETE")) and not is_lock(sql)
    ]
    assert locks, statements
    assert writes, statements
    assert locks[0] < writes[0], statements


@pytest.mark.parametrize("verb", ["remove", "set_admin", "transfer"])
def test_verb_holds_the_organization_before_it_asks_for_the_owner(verb, acme):
    if verb == "set_admin":
        call = partial(members.set_admin, member(acme, "cy"), False)
    else:
        call = prepared(verb, acme)
    with CaptureQueriesContext(connection) as captured:
        call()
    statements = [query["sql"] for query in captured]
    asks = [n for n, sql in enumerate(statements) if f"FROM {table(OrganizationOwner)}" in sql]
    assert next(n for n, sql in enumerate(statements) if is_lock(sql)) < asks[0], statements


@pytest.mark.parametrize("verb", ["add", "remove", "transfer", "change", "delete"])
def test_verb_says_so_when_the_organization_is_gone(verb, acme):
    call = prepared(verb, acme)
    Organization.objects.filter(pk=acme.pk).delete()
    with pytest.raises(Organization.DoesNotExist):
        call()
