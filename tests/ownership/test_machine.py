"""Any order of steps, by any path, against a model in plain Python.

Each step runs in a transaction of its own that really commits, because the database judges
at commit. What the model says must be refused is refused, and the tables equal the model
after every step.
"""

import os
from itertools import count

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.db.models import RestrictedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from organizations.exceptions import (
    InvitationNotForYou,
    OrganizationMismatch,
    OwnerMustBeActive,
    OwnershipRequired,
)
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
    OwnerAnchor,
    VerifiedAddress,
)
from organizations.services import invitations, members, organizations, ownership
from tests.ownership import facts

#: A measure for all long tests; 200 is the whole of it.
ROUNDS = int(os.environ.get("ORGKIT_ROUNDS", "200"))

ROOT = "root"
#: A position that picks from however many rows there are.
PICK = st.integers(0, 11)
numbers = count(1)


def table(model):
    return connection.ops.quote_name(model._meta.db_table)


def execute(sql, *params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def empty_tables():
    """Delete what an example left; much cheaper than flushing every table."""
    with transaction.atomic():
        for model in (
            OwnerAnchor,
            OrganizationOwner,
            OrganizationInvitation,
            VerifiedAddress,
            OrganizationUser,
            Organization,
        ):
            execute(f"DELETE FROM {table(model)}")
        execute("DELETE FROM django_admin_log")
        execute(f"DELETE FROM {table(User)} WHERE username <> %s", ROOT)


class Ownership(RuleBasedStateMachine):
    """People and organizations; the attributes below are the model.

    users: user key -> is active.
    members: organization key -> {user key: is admin}.
    owner: organization key -> user key.
    offers: (organization key, user key) -> (invitation, who invited, as admin).
    """

    client: Client

    @initialize(people=st.integers(2, 5))
    def begin(self, people):
        empty_tables()
        self.users, self.members, self.owner, self.offers = {}, {}, {}, {}
        for _ in range(people):
            self.sign_up()
        self.create(0)
        self.create(1)

    # Picking

    def user(self, pick):
        return sorted(self.users)[pick % len(self.users)]

    def organization(self, pick):
        return sorted(self.members)[pick % len(self.members)]

    def member(self, pick):
        """Return (organization key, user key) of somebody who is a member."""
        pairs = sorted((key, user) for key, people in self.members.items() for user in people)
        return pairs[pick % len(pairs)]

    def row(self, key, user):
        return OrganizationUser.objects.get(organization_id=key, user_id=user)

    def owns_something(self, *users):
        return bool(set(users) & set(self.owner.values()))

    # Doing

    def attempt(self, action, refusal=None):
        """Commit the action, or see it refused in just this way; return whether it was done."""
        try:
            with transaction.atomic():
                action()
        except Exception as error:
            assert refusal is not None, f"refused without reason: {error!r}"
            assert isinstance(error, refusal), f"refused in another way: {error!r}"
            return False
        assert refusal is None, f"was not refused with {refusal}"
        return True

    def post(self, name, *args, **data):
        """Post to a page of the admin site and return the status; all but 302 refuse."""
        response = self.client.post(reverse(f"admin:{name}", args=args), {"post": "yes", **data})
        assert response.status_code in (200, 302, 403), response.status_code
        return response.status_code

    def forget_member(self, key, user):
        self.members[key].pop(user)

    def forget_user(self, user):
        del self.users[user]
        for people in self.members.values():
            people.pop(user, None)
        self.offers = {
            (key, whom): offer
            for (key, whom), offer in self.offers.items()
            if user not in (whom, offer[1])
        }

    def forget_organization(self, key):
        del self.members[key], self.owner[key]
        self.offers = {pair: offer for pair, offer in self.offers.items() if pair[0] != key}

    # Users

    @rule()
    @precondition(lambda self: len(self.users) < 8)
    def sign_up(self):
        name = f"user{next(numbers)}"
        user = User.objects.create(username=name, email=f"{name}@example.com", password="!")
        self.users[user.pk] = True

    @rule(pick=PICK)
    def deactivate_user(self, pick):
        user = User.objects.get(pk=self.user(pick))
        user.is_active = False
        refusal = OwnershipRequired if self.owns_something(user.pk) else None
        if self.attempt(user.save, refusal):
            self.users[user.pk] = False

    @rule(pick=PICK)
    def reactivate_user(self, pick):
        user = User.objects.get(pk=self.user(pick))
        user.is_active = True
        self.attempt(user.save)
        self.users[user.pk] = True

    @rule(pick=PICK)
    @precondition(lambda self: len(self.users) > 1)
    def delete_user(self, pick):
        user = self.user(pick)
        refusal = RestrictedError if self.owns_something(user) else None
        if self.attempt(lambda: User.objects.get(pk=user).delete(), refusal):
            self.forget_user(user)

    @rule(picks=st.lists(PICK, min_size=1, max_size=2))
    @precondition(lambda self: len(self.users) > 3)
    def delete_users_of_a_queryset(self, picks):
        users = {self.user(pick) for pick in picks}
        refusal = RestrictedError if self.owns_something(*users) else None
        if self.attempt(lambda: User.objects.filter(pk__in=users).delete(), refusal):
            for user in users:
                self.forget_user(user)

    @rule(pick=PICK)
    @precondition(lambda self: self.members)
    def delete_user_by_sql(self, pick):
        _, user = self.member(pick)
        self.attempt(
            lambda: execute(f"DELETE FROM {table(User)} WHERE id = %s", user), IntegrityError
        )

    @rule(picks=st.lists(PICK, min_size=1, max_size=2))
    @precondition(lambda self: len(self.users) > 3)
    def delete_users_in_the_admin_site(self, picks):
        users = {self.user(pick) for pick in picks}
        if len(users) == 1:
            self.post("auth_user_delete", *users)
        else:
            self.post("auth_user_changelist", action="delete_selected", _selected_action=[*users])
        if not self.owns_something(*users):
            for user in users:
                self.forget_user(user)

    @rule(pick=PICK)
    def deactivate_user_in_the_admin_site(self, pick):
        user = User.objects.get(pk=self.user(pick))
        data = {
            "username": user.username,
            "email": user.email,
            "date_joined_0": "2026-01-01",
            "date_joined_1": "12:00:00",
        }
        status = self.post("auth_user_change", user.pk, **data)
        assert status == (403 if self.owns_something(user.pk) else 302)
        if status == 302:
            self.users[user.pk] = False

    # Organizations

    @rule(pick=PICK)
    @precondition(lambda self: len(self.members) < 4)
    def create(self, pick):
        active = sorted(user for user in self.users if self.users[user])
        if active:
            user = User.objects.get(pk=active[pick % len(active)])
            organization = organizations.create(user, name="Acme")
            self.members[organization.pk] = {user.pk: True}
            self.owner[organization.pk] = user.pk

    @rule(
        pick=PICK,
        path=st.sampled_from(["verb", "instance", "queryset", "admin page", "admin action"]),
    )
    @precondition(lambda self: self.members)
    def delete_organization(self, pick, path):
        key = self.organization(pick)
        rows = Organization.objects.filter(pk=key)
        match path:
            case "verb":
                self.attempt(lambda: organizations.delete(rows.get()))
            case "instance":
                self.attempt(lambda: rows.get().delete())
            case "queryset":
                self.attempt(rows.delete)
            case "admin page":
                self.post("organizations_organization_delete", key)
            case "admin action":
                self.post(
                    "organizations_organization_changelist",
                    action="delete_selected",
                    _selected_action=[key],
                )
        self.forget_organization(key)

    # Members

    @rule(where=PICK, who=PICK, is_admin=st.booleans(), get=st.booleans())
    @precondition(lambda self: self.members)
    def add(self, where, who, is_admin, get):
        key, user = self.organization(where), self.user(who)
        organization, person = Organization.objects.get(pk=key), User.objects.get(pk=user)
        verb = organization.get_or_add_user if get else organization.add_user
        refusal = members.AlreadyMember if not get and user in self.members[key] else None
        if self.attempt(lambda: verb(person, is_admin=is_admin), refusal):
            self.members[key].setdefault(user, is_admin)

    @rule(where=PICK, who=PICK, verb=st.sampled_from([members.remove, members.leave]))
    @precondition(lambda self: self.members)
    def remove(self, where, who, verb):
        key, user = self.organization(where), self.user(who)
        organization, person = Organization.objects.get(pk=key), User.objects.get(pk=user)
        refusal = None
        if user not in self.members[key]:
            refusal = OrganizationUser.DoesNotExist
        elif self.owner[key] == user:
            refusal = OwnershipRequired
        if self.attempt(lambda: verb(organization, person), refusal):
            self.forget_member(key, user)

    @rule(pick=PICK, is_admin=st.booleans())
    @precondition(lambda self: self.members)
    def set_admin(self, pick, is_admin):
        key, user = self.member(pick)
        owns = self.owner[key] == user
        refusal = OwnershipRequired if owns and not is_admin else None
        if self.attempt(lambda: members.set_admin(self.row(key, user), is_admin), refusal):
            self.members[key][user] = is_admin

    @rule(pick=PICK, path=st.sampled_from(["instance", "queryset", "sql", "admin page", "users"]))
    @precondition(lambda self: self.members)
    def delete_member(self, pick, path):
        key, user = self.member(pick)
        row = self.row(key, user)
        owns = self.owner[key] == user
        match path:
            case "instance":
                self.attempt(row.delete, OwnershipRequired if owns else None)
            case "queryset":
                rows = OrganizationUser.objects.filter(pk=row.pk)
                self.attempt(rows.delete, RestrictedError if owns else None)
            case "sql":
                self.attempt(
                    lambda: execute(f"DELETE FROM {table(OrganizationUser)} WHERE id = %s", row.pk),
                    IntegrityError if owns else None,
                )
            case "admin page":
                self.post("organizations_organizationuser_delete", row.pk)
            case "users":
                organization = Organization.objects.get(pk=key)
                self.attempt(
                    lambda: organization.users.remove(user), RestrictedError if owns else None
                )
        if not owns:
            self.forget_member(key, user)

    @rule(where=PICK, path=st.sampled_from(["queryset", "clear", "admin action"]))
    @precondition(lambda self: self.members)
    def delete_all_members(self, where, path):
        key = self.organization(where)
        rows = OrganizationUser.objects.filter(organization_id=key)
        match path:
            case "queryset":
                self.attempt(rows.delete, RestrictedError)
            case "clear":
                self.attempt(Organization.objects.get(pk=key).users.clear, RestrictedError)
            case "admin action":
                self.post(
                    "organizations_organizationuser_changelist",
                    action="delete_selected",
                    _selected_action=list(rows.values_list("pk", flat=True)),
                )

    @rule(where=PICK, picks=st.sets(PICK, max_size=3))
    @precondition(lambda self: self.members)
    def set_users(self, where, picks):
        key, wanted = self.organization(where), {self.user(pick) for pick in picks}
        organization = Organization.objects.get(pk=key)
        refusal = None if self.owner[key] in wanted else RestrictedError
        if self.attempt(lambda: organization.users.set(wanted), refusal):
            old = self.members[key]
            self.members[key] = {user: old.get(user, False) for user in wanted}

    @rule(pick=PICK, where=PICK)
    @precondition(lambda self: self.members)
    def move_member_by_sql(self, pick, where):
        (key, user), other = self.member(pick), self.organization(where)
        owns = self.owner[key] == user
        if user in self.members[other] or (owns and connection.vendor != "postgresql"):
            return  # twice in one organization, or what only PostgreSQL can refuse
        sql = f"UPDATE {table(OrganizationUser)} SET organization_id = %s WHERE id = %s"
        row = self.row(key, user)
        if self.attempt(lambda: execute(sql, other, row.pk), IntegrityError if owns else None):
            self.members[other][user] = self.members[key].pop(user)

    # Ownership

    @rule(where=PICK, pick=PICK)
    @precondition(lambda self: self.members)
    def transfer(self, where, pick):
        key, (home, user) = self.organization(where), self.member(pick)
        organization, row = Organization.objects.get(pk=key), self.row(home, user)
        refusal = None
        if home != key:
            refusal = OrganizationMismatch
        elif not self.users[user]:
            refusal = OwnerMustBeActive
        if self.attempt(lambda: ownership.transfer(organization, row), refusal):
            self.owner[key] = user
            self.members[key][user] = True

    @rule(where=PICK, pick=PICK)
    @precondition(lambda self: self.members)
    def transfer_in_the_admin_site(self, where, pick):
        key, (home, user) = self.organization(where), self.member(pick)
        owner = OrganizationOwner.objects.get(organization_id=key)
        self.post(
            "organizations_organizationowner_change",
            owner.pk,
            organization_user=self.row(home, user).pk,
        )
        if home == key and self.users[user]:
            self.owner[key] = user
            self.members[key][user] = True

    @rule(where=PICK, path=st.sampled_from(["instance", "queryset", "sql"]))
    @precondition(lambda self: self.members)
    def delete_owner(self, where, path):
        rows = OrganizationOwner.objects.filter(organization_id=self.organization(where))
        match path:
            case "instance":
                self.attempt(rows.get().delete, OwnershipRequired)
            case "queryset":
                self.attempt(rows.delete, IntegrityError)
            case "sql":
                sql = f"DELETE FROM {table(OrganizationOwner)} WHERE id = %s"
                self.attempt(lambda: execute(sql, rows.get().pk), IntegrityError)

    @rule(where=PICK, pick=PICK, path=st.sampled_from(["instance", "queryset", "sql", "anew"]))
    @precondition(lambda self: self.members)
    def point_owner_to_member(self, where, pick, path):
        """Rows written around the verb: an active admin of the organization may take over."""
        key, (home, user) = self.organization(where), self.member(pick)
        row, rows = self.row(home, user), OrganizationOwner.objects.filter(organization_id=key)
        if home == key:
            if not (self.users[user] and self.members[key][user]):
                return
        elif self.owner[home] == user or (path != "instance" and connection.vendor == "sqlite"):
            return  # would break the one-to-one rule anyhow, or SQLite cannot see it

        def write():
            owner = rows.get()
            match path:
                case "instance":
                    owner.organization_user = row
                    owner.save()
                case "queryset":
                    rows.update(organization_user=row)
                case "sql":
                    sql = f"UPDATE {table(OrganizationOwner)} SET organization_user_id = %s"
                    execute(f"{sql} WHERE id = %s", row.pk, owner.pk)
                case "anew":
                    rows.delete()
                    OrganizationOwner.objects.bulk_create(
                        [OrganizationOwner(organization_id=key, organization_user=row)]
                    )

        refusal = None
        if home != key:
            refusal = OrganizationMismatch if path == "instance" else IntegrityError
        if self.attempt(write, refusal):
            self.owner[key] = user

    # Invitations

    @rule(where=PICK, who=PICK, is_admin=st.booleans())
    @precondition(lambda self: self.members)
    def invite(self, where, who, is_admin):
        key, user = self.organization(where), self.user(who)
        organization, owner = Organization.objects.get(pk=key), self.owner[key]
        sent = []

        def send():
            sent.append(
                invitations.invite(
                    organization,
                    address=User.objects.get(pk=user).email,
                    actor=User.objects.get(pk=owner),
                    now=timezone.now(),
                    is_admin=is_admin,
                )
            )

        if self.attempt(send, members.AlreadyMember if user in self.members[key] else None):
            self.offers[key, user] = (sent[0], owner, is_admin)

    @rule(pick=PICK)
    @precondition(lambda self: self.offers)
    def accept(self, pick):
        key, user = sorted(self.offers)[pick % len(self.offers)]
        invitation, _, is_admin = self.offers[key, user]
        person = User.objects.get(pk=user)
        proof = invitations.proof_of(invitation.secret)
        if self.attempt(
            lambda: invitations.accept(invitation, user=person, now=timezone.now(), proof=proof),
            None if self.users[user] else InvitationNotForYou,
        ):
            self.members[key].setdefault(user, is_admin)
            del self.offers[key, user]

    # What holds

    @invariant()
    def tables_equal_the_model(self):
        facts.check_invariants()
        assert facts.users(is_staff=False) == self.users
        assert {key: owner[0] for key, owner in facts.owners().items()} == self.owner
        assert sorted(facts.people()) == sorted(
            (key, user, is_admin)
            for key, people in self.members.items()
            for user, is_admin in people.items()
        )


def run(examples):
    root = get_user_model().objects.create_superuser(ROOT)
    Ownership.client = Client()
    Ownership.client.force_login(root)
    run_state_machine_as_test(
        Ownership, settings=settings(max_examples=examples, stateful_step_count=30)
    )


@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_takes_an_owner_away():
    run(25)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_takes_an_owner_away_in_many_examples():
    run(max(25, 500 * ROUNDS // 200))
