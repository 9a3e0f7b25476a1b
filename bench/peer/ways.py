"""The same with django-organizations and django-guardian, as their documentation has it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from guardian.shortcuts import assign_perm

from bench.peer.models import Good
from bench.shared import Work, page_of, plain, undone
from organizations.backends import invitation_backend
from organizations.models import Organization

PAGE = 50
User = get_user_model()


def newest_joined(user: int) -> Work:
    rows = Good.objects.filter(organization__users=user).order_by("-created", "-pk")
    return lambda: list(rows.all()[:PAGE])


def three_questions(organization: int, user: int) -> Work:
    group, person = Organization.objects.get(pk=organization), User.objects.get(pk=user)
    return lambda: {
        "answers": [group.is_member(person), group.is_admin(person), group.is_owner(person)]
    }


def object_permission(organization: int, user: int) -> Work:
    """A user who has just been fetched, as in each request."""
    group = Organization.objects.get(pk=organization)
    assign_perm("change_organization", User.objects.get(pk=user), group)
    person = User.objects.get(pk=user)
    return lambda: {"has": person.has_perm("organizations.change_organization", group)}


def members_page(organization: int, user: int, share: float = 0) -> Work:
    return page_of(user, f"/accounts/{organization}/")


def _new_organization() -> tuple[Any, Any]:
    group = Organization.objects.create(name="Bulk", slug="bulk-of-the-bench")
    owner = User.objects.order_by("pk")[0]
    group.add_user(owner)
    return group, owner


def add_in_a_loop(number: int) -> Work:
    group, _owner = _new_organization()
    people = list(User.objects.order_by("pk")[1 : number + 1])
    return lambda: {"made": len([group.add_user(person) for person in people])}


def invite_in_a_loop(number: int) -> Work:
    group, owner = _new_organization()
    backend = invitation_backend()
    backend.send_invitation = lambda *args, **kwargs: None  # mails are not what is measured
    addresses = [f"new{each}@example.org" for each in range(number)]
    return lambda: {
        "made": len([backend.invite_by_email(each, owner, group) for each in addresses])
    }


WAYS: dict[str, Any] = {
    "newest": plain(newest_joined),
    "three questions": plain(three_questions),
    "object permission": undone(object_permission),
    "members": plain(members_page),
    "add": undone(add_in_a_loop),
    "invite": undone(invite_in_a_loop),
}
