"""What a PostgreSQL database itself says: who is signed in, what policies miss, what leads past.

``manage.py check --database default``, ``migrate`` and ``organizations_doctor`` ask for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from django.apps import apps
from django.core import checks
from django.db import connections, router
from django.db.models import F, Q

from ..services.health import Finding
from .guard import guarded_keys, is_guarded, organization_field
from .rls import OPEN, READ, SETTING, policies
from .scope import unscoped

__all__ = ["check_database", "crossing_rows"]

#: How many rows of a kind the doctor names.
NAMED = 20

# Whoever may become another role may do what that one may.
ROLES = """
SELECT current_user::text, rolname = current_user, rolname::text, rolsuper FROM pg_roles
WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')
ORDER BY rolname <> current_user, rolname
"""
TABLES = """
SELECT name, t.relrowsecurity, t.relforcerowsecurity,
       pg_has_role(current_user, t.relowner, 'MEMBER'),
       ARRAY(SELECT privilege FROM unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
             WHERE has_table_privilege(t.oid, privilege)),
       (SELECT coalesce(json_object_agg(polname, CASE WHEN polwithcheck IS NULL
            THEN pg_get_expr(polqual, t.oid) END), '{}')::text
        FROM pg_policy WHERE polrelid = t.oid AND polpermissive),
       ARRAY(SELECT i.inhrelid::regclass::text FROM pg_inherits AS i
             JOIN pg_class AS c ON c.oid = i.inhrelid
             WHERE i.inhparent = t.oid AND NOT c.relrowsecurity
               AND has_table_privilege(c.oid, 'SELECT'))
FROM unnest(%s::text[]) AS name JOIN pg_class AS t ON t.oid = to_regclass(name) ORDER BY name
"""
# Views that read a table, or a view of it, with the rights of their owner; a materialised view
# keeps what its owner saw.
VIEWS = """
WITH RECURSIVE readers AS (
    SELECT v.oid, v.relname, v.relkind, v.reloptions, t.relname AS source
    FROM pg_class AS t
    JOIN pg_depend AS d ON d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid
    JOIN pg_class AS v ON v.oid = r.ev_class AND v.oid <> t.oid
    WHERE t.oid = ANY (SELECT to_regclass(name) FROM unnest(%s::text[]) AS name)
  UNION
    SELECT v.oid, v.relname, v.relkind, v.reloptions, readers.source
    FROM readers
    JOIN pg_depend AS d ON d.refobjid = readers.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite AS r ON r.oid = d.objid
    JOIN pg_class AS v ON v.oid = r.ev_class AND v.oid <> readers.oid
)
SELECT relname, relkind = 'm', string_agg(DISTINCT source, ', ') FROM readers
WHERE relkind = 'm' OR NOT EXISTS (
    SELECT 1 FROM pg_options_to_table(reloptions)
    WHERE option_name = 'security_invoker' AND option_value::boolean
)
GROUP BY relname, relkind ORDER BY relname
"""
FUNCTIONS = """
SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
      SELECT 1 FROM pg_depend AS d
      WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  )
