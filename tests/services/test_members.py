import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError
from django.db.models import Model

from organizations import testing
from organizations.exceptions import OrganizationsError, OwnershipRequired
from organizations.models import Organization, OrganizationOwner, OrganizationUser
from organizations.services import members
from tests.services.recording import Veto, vetoed
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


@pytest.fixture
def di():
    return testing.make_user("di")


def user(organization, name):
    return organization.users.get(username=name)


def member(organization, name):
    return organization.organization_users.get(user__username=name)


# add


@pytest.mark.parametrize(("given", "is_admin"), [({}, False), ({"is_admin": True}, True)])
def test_add_makes_a_member_with_the_given_values(given, is_admin, acme, di):
    row = members.add(acme, di, **given)
    assert (row.organization, row.user, row.is_admin) == (acme, di, is_admin)
    assert names(acme) == {"ada": True, "bo": True, "cy": False, "di": is_admin}
    assert acme.owner.organization_user.user.username == "ada"


def test_add_sends_the_old_signal_with_the_instance_and_the_new_one_with_the_class(acme, di, sent):
    ada = user(acme, "ada")
    sent.sent.clear()
    row = members.add(acme, di, actor=ada)
    assert sent.sent == [
        ("user_added", acme, {"user": di}),
        ("member_added", OrganizationUser, {"organization": acme, "member": row, "actor": ada}),
    ]


def test_second_add_is_refused_and_changes_nothing(acme, di, sent):
    members.add(acme, di)
    sent.sent.clear()
    before = dump()
    with pytest.raises(members.AlreadyMember) as caught:
        members.add(acme, di, is_admin=True)
    assert dump() == before
    assert not sent.sent
    assert caught.value.code == "already_member"
    # Code that was written for the documented promise goes on working.
    assert isinstance(caught.value, IntegrityError)
    assert isinstance(caught.value, OrganizationsError)


def test_transaction_goes_on_after_a_refused_add(acme, di):
    with pytest.raises(IntegrityError):
        members.add(acme, user(acme, "cy"))
    members.add(acme, di)
    assert "di" in names(acme)


def test_first_member_of_all_becomes_admin_and_owner(di, sent):
    empty = Organization.objects.create(name="Empty")
    row = members.add(empty, di, is_admin=False)
    assert row.is_admin
    assert empty.owner.organization_user == row
    assert sent.names == ["user_added", "member_added"]


def test_first_member_does_not_become_the_owner_where_that_is_not_wanted(di):
    empty = Organization.objects.create(name="Empty")
    row = members.add(empty, di, first_owns=False)
    assert not row.is_admin
    assert not OrganizationOwner.objects.exists()


def test_add_asks_as_much_as_it_says(acme, di, django_assert_num_queries):
    with django_assert_num_queries(4 + SAVEPOINT):
        members.add(acme, di)


#: Inside a test's transaction, a verb's own transaction is a savepoint: two statements.
SAVEPOINT = 2


# get_or_add


def test_get_or_add_adds_once_and_leaves_the_member_alone_then(acme, di, sent):
    sent.sent.clear()
    row, created = members.get_or_add(acme, di, is_admin=True)
    assert created
    assert row.is_admin
    assert sent.names == ["user_added", "member_added"]
    sent.sent.clear()
    again, created = members.get_or_add(acme, di, is_admin=False)
    assert (again, again.is_admin, created) == (row, True, False)
    assert not sent.sent


def test_get_or_add_makes_the_first_member_the_owner(di):
    empty = Organization.objects.create(name="Empty")
    row, created = members.get_or_add(empty, di)
    assert created
    assert empty.owner.organization_user == row


def test_get_or_add_of_a_member_costs_the_lock_and_one_look(acme, django_assert_num_queries):
    cy = user(acme, "cy")
    with django_assert_num_queries(2 + SAVEPOINT):
        members.get_or_add(acme, cy)


# remove and leave


