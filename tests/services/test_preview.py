"""Dry runs: what is predicted is what happens, and nothing is left behind."""

import copy
import random

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import IntegrityError, connection, models, transaction
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_save,
    pre_delete,
    pre_save,
)
from django.test.utils import CaptureQueriesContext, isolate_apps

from organizations import permissions, signals, testing
from organizations.exceptions import (
    ExceedsOwnRights,
    OwnerOutOfReach,
    OwnershipRequired,
    PermissionMissing,
    RaisesOwnRights,
)
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.permissions import Standing
from organizations.services import _writes, invitations, members, ownership
from organizations.services.access import rights_of_members
from organizations.services.preview import Preview, apreview, preview
from tests.app.models import Club, ClubMember, Product
from tests.compat.guilds.models import Guild
from tests.core.people import NameSource, give, names, registered
from tests.doors.support import all_rows
from tests.services.recording import Veto, recorded_signals

pytestmark = pytest.mark.django_db

OF_DJANGO = (pre_save, post_save, pre_delete, post_delete, m2m_changed)
ADMIN_ALONE = names(Standing.ADMIN) - names(Standing.MEMBER)


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy", "di"])


def user(name):
    return get_user_model().objects.get(username=name)


def row(name, organization=None):
    rows = OrganizationUser.objects.filter(user__username=name)
    return (rows.filter(organization=organization) if organization else rows).get()


def short(found):
    """{name: (gained, lost)} of a preview."""
    return {
        get_user_model().objects.get(pk=each.user_id).username: (set(each.gained), set(each.lost))
        for each in found.changes
    }


class Ears:
    """Hear every signal of Django's and of the package, whoever sends it."""

    def __init__(self):
        self.heard = []

    def __enter__(self):
        for signal in OF_DJANGO:
            signal.connect(self.hear)
        self.ours = recorded_signals()
        self.sent = self.ours.__enter__()
        return self

    def hear(self, *, sender, **kwargs):
        self.heard.append(sender)

    def __exit__(self, *exc_info):
        for signal in OF_DJANGO:
            signal.disconnect(self.hear)
        return self.ours.__exit__(*exc_info)


def quietly(verb, *args, **kwargs):
    """Run a preview and demand that nothing at all is left of it."""
    before, state = all_rows(), copy.deepcopy([vars(each) for each in args if has_state(each)])
    callbacks, mails = list(connection.run_on_commit), len(mail.outbox)
    with Ears() as ears:
        try:
            return preview(verb, *args, **kwargs)
        finally:
            assert ears.heard == []
            assert ears.sent.names == []
            assert all_rows() == before
            assert connection.run_on_commit == callbacks
            assert len(mail.outbox) == mails
            assert not signals.is_dry_run()
            after = [vars(each) for each in args if has_state(each)]
            assert [without_cache(each) for each in after] == [without_cache(e) for e in state]


def has_state(thing):
    return isinstance(thing, models.Model)


def without_cache(values):
    return {name: value for name, value in values.items() if name != "_state"}


# What is predicted


def test_preview_of_a_raise_and_of_a_fall(acme):
    found = quietly(members.set_admin, row("cy"), True, actor=user("ada"))
    assert short(found) == {"cy": (ADMIN_ALONE, set())}
    assert [each.member for each in found.gaining] == [row("cy")]
    assert found.losing == ()
    found = quietly(members.set_admin, row("bo"), False, actor=user("ada"))
    assert short(found) == {"bo": (set(), ADMIN_ALONE)}
    assert found.of(user("bo")).lost == ADMIN_ALONE
    assert found.of(user("cy")) is None


def test_preview_of_what_changes_nothing(acme):
    found = quietly(members.set_admin, row("bo"), True)
    assert found == Preview(changes=())
    assert found.gaining == found.losing == ()


def test_preview_of_a_removal(acme):
    found = quietly(members.remove, acme, user("bo"), actor=user("ada"))
    assert short(found) == {"bo": (set(), names(Standing.ADMIN))}
    assert found.changes[0].member.user == user("bo")
    found = quietly(members.leave, acme, user("cy"))
    assert short(found) == {"cy": (set(), names(Standing.MEMBER))}


def test_preview_of_the_other_verbs_of_members(acme):
    new = testing.make_user("new")
    found = quietly(members.add, acme, new, actor=user("ada"), is_admin=True)
    assert short(found) == {"new": (names(Standing.ADMIN), set())}
    found = quietly(members.get_or_add, acme, new)
    assert short(found) == {"new": (names(Standing.MEMBER), set())}
    found = quietly(ownership.transfer, acme, row("cy"), actor=user("ada"))
    assert short(found) == {
        "ada": (set(), names(Standing.OWNER) - names(Standing.ADMIN)),
        "cy": (names(Standing.OWNER) - names(Standing.MEMBER), set()),
    }
    empty = Organization.objects.create(name="Empty")
    found = quietly(members.add, empty, new)
    assert short(found) == {"new": (names(Standing.OWNER), set())}


