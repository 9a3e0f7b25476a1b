"""The demo data: four organizations, their people and their invitations.

The plan is the same each time, so what belongs to it can be found again: by the addresses of
its people and the slugs of its organizations. Nothing is written while one of them is taken.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from ..conf import get_settings
from ..exceptions import OrganizationsError
from ..families import default_family
from ..models import VerifiedAddress
from ..services import domains, invitations, links, organizations, requests

__all__ = ["LOGINS", "DemoError", "Login", "is_present", "remove", "seed"]


class DemoError(OrganizationsError):
    """The demo data cannot be written or removed; the message says what to do."""

    code = "demo_data"
    status_hint = 409


@dataclass(frozen=True, slots=True)
class Login:
    """A person of the demo with a password."""

    role: str
    first_name: str
    last_name: str
    about: str

    @property
    def username(self) -> str:
        return f"demo-{self.role}"

    @property
    def address(self) -> str:
        return f"{self.role}@demo.example.com"


LOGINS = (
    Login("owner", "Ada", "Okafor", "owner of Kestrel Tools, with every right there"),
    Login("admin", "Grace", "Lindqvist", "admin of Kestrel Tools, owner of Meridian Freight"),
    Login("billing", "Bilal", "Haddad", "member of Kestrel Tools, owner of a society of nine"),
    Login("member", "Mei", "Tanaka", "member of Kestrel Tools and Meridian Freight"),
    Login("outsider", "Olga", "Novak", "member of nothing yet, with an open invitation"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The plan of one organization; people beyond the logins are made up to the size."""

    name: str
    slug: str
    domain: str
    size: int
    owner: str
    admins: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    more_admins: int = 0
    invited: tuple[str, ...] = ()
    #: A domain whose readers join at once; people may ask to join as well then.
    join_domain: str = ""
    #: How many pending, expired, declined and revoked invitations.
    offers: tuple[int, int, int, int] = (0, 0, 0, 0)
    #: Whether there are links, a proposal and a request besides.
    has_more_ways: bool = False


GROUPS = (
    Group("Ada’s Workshop 🛠️", "adas-workshop", "workshop.example.com", 1, "owner"),  # noqa: RUF001
    Group(
        "The Independent Co-operative Society of Bookbinders, Papermakers, Typesetters and "
        "Letterpress Printers of East Riverbend",
        "riverbend-bookbinders",
        "riverbend.example.org",
        9,
        "billing",
        more_admins=1,
        invited=("outsider",),
        offers=(1, 1, 1, 0),
    ),
    Group(
        "Kestrel Tools",
        "kestrel-tools",
        "kestrel.example.com",
        38,
        "owner",
        admins=("admin",),
        members=("billing", "member"),
        more_admins=2,
        offers=(4, 2, 2, 2),
        has_more_ways=True,
    ),
    Group(
        "Meridian Freight",
        "meridian-freight",
        "meridian.example.com",
        400,
        "admin",
        admins=("owner",),
        members=("member",),
        more_admins=6,
        offers=(14, 9, 5, 4),
        join_domain="demo.example.com",
    ),
)


def _words(text: str) -> list[str]:
    return text.split()


