"""Nobody gives, changes or takes more than they have: verbs x actors x targets (P13-P17, P31)."""

import re
from functools import partial

import pytest
from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.db.models.signals import pre_delete, pre_save
from django.test import RequestFactory, TestCase
from django.urls import reverse
from django.utils import timezone

from organizations import forms, permissions, testing
from organizations.admin import OrganizationUserAdmin
from organizations.exceptions import (
    ExceedsOwnRights,
    InvitationStateError,
    InviterNotEntitled,
    NotAllowed,
    OrganizationsError,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.models import (
    Organization,
    OrganizationInvitation,
    OrganizationOwner,
    OrganizationUser,
)
from organizations.permissions import Grant, Standing
from organizations.services import handover, invitations, members, ownership
from organizations.services.access import access_of
from tests.app.models import Club
from tests.compat.guilds.models import Guild
from tests.core.people import NameSource, give, names, registered
from tests.doors.support import signed_in
from tests.security.ceiling import (
    MAKE_ADMIN,
    MAKE_MEMBER,
    OFFER,
    OUTCOMES,
    REMOVE,
    TARGETS,
    TRANSFER,
    World,
    rows,
    trial,
    without_a_trace,
)

pytestmark = pytest.mark.django_db

STANDINGS = ("member", "admin")
NOW = timezone.now()


@pytest.fixture(autouse=True)
def _rules():
    with registered(NameSource()):
        yield


def off_for(actor, settings):
    settings.ORGANIZATIONS = {
        **settings.ORGANIZATIONS,
        "SUPERUSERS_HAVE_ACCESS": actor != "restricted",
    }


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.ORGANIZATIONS = dict(getattr(settings, "ORGANIZATIONS", {}))


def expect(letter, act):
    """Run the act and demand what the letter stands for."""
    if letter == ".":
        with TestCase.captureOnCommitCallbacks(execute=True):
            return act()
    heard = []

    def hear(*, sender, **kwargs):
        heard.append(sender)

    for signal in (pre_save, pre_delete):
        signal.connect(hear)
    try:
        with without_a_trace(), pytest.raises(OUTCOMES[letter]) as caught:
            act()
    finally:
        for signal in (pre_save, pre_delete):
            signal.disconnect(hear)
    # It is refused before the first write: a project's receivers hear nothing of it.
    assert heard == []
    # Doors rely on it: Django itself answers 403 where nobody catches it.
    assert isinstance(caught.value, PermissionDenied) == (letter in "pxro")
    return None


# By the verbs


@pytest.mark.parametrize(("actor", "row"), rows(REMOVE, TARGETS))
def test_remove(actor, row, settings):
    world = World()
    off_for(actor, settings)
    for target, letter in row.items():
        person = world.target(target, actor)
        with trial(target):
            expect(letter, partial(members.remove, world.acme, person, actor=world.user(actor)))
            assert world.acme.users.filter(pk=person.pk).exists() == (letter not in ".n")


@pytest.mark.parametrize("verb", [members.leave, async_to_sync(members.aleave)])
@pytest.mark.parametrize(("actor", "row"), rows(REMOVE, TARGETS, targets=["self"]))
def test_leave_is_free_for_all_but_the_owner(verb, actor, row, settings):
    world = World()
    off_for(actor, settings)
    expect(row["self"], partial(verb, world.acme, world.user(actor)))


@pytest.mark.parametrize(
    ("is_admin", "actor", "row"),
    [
        *[
            pytest.param(True, *each.values, id=f"{each.id}-up")
            for each in rows(MAKE_ADMIN, TARGETS)
        ],
        *[
            pytest.param(False, *each.values, id=f"{each.id}-down")
            for each in rows(MAKE_MEMBER, TARGETS)
        ],
    ],
)
def test_set_admin(is_admin, actor, row, settings):
    world = World()
    off_for(actor, settings)
    for target, letter in row.items():
        member = world.member(world.target(target, actor))
        was = member.is_admin
        with trial(target):
            expect(letter, partial(members.set_admin, member, is_admin, actor=world.user(actor)))
            member.refresh_from_db()
            assert member.is_admin == (is_admin if letter == "." else was)


@pytest.mark.parametrize("verb", [members.add, members.get_or_add])
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS))
def test_add(verb, actor, row, settings):
    world, new = World(), testing.make_user("new")
    off_for(actor, settings)
    for standing, letter in row.items():
        fields = {"is_admin": True} if standing == "admin" else {}
        with trial(standing):
            expect(letter, partial(verb, world.acme, new, actor=world.user(actor), **fields))
            assert world.acme.users.filter(pk=new.pk).exists() == (letter == ".")


