"""Put people and organizations for the gallery into the demo, and print where to find them.

A program of its own, run with the demo's settings. It prints JSON: ``sessions``, the session
key of each person, and ``places``, the words that stand in braces in the paths of ``pages.py``.
"""

import json
from datetime import timedelta

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.tokens import default_token_generator  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import transaction  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.encoding import force_bytes  # noqa: E402
from django.utils.http import urlsafe_base64_encode  # noqa: E402

from organizations import permissions, tokens  # noqa: E402
from organizations.doors import sign_in  # noqa: E402
from organizations.keyset import page_of  # noqa: E402
from organizations.models import (  # noqa: E402
    BulkInvitation,
    Organization,
    OrganizationInvitation,
    OrganizationUser,
    VerifiedAddress,
)
from organizations.roles import services as roles  # noqa: E402
from organizations.roles.models import Role  # noqa: E402
from organizations.services import (  # noqa: E402
    closing,
    handover,
    invitations,
    links,
    members,
    organizations,
    registration,
    suspension,
)
from organizations.services.access import members_with_standing  # noqa: E402
from organizations.states import InvitationStatus  # noqa: E402
from organizations.teams import services as teams  # noqa: E402
from organizations.teams.models import Team  # noqa: E402

User = get_user_model()
NOW = timezone.now()
#: 120 characters without a place to break, and 60.
LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2
WIDE, WORD = LONG[:120], LONG[:60]
#: The demo's people by a short name, and those who are made here.
SIGNED_IN = ("owner", "admin", "billing", "member", "outsider")


def person(username, first="", last="", address=None, **more):
    """Make somebody with a verified address and no password."""
    address = f"{username}@gallery.example.com" if address is None else address
    user = User(username=username, first_name=first, last_name=last, email=address, **more)
    user.set_unusable_password()
    user.save()
    if address:
        VerifiedAddress.objects.create(user=user, address=address)
    return user


def session_of(user):
    """Return the key of a session in which the person has just signed in."""
    request = RequestFactory().get("/")
    request.session = SessionStore()
    request.user = user
    sign_in(request, user)
    request.session.save()
    return request.session.session_key


def secret_of(organization, address, by, *, past=False, **more):
    """Return the secret of an offer; of one whose time is up if ``past``."""
    made = invitations.invite(organization, address=address, actor=by, now=NOW, **more)
    if past:
        rows = OrganizationInvitation.objects.filter(pk=made.pk)
        rows.update(expires_at=NOW - timedelta(days=1))
    return made.secret


def first(organization, **found):
    return organization.organization_invites.filter(**found).order_by("pk").first()


def bulk(organization, user, **values):
    return BulkInvitation.objects.create(
        model="organizations.organization",
        organization_key=str(organization.pk),
        created_by=user,
        **values,
    ).pk