def test_what_sources_give_is_counted(acme):
    with registered(NameSource()):
        give(user("cy"), permissions.INVITE_MEMBER, "app.refund_order")
        found = quietly(members.set_admin, row("cy"), True)
        assert short(found) == {"cy": (ADMIN_ALONE - {permissions.INVITE_MEMBER}, set())}
        found = quietly(members.remove, acme, user("cy"))
        assert "app.refund_order" in found.of(user("cy")).lost


@pytest.mark.parametrize("model", [Guild, Club], ids=["base line", "abstract line"])
def test_preview_in_other_families(model):
    club = testing.make_organization("Club", owner="ada", members=["cy"], model=model)
    cy = user("cy")
    found = quietly(members.remove, club, cy)
    assert short(found) == {"cy": (set(), names(Standing.MEMBER))}
    found = quietly(ownership.transfer, club, club.organization_users.get(user=cy))
    assert found.of(user("ada")).lost
    if model is Club:
        found = quietly(members.set_admin, ClubMember.objects.get(user=cy), True)
        assert short(found) == {"cy": (ADMIN_ALONE, set())}


def test_digest_is_the_same_for_the_same_effect_alone(acme):
    first = preview(members.set_admin, row("cy"), True).digest
    assert preview(members.set_admin, row("cy"), True, actor=user("ada")).digest == first
    others = [
        preview(members.set_admin, row("di"), True).digest,
        preview(members.set_admin, row("bo"), False).digest,
        preview(members.set_admin, row("bo"), True).digest,
        preview(members.remove, acme, user("cy")).digest,
    ]
    assert len({first, *others}) == 5


# What comes of it


def random_step(rng, organization):
    """Return a verb with its arguments, of which some will be refused."""
    # In an order that does not depend on where the database has put what was changed.
    rows = OrganizationUser.objects.filter(organization=organization).select_related("user")
    rows = list(rows.order_by("pk"))
    member, other = rng.choice(rows), rng.choice(rows)
    actor = rng.choice([None, other.user, member.user])
    match rng.randrange(8):
        case 0:
            new = rng.choice(list(get_user_model().objects.order_by("pk")))
            return (
                members.add,
                (organization, new),
                {"actor": actor, "is_admin": rng.random() < 0.5},
            )
        case 1 | 2:
            return members.remove, (organization, member.user), {"actor": actor}
        case 3:
            return ownership.transfer, (organization, member), {"actor": actor}
        case _:
            return members.set_admin, (member, rng.random() < 0.5), {"actor": actor}


def rights(organization):
    return {key: each.permissions for key, each in rights_of_members(organization).items()}


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(each, marks=pytest.mark.slow) for each in range(1, 4))]
)
def test_what_is_predicted_is_what_happens(seed, acme):
    """Fifty random steps of each seed, two hundred in all; refusals are predicted, too."""
    rng = random.Random(seed)
    people = [testing.make_user(f"p{number}") for number in range(6)]
    words = [permissions.INVITE_MEMBER, "app.refund_order", permissions.REMOVE_MEMBER]
    done = refused = 0
    with registered(NameSource()):
        for person in (*people, user("bo"), user("cy")):
            give(person, *rng.sample(words, rng.randrange(len(words))))
        while done + refused < 50:
            verb, args, kwargs = random_step(rng, acme)
            before = rights(acme)
            try:
                found = preview(verb, *args, **kwargs)
            except Exception as error:
                refused += 1
                assert rights(acme) == before
                with pytest.raises(type(error)), transaction.atomic():
                    verb(*args, **kwargs)
                continue
            done += 1
            assert rights(acme) == before
            verb(*args, **kwargs)
            after = rights(acme)
            nothing = frozenset()
            actual = {
                key: (
                    after.get(key, nothing) - before.get(key, nothing),
                    before.get(key, nothing) - after.get(key, nothing),
                )
                for key in {*before, *after}
            }
            predicted = {each.user_id: (each.gained, each.lost) for each in found.changes}
            assert predicted == {key: each for key, each in actual.items() if any(each)}
    assert done > 15
    assert refused > 5


