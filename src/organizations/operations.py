"""Migration operations: PostgreSQL keeps an organization's owner, and indexes of tables in use.

The package uses them for its own tables. A project with its own family adds ``KeepOwner`` to a
migration that depends on the one that made the tables::

    operations = [
        KeepOwner(organization="account", member="accountuser", owner="accountowner"),
    ]

On other databases it does nothing; see the documentation for what guards the owner there.

The other two belong in a migration with ``atomic = False``, alone. What has been interrupted can be
run again.
"""

from __future__ import annotations

from typing import Any

from django.db import NotSupportedError
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import AddIndex

__all__ = ["AddIndexInUse", "DropFieldIndex", "KeepOwner"]

FUNCTION = """
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    affected {owner}.{owner_organization}%TYPE;
BEGIN
    IF TG_TABLE_NAME = '{member_name}' THEN
        affected := OLD.{member_organization};
    ELSIF TG_OP = 'INSERT' THEN
        affected := NEW.{owner_organization};
    ELSE
        affected := OLD.{owner_organization};
    END IF;
    -- The lock makes two transactions that both take an owner away see each other.
    PERFORM 1 FROM {organization} WHERE {organization_pk} = affected FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;  -- the organization went with its owner
    END IF;
    IF TG_TABLE_NAME = '{member_name}' AND NOT EXISTS (
        SELECT 1 FROM {owner} WHERE {owner_organization} = affected
    ) THEN
        RETURN NULL;  -- had no owner before: the member takes none away
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM {owner} o JOIN {member} m ON m.{member_pk} = o.{owner_member}
        WHERE o.{owner_organization} = affected AND m.{member_organization} = affected
    ) THEN
        RAISE EXCEPTION 'organization % would lose its owner', affected USING
            ERRCODE = 'integrity_constraint_violation',
            CONSTRAINT = '{function}',
            HINT = 'Transfer the ownership to another member first, or delete the organization.';
    END IF;
    RETURN NULL;
END
$body$;
"""

TRIGGERS = """
CREATE CONSTRAINT TRIGGER {function}_owner
    AFTER INSERT OR UPDATE OR DELETE ON {owner} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE CONSTRAINT TRIGGER {function}_member
    AFTER UPDATE OF {member_organization} ON {member} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.{member_organization} IS DISTINCT FROM NEW.{member_organization})
    EXECUTE FUNCTION {function}();
"""

DROP = """
DROP TRIGGER {function}_member ON {member};
DROP TRIGGER {function}_owner ON {owner};
DROP FUNCTION {function}();
"""