@pytest.mark.parametrize("verb", [members.add, members.get_or_add])
def test_who_may_not_invite_learns_nothing_about_who_belongs(verb, settings):
    world = World()
    for each in rows(OFFER, STANDINGS):
        actor, row = each.values
        off_for(actor, settings)
        for name in ("member", "outsider") if row["member"] == "p" else ():
            person = world.users[name]
            with trial(actor, name):
                expect("p", partial(verb, world.acme, person, actor=world.user(actor)))
                expect("p", partial(invite, world, actor, address=person.email))


def invite(world, actor, *, is_admin=False, address="new@example.com"):
    return invitations.invite(
        world.acme,
        address=address,
        actor=world.user(actor),
        now=timezone.now(),
        is_admin=is_admin,
        deliver=deliver,
        invited_by=world.users["owner"] if actor == "code" else None,
    )


def deliver(invitation, secret):
    mail.send_mail("Come", secret, None, [invitation.invitee_identifier])


@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS))
def test_invite(actor, row, settings):
    world = World()
    off_for(actor, settings)
    for standing, letter in row.items():
        with trial(standing):
            found = expect(letter, partial(invite, world, actor, is_admin=standing == "admin"))
            assert (found is not None) == (letter == ".") == (len(mail.outbox) == 1)
            assert found is None or found.is_admin == (standing == "admin")


@pytest.mark.parametrize("was", STANDINGS)
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS))
def test_invite_again_neither_raises_nor_lowers_beyond_ones_rights(was, actor, row, settings):
    world = World()
    off_for(actor, settings)
    world.offer(is_admin=was == "admin")
    for standing, letter in row.items():
        if actor == "inviter" and was == "admin":
            letter = "x"  # taking an admin's offer away is taking what one does not have
        with trial(standing):
            expect(letter, partial(invite, world, actor, is_admin=standing == "admin"))
            now_offered = standing if letter == "." else was
            assert OrganizationInvitation.objects.get().is_admin == (now_offered == "admin")


def resend(offer, actor):
    return invitations.resend(offer, actor=actor, now=timezone.now(), deliver=deliver)


def revoke(offer, actor):
    return invitations.revoke(offer, actor=actor, now=timezone.now())


@pytest.mark.parametrize("verb", [resend, revoke])
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS))
def test_resend_and_revoke(verb, actor, row, settings):
    world = World()
    off_for(actor, settings)
    for standing, letter in row.items():
        with trial(standing):
            offer = world.offer(is_admin=standing == "admin")
            expect(letter, partial(verb, offer, world.user(actor)))
            again = OrganizationInvitation.objects.get()
            if letter != ".":
                assert (again.status, again.token_digest) == ("pending", offer.token_digest)
            elif verb is resend and actor != "code":
                assert again.invited_by == world.user(actor)


@pytest.mark.parametrize(("actor", "letter"), TRANSFER.items())
def test_transfer(actor, letter, settings):
    world = World()
    off_for(actor, settings)
    for target in ("admin", "member", "self"):
        person = world.users.get(actor) if target == "self" else world.target(target, actor)
        row = OrganizationUser.objects.filter(organization=world.acme, user=person).first()
        if row is None:
            continue  # who is no member cannot be made the owner at all
        with trial(target):
            expect(letter, partial(ownership.transfer, world.acme, row, actor=world.user(actor)))
            owner = ownership.owner_of(world.acme).user
            assert owner == (person if letter == "." else world.users["owner"])


# By the pages


def page(name, world, **kwargs):
    return reverse(name, kwargs={"organization_pk": world.acme.pk, **kwargs})


def post(browser, url, data):
    """Post; where the page shows the effect first, confirm it."""
    answer = browser.post(url, data)
    confirm = re.search(r'name="confirm" value="(\w+)"', answer.content.decode())
    return browser.post(url, {**data, "confirm": confirm[1]}) if confirm else answer


#: What a page answers to what the letter stands for.
REFUSED = {"p": {403, 404}, "x": {403}, "r": {403}, "o": {403}, "w": {200, 409}, "n": {404}}


def check_page(world, actor, letter, url, data, *, target=None):
    browser = signed_in(None if actor in {"nobody", "sleeping"} else world.user(actor))
    if letter == ".":
        assert post(browser, url, data).status_code == 302
        return
    with without_a_trace():
        answer = post(browser, url, data)
    if actor in {"nobody", "sleeping"}:
        assert answer["Location"].startswith("/accounts/login/")
        return
    # The form says itself that the owner stays an admin, before the verb is asked.
    assert answer.status_code in REFUSED[letter] | ({200} if target == "owner" else set())
    if actor in {"outsider", "ex-admin", "foreigner", "restricted"}:
        assert answer.status_code == 404


#: What people do to themselves has other pages; code has none.
OTHERS = TARGETS[:-1]


