import hashlib
from datetime import timedelta

from django.db import migrations

# The lifetime that new invitations have by default. Older links never ended; these do, and
# the organization's page offers to send them again.
LIFETIME = timedelta(days=7)
BATCH = 1000


def fill(apps, schema_editor):
    """Give every invitation its state: used, open until its time is up, or replaced."""
    invitations = apps.get_model("organizations", "OrganizationInvitation")._base_manager.using(
        schema_editor.connection.alias
    )
    invitations.filter(invitee__isnull=False).update(status="accepted")
    open_keys = set()
    batch = []
    rows = invitations.filter(invitee__isnull=True).order_by("-created", "-pk")
    for row in rows.iterator(chunk_size=BATCH):
        address = row.invitee_identifier.strip().lower()
        key = hashlib.sha256(address.encode()).hexdigest()
        if (row.organization_id, key) in open_keys:
            row.status = "superseded"
        else:
            open_keys.add((row.organization_id, key))
            row.open_key = key
        row.expires_at = row.created + LIFETIME
        batch.append(row)
        if len(batch) == BATCH:
            invitations.bulk_update(batch, ["status", "open_key", "expires_at"])
            batch = []
    if batch:
        invitations.bulk_update(batch, ["status", "open_key", "expires_at"])


class Migration(migrations.Migration):
    dependencies = [("organizations", "0009_invitation_lifecycle")]

    # Backwards there is nothing to undo: the columns go with the step before.
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