def test_nothing_is_left_of_many_random_previews(acme):
    rng = random.Random(7)
    people = [testing.make_user(f"p{number}") for number in range(4)]
    members.add(acme, people[0])
    for _ in range(40):
        verb, args, kwargs = random_step(rng, acme)
        try:
            quietly(verb, *args, **kwargs)
        except (OwnershipRequired, PermissionMissing, ExceedsOwnRights, OwnerOutOfReach):
            pass
        except (RaisesOwnRights, members.AlreadyMember):
            pass


# What is left behind


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda o: (members.set_admin, row("ada"), False), OwnershipRequired),
        (lambda o: (members.remove, o, user("ada")), OwnershipRequired),
        (lambda o: (members.remove, o, testing.make_user("out")), OrganizationUser.DoesNotExist),
        (lambda o: (members.add, o, user("cy")), members.AlreadyMember),
        (lambda o: (members.set_admin, row("cy"), 1), TypeError),
    ],
)
def test_errors_of_the_verb_come_through(act, error, acme):
    verb, *args = act(acme)
    with pytest.raises(error):
        quietly(verb, *args)


@pytest.mark.parametrize(
    ("actor", "name", "is_admin", "error"),
    [
        ("cy", "di", True, PermissionMissing),
        ("bo", "ada", True, OwnerOutOfReach),
        ("out", "cy", True, PermissionMissing),
    ],
)
def test_a_dry_run_needs_the_same_rights(actor, name, is_admin, error, acme):
    testing.make_user("out")
    with pytest.raises(error):
        quietly(members.set_admin, row(name), is_admin, actor=user(actor))


def test_a_receiver_that_does_not_agree_is_not_asked(acme):
    from tests.services.recording import vetoed

    with vetoed("member_changed"):
        assert preview(members.set_admin, row("cy"), True).gaining
        with pytest.raises(Veto):
            members.set_admin(row("cy"), True)


def test_signals_are_sent_again_after_a_dry_run(acme):
    preview(members.set_admin, row("cy"), True)
    with pytest.raises(OwnershipRequired):
        preview(members.set_admin, row("ada"), False)
    with recorded_signals() as sent:
        members.set_admin(row("cy"), True)
    assert sent.names == ["member_changed"]


def test_verbs_that_mail_after_the_commit_mail_nothing(acme):
    def offer(organization):
        def deliver(invitation, secret):
            mail.send_mail("Come", secret, None, [invitation.invitee_identifier])

        from django.utils import timezone

        invitations.invite(
            organization,
            address="new@example.com",
            actor=user("ada"),
            now=timezone.now(),
            deliver=deliver,
        )
        transaction.on_commit(lambda: mail.send_mail("Also", "x", None, ["x@example.com"]))

    callbacks = list(connection.run_on_commit)
    assert preview(offer, acme).changes == ()
    assert connection.run_on_commit == callbacks
    assert mail.outbox == []