FIRST_NAMES = _words(
    """
    Aisha Amara Anders Anna Antonio Beatriz Ben Carla Chidi Clara Daniel Diego Dora Elias
    Emma Eva Femi Finn Freya Gabriel Hana Hugo Ines Isaac Ivy Jakob Jana Joao Jonas Julia
    Kofi Lara Lena Leo Linh Lucia Luka Maria Mateo Maya Mia Milan Mina Nadia Nico Noah Nora
    Oscar Paula Petra Priya Rafael Rosa Ruth Samuel Sara Sofia Tariq Tessa Theo Tomas Vera
    Victor Yara Zoe
    """
)
LAST_NAMES = _words(
    """
    Abebe Adeyemi Almeida Andersen Arslan Baker Bauer Berg Bianchi Boateng Campos Castillo
    Chen Costa Dubois Eriksen Fischer Fontaine Garcia Gupta Haas Hansen Horvat Ibrahim
    Ivanov Jensen Johansson Kaya Keller Khan Kim Kovacs Larsen Laurent Lopez Martin Mensah
    Meyer Moreau Moretti Murphy Nagy Ng Nguyen Nowak Nunez Okeke Olsen Park Patel Peters
    Popescu Ricci Romero Rossi Sato Schmidt Shah Silva Singh Smith Svensson Torres Varga
    Virtanen Weber Wilson Yilmaz Young
    """
)
#: Names in other scripts, with the part of the address before the @.
MORE_NAMES = (
    ("さくら", "高橋", "sakura.takahashi"),
    ("فاطمة", "الزهراء", "fatima.alzahra"),
    ("健太", "鈴木", "kenta.suzuki"),
    ("يوسف", "منصور", "yusuf.mansour"),
    ("Zoë", "Müller-Łukasik", "zoe.mueller"),
    ("Robin 🌻", "Vega", "robin.vega"),
    ("Maximiliana Alexandrina", "von Hohenfels und zu Altenbruck", "maximiliana.alexandrina"),
)


@dataclass(slots=True)
class Person:
    """Somebody of the plan; ``joined`` is the age of the membership."""

    username: str
    address: str
    first_name: str = ""
    last_name: str = ""
    joined: timedelta = timedelta()
    is_active: bool = True
    has_password: bool = False


@dataclass(slots=True)
class Plan:
    """Everybody by username, and the made-up people of each organization by its slug."""

    people: dict[str, Person] = field(default_factory=dict)
    made_up: dict[str, list[Person]] = field(default_factory=dict)


def make_plan() -> Plan:
    plan = Plan()
    chance = random.Random(20)  # noqa: S311
    for login in LOGINS:
        plan.people[login.username] = Person(
            login.username, login.address, login.first_name, login.last_name, has_password=True
        )
    for group in GROUPS:
        known = 1 + len(group.admins) + len(group.members)
        people = list(_make_up(group, group.size - known, chance))
        plan.made_up[group.slug] = people
        plan.people.update({person.username: person for person in people})
    return plan


def _make_up(group: Group, number: int, chance: random.Random) -> Iterator[Person]:
    """Yield people who joined in the last twelve months, more of them lately."""
    taken: set[str] = set()
    company = group.domain.split(".")[0]
    for position in range(number):
        if position < len(MORE_NAMES):
            first, last, local = MORE_NAMES[position]
        else:
            first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
            local = f"{first}.{last}".lower()
        while local in taken:
            local = f"{local}{chance.randint(2, 99)}"
        taken.add(local)
        if position % 12 == 10:  # came without telling a name
            first = last = ""
        yield Person(
            username=f"demo-{company}-{position + 1}",
            address=f"{local}@{group.domain}",
            first_name=first,
            last_name=last,
            joined=timedelta(days=365 * (1 - chance.random() ** 0.6), seconds=position),
            is_active=position % 90 != 29,
        )


def is_present() -> bool:
    """Return whether the five logins are there. Queries: 1."""
    addresses = [login.address for login in LOGINS]
    return bool(_users(addresses).count() == len(addresses))


def seed(*, now: datetime, password: str) -> dict[str, Any]:
    """Write the demo data, all of it or nothing, and return what was made.

    Organizations and invitations are made by the verbs, with their signals. The many people
    are written in bulk, without signals.

    Raises:
        DemoError: it is there already, one of its names is taken, or the user model needs
            values that the demo does not know.
    """
    plan = make_plan()
    _refuse_taken(plan)
    with transaction.atomic():
        users = _write_users(plan, now=now, password=password)
        made = []
        counts = dict.fromkeys(("proposed", "pending", "expired", "declined", "revoked"), 0)
        for group in GROUPS:
            organization = _write_organization(group, plan, users, now=now)
            for state in _write_offers(group, organization, users, now=now):
                counts[state] += 1
            if group.has_more_ways:
                for state in _write_more_ways(group, organization, users, now=now):
                    counts[state] += 1
            made.append(
                {
                    "key": organization.pk,
                    "slug": organization.slug,
                    "name": organization.name,
                    "members": group.size,
                }
            )
    return {
        "password": password,
        "logins": [
            {
                "role": login.role,
                "login": users[login.username].get_username(),
                "address": login.address,
                "name": f"{login.first_name} {login.last_name}",
                "about": login.about,
            }
            for login in LOGINS
        ],
        "organizations": made,
        "users": len(users),
        "invitations": counts,
    }


