"""Suspended, deleted on the page, restored, gone for good: who may, when, and what comes back."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection, models, transaction
from django.utils import timezone

from organizations import signals, testing
from organizations.exceptions import NotAllowed, OrganizationStateError, PermissionMissing
from organizations.models import (
    BulkInvitation,
    FormerSlug,
    InvitationRecord,
    JoinDomain,
    Organization,
    OrganizationRecord,
)
from organizations.services import _sides, closing, organizations, registration
from organizations.services.access import access_of
from organizations.services.preview import preview
from tests.app.models import Club, ClubInvitation, ClubMember, ClubOwner, Product
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump

pytestmark = pytest.mark.django_db

NOW = timezone.now()
GRACE = timedelta(days=30)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(name):
    return get_user_model().objects.get(username=name)


def staff(name, *codenames):
    """Return somebody who works on the site, with Django's own permissions."""
    person = testing.make_user(name, is_staff=True)
    person.user_permissions.set(
        Permission.objects.filter(codename__in=codenames, content_type__app_label="organizations")
    )
    return person


def people():
    """Return {who: user} of everybody who could try."""
    testing.make_organization("Zenith", owner="zoe")
    off = staff("off", "change_organization")
    get_user_model().objects.filter(pk=off.pk).update(is_active=False)
    return {
        "code": None,
        "owner": user("ada"),
        "admin": user("bo"),
        "member": user("cy"),
        "stranger": testing.make_user("eve"),
        "foreign owner": user("zoe"),
        "superuser": testing.make_user("root", is_superuser=True),
        "staff": staff("sam", "change_organization"),
        "staff who deletes": staff("dan", "delete_organization"),
        "staff without it": staff("tim"),
        "no staff": testing.make_user("pat"),
        "staff switched off": off,
    }


def suspended(organization):
    return closing.suspend(organization, actor=None, now=NOW)


def closed(organization):
    closing.close(organization, actor=None, now=NOW)
    return organization


VERBS = {
    "suspend": (lambda o: o, lambda o, a: closing.suspend(o, actor=a, now=NOW)),
    "reinstate": (suspended, lambda o, a: closing.reinstate(o, actor=a)),
    "close": (lambda o: o, lambda o, a: closing.close(o, actor=a, now=NOW)),
    "restore": (closed, lambda o, a: closing.restore(o, actor=a, now=NOW)),
    "switch off": (lambda o: o, lambda o, a: organizations.change(o, actor=a, is_active=False)),
    "rename": (lambda o: o, lambda o, a: organizations.change(o, actor=a, name="New")),
    "delete": (lambda o: o, lambda o, a: organizations.delete(o, actor=a)),
}
OPERATORS = {"code", "superuser", "staff"}
MAY = {
    "suspend": OPERATORS,
    "reinstate": OPERATORS,
    "close": {"code", "superuser", "owner", "staff who deletes"},
    "restore": OPERATORS | {"owner"},
    "switch off": OPERATORS,
    "rename": OPERATORS | {"owner", "admin"},
    "delete": {"code", "superuser", "owner", "staff who deletes"},
}


@pytest.mark.parametrize("verb", VERBS)
def test_each_step_is_open_to_those_alone_who_the_table_names(verb, acme):
    before, step = VERBS[verb]
    everybody = people()
    organization = before(acme)
    rows, found = dump(), set()
    for who, actor in everybody.items():
        try:
            undone(step, organization, actor)
        except NotAllowed:
            continue
        found.add(who)
    assert found == MAY[verb]
    assert dump() == rows


def undone(step, organization, actor):
    """Take a step, and take it back."""
    organization = type(organization).objects.get(pk=organization.pk)
    with transaction.atomic():
        try:
            step(organization, actor)
        finally:
            transaction.set_rollback(True)


def test_superuser_without_access_and_staff_flag_is_no_operator(acme, settings):
    root = testing.make_user("root", is_superuser=True)
    settings.ORGANIZATIONS = {"SUPERUSERS_HAVE_ACCESS": False}
    with pytest.raises(NotAllowed):
        closing.suspend(acme, actor=root, now=NOW)


def test_who_lost_the_right_since_the_request_began_is_no_operator(acme):
    sam = staff("sam", "change_organization")
    assert sam.has_perm("organizations.change_organization")  # remembered by this copy
    get_user_model().objects.get(pk=sam.pk).user_permissions.clear()
    with pytest.raises(NotAllowed):
        closing.suspend(acme, actor=sam, now=NOW)


def state(organization):
    organization.refresh_from_db()
    record = _sides.record_of(organization)
    return (
        organization.is_active,
        bool(record and record.suspended_at),
        bool(record and record.deleted_at),
    )


