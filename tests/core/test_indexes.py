"""An index for equal values holds those that are too long for a tree."""

import random

import pytest
from django.db import connection

from organizations import testing
from organizations.models import OrganizationInvitation


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_longest_identifier_is_stored_and_found():
    acme = testing.make_organization("Acme", owner="ada")
    chance = random.Random(1)
    # Four bytes each, and nothing that PostgreSQL could compress.
    longest = "".join(chr(0x20000 + chance.randrange(40_000)) for _ in range(1_000))
    made = OrganizationInvitation.objects.create(
        organization=acme, invited_by=acme.users.get(), invitee_identifier=longest
    )
    assert OrganizationInvitation.objects.get(invitee_identifier=longest) == made
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'organizations_invitation_to'"
        )
        [[definition]] = cursor.fetchall()
    assert "USING hash (invitee_identifier)" in definition


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