@pytest.mark.table
@pytest.mark.parametrize(("actor", "row"), rows(REMOVE, TARGETS, but=["code"], targets=OTHERS))
def test_page_of_removal(actor, row, settings):
    world = World()
    off_for(actor, settings)
    for target, letter in row.items():
        person = world.target(target, actor)
        with trial(target):
            url = page("organization_user_delete", world, user_pk=person.pk)
            check_page(world, actor, letter, url, {})
            assert world.acme.users.filter(pk=person.pk).exists() == (letter != ".")


@pytest.mark.table
@pytest.mark.parametrize("is_admin", [True, False], ids=["up", "down"])
@pytest.mark.parametrize("actor", [name for name in OFFER if name != "code"])
def test_page_of_a_member(is_admin, actor, settings):
    world = World()
    off_for(actor, settings)
    row = dict(zip(TARGETS, (MAKE_ADMIN if is_admin else MAKE_MEMBER)[actor].split(), strict=True))
    for target in OTHERS:
        member, letter = world.member(world.target(target, actor)), row[target]
        was = member.is_admin
        with trial(target):
            url = page("organization_user_edit", world, user_pk=member.user_id)
            data = {"is_admin": "on"} if is_admin else {}
            check_page(world, actor, letter, url, data, target=target)
            member.refresh_from_db()
            assert member.is_admin == (is_admin if letter == "." else was)


@pytest.mark.table
@pytest.mark.parametrize(
    ("actor", "allowed"), [("changer", False), ("deputy", False), ("admin", True), ("owner", True)]
)
def test_nobody_makes_themselves_an_admin_by_the_page(actor, allowed):
    world = World()
    row = world.member(world.user(actor))
    url = page("organization_user_edit", world, user_pk=row.user_id)
    check_page(world, actor, "." if allowed else "r", url, {"is_admin": "on"})
    row.refresh_from_db()
    assert row.is_admin == allowed


@pytest.mark.table
@pytest.mark.parametrize("actor", ["admin", "deputy", "changer"])
def test_everybody_steps_down_by_the_page(actor):
    world = World()
    row = world.member(world.user(actor))
    url = page("organization_user_edit", world, user_pk=row.user_id)
    check_page(world, actor, ".", url, {})
    row.refresh_from_db()
    assert not row.is_admin


@pytest.mark.table
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS, but=["code"]))
def test_page_of_inviting(actor, row, backend, settings):
    world, User = World(), get_user_model()
    off_for(actor, settings)
    users = User.objects.count()
    url = page("organization_user_add", world)
    for standing, letter in row.items():
        data = {"email": "new@example.com", **({"is_admin": "on"} if standing == "admin" else {})}
        with trial(standing):
            check_page(world, actor, letter, url, data)
            assert len(mail.outbox) == (letter == ".")
            assert User.objects.count() == users + (letter == "." and backend == "default")
            if backend == "default":
                found = OrganizationUser.objects.filter(user__email="new@example.com")
            else:
                found = OrganizationInvitation.objects.all()
            made = [each.is_admin for each in found]
            assert made == ([standing == "admin"] if letter == "." else [])


@pytest.mark.table
@pytest.mark.parametrize("name", ["resend", "revoke"])
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS, but=["code"]))
def test_pages_of_an_invitation(name, actor, row, modelled, settings):
    world = World()
    off_for(actor, settings)
    for standing, letter in row.items():
        with trial(standing):
            offer = world.offer(is_admin=standing == "admin")
            url = page(f"organization_invitation_{name}", world, invitation_pk=offer.pk)
            check_page(world, actor, letter, url, {})
            again = OrganizationInvitation.objects.get()
            same = (again.status, again.token_digest) == ("pending", offer.token_digest)
            assert same == (letter != ".")


@pytest.mark.table
@pytest.mark.parametrize(("actor", "letter"), [c for c in TRANSFER.items() if c[0] != "code"])
def test_page_of_transfer(actor, letter, settings):
    world = World()
    off_for(actor, settings)
    data = {"new_owner": world.member(world.users["member"]).pk, "confirm_name": "Acme"}
    check_page(world, actor, letter, page("organization_transfer", world), data)
    offer = handover.open_offer(world.acme)
    assert (offer is not None) == (letter == ".")
    assert ownership.owner_of(world.acme).user == world.users["owner"]


# By Django's admin: staff with all of Django's permissions

#: Who has no account there.
NO_STAFF = ["code", "nobody"]