STEPS = {
    "suspend": lambda o: closing.suspend(o, actor=None, now=NOW),
    "reinstate": lambda o: closing.reinstate(o, actor=None),
    "close": lambda o: closing.close(o, actor=None, now=NOW),
    "restore": lambda o: closing.restore(o, actor=None, now=NOW),
    "off": lambda o: organizations.change(o, is_active=False),
    "on": lambda o: organizations.change(o, is_active=True),
}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ("", (True, False, False)),
        ("suspend", (False, True, False)),
        ("suspend suspend", (False, True, False)),
        ("suspend reinstate", (True, False, False)),
        ("close", (False, False, True)),
        ("close close", (False, False, True)),
        ("close restore", (True, False, False)),
        ("suspend close", (False, True, True)),
        ("suspend close restore", (False, True, False)),
        ("suspend close restore reinstate", (True, False, False)),
        ("suspend close reinstate", (False, False, True)),
        ("suspend close reinstate restore", (True, False, False)),
        ("close suspend restore", (False, True, False)),
        ("off reinstate", (True, False, False)),
        ("off on", (True, False, False)),
        # Off by hand: who restores it must not open it, too.
        ("off close restore", (False, True, False)),
        ("off close restore reinstate", (True, False, False)),
        ("reinstate", OrganizationStateError),
        ("restore", OrganizationStateError),
        ("suspend restore", OrganizationStateError),
        ("off restore", OrganizationStateError),
        ("close reinstate", OrganizationStateError),
        ("suspend on", OrganizationStateError),
        ("close on", OrganizationStateError),
        ("close restore restore", OrganizationStateError),
    ],
)
def test_states(steps, expected, acme):
    *first, last = [STEPS[name] for name in steps.split()] or [lambda o: o]
    for step in first:
        step(acme)
    if expected is OrganizationStateError:
        with pytest.raises(OrganizationStateError):
            last(acme)
        return
    last(acme)
    assert state(acme) == expected


@pytest.mark.parametrize("how", ["suspend", "close", "off"])
def test_owner_opens_nothing_that_somebody_else_has_closed(how, acme):
    STEPS[how](acme)
    ada, before = user("ada"), dump()
    steps = [
        lambda: organizations.change(acme, actor=ada, is_active=True),
        lambda: organizations.change(acme, actor=ada, name="Acme", is_active=True),
        lambda: closing.reinstate(acme, actor=ada),
    ]
    if how != "close":
        steps.append(lambda: closing.restore(acme, actor=ada, now=NOW))
        steps.append(lambda: closing.close(acme, actor=ada, now=NOW))
    for step in steps:
        acme.refresh_from_db()
        with pytest.raises((NotAllowed, OrganizationStateError)):
            step()
    assert dump() == before


@pytest.mark.parametrize(
    ("after", "open_"),
    [(timedelta(0), True), (GRACE - MOMENT, True), (GRACE, False), (GRACE + MOMENT, False)],
)
def test_deletion_is_taken_back_until_the_end_of_its_time(after, open_, acme):
    closed(acme)
    ada, moment = user("ada"), NOW + after
    assert bool(closing.restorable_for(ada, now=moment)) == open_
    gone = closing.purge(now=moment, dry_run=True)
    assert bool(gone) != open_
    if open_:
        closing.restore(acme, actor=ada, now=moment)
        assert access_of(ada, acme).is_owner
    else:
        for actor in (ada, None):
            with pytest.raises(OrganizationStateError):
                closing.restore(acme, actor=actor, now=moment)


def test_closing_says_until_when(acme):
    found = closing.close(acme, actor=user("ada"), now=NOW)
    assert (found.closed_at, found.until) == (NOW, NOW + GRACE)
    again = closing.close(acme, actor=None, now=NOW + GRACE / 2)
    assert again.until == NOW + GRACE


def test_without_grace_it_is_deleted_at_once(acme, settings, sent):
    settings.ORGANIZATIONS = {"DELETION_GRACE": timedelta(0)}
    assert closing.close(acme, actor=user("ada"), now=NOW) is None
    assert not Organization.objects.exists()
    assert sent.names[-1] == "organization_deleted"


def test_grace_that_was_taken_away_ends_what_was_closed_before(acme, settings):
    closed(acme)
    settings.ORGANIZATIONS = {"DELETION_GRACE": timedelta(0)}
    assert closing.restorable_for(user("ada"), now=NOW) == []
    with pytest.raises(OrganizationStateError):
        closing.restore(acme, actor=None, now=NOW)
    assert [each.organization for each in closing.purge(now=NOW)] == [acme]


def test_restoring_gives_every_row_back(acme):
    Product.objects.create(name="Shoe", account=acme)
    before = dump()
    closed(acme)
    assert dump() != before
    closing.restore(acme, actor=None, now=NOW)
    stamp = Organization.objects.get().modified
    assert {**dump(), "Organization": None} == {**before, "Organization": None}
    acme.refresh_from_db()
    assert (acme.is_active, acme.modified) == (True, stamp)


