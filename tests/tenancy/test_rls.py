"""Row-level security: what PostgreSQL alone shows and takes, and when it is told what is open."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.management import call_command
from django.db import (
    DatabaseError,
    IntegrityError,
    ProgrammingError,
    connection,
    connections,
    transaction,
)
from django.test.utils import CaptureQueriesContext

from organizations import testing
from organizations.services.acting import acting_in
from organizations.tenancy.connections import Teller, as_text
from organizations.tenancy.exceptions import ScopeMissing
from organizations.tenancy.scope import EVERYTHING, State, scope, scope_of_user, unscoped
from tests.tenancy.conftest import APP, make_two
from tests.tenancy.files.models import Bookmark, Folder, FolderEvent, Label, Paper
from tests.tenancy.test_guard import HARMLESS, MINE, READS, WRITES, names, run

pytestmark = pytest.mark.postgres

#: What a read says that finds nothing; EXPLAIN names no row, and "sql" never reaches PostgreSQL.
NOTHING = ([], 0, False, None, "None")
NO_ROWS_IN = {"explain", "sql"}


def of_cursor(sql, *parameters, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


def setting(alias="default"):
    return of_cursor("SELECT current_setting('organizations.current', true)", alias=alias)[0]


def test_every_read_is_filtered_by_policies_alone(two, policies_alone):
    wrong = []
    for name, (read, expected) in READS.items():
        if name in NO_ROWS_IN:
            continue
        try:
            found = read(two)
        except ObjectDoesNotExist:
            found = []
        if found not in NOTHING and expected is not False:
            wrong.append((name, "without a scope", found))
        with scope(two.acme.organization):
            found = read(two)
        if found != expected:
            wrong.append((name, "in a scope", found))
    assert wrong == []


def test_no_write_reaches_another_organization_by_policies_alone(two, policies_alone):
    wrong = []
    for name, write in {**WRITES, **HARMLESS}.items():
        for opened in (None, two.acme.organization, two.acme.organization.owner):
            around = (
                scope_of_user(opened.organization_user.user)
                if hasattr(opened, "organization_user")
                else nullcontext()
            )
            try:
                with transaction.atomic(), around:
                    done = run(write, two, opened if around.__class__ is nullcontext else None)
                if done and name in HARMLESS:
                    wrong.append((name, opened, done))
            except (DatabaseError, ObjectDoesNotExist):
                pass
    assert wrong == []
    with unscoped("what is there now"):
        assert names(Folder.objects.all()) == ["acme folder", "zenith folder"]
        assert names(Label.objects.all()) == ["acme label", "zenith label"]
        assert Bookmark.objects.count() == 2


def test_what_scopes_leave_open_is_closed(two):
    acme, zenith = two.acme, two.zenith
    with unscoped("history of both"):
        for each in (acme, zenith):
            FolderEvent.objects.create(organization=each.organization, name=each.folder.name)
    with scope(acme.organization):
        # joins from other models, cursors, history, and tables between
        assert list(Bookmark.objects.values_list("folder__name", flat=True)) == MINE
        assert Bookmark.objects.filter(folder__name="zenith folder").count() == 0
        assert of_cursor("SELECT count(*) FROM files_folder") == [1]
        assert list(FolderEvent.objects.values_list("name", flat=True)) == MINE
        assert Folder.labels.through.objects.count() == 1
        assert names(Folder.objects.raw("SELECT * FROM files_folder")) == MINE
        for write in (
            # bare keys of rows that nobody has loaded
            lambda: Bookmark.objects.create(folder_id=zenith.folder.pk),
            lambda: Folder.labels.through.objects.create(
                folder_id=acme.folder.pk, label_id=zenith.label.pk
            ),
            lambda: FolderEvent.objects.create(organization=zenith.organization, name="x"),
            lambda: of_cursor(
                "UPDATE files_folder SET organization_id = %s RETURNING 1", zenith.organization.pk
            ),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                write()
        with pytest.raises(IntegrityError, match="paper_in_folder"), transaction.atomic():
            Paper.objects.create(folder_id=zenith.folder.pk)
            connection.check_constraints()
        assert Paper.objects.create(folder=acme.folder).pk
    assert Bookmark.objects.count() == 0
    assert of_cursor("SELECT name FROM files_folder") == []


def test_a_parent_that_may_be_read_gives_no_right_to_write(two):
    with scope_of_user(two.acme.organization.owner.organization_user.user):
        assert Bookmark.objects.count() == 1
        assert of_cursor("SELECT count(*) FROM files_folder_labels") == [1]
        for write in (
            lambda: Bookmark.objects.create(folder_id=two.acme.folder.pk),
            lambda: Folder.labels.through.objects.create(
                folder_id=two.acme.folder.pk, label_id=two.acme.label.pk
            ),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                write()
        assert Bookmark.objects.update(folder=two.acme.folder.pk) == 0
        assert Folder.labels.through.objects.all().delete()[0] == 0


def told(captured):
    return [
        query["sql"].partition(" = ")[2]
        for query in captured
        if query["sql"].startswith("SET LOCAL organizations")
    ]


def test_a_transaction_is_told_once_and_only_if_it_reads_guarded_rows(two):
    a, b = (each.organization for each in (two.acme, two.zenith))
    as_a, as_b = (f"E'organizations.organization:{each.pk}'" for each in (a, b))

    def seen(work):
        with transaction.atomic():
            of_cursor("SELECT count(*) FROM files_folder")  # closes what was open before
            with CaptureQueriesContext(connection) as captured:
                work()
        return told(captured)

    def other_tables():
        with scope(a):
            list(type(a).objects.all())

    def twice():
        with scope(a):
            Folder.objects.count()
            Label.objects.count()

    def nested():
        with scope(a):
            Folder.objects.count()
            with scope(b):
                Folder.objects.count()
            Folder.objects.count()
        list(type(a).objects.all())  # whatever comes next finds nothing open

    assert seen(other_tables) == []
    assert seen(twice) == [as_a]
    assert seen(nested) == [as_a, as_b, as_a, "E''"]


def test_savepoints_and_errors_do_not_mix_organizations(two):
    a, b = (each.organization for each in (two.acme, two.zenith))
    with scope(a):
        assert names(Folder.objects.all()) == MINE
        with pytest.raises(ZeroDivisionError), transaction.atomic(), scope(b):
            assert of_cursor("SELECT name FROM files_folder") == ["zenith folder"]
            1 / 0  # noqa: B018  # raises
        assert of_cursor("SELECT name FROM files_folder") == MINE
        with transaction.atomic(), scope(b):
            assert of_cursor("SELECT name FROM files_folder") == ["zenith folder"]
        # The savepoint was released, so the database still has what was open in it.
        assert of_cursor("SELECT name FROM files_folder") == MINE
        with pytest.raises(DatabaseError), transaction.atomic(), scope(b):
            of_cursor("SELECT nothing FROM files_folder")
        assert of_cursor("SELECT name FROM files_folder") == MINE
    assert of_cursor("SELECT name FROM files_folder") == []


def test_statements_that_a_driver_composes_are_told_of_as_well(two):
    of_cursor("SELECT 1 FROM files_folder")  # closes what was open before
    with scope(two.acme.organization), connection.cursor() as cursor:
        cursor.execute(
            psycopg.sql.SQL("SELECT name FROM {}").format(psycopg.sql.Identifier("files_folder"))
        )
        assert cursor.fetchall() == [(MINE[0],)]


def test_an_owner_obeys_as_well(two):
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE files_label OWNER TO {APP}")
        cursor.execute(f"SET ROLE {APP}")
    assert of_cursor("SELECT count(*) FROM files_label") == [0]
    with scope(two.acme.organization):
        assert of_cursor("SELECT name FROM files_label") == ["acme label"]


def test_whoever_is_interrupted_while_telling_tells_again(two, monkeypatch):
    teller = connection.execute_wrappers[0]

    class Interrupted:
        def __enter__(self):
            pass

        def __exit__(self, *error):
            if teller.told is None:
                raise KeyboardInterrupt

    with scope(two.acme.organization):
        assert of_cursor("SELECT name FROM files_folder") == MINE
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            # After the database has answered, and before anything is noted.
            patch.setattr(connections["default"], "wrap_database_errors", Interrupted())
            with scope(two.zenith.organization):
                of_cursor("SELECT name FROM files_folder")
        assert of_cursor("SELECT name FROM files_folder") == MINE


# What attacks have found.


def test_a_cursor_of_the_server_goes_on_with_what_was_open_when_it_began(two):
    acme, zenith = (each.organization for each in (two.acme, two.zenith))
    with unscoped("history of both"):
        FolderEvent.objects.bulk_create(
            [FolderEvent(organization=each, name=each.name) for each in (acme, zenith) * 3]
        )

    def inside(*openings):
        for opening in openings:
            with opening:
                Label.objects.count()

    for opening, expected in (
        (lambda: scope(acme), {"Acme"}),
        (lambda: scope_of_user(acme.owner.organization_user.user), {"Acme"}),
        (lambda: unscoped("all"), {"Acme", "Zenith"}),
    ):
        seen = []
        with opening():
            for row in FolderEvent.objects.order_by("pk").iterator(chunk_size=1):
                seen.append(row.name)
                inside(unscoped("statistics"), scope(zenith))
        assert set(seen) == expected
        assert len(seen) == 3 * len(expected)
    for fetch in ("fetchall", "fetchone", "fetchmany", "__iter__"):
        with scope(acme), connection.chunked_cursor() as cursor:
            cursor.execute("SELECT name FROM files_folder")
            inside(scope(zenith))
            found = getattr(cursor, fetch)()
            assert next(iter(found)) in (MINE[0], (MINE[0],))
        assert of_cursor("SELECT name FROM files_folder") == []


@pytest.mark.parametrize(
    "back",
    [
        "ROLLBACK TO kit",
        "ROLLBACK WORK TO SAVEPOINT kit",
        "/* back */ rollback transaction to kit",
        "SELECT 1; ROLLBACK TO kit",
    ],
)
def test_savepoints_of_hand_written_sql_are_seen(back, two):
    with scope(two.acme.organization):
        assert of_cursor("SELECT name FROM files_folder") == MINE
        with connection.cursor() as cursor:
            cursor.execute("SAVEPOINT kit")
    with scope(two.zenith.organization):
        assert of_cursor("SELECT name FROM files_folder") == ["zenith folder"]
        with connection.cursor() as cursor:
            cursor.execute(back)
        assert of_cursor("SELECT name FROM files_folder") == ["zenith folder"]


def test_words_in_a_statement_are_no_savepoint(two):
    with scope(two.acme.organization):
        assert of_cursor("SELECT name FROM files_folder") == MINE
    with scope(two.zenith.organization):
        for _ in range(2):
            found = of_cursor("SELECT name FROM files_folder WHERE name <> 'rollback to kit'")
            assert found == ["zenith folder"]


def test_wrappers_that_ask_by_themselves_get_what_is_open(two):
    seen = []

    def curious(execute, sql, params, many, context):
        assert "SET LOCAL" not in sql
        if "label" in sql:
            seen.extend(of_cursor("SELECT name FROM files_folder"))
        return execute(sql, params, many, context)

    with scope(two.acme.organization):
        Folder.objects.count()
    with scope(two.zenith.organization), connection.execute_wrapper(curious):
        Label.objects.count()
    assert seen == ["zenith folder"]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_a_driver_began_is_told_as_well():
    two = make_two()
    with scope(two.acme.organization):
        with transaction.atomic():
            Folder.objects.count()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.callproc("now")
            assert Folder.objects.count() == 1
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Folder.objects.count()
            1 / 0  # noqa: B018  # raises
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.callproc("now")
            assert Folder.objects.count() == 1
        # Begun by hand, while Django believes that there is none.
        with connection.connection.transaction():
            assert of_cursor("SELECT name FROM files_folder") == MINE
        assert setting() == ""


@pytest.mark.django_db(transaction=True)
def test_tables_that_are_made_of_guarded_rows_get_them(scopes_alone):
    two = make_two()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {APP}")
        with scope(two.acme.organization):
            cursor.execute("CREATE TEMP TABLE kept AS SELECT * FROM files_folder")
        cursor.execute("SELECT name FROM kept")
        assert cursor.fetchall() == [(MINE[0],)]
        cursor.execute("DROP TABLE kept")
        cursor.execute("RESET ROLE")


@pytest.mark.parametrize("table", ["FILES_FOLDER", '"files_folder"', "public.files_folder"])
def test_tables_are_known_by_any_spelling(table, two):
    of_cursor("SELECT 1 FROM files_folder")  # closes what was open before
    with scope(two.acme.organization):
        assert of_cursor(f"SELECT name FROM {table}") == MINE


def test_rows_are_locked_by_whoever_may_write_them(two):
    user = two.acme.organization.owner.organization_user.user
    with scope_of_user(user), pytest.raises(ScopeMissing):
        list(Folder.objects.select_for_update())
    with scope(two.acme.organization):
        assert len(Folder.objects.select_for_update()) == 1


def test_unscoped_opens_links_and_what_hangs_on_others(two):
    with unscoped("a fixture, whose rows come in any order"):
        Folder.labels.through.objects.create(
            folder_id=two.acme.folder.pk, label_id=two.zenith.label.pk
        )
        assert Folder.labels.through.objects.count() == 3
        Folder.labels.through.objects.all().delete()


def test_a_closed_connection_is_left_to_django(two):
    cursor = connection.cursor()
    driver, connection.connection = connection.connection, None
    try:
        cursor.execute("SELECT 1")
    finally:
        connection.connection = driver


def test_what_a_savepoint_was_told_ends_with_it(two):
    def look():
        return of_cursor("SELECT name FROM files_folder")

    with scope(two.acme.organization):
        assert look() == MINE
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert look() == []
        1 / 0  # noqa: B018  # raises
    assert look() == []  # though the database went back to Acme
    with scope(two.zenith.organization):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            assert look() == ["zenith folder"]
            1 / 0  # noqa: B018  # raises
        assert look() == ["zenith folder"]


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_a_statement_gets_one():
    two = make_two()
    with scope(two.acme.organization):
        with CaptureQueriesContext(connection) as captured:
            assert of_cursor("SELECT name FROM files_folder") == MINE
        # Django writes a statement down when it is done with it, and it is done with this last.
        kinds = [query["sql"].split()[0] for query in captured]
        assert kinds == ["BEGIN", "SET", "COMMIT", "SELECT"]
        assert setting() == ""
        # Rows that are fetched later were looked for in the transaction.
        for rows in (Folder.objects.iterator(chunk_size=1), Folder.objects.all()):
            assert names(rows) == MINE
        with pytest.raises(ProgrammingError, match="row-level security"):
            Bookmark.objects.create(folder_id=two.zenith.folder.pk)
        assert Folder.objects.create(name="another").pk
    assert of_cursor("SELECT name FROM files_folder") == []
    with transaction.atomic(), scope(two.zenith.organization):
        assert names(Folder.objects.iterator(chunk_size=1)) == ["zenith folder"]
    assert setting() == ""


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_was_told_nothing_is_told_nothing():
    model = type(make_two().acme.organization)
    with CaptureQueriesContext(connection) as captured, transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            list(model.objects.all())
            1 / 0  # noqa: B018  # raises
        list(model.objects.all())
    assert told(captured) == []


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_was_told_ends_with_it():
    two = make_two()
    with pytest.raises(ZeroDivisionError), transaction.atomic(), scope(two.acme.organization):
        assert Folder.objects.count() == 1
        1 / 0  # noqa: B018  # raises
    assert of_cursor("SELECT name FROM files_folder") == []
    with transaction.atomic():
        assert of_cursor("SELECT name FROM files_folder") == []
        with scope(two.acme.organization):
            assert of_cursor("SELECT name FROM files_folder") == MINE
        assert setting() == ""


def test_whoever_acts_in_an_organization_is_looked_up_when_a_guarded_table_is_named(two):
    organization = two.acme.organization
    with acting_in(organization, organization.owner.organization_user.user):
        assert of_cursor("SELECT name FROM files_folder") == MINE
    assert of_cursor("SELECT name FROM files_folder") == []


@pytest.mark.django_db(transaction=True)
def test_statements_that_refuse_a_transaction_run_without_one(scopes_alone):
    with unscoped("an index"):
        of_nothing = "CREATE INDEX CONCURRENTLY IF NOT EXISTS files_by_name ON files_folder (name)"
        with connection.cursor() as cursor:
            cursor.execute(of_nothing)
            cursor.execute("DROP INDEX CONCURRENTLY files_by_name")
            cursor.execute("VACUUM files_folder")


@pytest.mark.django_db(transaction=True)
def test_migrations_move_the_rows_of_everybody():
    make_two()
    with connection.schema_editor() as editor:
        assert of_cursor("SELECT count(*) FROM files_folder") == [2]
        with pytest.raises(DatabaseError):
            editor.execute("SELECT nothing FROM files_folder")
    assert of_cursor("SELECT count(*) FROM files_folder") == [0]
    with pytest.raises(ZeroDivisionError), connection.schema_editor():
        1 / 0  # noqa: B018  # raises
    assert of_cursor("SELECT count(*) FROM files_folder") == [0]


@pytest.mark.django_db(transaction=True)
def test_a_connection_of_ones_own_needs_a_transaction_of_ones_own():
    two = make_two()
    beside = connection.copy()
    try:
        with scope(two.acme.organization):
            with pytest.raises(ImproperlyConfigured, match="Begin one on it first"):
                beside.cursor().execute("SELECT name FROM files_folder")
            beside.set_autocommit(False)
            with beside.cursor() as cursor:
                cursor.execute("SELECT name FROM files_folder")
                assert cursor.fetchall() == [(MINE[0],)]
            beside.rollback()
    finally:
        beside.close()
    assert sum(isinstance(each, Teller) for each in connection.execute_wrappers) == 1


def test_keys_of_any_kind_are_told_as_they_are(two):
    model = type(two.acme.organization)
    label = "organizations.organization"
    assert as_text(None) == ""
    assert as_text(EVERYTHING) == "*"
    assert as_text(State(model, 7)) == f"{label}:7"
    assert as_text(State(model, None, frozenset([9, 7]))) == f'{label}={{"7","9"}}'
    assert as_text(State(model, None, frozenset())) == f"{label}={{}}"
    odd = 'a"b\\c,d'
    text = as_text(State(model, None, frozenset([odd])))
    assert of_cursor("SELECT (substring(%s FROM '=(.*)$')::text[])[1]", text) == [odd]
    with transaction.atomic():
        connection.execute_wrappers[0].tell(connection, "it's 100% a\\b")
        # Asked beside Django, whose next statement would be told that nothing is open.
        found = connection.connection.execute("SHOW organizations.current").fetchone()
        assert found == ("it's 100% a\\b",)


# One connection that everybody shares, of a role that owns nothing.

ROUNDS = 200


@pytest.fixture
def shared(transactional_db):
    two = make_two()
    testing.make_member(two.acme.organization, "bo")
    yield two
    connections["app"].close()
    connections["app"].close_pool()


def look(organization):
    """Look in several ways, with and without a transaction, and return what is not right."""
    own = f"{organization.name.lower()} folder"
    rows = Folder.objects.using("app")
    with scope(organization):
        seen = [*rows.values_list("name", flat=True)]
        with transaction.atomic(using="app"):
            seen += of_cursor("SELECT name FROM files_folder", alias="app")
            seen += [row.name for row in rows.iterator(chunk_size=1)]
            seen += Bookmark.objects.using("app").values_list("folder__name", flat=True)
    # The next one on this connection, who has opened nothing.
    seen += of_cursor("SELECT 'not closed: ' || name FROM files_folder", alias="app")
    return [] if seen == [own] * 4 else [seen]


@pytest.mark.django_db(transaction=True, databases=["default", "app"])
def test_two_organizations_share_one_connection_in_threads(shared):
    wrong, begun = [], threading.Barrier(2)

    def work(organization):
        begun.wait()
        try:
            for _ in range(ROUNDS):
                wrong.extend(look(organization))
                connections["app"].close()  # back into the pool, as after each request
        except BaseException as error:  # a thread would only print it
            wrong.append(error)
        finally:
            connections["app"].close()

    threads = [
        threading.Thread(target=work, args=[each.organization])
        for each in (shared.acme, shared.zenith)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.django_db(transaction=True, databases=["default", "app"])
def test_two_organizations_share_one_connection_in_tasks(shared):
    from asgiref.sync import async_to_sync

    async def work(organization):
        wrong = []
        own = [f"{organization.name.lower()} folder"]
        for _ in range(ROUNDS):
            async with scope(organization):
                await asyncio.sleep(0)
                seen = [row.name async for row in Folder.objects.using("app")]
                await asyncio.sleep(0)
                seen += [
                    name
                    async for name in Bookmark.objects.using("app").values_list(
                        "folder__name", flat=True
                    )
                ]
            wrong += [seen] if seen != own * 2 else []
            await asyncio.sleep(0)
        return wrong

    async def both():
        return await asyncio.gather(
            *(work(each.organization) for each in (shared.acme, shared.zenith))
        )

    assert async_to_sync(both)() == [[], []]


@pytest.mark.django_db(transaction=True, databases=["default", "app"])
def test_a_thread_that_comes_later_sees_nothing_of_the_one_before(shared):
    """P34: a request as Acme, then a raw query in another thread, over the same connection."""

    def read():
        try:
            return (
                of_cursor("SELECT name FROM files_folder", alias="app"),
                of_cursor("SELECT pg_backend_pid()", alias="app"),
            )
        finally:
            connections["app"].close()

    def request():
        with scope(shared.acme.organization):
            return read()

    seen = []
    for work in (request, read):
        with ThreadPoolExecutor(1) as thread:
            seen.append(thread.submit(work).result())
    (of_request, connection_of_request), (later, connection_later) = seen
    assert of_request == MINE
    assert later == []
    assert connection_later == connection_of_request


@pytest.mark.django_db(transaction=True)
def test_policies_go_and_come_with_their_migration(scopes_alone):
    def policies():
        return of_cursor("SELECT policyname FROM pg_policies ORDER BY tablename, policyname")

    def forced():
        return of_cursor(
            "SELECT relname FROM pg_class WHERE relrowsecurity OR relforcerowsecurity ORDER BY 1"
        )

    before = policies(), forced()
    assert len(before[0]) == 12
    assert len(before[1]) == 6
    call_command("migrate", "files", "0002", verbosity=0)
    try:
        assert (policies(), forced()) == ([], [])
    finally:
        call_command("migrate", "files", verbosity=0)
    assert (policies(), forced()) == before
