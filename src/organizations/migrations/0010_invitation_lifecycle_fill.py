import hashlib
import unicodedata
from datetime import timedelta

from django.db import migrations
from django.db.models import F

# The lifetime that new invitations have by default. Older links never ended; these do, and
# the organization's page offers to send them again.
LIFETIME = timedelta(days=7)
# Organizations read, and rows written, at a time; databases limit the length of a list.
BATCH = 500


def fill(apps, schema_editor):
    """Give every invitation its state: used, open until its time is up, or replaced."""
    connection = schema_editor.connection
    model = apps.get_model("organizations", "OrganizationInvitation")
    invitations = model._base_manager.using(connection.alias)
    invitations.filter(invitee__isnull=False).update(status="accepted")
    unused = invitations.filter(invitee__isnull=True)
    unused.update(expires_at=F("created") + LIFETIME)

    organizations = unused.order_by("organization_id").values_list("organization_id", flat=True)
    keys = list(organizations.distinct())
    for start in range(0, len(keys), BATCH):
        rows = unused.filter(organization_id__in=keys[start : start + BATCH])
        open_keys, replaced = sort_out(rows)
        for first in range(0, len(replaced), BATCH):
            invitations.filter(pk__in=replaced[first : first + BATCH]).update(status="superseded")
        for first in range(0, len(open_keys), BATCH):
            write_open_keys(schema_editor, model, open_keys[first : first + BATCH])


def sort_out(rows):
    """Return [(key, open key)] of the newest of each organization and address, and the others."""
    newest_first = rows.order_by("organization_id", "-created", "-pk").values_list(
        "organization_id", "invitee_identifier", "pk"
    )
    open_keys, replaced, seen = [], [], set()
    for organization, identifier, pk in newest_first:
        digest = hashlib.sha256(one_form(identifier).encode()).hexdigest()
        if (organization, digest) in seen:
            replaced.append(pk)
        else:
            seen.add((organization, digest))
            open_keys.append((pk, digest))
    return open_keys, replaced


def write_open_keys(schema_editor, model, open_keys):
    """Write what each row gets, which only we know; in one round trip where that is slow."""
    quote = schema_editor.quote_name
    table, key, column = (
        quote(name)
        for name in (
            model._meta.db_table,
            model._meta.pk.column,
            model._meta.get_field("open_key").column,
        )
    )
    with schema_editor.connection.cursor() as cursor:
        if schema_editor.connection.vendor == "postgresql":
            values = ", ".join(["(%s, %s)"] * len(open_keys))
            cursor.execute(
                f"UPDATE {table} SET {column} = column2 "  # noqa: S608  # names of the state
                f"FROM (VALUES {values}) AS known WHERE {table}.{key} = column1",
                [value for pair in open_keys for value in pair],
            )
        else:
            cursor.executemany(
                f"UPDATE {table} SET {column} = %s WHERE {key} = %s",  # noqa: S608
                [(digest, pk) for pk, digest in open_keys],
            )


def one_form(identifier):
    """Return the one form of an address, as new invitations have it; any other text as well."""
    plain = unicodedata.normalize("NFC", identifier).strip()
    local, at, domain = plain.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return plain.lower()  # no address
    return f"{local}{at}{domain}".lower()


class Migration(migrations.Migration):
    dependencies = [("organizations", "0009_invitation_lifecycle")]

    # Backwards there is nothing to undo: the columns go with the step before.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