@pytest.mark.parametrize("verb", [members.remove, members.leave])
@pytest.mark.parametrize("name", ["bo", "cy"])
def test_member_goes(verb, name, acme):
    verb(acme, user(acme, name))
    assert name not in names(acme)
    assert len(names(acme)) == 2


def test_remove_sends_both_signals_with_the_row_that_is_gone(acme, sent):
    ada, cy = user(acme, "ada"), user(acme, "cy")
    row = member(acme, "cy")
    sent.sent.clear()
    members.remove(acme, cy, actor=ada)
    assert sent.names == ["user_removed", "member_removed"]
    assert sent.of("user_removed") == (acme, {"user": cy})
    sender, facts = sent.of("member_removed")
    assert sender is OrganizationUser
    assert (facts["organization"], facts["actor"]) == (acme, ada)
    assert facts["member"].user_id == row.user_id


def test_who_leaves_is_the_actor(acme, sent):
    cy = user(acme, "cy")
    sent.sent.clear()
    members.leave(acme, cy)
    assert sent.of("member_removed")[1]["actor"] == cy


@pytest.mark.parametrize("verb", [members.remove, members.leave])
def test_owner_does_not_go(verb, acme, sent):
    sent.sent.clear()
    before = dump()
    with pytest.raises(OwnershipRequired, match="Transfer the ownership"):
        verb(acme, user(acme, "ada"))
    assert dump() == before
    assert not sent.sent


@pytest.mark.parametrize("verb", [members.remove, members.leave])
def test_owner_does_not_go_where_the_row_itself_checks_nothing(verb, acme, monkeypatch):
    """As in a family on the minimal base classes, whose rows have no check of their own."""
    monkeypatch.setattr(OrganizationUser, "delete", Model.delete)
    with pytest.raises(OwnershipRequired):
        verb(acme, user(acme, "ada"))


def test_second_remove_finds_nobody(acme):
    cy = user(acme, "cy")
    members.remove(acme, cy)
    with pytest.raises(OrganizationUser.DoesNotExist):
        members.remove(acme, cy)


def test_remove_of_a_stranger_finds_nobody(acme):
    stranger = testing.make_organization("Other", owner="olga").owner.organization_user.user
    with pytest.raises(OrganizationUser.DoesNotExist):
        members.remove(acme, stranger)


def test_remove_takes_the_membership_here_and_no_other(acme):
    cy = user(acme, "cy")
    other = testing.make_organization("Other", owner="olga", members=[cy])
    members.remove(acme, cy)
    assert other.is_member(cy)


# set_admin


@pytest.mark.parametrize(
    ("name", "wanted", "signals"),
    [("cy", True, 1), ("cy", False, 0), ("bo", False, 1), ("bo", True, 0), ("ada", True, 0)],
)
def test_set_admin(name, wanted, signals, acme, sent):
    ada, row = user(acme, "ada"), member(acme, name)
    sent.sent.clear()
    fresh = members.set_admin(row, wanted, actor=ada)
    assert fresh == row
    assert fresh.is_admin == wanted == names(acme)[name]
    assert sent.names == ["member_changed"] * signals
    if signals:
        assert sent.of("member_changed") == (
            OrganizationUser,
            {
                "organization": acme,
                "member": fresh,
                "actor": ada,
                "changes": {"is_admin": (not wanted, wanted)},
            },
        )


def test_set_admin_twice_changes_once(acme, sent):
    row = member(acme, "cy")
    sent.sent.clear()
    members.set_admin(row, True)
    members.set_admin(row, True)
    assert sent.names == ["member_changed"]


def test_owner_stays_an_admin(acme, sent):
    sent.sent.clear()
    with pytest.raises(OwnershipRequired, match="owner is always an admin"):
        members.set_admin(member(acme, "ada"), False)
    assert names(acme)["ada"]
    assert not sent.sent


def test_set_admin_reads_the_row_again(acme):
    """What the caller's copy says may be old."""
    stale = member(acme, "cy")
    members.set_admin(member(acme, "cy"), True)
    assert not stale.is_admin
    assert not members.set_admin(stale, False).is_admin
    assert not names(acme)["cy"]