class KeepOwner(Operation):
    """Make PostgreSQL refuse, at commit, to leave an organization without its owner.

    Args:
        organization, member, owner: names of the three models in the migration's app.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, *, organization: str, member: str, owner: str) -> None:
        self.organization = organization
        self.member = member
        self.owner = owner

    def deconstruct(self) -> tuple[str, list[Any], dict[str, str]]:
        names = {"organization": self.organization, "member": self.member, "owner": self.owner}
        return type(self).__name__, [], names

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The trigger is no part of the models' state."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if _is_on_postgres(schema_editor):
            names = self._names(app_label, schema_editor, to_state)
            # No parameters: the statement holds percent signs of its own.
            schema_editor.execute((FUNCTION + TRIGGERS).format(**names), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if _is_on_postgres(schema_editor):
            names = self._names(app_label, schema_editor, from_state)
            schema_editor.execute(DROP.format(**names), params=None)

    def describe(self) -> str:
        return f"Keep the owner of every {self.organization} (PostgreSQL)"

    @property
    def migration_name_fragment(self) -> str:
        return f"{self.organization}_keep_owner"

    def _names(self, app_label: str, schema_editor: Any, state: Any) -> dict[str, str]:
        quote = schema_editor.quote_name
        organization = state.apps.get_model(app_label, self.organization)._meta
        member = state.apps.get_model(app_label, self.member)._meta
        owner = state.apps.get_model(app_label, self.owner)._meta
        return {
            "function": f"{app_label}_{self.organization}_keep_owner".lower(),
            "organization": quote(organization.db_table),
            "organization_pk": quote(organization.pk.column),
            "member": quote(member.db_table),
            "member_name": member.db_table,
            "member_pk": quote(member.pk.column),
            "member_organization": quote(member.get_field("organization").column),
            "owner": quote(owner.db_table),
            "owner_organization": quote(owner.get_field("organization").column),
            "owner_member": quote(owner.get_field("organization_user").column),
        }


class AddIndexInUse(AddIndex):
    """Add an index as ``AddIndex`` does, but let others write to the table meanwhile (PostgreSQL).

    What an interrupted run has left is an index that PostgreSQL fills and does not use: it is
    made anew.

    Raises:
        NotSupportedError: within a transaction, on PostgreSQL.
    """

    atomic = False

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if _stands(schema_editor, model, self.index.name):
            return
        schema_editor.add_index(model, self.index, **_in_use(schema_editor))

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model) and (
            schema_editor.collect_sql or _stands(schema_editor, model, self.index.name)
        ):
            _drop(schema_editor, model, self.index.name)


class DropFieldIndex(Operation):
    """Drop the index that Django made for a field by itself, where another one begins with it.

    An ``AlterField`` would also check the foreign key anew, row by row, while nobody can write.
    """

    atomic = False
    reduces_to_sql = True
    reversible = True

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def state_forwards(self, app_label: str, state: Any) -> None:
        field = state.models[app_label, self.model_name.lower()].fields[self.name].clone()
        field.db_index = False
        state.alter_field(app_label, self.model_name.lower(), self.name, field, True)

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            column = model._meta.get_field(self.name).column
            # The second is of keys that are texts, on PostgreSQL.
            for suffix in ("", "_like") if _is_on_postgres(schema_editor) else ("",):
                name = schema_editor._create_index_name(model._meta.db_table, [column], suffix)
                if schema_editor.collect_sql or _stands(schema_editor, model, name):
                    _drop(schema_editor, model, name)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        field = model._meta.get_field(self.name)
        name = schema_editor._create_index_name(model._meta.db_table, [field.column])
        if not _stands(schema_editor, model, name):
            statement = schema_editor._create_index_sql(
                model, fields=[field], name=name, **_in_use(schema_editor)
            )
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Drop the index of {self.model_name}.{self.name}, with which another one begins"

    @property
    def migration_name_fragment(self) -> str:
        return f"drop_index_of_{self.model_name.lower()}_{self.name.lower()}"


def _is_on_postgres(schema_editor: Any) -> bool:
    return bool(schema_editor.connection.vendor == "postgresql")


def _in_use(schema_editor: Any) -> dict[str, bool]:
    """Return the argument by which others may write meanwhile."""
    if not _is_on_postgres(schema_editor):
        return {}
    if schema_editor.connection.in_atomic_block:
        raise NotSupportedError(
            "PostgreSQL makes and drops an index of a table in use outside of transactions only. "
            "Set atomic = False on the migration."
        )
    return {"concurrently": True}


def _stands(schema_editor: Any, model: Any, name: str) -> bool:
    """Return whether the index is there and whole; one that is not whole is dropped."""
    if schema_editor.collect_sql:
        return False  # to be read, and run who knows where
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if name not in connection.introspection.get_constraints(cursor, model._meta.db_table):
            return False
        if not _is_on_postgres(schema_editor):
            return True
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)",
            [schema_editor.quote_name(name)],
        )
        if cursor.fetchone() == (True,):
            return True
    _drop(schema_editor, model, name)
    return False


def _drop(schema_editor: Any, model: Any, name: str) -> None:
    in_use = _in_use(schema_editor)
    template = (
        schema_editor.sql_delete_index_concurrently if in_use else schema_editor.sql_delete_index
    )
    table, name = map(schema_editor.quote_name, (model._meta.db_table, name))
    schema_editor.execute(template % {"name": name, "table": table}, params=None)
