"""Migration operation by which PostgreSQL keeps an organization's owner.

The package uses it for its own tables. A project with its own family adds it to a migration
that depends on the one that made the tables::

    operations = [
        KeepOwner(organization="account", member="accountuser", owner="accountowner"),
    ]

On other databases it does nothing; see the documentation for what guards the owner there.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.operations.base import Operation

__all__ = ["KeepOwner"]

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
        if schema_editor.connection.vendor == "postgresql":
            names = self._names(app_label, schema_editor, to_state)
            # No parameters: the statement holds percent signs of its own.
            schema_editor.execute((FUNCTION + TRIGGERS).format(**names), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        if schema_editor.connection.vendor == "postgresql":
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
