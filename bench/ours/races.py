"""Two at once, on two connections, many times: what must never happen, counted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from bench.shared import Work
from organizations.exceptions import OrganizationsError
from organizations.models import Organization, OrganizationOwner, VerifiedAddress
from organizations.services import invitations, members, ownership

User = get_user_model()
Action = Callable[[], Any]


def _at_once(pool: ThreadPoolExecutor, *actions: Action) -> list[bool]:
    """Run actions together; return of each whether it was done and not refused."""
    barrier = threading.Barrier(len(actions))

    def run(action: Action) -> bool:
        barrier.wait()
        try:
            action()
        except OrganizationsError:
            return False
        return True

    return [each.result() for each in [pool.submit(run, action) for action in actions]]


def _race(one_try: Callable[[ThreadPoolExecutor, Any, list[Any]], bool]) -> Any:
    """Turn a function, which says whether a try went wrong, into a way."""

    @contextmanager
    def way(tries: int) -> Iterator[Work]:
        people = list(User.objects.order_by("pk")[:3])
        Organization.objects.filter(slug__startswith="race-").delete()  # an interrupted run's
        rows = [Organization(name="Race", slug=f"race-{each}") for each in range(tries)]
        groups = Organization.objects.bulk_create(rows)
        pool = ThreadPoolExecutor(2)
        try:
            yield lambda: {"wrong": sum(one_try(pool, group, people) for group in groups)}
        finally:
            _at_once(pool, *[lambda: connection.close()] * 2)  # each thread its own
            pool.shutdown()
            Organization.objects.filter(pk__in=[group.pk for group in groups]).delete()
            VerifiedAddress.objects.filter(user__in=people).delete()

    return way


def _last_owner(pool: ThreadPoolExecutor, group: Any, people: list[Any]) -> bool:
    """The ownership goes to a member who is removed meanwhile."""
    owner, heir, _other = people
    group.add_user(owner)
    member = group.add_user(heir)
    _at_once(
        pool,
        lambda: ownership.transfer(Organization.objects.get(pk=group.pk), member),
        lambda: members.remove(Organization.objects.get(pk=group.pk), heir),
    )
    owners = OrganizationOwner.objects.filter(
        organization=group, organization_user__organization=group
    )
    return owners.count() != 1


def _acceptance(pool: ThreadPoolExecutor, group: Any, people: list[Any]) -> bool:
    """An invitation is accepted twice by its reader."""
    owner, reader, _other = people
    group.add_user(owner)
    VerifiedAddress.objects.get_or_create(user=reader, address=reader.email)
    now = timezone.now()
    offer = invitations.invite(group, address=reader.email, actor=owner, now=now)
    done = _at_once(pool, *[lambda: invitations.accept(offer, user=reader, now=now)] * 2)
    return not (any(done) and group.organization_users.filter(user=reader).count() == 1)


def _seats(pool: ThreadPoolExecutor, group: Any, people: list[Any]) -> bool:
    """Two come for one seat."""
    owner, *both = people
    with override_settings(ORGANIZATIONS={**settings.ORGANIZATIONS, "SEATS": 2}):
        group.add_user(owner)
        done = _at_once(
            pool,
            *[
                lambda person=person: members.add(Organization.objects.get(pk=group.pk), person)
                for person in both
            ],
        )
    return not (sum(done) == 1 and group.organization_users.count() == 2)


WAYS: dict[str, Any] = {
    "race: last owner": _race(_last_owner),
    "race: acceptance": _race(_acceptance),
    "race: seats": _race(_seats),
}
