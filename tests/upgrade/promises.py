"""What an upgrade keeps, fills and reports; asserted after every kind of upgrade."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from typing import Any

from .databases import Database, assert_kept

Rows = dict[str, list[dict[str, Any]]]

# Invitation -> what the migration makes of it.
STATES = {
    "fresh": "pending",
    "stale": "pending",
    "used": "accepted",
    "used_again": "pending",
    "case_oldest": "superseded",
    "case_older": "superseded",
    "case_newest": "pending",
    "case_elsewhere": "pending",
    "same_moment_a": "superseded",
    "same_moment_b": "pending",
    "domain_a": "superseded",
    "domain_b": "pending",
    "composed_a": "superseded",
    "composed_b": "pending",
    "no_address": "pending",
    "phone_used": "accepted",
    "empty_text": "pending",
    "long_ascii": "pending",
    "long_four_bytes": "pending",
    "long_domain": "pending",
    "guid_first": "pending",
    "guid_second": "pending",
    "inviter_banned": "pending",
    "inviter_no_member": "pending",
    "inviter_gone": None,  # gone with its inviter, long before
}

TRANSFER = "organizations_recover {key}"
# Code of the finding -> the command that mends it, and the odd rows that are reported so.
ODD_ORGANIZATIONS = {
    "ownerless": (TRANSFER, ["ownerless", "empty"]),
    "owner_elsewhere": (TRANSFER, ["elsewhere"]),
    "owner_inactive": (TRANSFER, ["banned"]),
    "owner_no_admin": ("organizations_doctor --mend owner_no_admin", ["no_admin"]),
    "slug_reserved": (
        "organizations_doctor --mend slug_reserved",
        ["slug_login", "slug_admin", "slug_digits"],
    ),
}
ODD_INVITATIONS = {
    "guid_twice": ("organizations_doctor --mend guid_twice", ["guid_second"]),
    "invitation_no_address": (
        "organizations_doctor --mend invitation_no_address",
        ["composed_b", "no_address", "empty_text", "long_ascii", "long_four_bytes", "long_domain"],
    ),
    "invitation_expired": ("organizations_doctor --mend invitation_expired", ["stale"]),
}
ODD_USERS = {
    "password_raw": ("organizations_doctor --mend password_raw", ["placeholder", "founder"]),
}


def upgrade(database: Database, *, apps: str = "early late") -> tuple[Rows, Rows]:
    """Migrate in our environment; return the rows before and after, which are equal."""
    before = database.dump()
    migrated, missing = database.manage(
        "migrate -v0", "makemigrations --check --dry-run", apps=apps
    )
    assert (migrated.code, missing.code) == (0, 0), missing.output
    after = database.dump()
    assert_kept(before, after)
    return before, after


def check_invitations(rows: Rows, keys: dict[str, int]) -> None:
    """Every invitation has the state, the open key and the end that the migration promises."""
    found = {row["id"]: row for row in rows["organizations_organizationinvitation"]}
    assert {label: found.get(keys[label], {}).get("status") for label in STATES} == STATES
    open_keys = [
        (row["organization_id"], row["open_key"]) for row in found.values() if row["open_key"]
    ]
    assert len(open_keys) == len(set(open_keys))
    for row in found.values():
        assert (row["status"] == "accepted") == (row["invitee_id"] is not None)
        assert (row["status"] == "pending") == (row["open_key"] is not None)
        assert (row["token_digest"], row["sent_at"], row["send_count"]) == (None, None, 0)
        assert not row["is_admin"], "nobody becomes an admin by an upgrade"
        if row["status"] == "accepted":
            assert row["expires_at"] is None
        else:
            assert moment(row["expires_at"]) == moment(row["created"]) + timedelta(days=7)


def moment(value: Any) -> datetime:
    """SQLite keeps texts."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def check_anchors(rows: Rows) -> None:
    """Every owner row has its anchor, and no organization gained an owner."""
    owned = {row["organization_id"] for row in rows["organizations_organizationowner"]}
    anchors = rows["organizations_owneranchor"]
    assert {(row["organization_id"], row["owner_id"]) for row in anchors} == {
        (key, key) for key in owned
    }


def findings(database: Database, *, apps: str = "early late") -> list[dict[str, str]]:
    """Return what the doctor says of the rows, which it leaves as they are."""
    before = database.dump()
    [answer] = database.manage("organizations_doctor --json", apps=apps)
    assert database.dump() == before, "the doctor changed something unasked"
    found = [each for each in answer.json() if not each["code"].startswith("organizations.")]
    assert answer.code == 1, "the host project has no pages, which is a finding too"
    return found


def check_doctor(
    database: Database, keys: dict[str, int], *, with_invitations: bool = True, apps: str
) -> None:
    """Every odd row is reported with the command that mends it, and every command mends it."""
    found = findings(database, apps=apps)
    expected = {**ODD_ORGANIZATIONS, **ODD_USERS, **(ODD_INVITATIONS if with_invitations else {})}
    assert {each["code"] for each in found} == set(expected)
    for code, (command, labels) in expected.items():
        reported = [each for each in found if each["code"] == code]
        for label in labels:
            key = keys.get(label, label)
            named = f"({key})" if isinstance(key, int) else f"{key} ("
            mend = f"manage.py {command.format(key=key)}"
            hits = [
                each
                for each in reported
                if each["mend"] == mend and named in f"{each['subject']} {each['problem']}"
            ]
            # An expired invitation is named by its address.
            if code == "invitation_expired":
                hits = [each for each in reported if "stale@example.com" in each["problem"]]
            assert len(hits) == 1, (code, label, reported)
        others = [each for each in reported if "peer" not in each["subject"].lower()]
        assert len(others) >= len(labels)

    # The new owner is somebody who owns nothing so far, or something else.
    lines: list[str | list[str]] = []
    for code in sorted(expected):
        commands = {each["mend"] for each in found if each["code"] == code}
        for command in sorted(commands):
            line = shlex.split(command.removeprefix("manage.py "))
            # It lists who could take over, and takes one of them.
            recovers = line[0] == "organizations_recover"
            lines.append([*line, "--to", "di@example.com", "--add"] if recovers else line)
        lines.append(["organizations_doctor", "--json"])
    mended: set[str] = set()
    for line, answer in zip(lines, database.manage(*lines, apps=apps), strict=True):
        if line != ["organizations_doctor", "--json"]:
            assert answer.code == 0, answer.output
            continue
        mended.add(sorted(expected)[len(mended)])
        left = {each["code"] for each in answer.json() if each["code"] in expected}
        assert left == set(expected) - mended, "a command mended too little or too much"


def check_use(database: Database, *, apps: str) -> None:
    """The ordinary things work, and new keys follow the highest that were there."""
    before = database.dump()
    [answer] = database.manage("use_organizations", apps=apps)
    for table, key in answer.json().items():
        assert key > max((row["id"] for row in before[table]), default=0), table
