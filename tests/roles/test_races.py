"""Two at once, on two real connections."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from organizations.exceptions import PermissionMissing
from organizations.permissions import INVITE_MEMBER, REMOVE_MEMBER
from organizations.roles import services
from organizations.roles.exceptions import RoleNameTaken
from organizations.roles.models import Role, RoleAssignment
from organizations.services import members
from tests.roles.support import has, row, tomorrow, user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

DONE = "done"


def attempt(action, barrier=None):
    """Run an action on this thread's connection; return ``DONE`` or the class of the error."""
    try:
        if barrier is not None:
            barrier.wait(timeout=30)
        action()
    except Exception as error:
        return type(error)
    finally:
        connection.close()
    return DONE


def at_once(*actions):
    barrier = threading.Barrier(len(actions))
    with ThreadPoolExecutor(len(actions)) as pool:
        futures = [pool.submit(attempt, action, barrier) for action in actions]
        return [future.result(timeout=60) for future in futures]


def while_open(first, second):
    """Start the second while the first one's transaction is open; it waits and then decides."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            future = pool.submit(attempt, second)
            with pytest.raises(TimeoutError):
                future.result(timeout=0.3)
        return future.result(timeout=60)


@pytest.fixture
def sales(acme):
    return services.create(acme, name="Sales", permissions=[INVITE_MEMBER], actor=None)


def test_the_same_role_is_given_once(acme, sales):
    give = partial(services.assign, row(acme, "cy"), sales, actor=None)

    for _ in range(10):
        assert at_once(give, give) == [DONE, DONE]
        assert RoleAssignment.objects.count() == 1
        RoleAssignment.objects.all().delete()


def test_the_same_name_is_taken_once(acme):
    make = partial(services.create, acme, name="Support", permissions=[], actor=None)

    for _ in range(10):
        assert sorted(map(str, at_once(make, make))) == sorted(map(str, [DONE, RoleNameTaken]))
        Role.objects.all().delete()


def test_whoever_is_demoted_gives_nothing_any_more(acme, sales):
    """The rights of the actor are read under the lock."""
    outcome = while_open(
        partial(members.set_admin, row(acme, "al"), False),
        partial(services.assign, row(acme, "cy"), sales, actor=user("al")),
    )

    assert outcome is PermissionMissing
    assert not has(acme, "cy", INVITE_MEMBER)


def test_a_deleted_role_is_given_to_nobody(acme, sales):
    outcome = while_open(
        partial(services.delete, sales, replacement=None, actor=None),
        partial(services.assign, row(acme, "cy"), sales, actor=None),
    )

    assert outcome is Role.DoesNotExist


def test_whoever_got_the_role_just_before_gets_the_replacement(acme, sales):
    support = services.create(acme, name="Support", permissions=[REMOVE_MEMBER], actor=None)

    outcome = while_open(
        partial(services.assign, row(acme, "cy"), sales, actor=None),
        partial(services.delete, sales, replacement=support, actor=None),
    )

    assert outcome == DONE
    assert has(acme, "cy", REMOVE_MEMBER) and not has(acme, "cy", INVITE_MEMBER)


@pytest.mark.parametrize("verb", ["unassign", "set_end", "set_roles"])
def test_what_was_taken_is_taken_once(acme, sales, verb):
    given = services.assign(row(acme, "cy"), sales, actor=None)
    second = {
        "unassign": partial(services.unassign, given, actor=None),
        "set_end": partial(services.set_end, given, ends_at=tomorrow(), actor=None),
        "set_roles": partial(services.set_roles, row(acme, "cy"), {}, actor=None),
    }[verb]

    outcome = while_open(partial(services.unassign, given, actor=None), second)

    assert outcome == (DONE if verb == "set_roles" else RoleAssignment.DoesNotExist)
    assert not RoleAssignment.objects.exists()


def test_two_edits_of_a_role_follow_each_other(acme, sales):
    outcome = while_open(
        partial(services.change, sales, name="Support", actor=None),
        partial(services.change, sales, permissions=[REMOVE_MEMBER], actor=None),
    )

    sales.refresh_from_db()
    assert outcome == DONE
    assert (sales.name, sales.permissions) == ("Support", {REMOVE_MEMBER})