@pytest.mark.parametrize(
    ("step", "signal", "first"),
    [
        ("suspend", "organization_suspended", None),
        ("reinstate", "organization_reinstated", "suspend"),
        ("close", "organization_closed", None),
        ("restore", "organization_restored", "close"),
    ],
)
def test_each_step_sends_its_signal_once_and_a_veto_undoes_it(step, signal, first, acme, sent):
    if first:
        STEPS[first](acme)
    before = dump(), list(OrganizationRecord.objects.values())
    with vetoed(signal), pytest.raises(Veto):
        STEPS[step](acme)
    assert (dump(), list(OrganizationRecord.objects.values())) == before
    sent.sent.clear()
    acme.refresh_from_db()
    STEPS[step](acme)
    assert sent.sent == [(signal, Organization, {"organization": acme, "actor": None})]
    if step in ("suspend", "close"):
        STEPS[step](acme)
        assert len(sent.sent) == 1


def test_stale_copy_closes_and_opens_what_the_row_says(acme):
    stale = Organization.objects.get(pk=acme.pk)
    suspended(acme)
    closing.reinstate(stale, actor=None)
    assert state(acme) == (True, False, False)


def test_restorable_are_those_that_one_owns_newest_first(acme, django_assert_num_queries):
    ada = user("ada")
    others = [testing.make_organization(f"Org {n}", owner=ada) for n in range(3)]
    for days, each in enumerate(others):
        closing.close(each, actor=ada, now=NOW - timedelta(days=days))
    organizations.change(testing.make_organization("Off", owner=ada), is_active=False)
    suspended(testing.make_organization("Shut", owner=ada))
    foreign = testing.make_organization("Foreign", owner="zoe", admins=[ada])
    closed(foreign)
    with django_assert_num_queries(1):
        found = closing.restorable_for(ada, now=NOW)
    assert [each.organization for each in found] == others
    assert [each.until for each in found] == [NOW + GRACE - timedelta(days=n) for n in range(3)]
    assert closing.restorable_for(user("bo"), now=NOW) == []


# the end


def close_many(count):
    found = [testing.make_organization(f"Org {n}", owner=f"owner{n}") for n in range(count)]
    for each in found:
        closing.close(each, actor=None, now=NOW - GRACE)
    return found


def test_purge_takes_those_whose_time_is_up_in_batches(acme, sent):
    found = close_many(5)
    later = testing.make_organization("Later", owner="lea")
    closing.close(later, actor=None, now=NOW - GRACE + MOMENT)
    sent.sent.clear()
    done = closing.purge(now=NOW, batch=2)
    assert [(each.organization.name, each.problem) for each in done] == [
        (each.name, "") for each in found
    ]
    assert set(Organization.objects.all()) == {acme, later}
    assert sent.names == ["organization_deleted"] * 5
    assert OrganizationRecord.objects.count() == 1
    assert closing.purge(now=NOW) == []


def test_dry_purge_deletes_nothing(acme):
    found = close_many(2)
    before = dump()
    done = closing.purge(now=NOW, dry_run=True)
    assert [each.organization for each in done] == found
    assert dump() == before


def test_purge_goes_on_where_one_cannot_go(acme):
    second = close_many(3)[1]

    def refuse(*, instance, **kwargs):
        if instance.pk == second.pk:
            raise models.ProtectedError("A contract needs it.", {second})

    models.signals.pre_delete.connect(refuse, sender=Organization)
    try:
        done = closing.purge(now=NOW)
    finally:
        models.signals.pre_delete.disconnect(refuse, sender=Organization)
    assert [each.problem for each in done] == ["", "A contract needs it.", ""]
    assert set(Organization.objects.all()) == {acme, second}
    assert state(second) == (False, False, True)


def test_purge_leaves_what_is_in_use_whatever_a_record_says(acme):
    closing.close(acme, actor=None, now=NOW - GRACE)
    Organization.objects.update(is_active=True)
    assert closing.purge(now=NOW) == []
    assert Organization.objects.get() == acme


# what stands beside an organization goes with it


def fill_beside(organization, invitation_model):
    label, key = organization._meta.label_lower, str(organization.pk)
    of_it = {"model": label, "organization_key": key}
    OrganizationRecord.objects.create(**of_it, accepts_requests=True)
    FormerSlug.objects.create(**of_it, slug=f"was-{key}")
    JoinDomain.objects.create(**of_it, domain="example.com")
    BulkInvitation.objects.create(**of_it, created_by=user("ada"))
    InvitationRecord.objects.create(
        model=invitation_model._meta.label_lower, organization_key=key, invitation_key=key
    )


BESIDE = [OrganizationRecord, FormerSlug, JoinDomain, BulkInvitation, InvitationRecord]


