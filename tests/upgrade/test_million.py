"""One million memberships upgrade in minutes, and can be written to all the while."""

import json
import random
import threading
import time

import pytest

from .databases import END

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

USERS, ORGANIZATIONS, MEMBERS, INVITATIONS = 200_000, 50_000, 1_000_000, 200_000
MOST_SECONDS = 300
LONGEST_LOCK_SECONDS = 1

# Every organization has twenty members, the first of whom owns it. A sixth of the invitations
# is used, and each address was invited twice, in two spellings.
FILL = f"""
INSERT INTO auth_user (username, email, password, first_name, last_name,
                       is_staff, is_active, is_superuser, date_joined)
SELECT 'user' || n, 'user' || n || '@example.com', '!', '', '', false, true, false, now()
FROM generate_series(1, {USERS}) n;

INSERT INTO organizations_organization (name, slug, is_active, created, modified)
SELECT 'Organization ' || n, 'organization-' || n, true, now(), now()
FROM generate_series(1, {ORGANIZATIONS}) n;

INSERT INTO organizations_organizationuser (organization_id, user_id, is_admin, created, modified)
SELECT o, (o + 4999 * m) % {USERS} + 1, m = 0, now(), now()
FROM generate_series(1, {ORGANIZATIONS}) o, generate_series(0, {MEMBERS // ORGANIZATIONS - 1}) m;

INSERT INTO organizations_organizationowner
       (organization_id, organization_user_id, created, modified)
SELECT organization_id, min(id), now(), now()
FROM organizations_organizationuser GROUP BY organization_id;

INSERT INTO organizations_organizationinvitation
       (guid, invitee_identifier, organization_id, invited_by_id, invitee_id, created, modified)
SELECT gen_random_uuid(),
       CASE WHEN n <= {INVITATIONS // 2} THEN 'Guest' ELSE 'guest' END
       || n % {INVITATIONS // 2} || '@example.com',
       n % {ORGANIZATIONS} + 1, n % {USERS} + 1,
       CASE WHEN n % 6 = 0 THEN n % {USERS} + 1 END,
       now() - n * interval '1 minute', now()
FROM generate_series(1, {INVITATIONS}) n;
"""

CONTENT = """
SELECT count(*), sum(hashtext(concat_ws(',', id, organization_id, user_id, created)))
FROM organizations_organizationuser
"""


CHANGE = "UPDATE organizations_organizationuser SET modified = now() WHERE id = %s"
ADD = """
INSERT INTO organizations_organizationuser (organization_id, user_id, is_admin, created, modified)
VALUES (%s, %s, false, now(), now()) RETURNING id
"""
REMOVE = "DELETE FROM organizations_organizationuser WHERE id = %s"


class Writer(threading.Thread):
    """Changes, adds and removes members until told to stop, and notes how long each took."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database = database
        self.stopped = threading.Event()
        self.seconds = []
        self.error = None

    def run(self):
        try:
            with self.database.connect() as link:
                # The server itself measures the wait for a lock, and refuses beyond this.
                link.execute(f"SET lock_timeout = '{LONGEST_LOCK_SECONDS}s'")
                while not self.stopped.wait(0.01):
                    self.write(link)
        except Exception as error:
            self.error = error

    def write(self, link):
        organization = random.randint(1, ORGANIZATIONS)
        self.timed(link, CHANGE, random.randint(1, MEMBERS))
        # By the rule of FILL nobody is a member of this organization under this number.
        added = self.timed(link, ADD, organization, (organization + 1) % USERS + 1)
        self.timed(link, REMOVE, *added.fetchone())

    def timed(self, link, statement, *parameters):
        started = time.monotonic()
        result = link.execute(statement, parameters)
        self.seconds.append(time.monotonic() - started)
        return result

    def stop(self):
        self.stopped.set()
        self.join()
        if self.error:
            raise self.error


def timed(action, *arguments, **options):
    started = time.monotonic()
    result = action(*arguments, **options)
    return time.monotonic() - started, result


def test_a_million_members_upgrade_in_minutes_without_a_long_lock(empty_database):
    database = empty_database
    database.manage("migrate -v0 auth", f"migrate -v0 organizations {END}")
    with database.connect() as link:
        link.execute(FILL)
        link.execute("ANALYZE")
        before = link.execute(CONTENT).fetchone()
    assert before[0] == MEMBERS

    writer = Writer(database)
    writer.start()
    try:
        seconds, _ = timed(database.manage, "migrate -v0 organizations")
    finally:
        writer.stop()  # raises what the writer met, such as a lock that lasted too long

    with database.reading() as link:
        assert link.execute(CONTENT).fetchone() == before
        states = dict(
            link.execute(
                "SELECT status, count(*) FROM organizations_organizationinvitation GROUP BY 1"
            ).fetchall()
        )
        [anchors] = link.execute("SELECT count(*) FROM organizations_owneranchor").fetchone()
    assert anchors == ORGANIZATIONS
    assert sum(states.values()) == INVITATIONS
    assert set(states) == {"accepted", "pending", "superseded"}
    looked, [answer] = timed(database.manage, "organizations_doctor --json")
    codes = {each["code"] for each in json.loads(answer.output)}
    assert {code for code in codes if not code.startswith("organizations.")} == {
        "invitation_expired"
    }
    print(
        f"\n{MEMBERS:,} members, {ORGANIZATIONS:,} organizations, {INVITATIONS:,} invitations: "
        f"migrated in {seconds:.1f} s (at most {MOST_SECONDS}); of {len(writer.seconds):,} "
        f"writes to the membership table meanwhile none waited {LONGEST_LOCK_SECONDS} s for a "
        f"lock, and the slowest took {max(writer.seconds):.3f} s; the doctor looked "
        f"for {looked:.1f} s. Command: "
        "ORGKIT_DB=postgres python -m pytest tests/upgrade/test_million.py -m slow -s"
    )
    assert seconds < MOST_SECONDS