def admin_url(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def in_admin(world, actor, letter, url, data, *, target=None):
    """Post to Django's admin; what is refused leaves no row, log entries among them."""
    browser = signed_in(world.user(actor))
    if letter == "." and actor != "sleeping":
        assert browser.post(url, data).status_code == 302
        return
    with without_a_trace():
        answer = browser.post(url, data)
    if actor == "sleeping":
        assert answer["Location"].startswith("/admin/login/")
    elif "owner" in {target, actor}:
        assert answer.status_code in {200, 302, 403}  # Django or the form says so before the verb
    elif "action" in data:
        assert answer.status_code == 302  # back to the list, with a message for each
    else:
        assert answer.status_code in ({403} if letter in "pxro" else {200, 302})


def deletion(way, model, key):
    """Return the URL and the data that delete a row: by its page, or by the action of the list."""
    if way == "page":
        return admin_url(model, "delete", key), {"post": "yes"}
    data = {"action": "delete_selected", "_selected_action": [key], "post": "yes"}
    return admin_url(model, "changelist"), data


@pytest.mark.table
@pytest.mark.parametrize("way", ["page", "action"])
@pytest.mark.parametrize(("actor", "row"), rows(REMOVE, TARGETS, but=NO_STAFF))
def test_admin_removes_within_ones_rights(way, actor, row, settings):
    world = World(staff=True)
    off_for(actor, settings)
    for target, letter in row.items():
        if letter == "n":
            continue
        member = world.member(world.target(target, actor))
        with trial(target):
            url, data = deletion(way, OrganizationUser, member.pk)
            in_admin(world, actor, letter, url, data, target=target)
            left = OrganizationUser.objects.filter(pk=member.pk).exists()
            assert left == (letter != "." or actor == "sleeping")


def test_bulk_removal_takes_those_within_reach_and_logs_no_others():
    world = World(staff=True)
    me = world.users["admin"]
    found = OrganizationUser.objects.filter(organization=world.acme, organizationowner=None)
    found = found.exclude(user=me)
    chosen = {str(key) for key in found.values_list("pk", flat=True)}
    signed_in(me).post(
        admin_url(OrganizationUser, "changelist"),
        {"action": "delete_selected", "_selected_action": list(chosen), "post": "yes"},
    )
    left = {str(key) for key in found.values_list("pk", flat=True)}
    assert {"rich", "rich admin"} == set(found.values_list("user__username", flat=True))
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == chosen - left
    assert chosen - left


@pytest.mark.table
@pytest.mark.parametrize("is_admin", [True, False], ids=["up", "down"])
@pytest.mark.parametrize("actor", [name for name in OFFER if name not in NO_STAFF])
def test_admin_changes_members_within_ones_rights(is_admin, actor, settings):
    world = World(staff=True)
    off_for(actor, settings)
    row = dict(zip(TARGETS, (MAKE_ADMIN if is_admin else MAKE_MEMBER)[actor].split(), strict=True))
    for target, letter in row.items():
        if letter == "-":
            continue
        member = world.member(world.target(target, actor))
        was = member.is_admin
        if was == is_admin:
            continue  # the form sees no change and asks nobody
        with trial(target):
            url = admin_url(OrganizationUser, "change", member.pk)
            data = {"is_admin": "on"} if is_admin else {}
            in_admin(world, actor, letter, url, data, target=target)
            member.refresh_from_db()
            done = letter == "." and actor != "sleeping"
            assert member.is_admin == (is_admin if done else was)


@pytest.mark.table
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS, but=NO_STAFF))
def test_admin_adds_within_ones_rights(actor, row, settings):
    world, new = World(staff=True), testing.make_user("new")
    off_for(actor, settings)
    for standing, letter in row.items():
        data = {"organization": world.acme.pk, "user": new.pk}
        if standing == "admin":
            data["is_admin"] = "on"
        with trial(standing):
            in_admin(world, actor, letter, admin_url(OrganizationUser, "add"), data)
            assert world.acme.users.filter(pk=new.pk).exists() == (letter == ".")


@pytest.mark.table
@pytest.mark.parametrize("way", ["row", "inline"])
@pytest.mark.parametrize(
    ("actor", "letter"), [c for c in TRANSFER.items() if c[0] not in {"code", "nobody"}]
)
def test_admin_transfers_for_the_owner_alone(way, actor, letter, settings):
    world = World(staff=True)
    off_for(actor, settings)
    owner = OrganizationOwner.objects.get(organization=world.acme)
    new = world.member(world.users["member"])
    if way == "row":
        url = admin_url(OrganizationOwner, "change", owner.pk)
        data = {"organization_user": new.pk}
    else:
        url = admin_url(Organization, "change", world.acme.pk)
        data = {
            **{"name": "Acme", "slug": "acme", "is_active": "on"},
            **{"owner-TOTAL_FORMS": 1, "owner-INITIAL_FORMS": 1, "owner-0-id": owner.pk},
            **{"owner-0-organization": world.acme.pk, "owner-0-organization_user": new.pk},
        }
    in_admin(world, actor, letter, url, data)
    owner.refresh_from_db()
    assert (owner.organization_user == new) == (letter == ".")


