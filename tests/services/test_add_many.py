"""Many members at once: as one by one, in a few statements."""

import pytest
from django.db import connection
from django.utils.translation import gettext_lazy

from organizations import grants, permissions, testing
from organizations.exceptions import ExceedsOwnRights, JoinRefused, PermissionMissing, SeatsFull
from organizations.models import Organization, OrganizationUser
from organizations.services import members
from organizations.signals import member_added
from tests.app.models import Club, ClubMember
from tests.services.tables import dump, names

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme():
    return testing.make_organization("Acme", owner="ada", admins=["bo"], members=["cy"])


def user(organization, name):
    return organization.users.get(username=name)


def people(number):
    model = type(testing.make_user("somebody"))
    return model.objects.bulk_create(
        model(username=f"user{each}", email=f"user{each}@example.com") for each in range(number)
    )


def test_each_gets_an_answer_in_the_order_given(acme):
    di, ed = testing.make_user("di"), testing.make_user("ed")
    cy = user(acme, "cy")
    answers = members.add_many(acme, [di, cy, ed, di], is_admin=True)
    assert [each.user for each in answers] == [di, cy, ed, di]
    assert [type(each.error) for each in answers] == [
        *(type(None), members.AlreadyMember, type(None), members.AlreadyMember)
    ]
    assert names(acme) == {"ada": True, "bo": True, "cy": False, "di": True, "ed": True}
    for each in answers:
        if each.member is not None:
            stored = acme.organization_users.get(user=each.user)
            assert each.member == stored
            assert each.member.created == stored.created
            assert not each.member._state.adding


def test_the_same_rows_as_one_by_one(acme):
    di, ed = testing.make_user("di"), testing.make_user("ed")
    [answer] = members.add_many(acme, [di])
    alone = members.add(acme, ed)

    def values(row):
        row.refresh_from_db()
        skipped = {"id", "user", "created", "modified"}
        fields = [each for each in row._meta.concrete_fields if each.name not in skipped]
        return {each.name: getattr(row, each.attname) for each in fields}

    assert values(answer.member) == values(alone)


def test_signals_are_sent_for_each_after_all_are_inserted(acme, sent):
    new = people(3)
    ada = user(acme, "ada")
    sent.sent.clear()
    rows = [each.member for each in members.add_many(acme, new, actor=ada)]
    expected = []
    for person, row in zip(new, rows, strict=True):
        expected += [
            ("user_added", acme, {"user": person}),
            (
                "member_added",
                OrganizationUser,
                {"organization": acme, "member": row, "actor": ada},
            ),
        ]
    assert sent.sent == expected


def test_the_first_of_all_owns_and_the_rest_do_not():
    empty = Organization.objects.create(name="Empty", slug="empty")
    new = people(3)
    answers = members.add_many(empty, new)
    assert [each.member.is_admin for each in answers] == [True, False, False]
    assert empty.owner.organization_user == answers[0].member
    assert empty.organization_users.count() == 3
    other = Organization.objects.create(name="Other", slug="other")
    members.add_many(other, new, first_owns=False)
    assert not hasattr(other, "owner")


def test_the_first_of_all_is_asked_and_told_of_as_the_others_are(settings):
    """Policies are asked once for each, and who hears of the first finds the others stored."""
    settings.ORGANIZATIONS = {"JOIN_POLICIES": (f"{__name__}.note",)}
    empty = Organization.objects.create(name="Empty", slug="empty")
    new = people(3)
    counts = []

    def count(organization, **kwargs):
        counts.append(organization.organization_users.count())

    noted.clear()
    member_added.connect(count)
    try:
        members.add_many(empty, new)
    finally:
        member_added.disconnect(count)
    assert noted == new
    assert counts == [3, 3, 3]


noted = []


def note(attempt):
    noted.append(attempt.user)


def test_no_more_than_there_are_seats(acme, settings):
    settings.ORGANIZATIONS = {"SEATS": 5}
    answers = members.add_many(acme, people(4))
    assert [type(each.error) for each in answers] == [type(None)] * 2 + [SeatsFull] * 2
    assert acme.organization_users.count() == 5


def odd_names_only(attempt):
    if int(attempt.user.username[-1]) % 2 == 0:
        raise JoinRefused(gettext_lazy("Odd ones only."))


