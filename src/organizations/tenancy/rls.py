"""Row-level security: policies of PostgreSQL, declared as constraints of a model.

The database then shows and takes rows of the open organization alone, whoever asks: a join, a
cursor, a report. ``connections`` tells it what is open. Elsewhere these constraints do nothing,
and the scopes guard alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.backends.ddl_references import Statement, Table
from django.db.models import BaseConstraint

__all__ = ["RowLevelSecurity", "SameOrganization", "policies"]

#: What is open in this transaction: "shop.company:7", "shop.company={7,9}" (to be read only),
#: "*" for everything; empty or NULL for nothing.
SETTING = "organizations.current"
VALUE = f"current_setting('{SETTING}', true)"

EVERYTHING = f"(SELECT {VALUE} = '*')"
ONE_IS_OPEN = f"(SELECT {VALUE} ~ '^[^:=]+:')"

#: What the two policies of a table are called after the constraint. PostgreSQL asks them from the
#: last name to the first, and the first one asked is the cheaper one.
OPEN, READ = "_scope", "_read"


class RowLevelSecurity(BaseConstraint):
    """Lets PostgreSQL show and take rows of the open organization alone.

    A model that belongs to an organization by a foreign key names it. One whose rows hang on a
    row of such a model names that foreign key as ``parent``: who sees the parent sees them.

    Args:
        field: the foreign key to the organization.
        parent: instead of it, a foreign key to a model that is under a policy itself.
        many_to_many: relations of the model, whose tables between are put under a policy too:
            they show a row to whoever sees both ends.
        history: models of the same app that keep what was, with the same ``field``.
        enforce: False makes the policies, and does not switch them on. A release with that tells
            the database what is open, so that the next one can switch on without downtime.
    """

    def __init__(
        self,
        *,
        name: str,
        field: str = "organization",
        parent: str | None = None,
        many_to_many: Sequence[str] = (),
        history: Sequence[str] = (),
        enforce: bool = True,
    ) -> None:
        super().__init__(name=name)
        self.field, self.parent, self.enforce = field, parent, enforce
        self.many_to_many, self.history = tuple(many_to_many), tuple(history)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs["field"] = self.field
        for name in ("parent", "many_to_many", "history"):
            if getattr(self, name):
                kwargs[name] = getattr(self, name)
        if not self.enforce:
            kwargs["enforce"] = False
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, RowLevelSecurity):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<RowLevelSecurity: {self.name}>"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        # Behind everything else of a migration, which may make the other tables only then.
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.deferred_sql.extend(self._create(model, schema_editor))

    create_sql = constraint_sql

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return None
        _take_back(schema_editor, self.name)
        return "; ".join(map(str, self._remove(model, schema_editor)))

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the scope checks what is written, and the database after it."""

    def tables(self, model: Any) -> Iterator[Any]:
        """Return the models that get a policy: the model, tables between, and history.

        What is not there is left out: ``manage.py check`` names it, and backwards through a
        migration it may have gone before.
        """
        yield model
        for name in self.many_to_many:
            with suppress(FieldDoesNotExist, AttributeError):
                yield model._meta.get_field(name).remote_field.through
        for name in self.history:
            with suppress(LookupError):
                yield model._meta.apps.get_model(model._meta.app_label, name)

    def _create(self, model: Any, schema_editor: Any) -> Iterator[Statement]:
        for each in self.tables(model):
            rows, read = self._conditions(model, each, schema_editor)
            for template in (
                # A table that was renamed may still have its own.
                *_DROP,
                "CREATE POLICY %(open)s ON %(table)s USING (%(rows)s)",
                "CREATE POLICY %(read_only)s ON %(table)s FOR SELECT USING (%(read)s)",
                *(_SWITCH if self.enforce else ()),
            ):
                yield self._statement(template, each, schema_editor, rows=rows, read=read)

    def _remove(self, model: Any, schema_editor: Any) -> Iterator[Statement]:
        for each in self.tables(model):
            for template in (
                "ALTER TABLE %(table)s NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE %(table)s DISABLE ROW LEVEL SECURITY",
                *_DROP,
            ):
                yield self._statement(template, each, schema_editor)

    def _statement(self, template: str, model: Any, editor: Any, **parts: str) -> Statement:
        quote = editor.quote_name
        return Statement(
            template,
            table=Table(model._meta.db_table, quote),
            name=quote(self.name),
            open=quote(self.name + OPEN),
            read_only=quote(self.name + READ),
            **parts,
        )

    def _conditions(self, model: Any, each: Any, schema_editor: Any) -> tuple[str, str]:
        """Return which rows may be read and written, and which may be read besides them.

        The subqueries do not depend on the row, so PostgreSQL runs each of them once.
        """
        quote = schema_editor.quote_name
        if each._meta.auto_created or (each is model and self.parent):
            ends = (
                [field for field in each._meta.local_fields if field.is_relation]
                if each._meta.auto_created
                else [each._meta.get_field(self.parent)]
            )
            read = " AND ".join(_sees(field, quote) for field in ends)
            # The parents are visible to whoever may read only, too.
            return f"{EVERYTHING} OR ({ONE_IS_OPEN} AND {read})", read
        # Of history as well, which may get its fields later in the migration.
        field = model._meta.get_field(self.field)
        column, kind = quote(field.column), field.db_type(schema_editor.connection)
        label = field.remote_field.model._meta.label_lower.replace(".", "[.]")
        one = f"(SELECT substring({VALUE} FROM '^{label}:(.*)$')::{kind})"  # noqa: S608  # ours
        # The second cast says that it is one array, and no rows to look for the key in.
        keys = f"(SELECT substring({VALUE} FROM '^{label}=(.*)$')::{kind}[])::{kind}[]"  # noqa: S608
        return f"{column} = {one} OR {EVERYTHING}", f"{column} = ANY ({keys})"


