"""A scope stays with its own thread, task and block, and comes back after an inner one."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connections
from django.http import StreamingHttpResponse
from django.utils.module_loading import import_string

from organizations import jobs as queue
from organizations.tenancy.exceptions import ScopeMissing
from organizations.tenancy.jobs import in_scope, ticket
from organizations.tenancy.scope import current, scope, unscoped
from tests.tenancy.conftest import make_two
from tests.tenancy.files.models import Folder


@pytest.fixture
def a(two):
    return two.acme.organization


@pytest.fixture
def b(two):
    return two.zenith.organization


def test_nesting_brings_the_outer_one_back(a, b):
    with scope(a) as opened:
        assert opened is a
        with pytest.raises(ZeroDivisionError), scope(b):
            assert current() is b
            1 / 0  # noqa: B018  # raises
        assert current() is a
        with unscoped("a look at all"):
            assert current() is None
            assert Folder.objects.count() == 2
        assert current() is a
    assert current() is None


def test_what_is_no_scope(a, b):
    for nothing in (None, "", 3, type(a)(name="new"), a.users.first(), a.owner):
        with pytest.raises(ScopeMissing):
            scope(nothing)
    for reason in ("", "  ", None):
        with pytest.raises(ValueError, match="Say why"):
            unscoped(reason)
    twice = scope(a)
    with twice, pytest.raises(RuntimeError, match="open already"):
        twice.__enter__()
    outer, inner = scope(a), scope(b)
    outer.__enter__()
    inner.__enter__()
    with pytest.raises(RuntimeError, match="reverse order"):
        outer.__exit__()
    assert current() is None


def test_functions_and_generators(a):
    @scope(a)
    def seen():
        return current()

    @scope(a)
    async def seen_later():
        await asyncio.sleep(0)
        return current()

    closed = []

    @scope(a)
    def steps():
        try:
            answer = yield current()
            yield (current(), answer)
        finally:
            closed.append(current())

    @scope(a)
    async def async_steps():
        try:
            yield current()
        finally:
            closed.append(current())

    async def run():
        found = [(each, current()) async for each in async_steps()]
        return await seen_later(), found

    assert (seen(), seen()) == (a, a)
    assert asyncio.run(run()) == (a, [(a, None)])
    running = steps()
    assert next(running) is a and current() is None
    assert running.send("hi") == (a, "hi") and current() is None
    running.close()
    assert closed == [a, a]
    assert current() is None


def test_streaming_keeps_the_scope_to_its_steps(a):
    @scope(a)
    def lines():
        for row in Folder.objects.iterator():
            yield row.name

    response = StreamingHttpResponse(lines())
    assert current() is None
    assert b"".join(response.streaming_content) == b"acme folder"
    with scope(a):
        late = StreamingHttpResponse(row.name for row in Folder.objects.all().iterator())
    with pytest.raises(ScopeMissing):
        b"".join(late.streaming_content)


def test_a_thread_begins_without_a_scope(a):
    seen = []
    with scope(a):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
    assert seen == [None]


@pytest.mark.django_db(transaction=True)
def test_tasks_that_run_together_do_not_mix():
    two = make_two()

    async def work(one):
        seen = set()
        async with scope(one.organization):
            for _ in range(10):
                await asyncio.sleep(0)
                seen.add(await sync_to_async(lambda: Folder.objects.get().name)())
                seen.add((await Folder.objects.aget()).name)
        return seen, current()

    async def both():
        try:
            return await asyncio.gather(work(two.acme), work(two.zenith))
        finally:
            await sync_to_async(connections.close_all)()

    assert asyncio.run(both()) == [({"acme folder"}, None), ({"zenith folder"}, None)]


@in_scope
def count_folders(extra):
    return [current().name, Folder.objects.count() + extra]


@in_scope
async def count_later():
    return await Folder.objects.acount()


def test_a_task_carries_its_organization(a, settings):
    name = queue._framework() or "django_tasks"
    settings.TASKS = {"default": {"BACKEND": f"{name}.backends.immediate.ImmediateBackend"}}
    task = import_string(f"{name}.task")(count_folders)
    with scope(a):
        carried = ticket()
    done = task.enqueue(carried, 2)
    assert done.return_value == ["Acme", 3]
    assert async_to_sync(count_later)(carried) == 1
    failed = task.enqueue(2)
    assert failed.status.name == "FAILED"
    assert failed.errors[0].exception_class_path.endswith(".ScopeMissing")
    with pytest.raises(ScopeMissing):
        async_to_sync(count_later)()
    for wrong in ((), (None,), (["organizations.organization", "0"],), (["x.y", "1"],), ("ab",)):
        with pytest.raises(ScopeMissing):
            count_folders(*wrong)
    with pytest.raises(ScopeMissing):
        ticket()
    with unscoped("no organization"), pytest.raises(ScopeMissing):
        ticket()
    assert current() is None