# A receiver that does not agree


@pytest.mark.parametrize("signal", ["user_added", "member_added"])
@pytest.mark.parametrize("first", [True, False], ids=["first member", "further member"])
def test_nothing_is_added_against_a_receiver(signal, first, acme, di):
    organization = Organization.objects.create(name="Empty") if first else acme
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        members.add(organization, di)
    assert dump() == before


@pytest.mark.parametrize(
    ("signal", "act"),
    [
        ("user_removed", lambda o: members.remove(o, user(o, "cy"))),
        ("member_removed", lambda o: members.remove(o, user(o, "cy"))),
        ("member_changed", lambda o: members.set_admin(member(o, "cy"), True)),
    ],
)
def test_nothing_is_changed_against_a_receiver(signal, act, acme):
    before = dump()
    with vetoed(signal), pytest.raises(Veto):
        act(acme)
    assert dump() == before


# Questions


@pytest.mark.parametrize(
    ("name", "is_member", "is_admin"),
    [("ada", True, True), ("bo", True, True), ("cy", True, False), ("out", False, False)],
)
@pytest.mark.parametrize("loaded", ["", "users", "organization_users"])
def test_questions_about_members(name, is_member, is_admin, loaded, acme):
    testing.make_user("out")
    person = type(user(acme, "ada")).objects.get(username=name)
    if loaded:
        acme = Organization.objects.prefetch_related(loaded).get(pk=acme.pk)
    assert members.is_member(acme, person) is is_member
    assert members.is_admin(acme, person) is is_admin


@pytest.mark.parametrize(
    ("question", "loaded", "queries"),
    [
        (members.is_member, "", 1),
        (members.is_member, "users", 1),  # the users do not say who is suspended
        (members.is_member, "organization_users", 0),
        (members.is_admin, "", 1),
        (members.is_admin, "organization_users", 0),
    ],
)
def test_questions_cost(question, loaded, queries, acme, django_assert_num_queries):
    cy = user(acme, "cy")
    if loaded:
        acme = Organization.objects.prefetch_related(loaded).get(pk=acme.pk)
    with django_assert_num_queries(queries):
        question(acme, cy)


@pytest.mark.parametrize("question", [members.is_member, members.is_admin])
def test_nobody_is_no_member(question, acme, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert not question(acme, None)
        assert not question(acme, AnonymousUser())


# Doors on the models, and the twins


@pytest.mark.parametrize(
    ("twin", "check"),
    [
        (lambda o, u: members.aadd(o, u), lambda o: "di" in names(o)),
        (lambda o, u: o.aadd_user(u, is_admin=True), lambda o: names(o)["di"]),
        (lambda o, u: members.aget_or_add(o, u), lambda o: "di" in names(o)),
        (lambda o, u: o.aget_or_add_user(u), lambda o: "di" in names(o)),
        (lambda o, u: members.aremove(o, o.cy), lambda o: "cy" not in names(o)),
        (lambda o, u: members.aleave(o, o.cy), lambda o: "cy" not in names(o)),
        (lambda o, u: o.aremove_user(o.cy), lambda o: "cy" not in names(o)),
        (lambda o, u: members.aset_admin(o.row, True), lambda o: names(o)["cy"]),
    ],
)
def test_async_twin_does_the_same(twin, check, acme, di):
    acme.cy, acme.row = user(acme, "cy"), member(acme, "cy")

    async def run():
        await twin(acme, di)

    async_to_sync(run)()
    assert check(acme)


def test_async_twin_is_refused_in_the_same_way(acme):
    with pytest.raises(OwnershipRequired):
        async_to_sync(members.aleave)(acme, user(acme, "ada"))


@pytest.mark.parametrize(
    ("question", "answer"), [("is_member", True), ("is_admin", False), ("is_owner", False)]
)
def test_async_questions_answer_the_same(question, answer, acme):
    cy = user(acme, "cy")
    assert async_to_sync(getattr(acme, f"a{question}"))(cy) is answer
    assert getattr(acme, question)(cy) is answer