@pytest.mark.table
@pytest.mark.parametrize("way", ["page", "action"])
@pytest.mark.parametrize(("actor", "row"), rows(OFFER, STANDINGS, but=NO_STAFF))
def test_admin_deletes_open_offers_within_ones_rights(way, actor, row, settings):
    world = World(staff=True)
    off_for(actor, settings)
    for standing, letter in row.items():
        with trial(standing):
            offer = world.offer(is_admin=standing == "admin")
            in_admin(world, actor, letter, *deletion(way, OrganizationInvitation, offer.pk))
            assert OrganizationInvitation.objects.exists() == (letter != ".")


@pytest.mark.table
def test_admin_deletes_answered_offers_by_django_s_permissions_alone():
    """They give nothing any more; they are history."""
    world = World(staff=True)
    offer = world.offer(is_admin=True)
    revoke(offer, None)
    url, data = deletion("page", OrganizationInvitation, offer.pk)
    in_admin(world, "outsider", ".", url, data)
    assert not OrganizationInvitation.objects.exists()


@pytest.mark.table
@pytest.mark.parametrize("actor", ["outsider", "inviter", "superuser"])
def test_admin_raises_no_offer(actor):
    """P14: what an offer holds is changed by those who may offer it, by inviting again."""
    world = World(staff=True)
    offer = world.offer(is_admin=False)
    data = {"is_admin": "on", "status": "pending", "on_own_authority": "", "token_digest": "x"}
    signed_in(world.user(actor)).post(
        admin_url(OrganizationInvitation, "change", offer.pk), {**data, "invited_by": 1}
    )
    again = OrganizationInvitation.objects.get()
    assert not again.is_admin
    assert again.on_own_authority
    assert (again.token_digest, again.invited_by) == (offer.token_digest, world.users["owner"])


@pytest.mark.table
@pytest.mark.parametrize(
    ("actor", "target", "allowed"),
    [
        *[("outsider", "member", False), ("member", "self", False), ("changer", "admin", False)],
        *[("changer", "member", True), ("changer", "self", False), ("owner", "self", True)],
        *[("admin", "owner", False), ("admin", "member", True), ("superuser", "owner", True)],
        ("restricted", "member", False),
    ],
)
def test_admin_changes_further_fields_within_ones_rights(actor, target, allowed, settings):
    """A column of the project's own may be what a source of grants looks at."""
    world = World(staff=True)
    off_for(actor, settings)
    row = world.member(world.target(target, actor))
    request = RequestFactory().post("/")
    request.user = world.user(actor)

    class Form:
        changed_data = ["position"]

    def save():
        with transaction.atomic():
            OrganizationUserAdmin(OrganizationUser, admin.site).save_model(request, row, Form, True)

    if allowed:
        save()
    else:
        with without_a_trace(), pytest.raises(NotAllowed):
            save()


# Between the request and the deed


def close(world, name):
    Organization.objects.update(is_active=False)


def switch_off(world, name):
    get_user_model().objects.filter(pk=world.users[name].pk).update(is_active=False)


def demote(world, name):
    OrganizationUser.objects.filter(user=world.users[name]).update(is_admin=False)


def remove(world, name):
    members.remove(world.acme, world.users[name])


def take_flag(world, name):
    get_user_model().objects.filter(pk=world.users[name].pk).update(is_superuser=False)


EVENTS = [
    *[("admin", event) for event in (close, switch_off, demote, remove)],
    *[("superuser", event) for event in (switch_off, take_flag)],
]


@pytest.mark.parametrize(("actor", "event"), EVENTS)
def test_who_has_lost_the_right_since_the_request_began_does_nothing(actor, event):
    """The copies of the request still say yes; the verbs look at the rows."""
    world = World()
    offer, new = world.offer(is_admin=False), testing.make_user("new2")
    row = world.member(world.users["member"])
    me = world.users[actor]
    assert me.is_active and world.acme.is_active
    event(world, actor)
    for act in (
        lambda: members.add(world.acme, new, actor=me),
        lambda: members.get_or_add(world.acme, new, actor=me, is_admin=True),
        lambda: members.remove(world.acme, world.users["member"], actor=me),
        lambda: members.set_admin(row, True, actor=me),
        lambda: ownership.transfer(world.acme, row, actor=me),
        lambda: invitations.invite(world.acme, address="x@example.com", actor=me, now=NOW),
        lambda: invitations.resend(offer, actor=me, now=NOW),
        lambda: invitations.revoke(offer, actor=me, now=NOW),
    ):
        with without_a_trace(), pytest.raises(PermissionMissing):
            act()


