"""What a database says about policies, roles and ways past them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models

from organizations.services.health import odd_rows
from organizations.tenancy.inspection import NAMED, check_database
from organizations.tenancy.rls import RowLevelSecurity
from organizations.tenancy.scope import unscoped
from tests.tenancy.conftest import APP
from tests.tenancy.files.models import Folder, Label, Paper


def found(alias="default"):
    return check_database(databases=[alias])


def as_owner(*statements):
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"SET ROLE {APP}")


#: What is done to the database: the ids and the words that are said about it.
PLANTED = {
    "off": (
        "ALTER TABLE files_label DISABLE ROW LEVEL SECURITY",
        "W009",
        "'label_rows', and is not",
    ),
    "dropped": ("DROP POLICY label_rows_scope ON files_label", "W009", "'label_rows', and is not"),
    "half": ("DROP POLICY label_rows_read ON files_label", "W009", "'label_rows', and is not"),
    "not forced": (
        "ALTER TABLE files_label NO FORCE ROW LEVEL SECURITY",
        "W009",
        "does not hold for the owner",
    ),
    "another": (
        "CREATE POLICY everybody ON files_label USING (true)",
        "W009",
        "open more rows: everybody",
    ),
    "opened": (
        "ALTER POLICY label_rows_scope ON files_label USING (true)",
        "W009",
        "is another than",
    ),
    "opened for writing": (
        "ALTER POLICY label_rows_scope ON files_label WITH CHECK (true)",
        "W009",
        "is another than",
    ),
    "link opened": (
        "ALTER POLICY folder_rows_read ON files_folder_labels USING (true)",
        "W009",
        "of files_folder_labels is another than",
    ),
    "renamed": (
        "ALTER POLICY label_rows_scope ON files_label USING (company_id = (SELECT substring("
        "current_setting('organizations.current', true) FROM '^shop[.]company:(.*)$')::integer))",
        "W009",
        "is another than",
    ),
    "child": (
        f"CREATE TABLE old_ones () INHERITS (files_label); GRANT SELECT ON old_ones TO {APP}",
        "W009",
        "old_ones holds rows of files_label",
    ),
    "member of a superuser": (
        f"GRANT postgres TO {APP} WITH INHERIT FALSE, SET TRUE",
        "W007",
        "a member of 'postgres', which is a superuser",
    ),
    "view": (
        "CREATE VIEW all_labels AS SELECT * FROM files_label",
        "W011",
        "the view all_labels shows rows of files_label as its owner",
    ),
    "materialised view": (
        "CREATE MATERIALIZED VIEW old_labels AS SELECT * FROM files_label",
        "W011",
        "the materialised view old_labels shows rows of files_label as they were",
    ),
    "function": (
        "CREATE FUNCTION all_of_them() RETURNS bigint LANGUAGE sql SECURITY DEFINER "
        "AS 'SELECT count(*) FROM files_label'",
        "W012",
        "the function all_of_them() runs with the rights of its owner",
    ),
    "truncate": (
        f"GRANT TRUNCATE, REFERENCES ON files_label TO {APP}",
        "W013",
        "has TRUNCATE and REFERENCES on files_label",
    ),
    "owner": (f"ALTER TABLE files_label OWNER TO {APP}", "W008", "owns files_label"),
    "member of the owner": (
        f"CREATE ROLE orgkit_owners; GRANT orgkit_owners TO {APP}; "
        "ALTER TABLE files_label OWNER TO orgkit_owners",
        "W008",
        "owns files_label",
    ),
    "bypass": (f"ALTER ROLE {APP} BYPASSRLS", "W007", "allowed to bypass them (BYPASSRLS)"),
}
#: What looks alike and shows nothing of others.
HARMLESS = {
    "restrictive": "CREATE POLICY fewer ON files_label AS RESTRICTIVE USING (name <> 'x')",
    "invoker": "CREATE VIEW own AS SELECT * FROM files_label",
    "other": "CREATE VIEW users_too AS SELECT * FROM auth_user",
    "function": "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "more": f"GRANT SELECT, INSERT, UPDATE, DELETE ON files_label TO {APP}",
}


@pytest.mark.postgres
@pytest.mark.parametrize("name", PLANTED)
def test_each_way_past_a_policy_is_found(name, db):
    assert found() == []
    sql, number, words = PLANTED[name]
    as_owner(sql)
    [problem] = found()
    assert problem.id == f"organizations_tenancy.{number}"
    assert words in problem.msg
    assert problem.msg.startswith("In 'default': ")
    assert problem.hint


@pytest.mark.postgres
@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_way_past_a_policy_is_not_named(name, db):
    as_owner(HARMLESS[name])
    if name == "invoker":
        as_owner("ALTER VIEW own SET (security_invoker = true)")
    assert found() == []


@pytest.mark.postgres
def test_views_of_views_are_found(db):
    as_owner(
        "CREATE VIEW inner_one WITH (security_invoker = true) AS SELECT * FROM files_label",
        "CREATE VIEW outer_one AS SELECT * FROM inner_one",
    )
    [problem] = found()
    assert "the view outer_one shows rows of files_label" in problem.msg


@pytest.mark.postgres
def test_a_superuser_is_named(db, scopes_alone):
    [problem] = found()
    assert problem.id == "organizations_tenancy.W007"
    assert "'postgres': it is a superuser" in problem.msg


@pytest.mark.postgres
def test_models_without_a_policy_are_named(db, monkeypatch):
    monkeypatch.setattr(Paper._meta, "constraints", [])
    bare = RowLevelSecurity(name="folder_rows", history=["FolderEvent"])
    monkeypatch.setattr(Folder._meta, "constraints", [bare])
    messages = sorted(problem.msg for problem in found())
    assert messages == [
        "In 'default': files.Folder_labels is guarded by scopes alone: no policy covers "
        "files_folder_labels.",
        "In 'default': files.Paper is guarded by scopes alone: no policy covers files_paper.",
    ]
    assert {problem.id for problem in found()} == {"organizations_tenancy.W010"}


@pytest.mark.postgres
def test_a_policy_that_is_not_to_be_enforced_yet_is_not_missed(db, monkeypatch):
    as_owner("ALTER TABLE files_label DISABLE ROW LEVEL SECURITY")
    later = RowLevelSecurity(name="label_rows", field="company", enforce=False)
    monkeypatch.setattr(Label._meta, "constraints", [later])
    assert found() == []


@pytest.mark.sqlite
def test_sqlite_says_that_it_has_no_policies(db):
    [problem] = found()
    assert problem.id == "organizations_tenancy.I001"
    assert "SQLite has no row-level security" in problem.msg


def test_a_project_without_policies_is_left_alone(db, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("organizations.tenancy.inspection.policies", lambda: iter(()))
    with django_assert_num_queries(0):
        assert found() == []
    assert check_database() == []


def test_the_doctor_names_rows_that_cross_organizations(two, scopes_alone, monkeypatch):
    def crossing():
        return [each for each in odd_rows() if each.code == "crossing"]

    assert crossing() == []
    with unscoped("what no scope would let in"):
        two.acme.folder.labels.add(two.zenith.label)
        with connection.cursor() as cursor:
            for _ in range(NAMED + 1):
                cursor.execute(
                    "INSERT INTO files_paper (organization_id, folder_id) VALUES (%s, %s)",
                    [two.acme.organization.pk, two.zenith.folder.pk],
                )
            assert [each.subject.split()[0] for each in crossing()] == [
                "files.Folder_labels",
                *["files.Paper"] * NAMED,
            ]
            assert "another organization by 'folder'" in crossing()[-1].problem
            cursor.execute("DELETE FROM files_paper")  # no transaction could end with them


def printed(*arguments):
    output = StringIO()
    call_command("organizations_rls", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.postgres
def test_the_command_prints_a_role_that_can_read_and_write_rows_and_nothing_else(db):
    sql = printed("--role", "orgkit_other")
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for _twice in range(2):
            cursor.execute(sql)
        for table, privileges in (
            ("files_folder", {"SELECT", "INSERT", "UPDATE", "DELETE"}),
            ("django_migrations", {"SELECT"}),
        ):
            cursor.execute(
                "SELECT privilege_type FROM information_schema.role_table_grants "
                "WHERE grantee = 'orgkit_other' AND table_name = %s",
                [table],
            )
            assert {row[0] for row in cursor.fetchall()} == privileges
        cursor.execute("CREATE TABLE later (id int)")
        cursor.execute("SET ROLE orgkit_other")
        cursor.execute("INSERT INTO later VALUES (1)")
        assert found() == []
        cursor.execute("RESET ROLE")
    assert sql.startswith("-- Run this as the role that runs the migrations (postgres)")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--role", "postgres"], "'postgres' runs the migrations here"),
        (["--role", 'a"; DROP TABLE x'], "is no name for it"),
        (["--schema", "a b"], "'a b' is no name for it"),
        (["--database", "nowhere"], "DATABASES has no 'nowhere'"),
    ],
)
def test_the_command_says_what_it_cannot_do(arguments, words, db):
    with pytest.raises(CommandError, match=words):
        printed(*arguments)


@pytest.mark.sqlite
def test_the_command_says_that_sqlite_has_no_policies(db):
    with pytest.raises(CommandError, match="SQLite has no row-level security: scopes guard alone"):
        printed()


def test_models_that_are_not_of_the_database_are_left_out(db, settings):
    class Nowhere:
        def allow_migrate(self, db, app_label, **hints):
            return app_label != "files"

    settings.DATABASE_ROUTERS = [Nowhere()]
    assert found() == []
    assert isinstance(Label._meta.constraints[0], RowLevelSecurity | models.BaseConstraint)