def remove() -> dict[str, int]:
    """Delete the demo data and what belongs to its organizations; return how many went.

    Raises:
        DemoError: other rows still need a person or an organization of the demo; nothing is
            deleted then.
    """
    plan = make_plan()
    model = default_family().organization
    people = _users(person.address for person in plan.people.values())
    slugs = [group.slug for group in GROUPS]
    try:
        with transaction.atomic():
            keys = list(people.values_list("pk", flat=True))
            # An organization with such a slug but without a person of the demo is not ours.
            members = default_family().member._base_manager.filter(user_id__in=keys)
            found = list(
                model._base_manager.filter(
                    slug__in=slugs, pk__in=members.values("organization_id")
                ).order_by("pk")
            )
            for organization in found:
                organizations.delete(organization)
            _refuse_owners(keys)
            people.delete()
    except (ProtectedError, RestrictedError) as error:
        raise DemoError(
            f"Other rows still need the demo data, so nothing was removed: {error.args[0]}"
        ) from error
    return {"organizations": len(found), "users": len(keys)}


def _users(addresses: Iterable[str]) -> Any:
    model = get_user_model()
    return model._base_manager.filter(**{f"{model.get_email_field_name()}__in": list(addresses)})


def _refuse_taken(plan: Plan) -> None:
    if is_present():
        raise DemoError(
            "The demo data is here already. Take it away with --remove to make it anew."
        )
    model = get_user_model()
    taken = set(
        _users(person.address for person in plan.people.values()).values_list(
            model.get_email_field_name(), flat=True
        )
    )
    taken |= set(
        model._base_manager.filter(
            **{f"{model.USERNAME_FIELD}__in": list(plan.people)}
        ).values_list(model.USERNAME_FIELD, flat=True)
    )
    taken |= set(
        default_family()
        .organization._base_manager.filter(slug__in=[group.slug for group in GROUPS])
        .values_list("slug", flat=True)
    )
    if taken:
        raise DemoError(
            f"These names of the demo are taken, so nothing was written: "
            f"{', '.join(sorted(map(str, taken))[:8])}."
        )


def _refuse_owners(keys: list[Any]) -> None:
    owners = default_family().owner._base_manager.filter(organization_user__user_id__in=keys)
    names = list(owners.values_list("organization__name", flat=True)[:5])
    if names:
        raise DemoError(
            "People of the demo own organizations that it did not make, so nothing was "
            f"removed. Delete or transfer these first: {', '.join(map(str, names))}."
        )


def _write_users(plan: Plan, *, now: datetime, password: str) -> dict[str, Any]:
    """Insert everybody and return the users by the plan's username."""
    model = get_user_model()
    email = model.get_email_field_name()
    fields = {each.name for each in model._meta.fields}
    known = {email, model.USERNAME_FIELD, "first_name", "last_name", "date_joined"}
    if unknown := sorted(set(model.REQUIRED_FIELDS) - known):
        raise DemoError(
            f"The user model needs values that the demo does not know: {', '.join(unknown)}."
        )
    hashed = make_password(password)
    users: dict[str, Any] = {}
    for person in plan.people.values():
        values = {
            "first_name": person.first_name,
            "last_name": person.last_name,
            "is_active": person.is_active,
            "date_joined": now - person.joined,
            "last_login": None if person.has_password else now - person.joined / 3,
            model.USERNAME_FIELD: person.username,
            email: person.address,
        }
        user = model(**{name: value for name, value in values.items() if name in fields})
        user.password = hashed if person.has_password else make_password(None)
        users[person.username] = user
    if model._meta.parents:
        for user in users.values():  # rows in two tables cannot be written in bulk
            user.save(force_insert=True)
    else:
        model._base_manager.bulk_create(users.values())
    VerifiedAddress._default_manager.bulk_create(
        VerifiedAddress(user=users[person.username], address=person.address)
        for person in plan.people.values()
    )
    return users


