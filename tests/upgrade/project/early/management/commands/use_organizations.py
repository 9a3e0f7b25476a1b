"""Do the ordinary things after the upgrade, and print the keys of the new rows."""

import json
from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import transaction

from organizations.models import Organization, OrganizationInvitation
from organizations.utils import create_organization
from tests.upgrade.project.early.models import Note


class Command(BaseCommand):
    def handle(self, **options):
        from organizations.services import addresses, invitations

        now = datetime.now(UTC)
        with transaction.atomic():
            ada = get_user_model().objects.get(username="ada")
            new = get_user_model().objects.create_user("newcomer", "newcomer@example.com")
            organization = create_organization(ada, "Founded after the upgrade")
            member = organization.add_user(new)
            organization.change_owner(member)
            offer = invitations.invite(
                organization, address="fresh@example.com", actor=new, now=now
            )
            note = Note.objects.create(text="new", organization=organization, member=member)
        with transaction.atomic():
            # An invitation that was made before the upgrade, by its address.
            old = OrganizationInvitation.objects.filter(
                invitee_identifier="fresh@example.com", status="pending"
            ).earliest("pk")
            guest = get_user_model().objects.create_user("guest", "fresh@example.com")
            addresses.verify(guest, "fresh@example.com")
            invitations.accept(old, user=guest, now=now)
            # An address that was invited in other spellings: the open row is used again.
            before = OrganizationInvitation.objects.count()
            well = Organization.objects.get(slug="well-kept")
            for address in ["CASE@EXAMPLE.com", "Eva@Bücher.example"]:
                invitations.invite(well, address=address, actor=ada, now=now)
            assert OrganizationInvitation.objects.count() == before
        keys = {
            "organizations_organization": organization.pk,
            "organizations_organizationuser": member.pk,
            "organizations_organizationowner": organization.owner.pk,
            "organizations_organizationinvitation": offer.pk,
            "early_note": note.pk,
            "auth_user": new.pk,
        }
        self.stdout.write(json.dumps(keys))
