"""``manage.py organizations_recover acme --to ada@example.com``: an owner for one without."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import NoReverseMatch, reverse

from organizations import mail
from organizations.converters import find_organization, url_part
from organizations.doors import link_base
from organizations.exceptions import OrganizationsError
from organizations.families import default_family
from organizations.services import addresses, recovery, registration


class Command(BaseCommand):
    help = (
        "Give an organization a new owner whose owner is gone: whose account is switched off, "
        "who belongs elsewhere, or who is not there at all. Without an organization it lists "
        "those; without --to it lists who could take over. The admins are told by mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", nargs="?", help="key or slug of the organization")
        parser.add_argument(
            "--to", metavar="ADDRESS", help="e-mail address of the member who takes over"
        )
        parser.add_argument(
            "--add", action="store_true", help="let somebody take over who is no member yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["organization"] is None:
            if options["to"] or options["add"]:
                raise CommandError("Name the organization, too.")
            self._list()
            return
        organization = find_organization(default_family().organization, options["organization"])
        if organization is None:
            raise CommandError(f"No organization has the key or slug {options['organization']!r}.")
        if options["to"]:
            self._recover(organization, options["to"], add=options["add"])
        else:
            self._candidates(organization)

    def _list(self) -> None:
        found = recovery.ownerless()
        for organization in found:
            self.stdout.write(f"{organization} ({organization.pk})")
            self.stdout.write(f"    -> manage.py organizations_recover {organization.pk}")
        if not found:
            self.stdout.write(self.style.SUCCESS("Every organization has an owner."))

    def _candidates(self, organization: Any) -> None:
        if organization.pk not in {each.pk for each in recovery.ownerless()}:
            raise CommandError(_has_owner(organization))
        found = recovery.candidates(organization)
        if not found:
            self.stdout.write(f"{organization} has no member who could take over. Bring one in:")
            example = "ADDRESS --add"
        else:
            self.stdout.write(f"Who could take over {organization}:")
            for member in found:
                admin = "admin" if getattr(member, "is_admin", False) else "member"
                name = mail.display_name(member.user)
                self.stdout.write(f"    {admin:8}{addresses.address_of(member.user)}  {name}")
            example = addresses.address_of(found[0].user) or "ADDRESS"
        self.stdout.write(
            f"    -> manage.py organizations_recover {organization.pk} --to {example}"
        )

    def _recover(self, organization: Any, address: str, *, add: bool) -> None:
        untold = []

        def tell_or_note(organization: Any, owner: Any, recipient: Any) -> None:
            try:
                tell(organization, owner, recipient)
            except Exception:
                untold.append(addresses.address_of(recipient))
                raise

        try:
            user = registration.user_with(address)
            if user is None:
                raise CommandError(f"No account has the address {address!r}.")
            recovery.recover(organization, user, add=add, tell=tell_or_note)
        except recovery.HasOwner as error:
            raise CommandError(_has_owner(organization)) from error
        except recovery.NoMember as error:
            raise CommandError(
                f"{user} is no member of {organization}. Use --add if that is meant."
            ) from error
        except OrganizationsError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{organization} is owned by {user} now."))
        for each in untold:
            self.stderr.write(f"The mail to {each} did not leave; the log says why.")


def _has_owner(organization: Any) -> str:
    return (
        f"{organization} has an owner who can sign in. To hand it over anyway, use "
        f"manage.py organizations_transfer {organization.pk} ADDRESS."
    )


def tell(organization: Any, owner: Any, recipient: Any) -> None:
    """Mail one admin that the organization has a new owner."""
    to = addresses.address_of(recipient)
    if not to:
        return
    url, site_name = "", ""
    try:
        base = link_base(None)
        site_name = base.name
        path = reverse("organization_detail", kwargs={"organization_pk": url_part(organization)})
        url = base.url(path)
    except (ImproperlyConfigured, NoReverseMatch):
        pass  # the mail says what happened without a link as well
    context = {
        "organization": organization,
        "owner_name": mail.display_name(owner),
        "is_owner": owner.pk == recipient.pk,
        "recipient": to,
        "site_name": site_name,
        "url": url,
        "user": recipient,
    }
    kind = "organizations/email/recovered"
    mail.message(to, f"{kind}_subject.txt", f"{kind}_body.html", context).send()