def _write_organization(group: Group, plan: Plan, users: dict[str, Any], *, now: datetime) -> Any:
    born = now - timedelta(days=370)
    organization = organizations.create(
        users[f"demo-{group.owner}"],
        name=group.name,
        slug=group.slug,
        org_defaults={"created": born},
        org_user_defaults={"is_admin": True, "created": born},
    )
    model = default_family().member
    people = plan.made_up[group.slug]
    rows = [
        model(
            user=users[f"demo-{role}"],
            is_admin=role in group.admins,
            created=born + timedelta(days=23 * position),
        )
        for position, role in enumerate((*group.admins, *group.members), 1)
    ]
    rows += [
        model(
            user=users[person.username],
            is_admin=person.is_active and position < group.more_admins,
            created=now - person.joined,
        )
        for position, person in enumerate(people)
    ]
    for row in rows:
        row.organization = organization
    model._base_manager.bulk_create(rows)
    if group.join_domain:
        owner = users[f"demo-{group.owner}"]
        domains.add(organization, group.join_domain, needs_approval=False, actor=owner)
        organizations.set_joining(organization, accepts_requests=True, actor=owner)
    return organization


def _write_offers(
    group: Group, organization: Any, users: dict[str, Any], *, now: datetime
) -> Iterator[str]:
    """Invite people at different times, let some of it end, and yield the states."""
    lifetime = get_settings().INVITATION_LIFETIME
    actors = [users[f"demo-{role}"] for role in (group.owner, *group.admins)]
    pending, expired, declined, revoked = group.offers
    states = ["expired"] * expired + ["declined"] * declined + ["revoked"] * revoked
    states = [*states, *["pending"] * pending]
    invited = [users[f"demo-{role}"] for role in group.invited]
    for position, state in enumerate(states):
        # The age in lifetimes: up to 0.9 for those still open, more than 1 for the rest.
        share = (position % 7 + 1) / 8
        sent = now - lifetime * (share if state == "pending" else 1 + share * 5)
        if state == "pending" and invited:
            address = getattr(invited[0], invited.pop(0).get_email_field_name())
        else:
            address = f"{FIRST_NAMES[position * 7 % len(FIRST_NAMES)]}@partner.example.org"
        invitation = invitations.invite(
            organization,
            address=address,
            actor=actors[position % len(actors)],
            is_admin=position % 6 == 5,
            now=sent,
        )
        answered = sent + lifetime / 3
        if state == "declined":
            proof = invitations.proof_of(invitation.secret)
            invitations.decline(invitation, user=None, now=answered, proof=proof)
        elif state == "revoked":
            invitations.revoke(invitation, actor=actors[0], now=answered)
        rows = type(invitation)._base_manager.filter(pk=invitation.pk)
        rows.update(created=sent, modified=sent, sent_at=sent)
        yield state


def _write_more_ways(
    group: Group, organization: Any, users: dict[str, Any], *, now: datetime
) -> Iterator[str]:
    """Make a link for one person, one for several, a proposal and a request; yield the states."""
    owner, made = users[f"demo-{group.owner}"], now - timedelta(days=1)
    single = links.create(organization, actor=owner, now=made)
    shared = links.create(
        organization, actor=owner, now=made, shared=True, max_uses=10, needs_approval=True
    )
    proposal = requests.propose(
        organization,
        address="talent@partner.example.org",
        actor=users[f"demo-{group.members[0]}"],
        now=made,
    )
    proof = invitations.proof_of(shared.secret)
    asking = users["demo-outsider"]
    invitations.accept(shared, user=asking, now=made, proof=proof)
    model = type(single)._base_manager
    request = requests.waiting(organization, now=now).get(invitee_id=asking.pk)
    for row in (single, shared, proposal, request):
        model.filter(pk=row.pk).update(created=made, modified=made)
    yield from ("pending", "pending", "proposed", "proposed")
