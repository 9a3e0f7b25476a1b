"""Every kind of person that a permission question can be about, and sources of the tests' own."""

from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from organizations import grants, permissions, testing
from organizations.families import family_of
from organizations.grants import JSONRows
from organizations.models import Organization
from organizations.permissions import Grant, Standing
from organizations.services import members, ownership
from tests.app.models import Product


class NameSource:
    """Gives what stands in a user's last name, each word with a space on both sides.

    A word is a permission, or a standing for all that comes with it.
    """

    name = "last_name"

    def annotate(self, members, *, now):
        return members.annotate(_last_name=F("user__last_name"))

    def grants_from(self, row):
        words = row._last_name.split()
        if found := frozenset().union(
            *(names(word) if word in set(map(str, Standing)) else {word} for word in words)
        ):
            yield Grant(kind="last_name", permissions=found, name="The last name")

    def members_with(self, permission, *, now):
        words = [permission, *(each for each in Standing if permission in names(each))]
        return Q.create(
            [("user__last_name__contains", f" {word} ") for word in words], connector=Q.OR
        )


class ShelfSource:
    """Gives the permissions that the organization's products are called by: many rows a member."""

    name = "shelf"

    def annotate(self, members, *, now):
        products = Product.objects.for_organization(OuterRef("organization_id"))
        lines = products.annotate(line=JSONObject(name=F("name"))).values("line")
        return members.annotate(_shelf=JSONRows(lines))

    def grants_from(self, row):
        for line in row._shelf:
            yield Grant(kind="shelf", permissions=frozenset([line["name"]]), name="The shelf")

    def members_with(self, permission, *, now):
        return Q(organization__products__name=permission)


@contextmanager
def registered(*sources):
    """Register sources, and take them away again."""
    before = dict(grants._sources)
    for source in sources:
        grants.register(source)
    try:
        yield
    finally:
        grants._sources.clear()
        grants._sources.update(before)


def give(user, *words):
    """Let ``NameSource`` give a user these wherever the user is a member."""
    user.last_name = f" {' '.join(words)} "
    user.save(update_fields=["last_name"])
    return user


def names(*standings):
    """Return the names that come with the standings, from the declarations themselves."""
    return {
        each.name for each in permissions.declared() for s in standings if s in each.default_for
    }


#: What ``NameSource`` gives in these tests; no member has any of it by standing.
EXTRA = {permissions.INVITE_MEMBER, permissions.MANAGE_BILLING, "app.refund_order"}

#: Kind of person: what it may do, as a standing, with the extra names or without.
EXPECTED = {
    "owner": (Standing.OWNER, False),
    "admin": (Standing.ADMIN, False),
    "member": (Standing.MEMBER, False),
    "member with more": (Standing.MEMBER, True),
    "admin with more": (Standing.ADMIN, True),
    "ex-member": (None, False),
    "ex-member with more": (None, False),
    "outsider": (None, False),
    "outsider with more": (None, False),
    "anonymous": (None, False),
    "unsaved": (None, False),
    "deactivated owner": (None, False),
    "deactivated admin": (None, False),
    "deactivated member": (None, False),
    "deactivated with more": (None, False),
    "deactivated superuser": (None, False),
    "superuser": (Standing.OWNER, False),
    "superuser who is a member": (Standing.OWNER, False),
    "superuser, switch off": (None, False),
    "superuser who is a member, switch off": (Standing.MEMBER, False),
    "suspended admin": (None, False),
    "suspended with more": (None, False),
    "ended admin": (None, False),
    "ended with more": (None, False),
    "admin until tomorrow": (Standing.ADMIN, False),
    "superuser who is a suspended member": (Standing.OWNER, False),
    "superuser who is a suspended member, switch off": (None, False),
}

#: Kinds that a family has only if its members can be suspended.
LIFE = ("suspended", "ended", "until")


def kinds_of(organization_model):
    """Return the kinds of people that a family can have."""
    if family_of(organization_model).has_member_lifecycle:
        return list(EXPECTED)
    return [kind for kind in EXPECTED if not set(LIFE) & set(kind.split())]


def expected(kind, *, sources=True):
    """Return the names of the permissions that a kind of person has."""
    standing, extra = EXPECTED[kind]
    found = names(standing) if standing else set()
    return found | EXTRA if extra and sources else found


def make(kind, organization_model=Organization):
    """Return ``(user, organization)`` of a kind; Acme has other people, too."""
    User = get_user_model()
    family = family_of(organization_model)
    has_admins = family.has_field("member", "is_admin")
    ada = testing.make_user("ada")
    acme = testing.make_organization("Acme", owner=ada, members=["bo", "cy"], **of(family))
    if "anonymous" in kind:
        return AnonymousUser(), acme
    if "unsaved" in kind:
        return User(username="unsaved"), acme
    person = testing.make_user("person")
    if "owner" in kind:
        member = members.add(acme, person)
        ownership.transfer(acme, member)
    elif "admin" in kind and has_admins:
        members.add(acme, person, is_admin=True)
    elif "outsider" not in kind and kind not in {
        "superuser",
        "superuser, switch off",
        "deactivated superuser",
    }:
        members.add(acme, person)
    if "ex-member" in kind:
        members.remove(acme, person)
    rows = family.member._base_manager.filter(organization_id=acme.pk, user_id=person.pk)
    words, now = kind.split(), timezone.now()
    if "suspended" in words:
        rows.update(suspended_at=now - timedelta(days=1))
    if "ended" in words:
        rows.update(ends_at=now - timedelta(days=1))
    if "until" in words:
        rows.update(ends_at=now + timedelta(days=1))
    if "with more" in kind:
        give(person, *sorted(EXTRA))
    User.objects.filter(pk=person.pk).update(
        is_active="deactivated" not in kind, is_superuser="superuser" in kind
    )
    return User.objects.get(pk=person.pk), acme


def of(family):
    return {} if family.organization is Organization else {"model": family.organization}


def switch(kind, settings):
    if "switch off" in kind:
        settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
