import hashlib
import unicodedata
from datetime import timedelta
from itertools import groupby

from django.db import migrations
from django.db.models import F

# The lifetime that new invitations have by default. Older links never ended; these do, and
# the organization's page offers to send them again.
LIFETIME = timedelta(days=7)
# Organizations whose invitations are read at a time; databases limit the length of a list.
BATCH = 500


def fill(apps, schema_editor):
    """Give every invitation its state: used, open until its time is up, or replaced."""
    connection = schema_editor.connection
    model = apps.get_model("organizations", "OrganizationInvitation")
    invitations = model._base_manager.using(connection.alias)
    invitations.filter(invitee__isnull=False).update(status="accepted")
    unused = invitations.filter(invitee__isnull=True)
    unused.update(expires_at=F("created") + LIFETIME)

    quote = schema_editor.quote_name
    status, open_key, key = (
        quote(model._meta.get_field(name).column) for name in ("status", "open_key", "id")
    )
    # One statement for many rows: what each row gets is known here, not to the database.
    write = (
        f"UPDATE {quote(model._meta.db_table)} "  # noqa: S608  # names from the models' state
        f"SET {status} = %s, {open_key} = %s WHERE {key} = %s"
    )
    organizations = unused.order_by("organization_id").values_list("organization_id", flat=True)
    keys = list(organizations.distinct())
    for start in range(0, len(keys), BATCH):
        rows = unused.filter(organization_id__in=keys[start : start + BATCH])
        with connection.cursor() as cursor:
            cursor.executemany(write, list(states_of(rows)))


def states_of(rows):
    """Yield (status, open key, key): the newest of an organization and address stays open."""
    newest_first = rows.order_by("organization_id", "-created", "-pk").values_list(
        "organization_id", "invitee_identifier", "pk"
    )
    for _organization, group in groupby(newest_first, key=lambda row: row[0]):
        seen = set()
        for _same, identifier, pk in group:
            digest = hashlib.sha256(one_form(identifier).encode()).hexdigest()
            if digest in seen:
                yield "superseded", None, pk
            else:
                seen.add(digest)
                yield "pending", digest, pk


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