# Some go with a column that is dropped before them.
_DROP = (
    "DROP POLICY IF EXISTS %(open)s ON %(table)s",
    "DROP POLICY IF EXISTS %(read_only)s ON %(table)s",
)
_SWITCH = (
    "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY",
    # For the owner of the table as well, who would see everything.
    "ALTER TABLE %(table)s FORCE ROW LEVEL SECURITY",
)


def _sees(field: Any, quote: Any) -> str:
    table = field.model._meta.db_table
    parent = field.remote_field.model._meta
    return (
        f"EXISTS (SELECT 1 FROM {quote(parent.db_table)} AS parent "  # noqa: S608
        f"WHERE parent.{quote(field.target_field.column)} = {quote(table)}.{quote(field.column)})"
    )


class SameOrganization(BaseConstraint):
    """A row and the one that it points at are of the same organization, says the database.

    The key ``(organization, parent)`` refers to ``(organization, id)`` of the parent, which needs
    a ``UniqueConstraint(fields=["organization", "id"], name=...)`` for it. Row-level security
    does not look at foreign keys. For PostgreSQL and SQLite.

    Args:
        field: the foreign key to a row of the same organization.
        organization: the foreign key to the organization, of this model.
        to_organization: that of the other one.
    """

    def __init__(
        self,
        *,
        name: str,
        field: str,
        organization: str = "organization",
        to_organization: str = "organization",
    ) -> None:
        super().__init__(name=name)
        self.field = field
        self.organization, self.to_organization = organization, to_organization

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        return (
            path,
            args,
            {
                **kwargs,
                "field": self.field,
                "organization": self.organization,
                "to_organization": self.to_organization,
            },
        )

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SameOrganization):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"<SameOrganization: {self.name}>"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        vendor = schema_editor.connection.vendor
        if vendor == "sqlite":
            return self._foreign_key(model, schema_editor.quote_name)
        if vendor == "postgresql":
            # Behind everything else: the unique constraint may come in the same migration.
            schema_editor.deferred_sql.append(
                Statement(
                    "ALTER TABLE %(table)s ADD %(key)s",
                    table=Table(model._meta.db_table, schema_editor.quote_name),
                    name=schema_editor.quote_name(self.name),
                    key=self._foreign_key(model, schema_editor.quote_name),
                )
            )
        return None

    #: SQLite does not ask for it: Django makes the table anew there.
    create_sql = constraint_sql

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        if schema_editor.connection.vendor != "postgresql" or _take_back(schema_editor, self.name):
            return None
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the database says it, and forms only offer rows of the scope."""

    def _foreign_key(self, model: Any, quote: Any) -> str:
        meta = model._meta
        field = meta.get_field(self.field)
        other = field.remote_field.model._meta
        here = f"{quote(meta.get_field(self.organization).column)}, {quote(field.column)}"
        there = (
            f"{quote(other.get_field(self.to_organization).column)}, "
            f"{quote(field.target_field.column)}"
        )
        return (
            f"CONSTRAINT {quote(self.name)} FOREIGN KEY ({here}) "
            f"REFERENCES {quote(other.db_table)} ({there}) DEFERRABLE INITIALLY DEFERRED"
        )


def _take_back(schema_editor: Any, name: str) -> bool:
    """Forget what waits for the end of the migration and is taken away again before it."""
    quoted = schema_editor.quote_name(name)
    waiting = [
        each
        for each in schema_editor.deferred_sql
        if isinstance(each, Statement) and each.parts.get("name") == quoted
    ]
    for each in waiting:
        schema_editor.deferred_sql.remove(each)
    return bool(waiting)


def policies() -> Iterator[tuple[Any, RowLevelSecurity]]:
    """Return each model of the project that is declared to be under a policy, and by what."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, RowLevelSecurity):
                yield model, constraint
