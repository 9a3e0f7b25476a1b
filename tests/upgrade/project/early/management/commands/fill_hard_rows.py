"""Fill the tables, as far as they exist at this migration, with rows that are hard to take.

Works on the historical models, so it runs on either package and at any migration.
"""

import json
import uuid
from datetime import UTC, datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

NOW = datetime.now(UTC).replace(microsecond=0)
RAW_TEXT = "Kx7pQm2Zt9"  # the older backends put such a text where a hash belongs
HASH = "pbkdf2_sha256$216000$c2FsdHNhbHQ=$" + 43 * "A" + "="
FOUR_BYTES = "\N{PARTY POPPER}"


class Command(BaseCommand):
    def handle(self, **options):
        loader = MigrationExecutor(connection).loader
        self.apps = loader.project_state(list(loader.applied_migrations)).apps
        self.users()
        self.organizations()
        if ("organizations", "0004_organizationinvitation") in loader.applied_migrations:
            self.invitations()
        self.stdout.write(json.dumps(self.keys))

    def users(self):
        user = self.apps.get_model("auth", "User").objects
        self.user = {}
        self.keys = {}
        people = {
            "ada": {"email": "ada@example.com", "last_login": NOW - timedelta(3)},
            "bo": {"email": "bo@example.com"},
            "cy": {"email": "Cy@Example.COM"},
            "CY": {"email": "cy@example.com"},
            "di": {"email": "di@example.com"},
            "ed": {"email": "ed@example.com"},
            "zoë-王": {"email": "zoe@example.com", "first_name": "Zoë", "last_name": "王小明"},
            "placeholder": {"email": "new@example.com", "is_active": False, "password": RAW_TEXT},
            "founder": {"email": "founder@example.com", "is_active": False, "password": RAW_TEXT},
            "banned": {"email": "banned@example.com", "is_active": False, "last_login": NOW},
            "gone": {"email": "gone@example.com"},
            "nobody": {"email": ""},
        }
        for name, values in people.items():
            self.user[name] = user.create(username=name, **{"password": HASH, **values})

    def organization(self, label, name, slug, **values):
        rows = self.apps.get_model("organizations", "Organization").objects
        row = rows.create(name=name, slug=f"fill-{label}", **values)
        # The slug field of the day may have its own idea; an update passes it by.
        rows.filter(pk=row.pk).update(slug=slug)
        self.keys[label] = row.pk
        return row

    def member(self, organization, name, **values):
        rows = self.apps.get_model("organizations", "OrganizationUser").objects
        return rows.create(organization=organization, user=self.user[name], **values)

    def owner(self, organization, member):
        rows = self.apps.get_model("organizations", "OrganizationOwner").objects
        return rows.create(organization=organization, organization_user=member)

    def note(self, organization, member=None):
        rows = self.apps.get_model("early", "Note").objects
        rows.create(text=organization.name[:200], organization=organization, member=member)

    def owned(self, label, name, slug, owner="ada", is_admin=True, **values):
        organization = self.organization(label, name, slug, **values)
        member = self.member(organization, owner, is_admin=is_admin)
        self.owner(organization, member)
        self.note(organization, member)
        return organization

    def organizations(self):
        well = self.owned("well", "Well kept", "well-kept")
        self.bo = self.member(well, "bo", is_admin=True)
        for name in ["cy", "zoë-王", "placeholder", "nobody"]:
            self.member(well, name)
        self.well = well
        ownerless = self.organization("ownerless", "Nobody's", "nobodys")
        self.member(ownerless, "di")
        self.note(ownerless)
        self.note(self.organization("empty", "Empty", "empty"))
        self.owned("no_admin", "Owner is no admin", "no-admin", owner="ed", is_admin=False)
        elsewhere = self.organization("elsewhere", "Owned from elsewhere", "elsewhere")
        self.member(elsewhere, "di", is_admin=True)
        self.owner(elsewhere, self.bo)
        self.owned("banned", "Owner is banned", "banned", owner="banned")
        self.owned("unconfirmed", "Not yet", "not-yet", owner="founder", is_active=False)
        self.owned("slug_login", "Login", "login", owner="di")
        self.owned("slug_admin", "Admin", "admin", owner="di")
        self.owned("slug_digits", "123", "123", owner="di")
        self.owned("slug_long", "Long", 200 * "x", owner="di")
        self.owned("unicode", ("Überraschung & Söhne 株式会社 " + FOUR_BYTES * 200)[:200], "u-1")
        self.owned("twin_a", "Twins", "twins")
        self.owned("twin_b", "Twins", "twins-2")
        self.owned("disabled", "Switched off", "off", is_active=False)

    def invitation(self, label, identifier, organization=None, **values):
        model = self.apps.get_model("organizations", "OrganizationInvitation")
        values = {"invited_by": self.user["ada"], "guid": uuid.uuid4(), "created": NOW, **values}
        row = model.objects.create(
            organization=organization or self.well, invitee_identifier=identifier, **values
        )
        self.keys[label] = row.pk

    def invitations(self):
        long_ago = NOW - timedelta(900)
        other = self.apps.get_model("organizations", "Organization").objects.get(slug="twins")
        self.invitation("fresh", "fresh@example.com")
        self.invitation("stale", "stale@example.com", created=long_ago)
        self.invitation("used", "bo@example.com", created=long_ago, invitee=self.user["bo"])
        self.invitation("used_again", "bo@example.com")
        self.invitation("case_oldest", "Case@Example.com", created=NOW - timedelta(3))
        self.invitation("case_older", "CASE@example.com ", created=NOW - timedelta(2))
        self.invitation("case_newest", "case@example.com", created=NOW - timedelta(1))
        self.invitation("case_elsewhere", "CASE@EXAMPLE.COM", organization=other)
        self.invitation("same_moment_a", "moment@example.com")
        self.invitation("same_moment_b", "Moment@example.com")
        self.invitation("domain_a", "eva@bücher.example", created=NOW - timedelta(1))
        self.invitation("domain_b", "eva@xn--bcher-kva.example")
        self.invitation("composed_a", "zoe\u0308@example.com", created=NOW - timedelta(1))
        self.invitation("composed_b", "zo\u00eb@example.com")
        self.invitation("no_address", "The lady with the hat at the counter")
        self.invitation("phone_used", "+49 30 123456", invitee=self.user["cy"])
        self.invitation("empty_text", "")
        self.invitation("long_ascii", 1000 * "a")
        self.invitation("long_four_bytes", 1000 * FOUR_BYTES)
        self.invitation("long_domain", "a@" + 998 * "b")
        guid = uuid.uuid4()
        self.invitation("guid_first", "first@example.com", guid=guid)
        self.invitation("guid_second", "second@example.com", guid=guid)
        self.invitation("inviter_banned", "b@example.com", invited_by=self.user["banned"])
        self.invitation("inviter_no_member", "e@example.com", invited_by=self.user["CY"])
        self.invitation("inviter_gone", "g@example.com", invited_by=self.user["gone"])
        self.user["gone"].delete()  # and the invitation with it: the schema says CASCADE