def test_superuser_mends_an_organization_that_is_closed():
    world = World()
    close(world, None)
    root = world.users["superuser"]
    members.set_admin(world.member(world.users["member"]), True, actor=root)
    members.remove(world.acme, world.users["member"], actor=root)


def test_everybody_leaves_a_closed_organization():
    world = World()
    close(world, None)
    world.acme.refresh_from_db()
    members.leave(world.acme, world.users["member"])
    assert not world.acme.is_member(world.users["member"])


# What a step really gives


class ByField:
    """Gives more to admins, and to people whose flag ``is_admin`` is not all that was set."""

    name = "by_field"

    def annotate(self, members, *, now):
        return members

    def grants_from(self, row):
        if row.is_admin:
            yield Grant(kind="by_field", permissions=frozenset(["app.refund_order"]))

    def members_with(self, permission, *, now):
        if permission == "app.refund_order":
            return Q(is_admin=True)
        return Q(pk__in=[])


@pytest.mark.parametrize(
    "act",
    [
        lambda w, a: members.set_admin(w.member(w.users["member"]), True, actor=a),
        lambda w, a: members.add(w.acme, w.users["outsider"], actor=a, is_admin=True),
        lambda w, a: members.get_or_add(w.acme, w.users["outsider"], actor=a, is_admin=True),
    ],
    ids=["set_admin", "add", "get_or_add"],
)
def test_what_a_source_gives_to_admins_counts(act):
    """A deputy has all that admins have by declaration, and not what a source adds."""
    world = World()
    give(world.users["outsider"])
    act_by = world.users["deputy"]
    with registered(ByField()), without_a_trace(), pytest.raises(ExceedsOwnRights) as caught:
        act(world, act_by)
    assert caught.value.permissions == {"app.refund_order"}
    with registered(ByField()):
        act(world, world.users["admin"])


@pytest.mark.parametrize("verb", [members.add, members.get_or_add])
@pytest.mark.parametrize("field", ["organization_id", "user_id"])
def test_no_field_moves_the_member_elsewhere(verb, field):
    """P20: Django would take the key in place of the row that was checked."""
    world, new = World(), testing.make_user("new")
    elsewhere = {"organization_id": world.zenith.pk, "user_id": world.users["outsider"].pk}
    with without_a_trace(), pytest.raises(TypeError, match=field):
        verb(world.acme, new, actor=world.users["admin"], **{field: elsewhere[field]})


@pytest.mark.parametrize("value", ["", "OWNER", "owner,admin", [], 0, 1, None, "False", "0"])
def test_standing_is_true_or_false(value):
    """P31: "False" is true to Python and false to the database."""
    world = World()
    for name in ("owner", "admin", "member"):
        row = world.member(world.users[name])
        with trial(name), without_a_trace(), pytest.raises(TypeError, match="True or False"):
            members.set_admin(row, value, actor=world.users["owner"])


#: P20: whatever else a form might be sent.
FORGED = {
    **{"owner": "1", "role": "owner", "organization": "2", "organization_id": "2", "user": "1"},
    **{"user_id": "1", "is_active": "", "id": "1", "pk": "1", "created": "2000-01-01"},
    **{"is_superuser": "on", "is_staff": "on", "permissions": "app.refund_order", "status": "x"},
    **{"invited_by": "1", "on_own_authority": "", "token_digest": "x", "expires_at": "2999-01-01"},
}


@pytest.mark.table
def test_extra_fields_of_the_pages_do_nothing(modelled):
    world = World()
    bo = signed_in(world.users["admin"])
    post(bo, page("organization_user_add", world), {"email": "new@example.com", **FORGED})
    offer = OrganizationInvitation.objects.get()
    assert (offer.organization, offer.invited_by) == (world.acme, world.users["admin"])
    assert (offer.status, offer.is_admin, offer.on_own_authority) == ("pending", False, True)
    row = world.member(world.users["member"])
    url = page("organization_user_edit", world, user_pk=row.user_id)
    post(bo, url, {"is_admin": "on", **FORGED})
    again = OrganizationUser.objects.get(pk=row.pk)
    assert (again.organization, again.user, again.is_admin) == (row.organization, row.user, True)
    assert again.created == row.created
    user = get_user_model().objects.get(pk=row.user_id)
    assert not (user.is_superuser or user.is_staff)
    assert ownership.owner_of(world.acme).user == world.users["owner"]


# The documented forms


def request_of(user):
    class Request:
        scheme = "https"

        def get_host(self):
            return "testserver"

    request = Request()
    request.user = user
    return request