def test_rows_beside_an_organization_go_with_it_and_no_others():
    clubs = [testing.make_organization(n, owner="ada", model=Club) for n in ("Rovers", "Wanderers")]
    acme = testing.make_organization("Acme", owner="ada")
    for club in clubs:
        fill_beside(club, ClubInvitation)
    fill_beside(acme, Organization.invitation_model)
    organizations.delete(clubs[0])
    for model in BESIDE:
        assert model.objects.count() == 2, model
    Organization.objects.all().delete()
    for model in BESIDE:
        [row] = model.objects.all()
        assert row.organization_key == str(clubs[1].pk)


def vanish(model, key):
    """Take an organization away as SQL does it, with its rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        else:
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for rows in (ClubOwner, ClubMember):
            table = rows._meta.db_table
            cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [key])
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [key])
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = origin")


def test_rows_of_an_organization_that_sql_took_harm_nobody():
    rovers = testing.make_organization("Rovers", owner="ada", model=Club)
    organizations.change(rovers, slug="wanderers")
    closing.close(rovers, actor=None, now=NOW - GRACE)
    vanish(Club, rovers.pk)
    assert closing.purge(now=NOW) == []
    assert closing.restorable_for(user("ada"), now=NOW, model=Club) == []
    other = testing.make_organization("Rovers", owner="bo", model=Club)
    assert other.slug == "rovers"
    organizations.change(other, slug="united")
    assert FormerSlug.objects.get().organization_key == str(other.pk)


# families with frozen tables, and rows from before


def test_it_works_for_models_of_a_project():
    rovers = testing.make_organization("Rovers", owner="ada", model=Club)
    ada = user("ada")
    closing.close(rovers, actor=ada, now=NOW)
    assert [each.organization for each in closing.restorable_for(ada, now=NOW, model=Club)] == [
        rovers
    ]
    assert closing.restorable_for(ada, now=NOW) == []
    closing.restore(rovers, actor=ada, now=NOW)
    suspended(rovers)
    assert state(rovers) == (False, True, False)


def waiting():
    """Return a new account and its organization, which wait for a mailed link."""
    eve = registration.pending_user("eve@example.com")
    return eve, registration.open_organization(eve, name="Acme", slug=None)


@pytest.mark.parametrize(
    ("steps", "opens"),
    [
        ("", True),
        ("suspend", False),
        ("close", False),
        ("suspend close", False),
        ("suspend reinstate", True),
        ("close restore", True),
    ],
)
def test_confirmed_account_opens_its_organization_unless_that_is_closed(steps, opens):
    eve, acme = waiting()
    for name in steps.split():
        STEPS[name](acme)
    assert state(acme)[0] is False, "it waits for its owner"
    eve.set_unusable_password()
    assert registration.activate(eve) == ([acme] if opens else [])
    assert state(acme)[0] is opens


def test_organization_that_waits_for_its_owner_is_not_opened_by_an_operator():
    _eve, acme = waiting()
    with pytest.raises(OrganizationStateError):
        closing.reinstate(acme, actor=None)
    assert state(acme) == (False, False, False)


def test_second_sign_up_renames_no_suspended_organization():
    eve, acme = waiting()
    suspended(acme)
    other = registration.open_organization(eve, name="Other", slug=None)
    assert other != acme
    acme.refresh_from_db()
    assert acme.name == "Acme"


def test_preview_of_a_step_leaves_nothing(acme):
    preview(closing.close, acme, actor=user("ada"), now=NOW)
    assert not OrganizationRecord.objects.exists()
    acme.refresh_from_db()
    assert acme.is_active


def test_async_twins_do_the_same(acme):
    run = {
        name: async_to_sync(getattr(closing, f"a{name}"))
        for name in ("suspend", "reinstate", "close", "restore", "purge")
    }
    run["suspend"](acme, actor=None, now=NOW)
    run["reinstate"](acme, actor=None)
    run["close"](acme, actor=None, now=NOW)
    run["restore"](acme, actor=None, now=NOW)
    assert run["purge"](now=NOW) == []
    assert state(acme) == (True, False, False)


def test_missing_right_is_named(acme):
    with pytest.raises(PermissionMissing) as error:
        closing.close(acme, actor=user("bo"), now=NOW)
    assert error.value.permission == "organizations.delete_organization"


@pytest.mark.parametrize(
    ("step", "queries"), [("suspend", 5), ("close", 5), ("reinstate", 6), ("restore", 6)]
)
def test_queries(step, queries, acme, django_assert_num_queries):
    if step in ("reinstate", "restore"):
        STEPS["suspend" if step == "reinstate" else "close"](acme)
    with django_assert_num_queries(queries + 2):  # a savepoint
        STEPS[step](acme)


def test_signals_are_declared():
    for name in ("suspended", "reinstated", "closed", "restored"):
        assert f"organization_{name}" in signals.__all__