def test_callbacks_of_the_outer_transaction_stay(acme, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        transaction.on_commit(lambda: mail.send_mail("Mine", "x", None, ["x@example.com"]))
        preview(members.set_admin, row("cy"), True)
    assert len(callbacks) == 1
    assert [each.subject for each in mail.outbox] == ["Mine"]


def test_outer_transaction_goes_on(acme):
    with transaction.atomic():
        members.set_admin(row("di"), True)
        found = preview(members.set_admin, row("cy"), True)
        with pytest.raises(OwnershipRequired):
            preview(members.remove, acme, user("ada"))
        members.remove(acme, user("bo"))
    assert short(found) == {"cy": (ADMIN_ALONE, set())}
    assert row("di").is_admin
    assert not row("cy").is_admin
    assert not acme.is_member(user("bo"))


def test_a_dry_run_in_a_dry_run(acme):
    inner = []

    def verb(organization):
        members.set_admin(row("cy"), True)
        inner.append(preview(members.set_admin, row("di"), True))
        members.remove(organization, user("bo"))

    found = quietly(verb, acme)
    assert short(inner[0]) == {"di": (ADMIN_ALONE, set())}
    assert set(short(found)) == {"cy", "bo"}


def test_instances_that_are_given_stay_as_they_are(acme):
    member, owner = row("cy"), acme.owner
    preview(members.set_admin, member, True)
    assert member.is_admin is False
    bo = row("bo")
    preview(members.remove, acme, bo.user)
    assert bo.pk is not None
    assert bo.user.pk is not None
    preview(ownership.transfer, acme, member)
    assert (member.is_admin, owner.organization_user.user) == (False, user("ada"))
    assert Organization.objects.get().owner.organization_user.user == user("ada")
    members.set_admin(member, True)
    assert row("cy").is_admin


@pytest.mark.django_db(transaction=True)
def test_outside_of_a_transaction_too(acme):
    assert not connection.in_atomic_block
    found = quietly(members.set_admin, row("cy"), True, actor=user("ada"))
    assert short(found) == {"cy": (ADMIN_ALONE, set())}
    found = quietly(members.remove, acme, user("bo"))
    assert set(short(found)) == {"bo"}
    found = quietly(ownership.transfer, acme, row("cy"))
    assert set(short(found)) == {"ada", "cy"}
    assert not connection.in_atomic_block


def test_async_twin_does_the_same(acme):
    found = async_to_sync(apreview)(members.set_admin, row("cy"), True, actor=user("ada"))
    assert found == preview(members.set_admin, row("cy"), True, actor=user("ada"))
    with pytest.raises(OwnershipRequired):
        async_to_sync(apreview)(members.remove, acme, user("ada"))
    assert not signals.is_dry_run()


#: Inside a test's transaction, what is taken back is a savepoint: three statements.
SAVEPOINT = 3


def test_preview_asks_as_much_as_it_says(acme):
    """Those of the verb and three: the lock, the look before and the look after."""
    member, ada = row("cy"), user("ada")
    assert member.organization
    with CaptureQueriesContext(connection) as dry:
        preview(members.set_admin, member, True, actor=ada)
    with CaptureQueriesContext(connection) as wet:
        members.set_admin(member, True, actor=ada)
    assert len(dry) == len(wet) + 3 + SAVEPOINT


def test_preview_costs_the_same_however_many_members(acme):
    def count():
        with CaptureQueriesContext(connection) as queries:
            preview(members.set_admin, member, True)
        return len(queries)

    member = row("cy")
    assert member.organization
    few = count()
    for number in range(10):
        testing.make_member(acme, f"more{number}")
    assert count() == few


# The writes


@pytest.mark.parametrize("dry", [True, False])
def test_writes_write_and_are_silent_in_a_dry_run(dry, acme):
    def write():
        product = _writes.insert(Product(name="Anvil", account=acme))
        assert product.pk is not None
        product.name, product.price = "Bolt", 3
        _writes.save(product, "name")
        again = Product.objects.get(pk=product.pk)
        assert (again.name, again.price) == ("Bolt", None)
        _writes.save(product)
        assert Product.objects.get(pk=product.pk).price == 3
        other = _writes.insert(Product(name="Cog", account=acme))
        _writes.delete_row(other)
        _writes.insert(Product(name="Dart", account=acme))
        _writes.delete(Product.objects.filter(name="Dart"))
        assert list(Product.objects.all()) == [product]

    with Ears() as ears:
        if dry:
            with signals.dry_run():
                write()
        else:
            write()
    assert len(ears.heard) == (0 if dry else 14)


def test_a_row_that_is_there_is_not_inserted_again(acme):
    product = Product.objects.create(name="Anvil", account=acme)
    for dry in (True, False):
        with pytest.raises(IntegrityError), transaction.atomic():
            if dry:
                with signals.dry_run():
                    _writes.insert(Product(pk=product.pk, name="Bolt", account=acme))
            else:
                _writes.insert(Product(pk=product.pk, name="Bolt", account=acme))


@isolate_apps("tests.app")
def test_rows_of_proxies_are_written_whole(acme):
    class Colleague(OrganizationUser):
        class Meta:
            app_label = "host"
            proxy = True

    colleague = Colleague.objects.get(user__username="cy")
    colleague.is_admin = True
    with transaction.atomic():
        with signals.dry_run():
            _writes.save(colleague)
        assert row("cy").is_admin
        transaction.set_rollback(True)
    assert not row("cy").is_admin


@isolate_apps("tests.app")
def test_a_deleted_row_takes_its_own_way(acme):
    """A project's own ``delete()`` is asked, but for a dry run."""
    calls = []

    class Colleague(OrganizationUser):
        class Meta:
            app_label = "host"
            proxy = True

        def delete(self, *args, **kwargs):
            calls.append(self.pk)
            return super().delete(*args, **kwargs)

    colleague = Colleague.objects.get(user__username="cy")
    with transaction.atomic():
        with signals.dry_run():
            _writes.delete_row(colleague)
        assert not OrganizationUser.objects.filter(pk=colleague.pk).exists()
        transaction.set_rollback(True)
    assert calls == []
    key = colleague.pk
    _writes.delete_row(colleague)
    assert calls == [key]


def test_owner_rows_are_anchored_when_it_is_no_dry_run(acme):
    found = preview(ownership.transfer, acme, row("cy"))
    assert found.changes
    ownership.transfer(acme, row("cy"))
    assert OrganizationOwner.objects.get().organization_user == row("cy")