ORDER BY 1
"""


def check_database(
    app_configs: Any = None, databases: Any = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """W007 to W013 and I001, of each database that has models under a policy.

    Queries: 4 for each.
    """
    found: list[checks.CheckMessage] = []
    for alias in databases or ():
        declared = [
            (model, policy)
            for model, policy in policies()
            if router.allow_migrate_model(alias, model)
        ]
        connection = connections[alias]
        if declared and connection.vendor != "postgresql":
            found.append(
                checks.Info(
                    f"{connection.display_name} has no row-level security: on {alias!r} the rows "
                    "of organizations are guarded by scopes alone.",
                    id="organizations_tenancy.I001",
                )
            )
        elif declared:
            with connection.cursor() as cursor:
                of_alias = [*_look(cursor, declared), *_without_policy(alias, declared)]
            for each in of_alias:
                each.msg = f"In {alias!r}: {each.msg}"
            found += of_alias
    return found


def _rows(cursor: Any, sql: str, *parameters: Any) -> list[Any]:
    cursor.execute(sql, parameters)
    rows: list[Any] = cursor.fetchall()
    return rows


def _look(cursor: Any, declared: list[Any]) -> Iterator[checks.CheckMessage]:
    quote = cursor.db.ops.quote_name
    expected = {
        quote(each._meta.db_table): (each, model, policy)
        for model, policy in declared
        for each in policy.tables(model)
    }
    may_everything = False
    for role, is_its_own, name, is_superuser in _rows(cursor, ROLES)[:1]:
        may_everything = True
        how = "a superuser" if is_superuser else "allowed to bypass them (BYPASSRLS)"
        yield checks.Warning(
            f"no policy applies to the role {role!r}: it is "
            f"{how if is_its_own else f'a member of {name!r}, which is {how}'}.",
            hint="manage.py organizations_rls prints a role for the application.",
            id="organizations_tenancy.W007",
        )
    owned = []
    for quoted, is_on, is_forced, owns, privileges, said, children in _rows(
        cursor, TABLES, list(expected)
    ):
        each, model, policy = expected[quoted]
        table = each._meta.db_table
        if owns and not may_everything:
            owned.append(table)
        elif privileges and not may_everything:
            yield checks.Warning(
                f"the role has {' and '.join(privileges)} on {table}, which reach past its policy.",
                hint="manage.py organizations_rls prints what to take away.",
                obj=model,
                id="organizations_tenancy.W013",
            )
        if policy.enforce:
            saying = _saying(model, each, policy)
            yield from _of_table(table, is_on, is_forced, json.loads(said), saying, model)
        for child in children:
            yield checks.Warning(
                f"{child} holds rows of {table} and can be read past its policy.",
                hint=f"REVOKE ALL ON {child} FROM the application: it reads {table}.",
                obj=model,
                id="organizations_tenancy.W009",
            )
    if owned:
        yield checks.Warning(
            f"the role owns {', '.join(owned)}, and could switch their policies off.",
            hint="manage.py organizations_rls prints a role for the application beside it.",
            id="organizations_tenancy.W008",
        )
    for view, is_materialised, sources in _rows(cursor, VIEWS, list(expected)):
        yield checks.Warning(
            f"the {'materialised ' * is_materialised}view {view} shows rows of {sources} "
            f"{'as they were for its owner, whoever asks' if is_materialised else 'as its owner'}.",
            hint="Keep the organization in it and ask for one, or drop it."
            if is_materialised
            else f"ALTER VIEW {view} SET (security_invoker = true)",
            id="organizations_tenancy.W011",
        )
    for [function] in _rows(cursor, FUNCTIONS):
        yield checks.Warning(
            f"the function {function} runs with the rights of its owner (SECURITY DEFINER).",
            hint="SECURITY INVOKER, or silence this if it reads no rows of organizations.",
            id="organizations_tenancy.W012",
        )


def _saying(model: Any, each: Any, policy: Any) -> dict[str, str]:
    """Return what each policy of a table cannot be without, as PostgreSQL writes it down."""
    if each._meta.auto_created or (each is model and policy.parent):
        return {policy.name + OPEN: SETTING, policy.name + READ: "EXISTS"}
    label = model._meta.get_field(policy.field).remote_field.model._meta.label_lower
    start = f"^{label.replace('.', '[.]')}"
    return {policy.name + OPEN: f"{start}:", policy.name + READ: f"{start}="}


def _of_table(
    table: str, is_on: bool, is_forced: bool, said: dict[str, Any], saying: Any, model: Any
) -> Iterator[checks.CheckMessage]:
    others = ", ".join(sorted(said.keys() - saying.keys()))
    name = next(iter(saying)).removesuffix(OPEN)
    if not is_on or not saying.keys() <= said.keys():
        yield checks.Warning(
            f"{table} is declared to be under the policy {name!r}, and is not.",
            hint="manage.py migrate; if that has nothing to do, somebody switched it off by hand.",
            obj=model,
            id="organizations_tenancy.W009",
        )
    elif not is_forced:
        yield checks.Warning(
            f"the policy of {table} does not hold for the owner of the table.",
            hint=f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            obj=model,
            id="organizations_tenancy.W009",
        )
    elif any(saying[each] not in (said[each] or "") for each in saying):
        yield checks.Warning(
            f"the policy {name!r} of {table} is another than the one that is declared.",
            hint="Take it out of the model's constraints, makemigrations, and put it in again: "
            "that makes it anew, after the model of organizations was renamed as well.",
            obj=model,
            id="organizations_tenancy.W009",
        )
    if others:
        yield checks.Warning(
            f"{table} has further policies, which open more rows: {others}.",
            hint="Drop them, or let them restrict: CREATE POLICY ... AS RESTRICTIVE",
            obj=model,
            id="organizations_tenancy.W009",
        )


def _without_policy(alias: str, declared: list[Any]) -> Iterator[checks.CheckMessage]:
    """W010: guarded models, and tables between them, that no policy is declared for."""
    covered = {each._meta.db_table for model, policy in declared for each in policy.tables(model)}
    for model in apps.get_models(include_auto_created=True):
        between = model._meta.auto_created and guarded_keys(model)
        if (
            (is_guarded(model) or between)
            and model._meta.managed
            and not model._meta.proxy
            and model._meta.db_table not in covered
            and router.allow_migrate_model(alias, model)
        ):
            yield checks.Warning(
                f"{model._meta.label} is guarded by scopes alone: no policy covers "
                f"{model._meta.db_table}.",
                hint="RowLevelSecurity(many_to_many=[...]) of the model that has the relation."
                if between
                else "RowLevelSecurity(name=...) among its constraints.",
                obj=model,
                id="organizations_tenancy.W010",
            )


def crossing_rows() -> Iterator[Finding]:
    """Yield rows that point at a row of another organization: for the doctor.

    Queries: one for each foreign key between guarded models, and each table between two.
    """
    for model in apps.get_models(include_auto_created=True):
        if model._meta.proxy or not model._meta.managed:
            continue
        ends = [
            (f"{key.name}__{_key_of(key.remote_field.model)}", key) for key in guarded_keys(model)
        ]
        pairs: list[tuple[str, tuple[str, Any]]] = []
        if is_guarded(model):
            pairs = [(_key_of(model), end) for end in ends]
        elif model._meta.auto_created:
            pairs = [(here, end) for (here, _), end in combinations(ends, 2)]
        for here, (there, key) in pairs:
            with unscoped("the doctor looks for rows that cross organizations"):
                found = model._base_manager.filter(
                    ~Q(**{there: F(here)}), **{f"{key.name}__isnull": False}
                )
                rows = list(found.values_list("pk", flat=True)[:NAMED])
            for row in rows:
                yield Finding(
                    "crossing",
                    f"{model._meta.label} {row}",
                    f"points at a row of another organization by {key.name!r}.",
                    "move or delete one of the two; SameOrganization(...) keeps it from coming "
                    "back",
                )


def _key_of(model: Any) -> str:
    name: str = organization_field(model).attname
    return name
