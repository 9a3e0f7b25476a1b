"""What this package does, and the same by hand. Each way prepares, and gives what is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from bench.ours import races
from bench.ours.models import Good
from bench.shared import Work, page_of, plain, undone
from organizations.keyset import KeysetPage
from organizations.models import Organization, OrganizationUser
from organizations.services import bulk, lists, members
from organizations.services.access import access_of

PAGE = 50
User = get_user_model()

TOP_K = f"""
SELECT id, organization_id, name, created, price FROM goods_good WHERE id IN (
    SELECT found.id FROM organizations_organizationuser mine CROSS JOIN LATERAL (
        SELECT id, created FROM goods_good WHERE organization_id = mine.organization_id
        ORDER BY created DESC, id DESC LIMIT {PAGE}) found
    WHERE mine.user_id = %s ORDER BY found.created DESC, found.id DESC LIMIT {PAGE})
ORDER BY created DESC, id DESC
"""
ONE = f"""
SELECT id, organization_id, name, created, price FROM goods_good WHERE organization_id = %s
ORDER BY created DESC, id DESC LIMIT {PAGE}
"""
INSERT = """
INSERT INTO organizations_organizationuser
    (created, modified, is_admin, user_id, organization_id)
SELECT %s, %s, false, * FROM unnest(%s::int[], %s::int[])
ON CONFLICT (user_id, organization_id) DO NOTHING RETURNING id, user_id
"""


def fetched(sql: str, *params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


# The newest rows


def newest(user: int) -> Work:
    person = User.objects.get(pk=user)
    return lambda: list(Good.objects.newest_for_user(person, PAGE))


def newest_by_hand(user: int) -> Work:
    return lambda: fetched(TOP_K, user)


def newest_raw(user: int) -> Work:
    return lambda: list(Good.objects.raw(TOP_K, [user]))


def newest_joined(user: int) -> Work:
    rows = Good.objects.filter(organization__users=user).order_by("-created", "-pk")
    return lambda: list(rows.all()[:PAGE])


def newest_within(user: int) -> Work:
    person = User.objects.get(pk=user)
    return lambda: list(Good.objects.for_user(person).order_by("-created", "-pk")[:PAGE])


def newest_of_one(organization: int) -> Work:
    return lambda: list(Good.objects.newest_for_organization(organization, PAGE))


def newest_of_one_filtered(organization: int) -> Work:
    rows = Good.objects.filter(organization_id=organization).order_by("-created", "-pk")
    return lambda: list(rows.all()[:PAGE])


def newest_of_one_by_hand(organization: int) -> Work:
    return lambda: fetched(ONE, organization)


# Questions


def three_questions(organization: int, user: int) -> Work:
    group, person = Organization.objects.get(pk=organization), User.objects.get(pk=user)
    return lambda: {
        "answers": [group.is_member(person), group.is_admin(person), group.is_owner(person)]
    }


def access(organization: int, user: int) -> Work:
    group, person = Organization.objects.get(pk=organization), User.objects.get(pk=user)

    def ask() -> Any:
        found = access_of(person, group)
        return {"answers": [found.is_member, found.is_admin, found.is_owner]}

    return ask


def look_up(organization: int, user: int) -> Work:
    """One look-up by the ORM; of the owner nothing is known."""

    def ask() -> Any:
        rows = OrganizationUser.objects.filter(organization_id=organization, user_id=user)
        return rows.values_list("is_admin", flat=True).order_by().first()

    return ask


def later_questions(organization: int, user: int) -> Work:
    found = access_of(User.objects.get(pk=user), Organization.objects.get(pk=organization))

    def ask() -> None:
        for _ in range(1_000):
            found.has("organizations.view_member")

    return ask


# Pages


def _place(organization: int, share: float) -> Any:
    rows = OrganizationUser.objects.filter(organization_id=organization).order_by("user_id")
    return rows[int(rows.count() * share)]


def members_page(organization: int, user: int, share: float = 0) -> Work:
    return _members(organization, user, share, "/accounts/{}/people/")


def members_in_a_table(organization: int, user: int, share: float = 0) -> Work:
    return _members(organization, user, share, "/in-a-table/{}/members/")


def _members(organization: int, user: int, share: float, path: str) -> Work:
    url = path.format(Organization.objects.get(pk=organization).slug)
    if share:
        columns = [OrganizationUser._meta.get_field(name) for name in ("user", "id")]
        row = _place(organization, share)
        page = KeysetPage([row], columns=columns, before=True, after=True, count=1)
        url += f"?page={page.next_page_number()}"
    return page_of(user, url)


def members_by_hand(organization: int, user: int, share: float = 0) -> Work:
    url = f"/by-hand/{Organization.objects.get(pk=organization).slug}/members/"
    if share:
        url += f"?after={_place(organization, share).user_id}"
    return page_of(user, url)


# Many at once


def _new_organization(number: int) -> tuple[Any, list[Any]]:
    group = Organization.objects.create(name="Bulk", slug="bulk-of-the-bench")
    owner, *people = User.objects.order_by("pk")[: number + 1]
    group.add_user(owner)
    return group, people


def add_many(number: int) -> Work:
    group, people = _new_organization(number)
    return lambda: {"made": sum(each.error is None for each in members.add_many(group, people))}


def add_by_bulk_create(number: int) -> Work:
    group, people = _new_organization(number)
    return lambda: {
        "made": len(
            OrganizationUser.objects.bulk_create(
                OrganizationUser(organization=group, user=person) for person in people
            )
        )
    }


def add_by_hand(number: int) -> Work:
    group, people = _new_organization(number)
    now = timezone.now()
    keys = [person.pk for person in people]
    return lambda: {"made": len(fetched(INSERT, now, now, keys, [group.pk] * len(keys)))}


def invite_many(number: int) -> Work:
    group, _people = _new_organization(1)
    owner = group.owner.organization_user.user
    text = "\n".join(f"new{each}@example.org" for each in range(number))
    lines = lists.parse_text(text)
    return lambda: {
        "made": sum(
            each.is_done for each in bulk.invite_many(group, lines, actor=owner, now=timezone.now())
        )
    }


# One at a time, with and without the lock


def _one(locked: bool, prepare: Callable[[], Work]) -> Any:
    @contextmanager
    def way() -> Iterator[Work]:
        with transaction.atomic():
            work = prepare()
            if locked:
                yield work
            else:
                with mock.patch.object(members, "lock_organization"):
                    yield work
            transaction.set_rollback(True)

    return way


def _add_one() -> Work:
    group, [person] = _new_organization(1)

    def add() -> Any:
        members.add(group, person)
        return {"made": 1}

    return add


def _remove_one() -> Work:
    group, [person] = _new_organization(1)
    members.add(group, person)

    def remove() -> Any:
        members.remove(group, person)
        return {"made": 1}

    return remove


WAYS: dict[str, Any] = {
    **{
        name: plain(function)
        for name, function in {
            "newest": newest,
            "newest by hand": newest_by_hand,
            "newest by hand, as models": newest_raw,
            "newest joined": newest_joined,
            "newest within": newest_within,
            "newest of one": newest_of_one,
            "newest of one filtered": newest_of_one_filtered,
            "newest of one by hand": newest_of_one_by_hand,
            "three questions": three_questions,
            "access": access,
            "look-up": look_up,
            "later questions": later_questions,
            "members": members_page,
            "members in a table": members_in_a_table,
            "members by hand": members_by_hand,
        }.items()
    },
    "add": undone(add_many),
    "add by bulk_create": undone(add_by_bulk_create),
    "add by hand": undone(add_by_hand),
    "invite": undone(invite_many),
    "add one": _one(True, _add_one),
    "add one, unlocked": _one(False, _add_one),
    "remove one": _one(True, _remove_one),
    "remove one, unlocked": _one(False, _remove_one),
    **races.WAYS,
}