@pytest.mark.parametrize("actor", ["admin", "rich admin", "deputy", "outsider", "superuser"])
def test_documented_form_makes_nobody_else_the_owner(actor):
    world = World()
    new = world.member(world.users["second admin"])
    data = {"name": "Acme", "slug": "acme", "owner": new.pk}
    with without_a_trace():
        form = forms.OrganizationForm(request_of(world.users[actor]), data, instance=world.acme)
        assert "Only the organization owner can change ownership" in str(form.errors)


def test_documented_form_asks_the_verb_as_well():
    """The owner opened the form and has handed the organization on since."""
    world = World()
    owner, new = world.users["owner"], world.member(world.users["second admin"])
    data = {"name": "Acme", "slug": "acme", "owner": new.pk}
    form = forms.OrganizationForm(request_of(owner), data, instance=world.acme)
    assert form.is_valid()
    ownership.transfer(world.acme, world.member(world.users["admin"]))
    with without_a_trace(), pytest.raises(PermissionMissing):
        form.save()


def test_documented_member_form_keeps_the_owner_and_takes_no_other_fields():
    world = World()
    owner = world.member(world.users["owner"])
    form = forms.OrganizationUserForm({"is_admin": ""}, instance=owner)
    assert "must be an admin" in str(form.errors)
    row = world.member(world.users["member"])
    form = forms.OrganizationUserForm({"is_admin": "on", **FORGED}, instance=row)
    assert form.is_valid()
    form.save()
    again = OrganizationUser.objects.get(pk=row.pk)
    assert (again.organization, again.user, again.is_admin) == (world.acme, row.user, True)


# P15: what has become of the inviter when the offer is accepted


def promote(world, name):
    demote(world, name)
    OrganizationUser.objects.filter(user=world.users[name]).update(is_admin=True)


def resent_by_owner(world, name):
    demote(world, name)
    resend(OrganizationInvitation.objects.get(), world.users["owner"])


def resent_by_code(world, name):
    demote(world, name)
    resend(OrganizationInvitation.objects.get(), None)


def invited_again_by_owner(world, name):
    remove(world, name)
    offer = OrganizationInvitation.objects.get()
    invite(world, "owner", is_admin=offer.is_admin, address=offer.invitee_identifier)


def nothing(world, name):
    pass


def transfer_to_another(world, name):
    ownership.transfer(world.acme, world.member(world.users["admin"]))


def lose_single(world, name):
    give(world.users[name])


def keep_single(world, name):
    give(world.users[name], permissions.INVITE_MEMBER)


#: (who invites, what happens then, what the offer of a member and of an admin comes to)
AFTERWARDS = [
    ("admin", nothing, "..",),
    ("admin", demote, "xx"),
    ("admin", remove, "xx"),
    ("admin", switch_off, "xx"),
    ("admin", close, "xx"),
    ("admin", promote, ".."),
    ("admin", resent_by_owner, ".."),
    ("admin", resent_by_code, "xx"),
    ("admin", invited_again_by_owner, ".."),
    ("owner", transfer_to_another, ".."),
    ("deputy", nothing, ".."),
    ("deputy", keep_single, ".x"),
    ("deputy", lose_single, "xx"),
    ("superuser", nothing, ".."),
    ("superuser", take_flag, "xx"),
    ("superuser", switch_off, "xx"),
]  # fmt: skip


@pytest.mark.parametrize("way", ["verb", "page"])
@pytest.mark.parametrize("is_admin", [False, True], ids=["member", "admin"])
@pytest.mark.parametrize(("inviter", "event", "letters"), AFTERWARDS)
def test_offer_ends_with_the_rights_of_who_made_it(
    way, is_admin, inviter, event, letters, modelled
):
    world, new = World(), testing.make_user("new", verified=True)
    offer = invite(world, inviter, is_admin=is_admin)
    event(world, inviter)
    # The newest: who is removed takes the open ones along.
    rows = OrganizationInvitation.objects.select_related("organization", "invited_by")
    offer = rows.latest("pk")
    allowed = letters[is_admin] == "."

    def accept():
        if way == "verb":
            invitations.accept(offer, user=new, now=timezone.now())
        else:
            url = reverse("organization_invitation_answer", kwargs={"invitation_pk": offer.pk})
            signed_in(new).post(url)

    if allowed:
        accept()
    else:
        with without_a_trace():
            if way == "verb":
                error = {close: OrganizationsError, remove: InvitationStateError}.get(
                    event, InviterNotEntitled
                )
                with pytest.raises(error):
                    accept()
            else:
                accept()
    found = OrganizationUser.objects.filter(organization=world.acme, user=new).first()
    assert (found is not None) == allowed
    assert found is None or found.is_admin == is_admin


def test_offer_of_a_superuser_ends_with_the_switch(settings):
    world, new = World(), testing.make_user("new")
    offer = invite(world, "superuser")
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    with without_a_trace(), pytest.raises(InviterNotEntitled):
        invitations.accept(offer, user=new, now=timezone.now())