def test_a_policy_keeps_some_out_and_takes_no_seat_for_them(acme, settings):
    settings.ORGANIZATIONS = {"SEATS": 5, "JOIN_POLICIES": (f"{__name__}.odd_names_only",)}
    answers = members.add_many(acme, people(6))
    refused = [type(each.error) for each in answers]  # seats first, as for one
    assert refused == [JoinRefused, type(None), JoinRefused, type(None), SeatsFull, SeatsFull]


def three_at_most(attempt):
    if attempt.organization.organization_users.count() >= 3:
        raise JoinRefused("Three are enough.")


@pytest.mark.parametrize("name", ["Empty", "Peopled"])
def test_a_policy_that_counts_members_finds_those_before(name, settings):
    settings.ORGANIZATIONS = {"JOIN_POLICIES": (f"{__name__}.three_at_most",)}
    organization = Organization.objects.create(name=name, slug=name.lower())
    if name == "Peopled":
        members.add(organization, testing.make_user("ada"))
    answers = members.add_many(organization, people(5))
    assert organization.organization_users.count() == 3
    joined = [each.member is not None for each in answers]
    assert joined == [True, True, name == "Empty", False, False]
    assert {type(each.error) for each in answers if not each.member} == {JoinRefused}


@pytest.mark.parametrize(
    ("actor", "fields", "error"),
    [
        ("cy", {}, PermissionMissing),
        ("bo", {"is_admin": True}, None),
        ("recruiter", {"is_admin": True}, ExceedsOwnRights),
    ],
)
def test_an_actor_gives_no_more_than_they_have(actor, fields, error, acme, monkeypatch):
    if actor == "recruiter":
        members.add(acme, testing.make_user("recruiter"))
        given = grants.names_of
        monkeypatch.setattr(
            "organizations.services.access.names_of",
            lambda standing: (
                given(standing) | {permissions.INVITE_MEMBER}
                if standing is permissions.Standing.MEMBER
                else given(standing)
            ),
        )
    new = people(2)
    before = dump()
    if error is None:
        answers = members.add_many(acme, new, actor=user(acme, actor), **fields)
        assert all(each.error is None for each in answers)
        return
    with pytest.raises(error):
        members.add_many(acme, new, actor=user(acme, actor), **fields)
    assert dump() == before


@pytest.mark.parametrize("field", ["user_id", "organization_id"])
def test_who_and_where_cannot_be_set_by_a_field(acme, field):
    with pytest.raises(TypeError, match=field):
        members.add_many(acme, people(1), **{field: 1})


def test_nobody_is_no_statement_more(acme):
    assert members.add_many(acme, []) == []


@pytest.mark.parametrize("number", [10, 2_000])
@pytest.mark.parametrize("has_actor", [False, True])
def test_the_statements_do_not_grow(acme, number, has_actor, django_assert_max_num_queries):
    """On SQLite the rows go in batches, as Django's own ``bulk_create`` has them."""
    new, actor = people(number), user(acme, "ada") if has_actor else None
    batches = 1 if connection.vendor == "postgresql" else 1 + number // 100
    with django_assert_max_num_queries(2 + 2 * has_actor + batches + 2):  # the savepoint is two
        answers = members.add_many(acme, new, actor=actor)
    assert all(each.error is None for each in answers)
    assert acme.organization_users.count() == 3 + number


def test_other_models_and_their_fields():
    club = Club.objects.create(name="Rovers", slug="rovers")
    new = people(3)
    long = "x" * 50
    answers = members.add_many(club, new, position=long, first_owns=False)
    assert {each.member.position for each in answers} == {long}
    assert ClubMember.objects.filter(position=long).count() == 3


@pytest.mark.postgres
def test_what_does_not_fit_is_refused_and_not_cut():
    club = Club.objects.create(name="Rovers", slug="rovers")
    with pytest.raises(Exception, match="too long"):
        members.add_many(club, people(2), position="x" * 51, first_owns=False)


@pytest.mark.postgres
def test_a_row_that_came_without_the_lock_is_answered(acme, monkeypatch):
    """Somebody's own code writes a member row right before ours."""
    di, ed = people(2)
    insert_new = members._writes.insert_new

    def late(rows, **options):
        OrganizationUser.objects.create(organization=acme, user=di)
        return insert_new(rows, **options)

    monkeypatch.setattr(members._writes, "insert_new", late)
    answers = members.add_many(acme, [di, ed])
    assert [type(each.error) for each in answers] == [members.AlreadyMember, type(None)]
    assert acme.organization_users.filter(user=di).count() == 1