@transaction.atomic
def main():
    people = {name: User.objects.get(username=f"demo-{name}") for name in SIGNED_IN}
    owner, member = people["owner"], people["member"]
    found = {each.slug: each for each in Organization.objects.all()}
    kestrel, meridian = found["kestrel-tools"], found["meridian-freight"]
    places = {
        "kestrel": kestrel.slug,
        "meridian": meridian.slug,
        "second": page_of(
            members_with_standing(meridian).order_by("user_id"), 50
        ).next_page_number(),
        "books": "riverbend-bookbinders",
        "workshop": "adas-workshop",
        "owner": owner.pk,
        "member": member.pk,
        "billing": people["billing"].pk,
        "admin": people["admin"].pk,
    }

    # Somebody with nothing, an operator, people with names that are hard to set.
    people["newcomer"] = person("newcomer", "Nia", "Newcomer")
    people["operator"] = person("operator", "Otto", "Operator", is_superuser=True, is_staff=True)
    layla = people["layla"] = person("layla", "ليلى", "عبد الرحمن الأنصاري")
    long = people["long"] = person("long", WORD, WORD)
    heir = people["heir"] = person("heir", "Robin 🌻👩🏽‍🚀", "Vega")
    people["asker"] = person("asker", "Asta", "Asker")
    for user in ("newcomer", "asker"):
        people[user].set_password("plum-tree-over-the-wall-9")
        people[user].save()

    # Colours that are hard to read, in the light and in the dark.
    organizations.set_accent(meridian, "#ffcc00", actor=None)

    # An organization with an Arabic name and twenty-five members, one without any name.
    dar = organizations.create(layla, name="دار الحكمة للنشر والتوزيع", slug="dar")
    organizations.set_accent(dar, "#0b1020", actor=layla)
    nameless = person("nameless", address="")
    rows = [
        OrganizationUser(organization=dar, user=user)
        for user in [heir, nameless, *User.objects.filter(username__startswith="demo-mer")[:22]]
    ]
    OrganizationUser.objects.bulk_create(rows)
    handover.offer(dar, members.get_or_add(dar, heir)[0], actor=layla, now=NOW)
    places |= {"dar": dar.slug, "nameless": nameless.pk}

    # One whose names are all 120 characters long and cannot be broken.
    wide = organizations.create(long, name=WIDE, slug="wide")
    guest = person("guest", WORD, WORD, address=f"{'a' * 60}@{'b' * 60}.example.com")
    wide_row = members.add(wide, guest, actor=None)
    invitations.invite(wide, address=f"{'c' * 60}@{'d' * 60}.example.com", actor=long, now=NOW)
    wide_role = roles.create(
        wide, name=WIDE[:100], description=WIDE, permissions=[permissions.VIEW_MEMBER], actor=long
    )
    roles.assign(wide_row, wide_role, actor=long)
    above = teams.create(wide, name=WIDE[:100], actor=long)
    wide_team = teams.create(wide, name=WIDE[1:101], parent=above, actor=long)
    teams.add_member(wide_team, wide_row, actor=long, is_lead=True)
    closed = organizations.create(long, name="Closed & Sons", slug="closed")
    closing.close(closed, actor=long, now=NOW)
    places |= {
        "wide": wide.slug,
        "guest": guest.pk,
        "wide_role": wide_role.pk,
        "wide_team": wide_team.pk,
        "closed": closed.pk,
    }

    # Members of Kestrel Tools in each state, and what is offered by it.
    suspended = person("suspended", "Sven", "Suspended")
    suspension.suspend(members.add(kestrel, suspended, actor=None), actor=owner, now=NOW)
    waiting = registration.pending_user("waiting@gallery.example.com")
    members.add(kestrel, waiting, actor=None)
    declined = secret_of(kestrel, "declined@gallery.example.com", owner)
    invitations.decline(
        first(kestrel, invitee_identifier="declined@gallery.example.com"),
        user=None, now=NOW, proof=invitations.proof_of(declined),
    )  # fmt: skip
    shared = links.create(
        kestrel, actor=owner, now=NOW, shared=True, max_uses=9, needs_approval=True
    )
    invitations.accept(
        shared, user=people["asker"], now=NOW, proof=invitations.proof_of(shared.secret)
    )
    offered = invitations.invite(dar, address=member.email, actor=layla, now=NOW)
    sign_up = registration.pending_user("signed.up@gallery.example.com")
    registration.open_organization(sign_up, name="Signed Up", slug=None)
    uid = urlsafe_base64_encode(force_bytes(people["newcomer"].pk))
    places |= {
        "suspended": suspended.pk,
        "waiting": waiting.pk,
        "new_offer": secret_of(kestrel, "brand.new@gallery.example.com", owner),
        "known_offer": secret_of(dar, people["outsider"].email, layla),
        "offer": offered.secret,
        "offer_guid": offered.guid,
        "past_offer": secret_of(kestrel, "late@gallery.example.com", owner, past=True),
        "declined_offer": declined,
        "handed": secret_of(kestrel, "handed@gallery.example.com", owner, mailed=False),
        "shared": shared.secret,
        "to_decide": first(kestrel, status=InvitationStatus.PROPOSED).pk,
        "to_revoke": first(kestrel, status=InvitationStatus.PENDING).pk,
        "to_answer": first(found["riverbend-bookbinders"], status=InvitationStatus.PENDING).pk,
        "registration": f"{sign_up.pk}-{tokens.make_account_token(sign_up)}",
        "uid": uid,
        "reset": default_token_generator.make_token(people["newcomer"]),
    }

    lines = [{"number": n, "address": f"line{n}@example.com"} for n in range(1, 6)]
    done = [{"number": n, "code": "invited", "message": ""} for n in range(1, 4)]
    places |= {
        "list": bulk(kestrel, owner, addresses=lines),
        "begun": bulk(kestrel, owner, addresses=lines, results=done),
        "table": bulk(
            kestrel, owner,
            addresses={"header": ["Remark", "Reach them at"], "rows": [["boss", "x@example.com"]]},
        ),
    }  # fmt: skip

    role, forge = Role.objects.get(name="Billing"), Team.objects.get(name="Forge")
    led = forge.memberships.order_by("pk").first()
    places |= {
        "role": role.pk,
        "given": roles.assign(forge, role, actor=owner).pk,
        "team": forge.pk,
        "team_member": led.member.user_id,
    }
    sessions = {name: session_of(user) for name, user in people.items()}
    places = {name: str(value) for name, value in places.items()}
    print(json.dumps({"sessions": sessions, "places": places}))


main()