def test_link_of_a_demoted_inviter_makes_no_account(modelled):
    """P15 by the mailed link, for somebody who is new."""
    world = World()
    offer = invite(world, "admin", is_admin=True)
    demote(world, "admin")
    browser = signed_in(None)
    browser.get(reverse("invitations_open", args=[offer.secret]))
    users = get_user_model().objects.count()
    with without_a_trace():
        answer = browser.post(
            reverse("invitations_accept"),
            {
                **{"username": "new", "first_name": "N", "last_name": "E"},
                **{"password1": "correct-horse-7", "password2": "correct-horse-7"},
            },
        )
    assert answer.status_code == 409
    assert "may no longer invite you" in answer.content.decode()
    assert get_user_model().objects.count() == users


def test_offer_that_is_refused_can_be_renewed_and_used():
    world, new = World(), testing.make_user("new")
    offer = invite(world, "admin", is_admin=True)
    demote(world, "admin")
    with pytest.raises(InviterNotEntitled):
        invitations.accept(offer, user=new, now=timezone.now())
    resend(offer, world.users["owner"])
    assert invitations.accept(offer, user=new, now=timezone.now()).is_admin


@pytest.fixture(params=[Organization, Club, Guild], ids=["columns", "record", "base line"])
def family(request):
    return testing.make_organization("Acme", owner="ada", model=request.param)


def vouched(organization, actor):
    return invitations.invite(
        organization,
        address="new@example.com",
        actor=actor,
        invited_by=organization.users.get(username="ada"),
        now=timezone.now(),
    )


@pytest.mark.parametrize("vouches", [True, False], ids=["code vouches", "own authority"])
def test_code_that_vouches_for_an_offer_is_remembered_in_every_family(vouches, family):
    new, ada = testing.make_user("new"), family.users.get()
    offer = vouched(family, None if vouches else ada)
    bo = testing.make_user("bo")
    ownership.transfer(family, members.add(family, bo))
    members.remove(family, ada)
    [offer] = invitations.with_life([type(offer)._base_manager.get()])
    assert offer.on_own_authority is not vouches
    assert offer.invited_by == ada
    if vouches:
        assert invitations.accept(offer, user=new, now=timezone.now()).user == new
        return
    # It went with ada's membership.
    with without_a_trace(), pytest.raises(InvitationStateError):
        invitations.accept(offer, user=new, now=timezone.now())


@pytest.mark.parametrize("again", ["invite", "resend"])
def test_who_renews_a_vouched_offer_stands_for_it(again, family):
    ada = family.users.get()
    offer = vouched(family, None)
    if again == "invite":
        offer = vouched(family, ada)
    else:
        offer = invitations.resend(offer, actor=ada, now=timezone.now())
    [offer] = invitations.with_life([type(offer)._base_manager.get()])
    assert offer.on_own_authority


def test_code_that_resends_changes_nothing_about_who_stands_for_it(family):
    ada = family.users.get()
    for actor in (ada, None):
        offer = vouched(family, actor)
        invitations.resend(offer, actor=None, now=timezone.now())
        [offer] = invitations.with_life([type(offer)._base_manager.get()])
        assert (offer.on_own_authority, offer.invited_by) == (actor is not None, ada)


def test_outsider_invites_into_no_family(family):
    for actor in (testing.make_user("out"), get_user_model()()):
        with without_a_trace(), pytest.raises(PermissionMissing):
            vouched(family, actor)
    assert not family.organization_invites.exists()


# Answers


def test_refusal_says_what_is_missing():
    world = World()
    with pytest.raises(ExceedsOwnRights) as caught:
        members.remove(world.acme, world.users["rich"], actor=world.users["admin"])
    assert caught.value.permissions == {"app.refund_order"}
    assert caught.value.status_hint == 403
    url = page("organization_user_delete", world, user_pk=world.users["rich"].pk)
    answer = signed_in(world.users["admin"]).post(url)
    assert "Refund orders" in answer.content.decode()
    with pytest.raises(RaisesOwnRights, match="Nobody gives rights to themselves"):
        row = world.member(world.users["deputy"])
        members.set_admin(row, True, actor=world.users["deputy"])


def test_rights_are_compared_as_sets_not_by_standing():
    """A member with every right of an admin stands as high; an admin with more stands higher."""
    world = World()
    deputy = world.users["deputy"]
    assert names(Standing.ADMIN) <= access_of(deputy, world.acme).permissions
    members.remove(world.acme, world.users["admin"], actor=deputy)
    with pytest.raises(ExceedsOwnRights):
        members.remove(world.acme, world.users["rich admin"], actor=deputy)
