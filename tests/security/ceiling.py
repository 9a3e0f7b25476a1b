"""The tables of the ceiling: who tries what on whom, and what must come of it."""

from contextlib import contextmanager

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.core import mail
from django.db import transaction
from django.test import TestCase
from django.utils import timezone

from organizations import permissions, testing
from organizations.exceptions import (
    ExceedsOwnRights,
    OwnerOutOfReach,
    OwnershipRequired,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.models import OrganizationUser, VerifiedAddress
from organizations.permissions import Standing
from organizations.services import invitations, members
from tests.doors.support import all_rows
from tests.services.recording import recorded_signals

#: What a letter of the tables stands for.
OUTCOMES = {
    "p": PermissionMissing,
    "x": ExceedsOwnRights,
    "r": RaisesOwnRights,
    "o": OwnerOutOfReach,
    "w": OwnershipRequired,
    "n": OrganizationUser.DoesNotExist,
}

TARGETS = ("owner", "admin", "asleep", "member", "rich", "self")
#                  owner  admin  asleep  member  rich  self
REMOVE = {
    "owner":         "w      .      .       .      .     w",
    "admin":         "o      .      .       .      x     .",
    "member":        "p      p      p       p      p     .",
    "inviter":       "p      p      p       p      p     .",
    "changer":       "p      p      p       p      p     .",
    "remover":       "o      x      x       .      x     .",
    "deputy":        "o      .      .       .      x     .",
    "rich admin":    "o      .      .       .      .     .",
    "outsider":      "p      p      p       p      p     n",
    "ex-admin":      "p      p      p       p      p     n",
    "sleeping":      "p      p      p       p      p     .",
    "foreigner":     "p      p      p       p      p     n",
    "superuser":     "w      .      .       .      .     n",
    "restricted":    "p      p      p       p      p     n",
    "nobody":        "p      p      p       p      p     -",
    "code":          "w      .      .       .      .     -",
}  # fmt: skip
MAKE_ADMIN = {
    "owner":         ".      .      .       .      .     .",
    "admin":         "o      .      .       .      x     .",
    "member":        "p      p      p       p      p     p",
    "inviter":       "p      p      p       p      p     p",
    "changer":       "o      x      x       x      x     r",
    "remover":       "p      p      p       p      p     p",
    "deputy":        "o      .      .       .      x     r",
    "rich admin":    "o      .      .       .      .     .",
    "outsider":      "p      p      p       p      p     -",
    "ex-admin":      "p      p      p       p      p     -",
    "sleeping":      "p      p      p       p      p     p",
    "foreigner":     "p      p      p       p      p     -",
    "superuser":     ".      .      .       .      .     -",
    "restricted":    "p      p      p       p      p     -",
    "nobody":        "p      p      p       p      p     -",
    "code":          ".      .      .       .      .     -",
}  # fmt: skip
MAKE_MEMBER = {
    "owner":         "w      .      .       .      .     w",
    "admin":         "o      .      .       .      x     .",
    "member":        "p      p      p       p      p     .",
    "inviter":       "p      p      p       p      p     .",
    "changer":       "o      x      x       .      x     .",
    "remover":       "p      p      p       p      p     .",
    "deputy":        "o      .      .       .      x     .",
    "rich admin":    "o      .      .       .      .     .",
    "outsider":      "p      p      p       p      p     -",
    "ex-admin":      "p      p      p       p      p     -",
    "sleeping":      "p      p      p       p      p     .",
    "foreigner":     "p      p      p       p      p     -",
    "superuser":     "w      .      .       .      .     -",
    "restricted":    "p      p      p       p      p     -",
    "nobody":        "p      p      p       p      p     -",
    "code":          "w      .      .       .      .     -",
}  # fmt: skip

#: Adding, inviting, inviting again, resending and revoking: as a member, as an admin.
OFFER = {
    "owner":         ".  .",
    "admin":         ".  .",
    "member":        "p  p",
    "inviter":       ".  x",
    "changer":       "p  p",
    "remover":       "p  p",
    "deputy":        ".  .",
    "rich admin":    ".  .",
    "outsider":      "p  p",
    "ex-admin":      "p  p",
    "sleeping":      "p  p",
    "foreigner":     "p  p",
    "superuser":     ".  .",
    "restricted":    "p  p",
    "nobody":        "p  p",
    "code":          ".  .",
}  # fmt: skip

#: Making somebody the owner.
TRANSFER = {name: "." if name in {"owner", "superuser", "code"} else "p" for name in OFFER}

#: What members of the table have beside their standing.
SINGLE = {
    "inviter": {permissions.INVITE_MEMBER},
    "changer": {permissions.CHANGE_MEMBER},
    "remover": {permissions.REMOVE_MEMBER},
    "deputy": {Standing.ADMIN},
    "rich admin": {"app.refund_order"},
    "rich": {"app.refund_order"},
    # No member has it from here.
    "outsider": {Standing.OWNER},
}
ADMINS = ("admin", "second admin", "asleep", "sleeping", "ex-admin", "rich admin")
MEMBERS = ("member", "second member", "inviter", "changer", "remover", "deputy", "rich")
PEOPLE = ("owner", *ADMINS, *MEMBERS, "outsider", "foreigner", "superuser", "restricted")


def rows(table, columns, *, but=(), targets=None):
    """Return (actor, {column: letter}) of a table, without the actors and columns left out."""
    found = []
    for actor, row in table.items():
        letters = row.split()
        assert len(letters) == len(columns), actor
        cells = dict(zip(columns, letters, strict=True))
        kept = {
            column: letter
            for column, letter in cells.items()
            if letter != "-" and (targets is None or column in targets)
        }
        if actor not in but and kept:
            found.append(pytest.param(actor, kept, id=actor.replace(" ", "_")))
    return found


@contextmanager
def trial(*what):
    """Take back whatever happens in the block; if it fails, say what it was about."""
    mail.outbox.clear()
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    except BaseException as error:
        error.add_note(f"It was about: {what}")
        raise


class World:
    """An organization with everybody of the tables. ``staff``: all may use Django's admin."""

    def __init__(self, *, staff=False):
        User = get_user_model()
        self.users = {
            user.username: user
            for user in User.objects.bulk_create(
                User(
                    username=name,
                    email=f"{name.replace(' ', '-')}@example.com",
                    password=UNUSABLE_PASSWORD_PREFIX,
                    is_active=name not in {"asleep", "sleeping"},
                    is_superuser=name in {"superuser", "restricted"},
                    is_staff=staff,
                    last_name=f" {' '.join(sorted(SINGLE.get(name, ())))} ",
                )
                for name in PEOPLE
            )
        }
        VerifiedAddress.objects.bulk_create(
            VerifiedAddress(user=user, address=user.email) for user in self.users.values()
        )
        self.acme = testing.make_organization("Acme", owner=self.users["owner"])
        self.zenith = testing.make_organization("Zenith", owner=self.users["foreigner"])
        OrganizationUser.objects.bulk_create(
            OrganizationUser(organization=self.acme, user=self.users[name], is_admin=name in ADMINS)
            for name in (*ADMINS, *MEMBERS)
        )
        members.remove(self.acme, self.users["ex-admin"])
        if staff:
            group = Group.objects.create(name="Everything in Django's admin")
            group.permissions.set(Permission.objects.all())
            group.user_set.set(self.users.values())

    def user(self, name):
        """Return a user of the tables; None for code, an anonymous one for nobody."""
        return None if name == "code" else AnonymousUser() if name == "nobody" else self.users[name]

    def target(self, name, actor):
        """Return the user in a column; another one than the actor, but for ``self``."""
        if name == "self":
            return self.users[actor]
        if name == actor and name != "owner":
            name = f"second {name}"
        return self.users[name]

    def member(self, user):
        return OrganizationUser.objects.get(organization=self.acme, user=user)

    def offer(self, *, is_admin, address="new@example.com"):
        """Return an open invitation that the owner made."""
        return invitations.invite(
            self.acme,
            address=address,
            actor=self.users["owner"],
            now=timezone.now(),
            is_admin=is_admin,
        )


@contextmanager
def without_a_trace(*, but=("sessions.Session",)):
    """Demand that nothing is written, no signal sent and no mail left in the block."""
    before, mails = all_rows(but=but), len(mail.outbox)
    with recorded_signals() as sent, TestCase.captureOnCommitCallbacks(execute=True):
        yield
    assert sent.names == []
    assert all_rows(but=but) == before
    assert len(mail.outbox) == mails
