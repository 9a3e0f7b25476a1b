"""Indexes of ours, as each database can hold them."""

import pytest
from django.db import connection

from organizations.models import OrganizationInvitation


@pytest.mark.sqlite
def test_mysql_takes_the_beginning_of_what_is_too_long_for_an_entry(monkeypatch):
    """No server of MySQL is here: SQLite's words are read, as it would be told them."""
    index = next(
        each
        for each in OrganizationInvitation._meta.indexes
        if each.name == "organizations_invitation_to"
    )
    editor = connection.schema_editor(collect_sql=True)
    on = 'ON "organizations_organizationinvitation" ("invitee_identifier"'
    assert str(index.create_sql(OrganizationInvitation, editor)).endswith(f"{on})")
    monkeypatch.setattr(connection, "vendor", "mysql")
    assert str(index.create_sql(OrganizationInvitation, editor)).endswith(f"{on} (191))")
