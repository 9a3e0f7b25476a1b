"""Many invitations at once: each line gets the answer it would get alone, and it is quick."""

import random
import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations import testing
from organizations.backends.modeled import ModelInvitation
from organizations.exceptions import OrganizationsError, PermissionMissing
from organizations.families import family_of
from organizations.mail import LinkBase
from organizations.models import BulkInvitation, Organization, OrganizationInvitation
from organizations.services import addresses, bulk, bulk_jobs, invitations, lists, members, requests
from organizations.services.preview import preview
from organizations.states import InvitationStatus
from tests.app.models import Club
from tests.compat.guilds.models import Guild
from tests.conftest import database_name
from tests.services.recording import Veto, recorded_signals, vetoed

pytestmark = pytest.mark.django_db

NOW = timezone.now()
LATER = NOW + timedelta(days=3)
BASE = LinkBase.parse("https://app.example.com")
FREE = {
    "MAX_OPEN_INVITATIONS": None,
    "RATES": dict.fromkeys(("inviter", "organization", "young_organization", "recipient")),
}


@pytest.fixture(params=[Organization, Club, Guild], ids=["columns", "record", "base line"])
def acme(request):
    return testing.make_organization("Acme", owner="ada", members=["cy"], model=request.param)


@pytest.fixture
def ada(acme):
    return acme.users.get(username="ada")


def of(*texts):
    return lists.parse_text("\n".join(texts))


def rows(organization):
    model = family_of(organization).invitation
    found = invitations.with_life(model._base_manager.filter(organization_id=organization.pk))
    return {row.invitee_identifier: row for row in found}


def codes(results):
    return [result.code for result in results]


def deliver():
    return ModelInvitation().deliver_many(domain=BASE)


# as one by one

FACTS = (
    *("invitee_identifier", "kind", "status", "is_admin", "on_own_authority", "expires_at"),
    *("send_count", "presets", "member_until", "note", "parent_key", "open_key"),
)


def build(name, seed, model):
    """Return an organization in which addresses are in every state that matters, and a list."""
    chance = random.Random(seed)
    acme = testing.make_organization(name, owner=f"{name}-ada", model=model)
    ada = acme.users.get()
    member = testing.make_user(f"{name}-cy", email="Cy@Example.com")
    members.add(acme, member)
    addresses.verify(member, "cy@home.example")
    if hasattr(acme, "is_admin"):
        members.add(acme, testing.make_user(f"{name}-bo", email="bo@example.com"), is_admin=True)
    alone = {"actor": ada, "now": NOW}
    for n in chance.sample(range(12), 6):
        address = f"p{n}@example.com"
        match chance.randrange(4):
            case 0:
                invitations.invite(acme, address=address, **alone)
            case 1:
                gone = NOW - timedelta(days=20)
                invitations.invite(acme, address=address, actor=ada, now=gone, is_admin=True)
            case 2:
                requests.propose(acme, address=address, actor=member, now=NOW)
            case 3:
                offer = invitations.invite(acme, address=address, **alone)
                invitations.revoke(offer, **alone)
    wanted = [f"P{n}@example.com" for n in range(12)]
    wanted += ["CY@example.com", "cy@home.example", "not an address", "bo@example.com"]
    chance.shuffle(wanted)
    return acme, ada, wanted


def one_by_one(acme, actor, wanted, **terms):
    found = []
    for address in wanted:
        before = rows(acme).get(address.lower())
        try:
            invitations.invite(acme, address=address, actor=actor, now=NOW, **terms)
        except OrganizationsError as error:
            found.append(error.code)
        else:
            waits = before is not None and before.open_key is not None
            proposed = waits and before.status == InvitationStatus.PROPOSED
            found.append("approved" if proposed else "renewed" if waits else "invited")
    return found


@pytest.mark.parametrize("model", [Organization, Club, Guild], ids=["columns", "record", "base"])
@pytest.mark.parametrize("seed", range(6))
def test_each_line_gets_the_answer_that_it_would_get_alone(seed, model, settings):
    limits = [{"SEATS": 9}, {"MAX_OPEN_INVITATIONS": 7}, {"SEATS": 7, "MAX_OPEN_INVITATIONS": 9}]
    settings.ORGANIZATIONS = {**FREE, **limits[seed % 3]}
    terms = {"is_admin": seed % 2 == 0}
    acme, ada, wanted = build("acme", seed, model)
    twin, twin_ada, same = build("twin", seed, model)
    assert wanted == same

    dry = bulk.invite_many(acme, of(*wanted), actor=ada, now=NOW, dry_run=True, **terms)
    results = bulk.invite_many(acme, of(*wanted), actor=ada, now=NOW, **terms)

    assert codes(results) == one_by_one(twin, twin_ada, wanted, **terms)
    assert codes(dry) == codes(results)
    assert len(set(codes(results))) > 3, "the list says little"
    assert facts(acme) == facts(twin)


def facts(organization):
    model = family_of(organization).invitation
    found = invitations.with_life(model._base_manager.filter(organization_id=organization.pk))
    return sorted([str(getattr(row, name)) for name in FACTS] for row in found)


def test_links_of_many_open_and_the_signals_are_sent(acme, ada, sent):
    offer = invitations.invite(acme, address="bo@example.com", actor=ada, now=NOW)
    sent.sent.clear()
    results = bulk.invite_many(
        acme, of("Bo <bo@example.com>", "di@example.com"), actor=ada, now=LATER
    )
    assert codes(results) == ["renewed", "invited"]
    assert sent.names == ["invitation_resent", "invitation_created"]
    assert results[0].invitation == offer
    model = type(offer)
    assert invitations.by_proof(model, invitations.proof_of(offer.secret)) is None
    for result in results:
        proof = invitations.proof_of(result.invitation.secret)
        found = invitations.by_proof(model, proof)
        assert (found, found.expires_at) == (result.invitation, LATER + timedelta(days=7))
        assert (found.invited_by, found.guid) == (ada, result.invitation.guid)
    eve = testing.make_user("di")
    member = invitations.accept(found, user=eve, now=LATER, proof=proof)
    assert member.user == eve


def test_lines_have_their_own_terms_and_nobody_offers_more_than_they_have(ada):
    acme = testing.make_organization("Zenith", owner="zoe", admins=["bo"], members=["cy"])
    text = "mail,role\nd@example.com,admin\ne@example.com,member\nf@example.com,\n"
    columns = {"address": 0, "standing": 1}
    bulk.invite_many(
        acme,
        lists.parse_csv(text, columns),
        actor=acme.users.get(username="bo"),
        now=NOW,
        is_admin=True,
    )
    assert {mail: row.is_admin for mail, row in rows(acme).items()} == {
        "d@example.com": True,
        "e@example.com": False,
        "f@example.com": True,
    }
    with pytest.raises(PermissionMissing):
        bulk.invite_many(acme, of("g@example.com"), actor=acme.users.get(username="cy"), now=NOW)
    with pytest.raises(PermissionMissing):
        bulk.invite_many(acme, of("g@example.com"), actor=ada, now=NOW, dry_run=True)
    assert len(rows(acme)) == 3


def test_a_term_that_is_not_possible_is_the_result_of_its_lines(acme, ada):
    results = bulk.invite_many(
        acme, of("d@example.com", "e@example.com"), actor=ada, now=NOW, locale="xx"
    )
    assert codes(results) == ["organizations_error"] * 2
    assert "language" in str(results[0].message)
    assert rows(acme) == {}


@pytest.mark.parametrize("rate", ["1/day", "3/day", "7/day", "10/day"])
def test_as_many_get_one_as_the_limits_let_through_one_by_one(rate, settings):
    settings.ORGANIZATIONS = {"RATES": {"inviter": rate}}
    wanted = [f"p{n}@example.com" for n in range(9)]
    acme, twin = (testing.make_organization(name, owner=f"{name}-ada") for name in ("acme", "twin"))
    results = bulk.invite_many(acme, of(*wanted), actor=acme.users.get(), now=NOW)
    assert codes(results) == one_by_one(twin, twin.users.get(), wanted)
    assert len(rows(acme)) == codes(results).count("invited") > 0


def test_somebody_who_has_been_mailed_too_often_keeps_no_other_back(acme, ada, settings):
    settings.ORGANIZATIONS = {"RATES": {"recipient": "1/day"}}
    bulk.invite_many(acme, of("bo@example.com"), actor=ada, now=NOW)
    results = bulk.invite_many(acme, of("bo@example.com", "di@example.com"), actor=ada, now=NOW)
    assert codes(results) == ["limit_reached", "invited"]
    assert "This address" in str(results[0].message)
    assert rows(acme)["bo@example.com"].send_count == 1


def test_who_is_sent_nothing_uses_up_no_share(settings):
    settings.ORGANIZATIONS = {**FREE, "RATES": {**FREE["RATES"], "recipient": "1/day"}}
    other = testing.make_organization("Other", owner="olga")
    for address in ("a@example.com", "x@example.com"):
        invitations.invite(other, address=address, actor=other.users.get(), now=NOW)
    settings.ORGANIZATIONS = {"RATES": {**FREE["RATES"], "recipient": "1/day", "inviter": "1/day"}}
    acme, twin = (testing.make_organization(name, owner=f"{name}-ada") for name in ("acme", "twin"))
    results = bulk.invite_many(
        acme, of("a@example.com", "b@example.com"), actor=acme.users.get(), now=NOW
    )
    alone = one_by_one(twin, twin.users.get(), ["x@example.com", "y@example.com"])
    assert codes(results) == alone == ["limit_reached", "invited"]


@pytest.mark.parametrize(
    ("limit", "then"),
    [({"SEATS": 3}, "seats_full"), ({"MAX_OPEN_INVITATIONS": 2}, "limit_reached")],
    ids=["seats", "room"],
)
def test_who_is_sent_nothing_takes_nobodys_place(limit, then, settings):
    settings.ORGANIZATIONS = {**FREE, "RATES": {**FREE["RATES"], "recipient": "1/day"}}
    other = testing.make_organization("Other", owner="olga")
    for address in ("a@example.com", "b@example.com"):
        invitations.invite(other, address=address, actor=other.users.get(), now=NOW)
    settings.ORGANIZATIONS = {**settings.ORGANIZATIONS, **limit}
    acme = testing.make_organization("Acme", owner="ada")
    lines = of(*(f"{name}@example.com" for name in "abcde"))
    ada = acme.users.get()
    dry = bulk.invite_many(acme, lines, actor=ada, now=NOW, dry_run=True)
    results = bulk.invite_many(acme, lines, actor=ada, now=NOW)
    assert codes(results) == ["limit_reached", "limit_reached", "invited", "invited", then]
    assert codes(dry) == codes(results)
    assert len(rows(acme)) == 2


def test_an_address_that_comes_again_is_invited_once(acme, ada):
    lines = [*of("bo@example.com"), *of("Bo@Example.com"), *of("bo@example.com, nonsense")]
    results = bulk.invite_many(acme, lines, actor=ada, now=NOW)
    assert codes(results) == ["invited", "duplicate", "duplicate", "not_an_address"]
    assert rows(acme)["bo@example.com"].send_count == 1


def test_dry_run_writes_and_tells_nothing(acme, ada, sent, django_assert_num_queries):
    offer = invitations.invite(acme, address="bo@example.com", actor=ada, now=NOW)
    before = {mail: (row.token_digest, row.send_count) for mail, row in rows(acme).items()}
    sent.sent.clear()
    results = bulk.invite_many(
        acme,
        of("bo@example.com", "di@example.com"),
        actor=ada,
        now=NOW,
        dry_run=True,
        deliver_many=lambda many: pytest.fail("a mail"),
    )
    assert codes(results) == ["renewed", "invited"]
    assert sent.names == []
    assert {m: (row.token_digest, row.send_count) for m, row in rows(acme).items()} == before
    assert offer.pk


def test_a_preview_of_it_leaves_no_row(acme, ada):
    found = preview(bulk.invite_many, acme, of("bo@example.com"), actor=ada, now=NOW)
    assert found.changes == ()
    assert rows(acme) == {}


def test_a_receiver_that_disagrees_undoes_its_transaction(acme, ada):
    with vetoed("invitation_created"), pytest.raises(Veto):
        bulk.invite_many(acme, of("bo@example.com", "di@example.com"), actor=ada, now=NOW)
    assert rows(acme) == {}


def test_async_twin(acme, ada):
    results = async_to_sync(bulk.ainvite_many)(acme, of("x"), actor=None, invited_by=ada, now=NOW)
    assert codes(results) == ["not_an_address"]


# mail


@pytest.mark.urls("tests.doors.urls_modelled")
def test_mails_leave_through_one_connection_and_are_marked(
    acme, ada, monkeypatch, django_capture_on_commit_callbacks
):
    opened = []
    monkeypatch.setattr(EmailBackend, "open", lambda self: opened.append(self))
    with django_capture_on_commit_callbacks(execute=True):
        results = bulk.invite_many(
            acme,
            of("bo@example.com", "di@example.com"),
            actor=ada,
            now=NOW,
            deliver_many=deliver(),
        )
    assert len(opened) == 1
    assert [mail.to for mail in outbox.outbox] == [["bo@example.com"], ["di@example.com"]]
    for mail, result in zip(outbox.outbox, results, strict=True):
        assert f"/open/{result.invitation.secret}/" in mail.body
        assert mail.alternatives
    assert {row.sent_at for row in rows(acme).values()} == {NOW}


@pytest.mark.urls("tests.doors.urls_modelled")
@pytest.mark.parametrize(
    ("fails", "sent"),
    [
        (lambda address: True, 0),
        (lambda address: address.startswith("p1@"), 5),
        (lambda address: address > "p1", 2),
    ],
    ids=["every mail", "one mail", "from one on"],
)
def test_a_failing_server_leaves_offers_that_can_be_sent_again(
    fails, sent, acme, ada, monkeypatch, django_capture_on_commit_callbacks
):
    tries = []
    send = EmailBackend.send_messages

    def fail_or_send(self, messages):
        [message] = messages
        tries.append(message.to[0])
        if fails(message.to[0]) and not message.to[0].startswith("p0"):
            raise OSError("the server is away")
        return send(self, messages)

    if sent == 0:
        monkeypatch.setattr(EmailBackend, "open", lambda self: fail_or_send(self, [1 / 0]))
    monkeypatch.setattr(EmailBackend, "send_messages", fail_or_send)
    with django_capture_on_commit_callbacks(execute=True):
        results = bulk.invite_many(
            acme,
            of(*(f"p{n}@example.com" for n in range(6))),
            actor=ada,
            now=NOW,
            deliver_many=deliver(),
        )
    assert codes(results) == ["invited"] * 6
    marked = [row for row in rows(acme).values() if row.sent_at]
    assert len(marked) == len(outbox.outbox)
    assert len(tries) <= len(marked) + 3, "a server that is away is left alone"
    unsent = next(row for row in rows(acme).values() if not row.sent_at)
    again = invitations.resend(unsent, actor=ada, now=LATER)
    assert again.state is InvitationStatus.PENDING


@pytest.mark.urls("tests.doors.urls_modelled")
def test_a_project_that_sends_in_its_own_way_still_does(
    acme, ada, django_capture_on_commit_callbacks
):
    mailed = []

    class Own(ModelInvitation):
        def send_invitation(self, invitation, **kwargs):
            mailed.append((invitation.invitee_identifier, bool(kwargs["secret"])))

    with django_capture_on_commit_callbacks(execute=True):
        bulk.invite_many(
            acme,
            of("bo@example.com"),
            actor=ada,
            now=NOW,
            deliver_many=Own().deliver_many(domain=BASE),
        )
    assert mailed == [("bo@example.com", True)]
    assert rows(acme)["bo@example.com"].sent_at == NOW


# how much it costs


@pytest.mark.urls("tests.doors.urls_modelled")
@pytest.mark.parametrize("count", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_thousand_cost_few_queries_and_little_time(
    count, settings, django_capture_on_commit_callbacks, capsys
):
    settings.ORGANIZATIONS = {**FREE, "SEATS": 20_000}
    acme = testing.make_organization("Acme", owner="ada", members=["cy"])
    ada = acme.users.get(username="ada")
    text = "\n".join(f"Person {n} <person{n}@example.com>" for n in range(count))
    start, busy = time.perf_counter(), time.process_time()
    with (
        CaptureQueriesContext(connection) as queries,
        django_capture_on_commit_callbacks(execute=True),
    ):
        results = bulk.invite_many(
            acme, lists.parse_text(text), actor=ada, now=NOW, deliver_many=deliver()
        )
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    thousand = len(queries) / count * 1000
    with capsys.disabled():
        print(
            f"\n{count} addresses on {database_name()}: {seconds:.1f} s ({busy:.1f} s of one "
            f"processor), {thousand:.1f} queries per thousand"
        )
    assert codes(results) == ["invited"] * count
    assert len(outbox.outbox) == count
    assert OrganizationInvitation.objects.filter(sent_at=NOW).count() == count
    assert thousand <= {"postgres": 30, "sqlite": 45}[database_name()]
    assert seconds <= 60


def test_renewing_a_thousand_costs_few_queries_too(acme, ada, settings):
    settings.ORGANIZATIONS = {**FREE, "SEATS": 20_000}
    lines = [lists.Line(number=n, address=f"person{n}@example.com") for n in range(300)]
    bulk.invite_many(acme, lines, actor=ada, now=NOW)
    with CaptureQueriesContext(connection) as queries:
        results = bulk.invite_many(acme, lines, actor=ada, now=LATER, is_admin=True)
    assert codes(results) == ["renewed"] * 300
    assert {row.expires_at for row in rows(acme).values()} == {LATER + timedelta(days=7)}
    assert {(row.is_admin, row.send_count) for row in rows(acme).values()} == {(True, 2)}
    assert len(queries) <= {"postgres": 20, "sqlite": 26}[database_name()]


# the rows of the pages


def test_a_step_that_comes_twice_is_done_once(acme, ada):
    job = bulk_jobs.prepare(acme, of(*(f"p{n}@example.com" for n in range(5))), actor=ada)
    with recorded_signals() as recorder:
        job = bulk_jobs.work(acme, job, actor=ada, now=NOW, done=0, most=3)
        assert (len(job.results), job.finished_at) == (3, None)
        again = bulk_jobs.work(acme, job, actor=ada, now=NOW, done=0, most=3)
        assert len(again.results) == 3
        job = bulk_jobs.work(acme, job, actor=ada, now=LATER, done=3, most=3)
        bulk_jobs.work(acme, job, actor=ada, now=LATER, done=5, most=3)
    assert recorder.names == ["invitation_created"] * 5
    assert (len(job.results), job.finished_at) == (5, LATER)
    assert codes(bulk_jobs.results_of(job)) == ["invited"] * 5


def test_the_terms_and_the_table_survive_the_row(ada):
    zenith = testing.make_organization("Zenith", owner="zoe")
    zoe = zenith.users.get()
    until = NOW + timedelta(days=90)
    table = lists.read_csv("who;mail\nBo;bo@example.com\n;wrong\n")
    job = bulk_jobs.prepare(zenith, table, actor=zoe, is_admin=True, member_until=until)
    job = BulkInvitation.objects.get(pk=job.pk)
    assert bulk_jobs.table_of(job) == table
    with pytest.raises(OrganizationsError, match="column"):
        bulk_jobs.work(zenith, job, actor=zoe, now=NOW, done=0)
    job = bulk_jobs.choose_columns(job, {"name": 0, "address": 1})
    assert bulk_jobs.choose_columns(job, {"address": 0}).addresses == job.addresses
    foreseen = bulk_jobs.forecast(zenith, job, actor=zoe, now=NOW)
    job = bulk_jobs.work(zenith, job, actor=zoe, now=NOW, done=0)
    assert codes(foreseen) == codes(bulk_jobs.results_of(job)) == ["invited", "not_an_address"]
    row = rows(zenith)["bo@example.com"]
    assert (row.is_admin, row.member_until) == (True, until)


def test_who_may_not_invite_keeps_no_list(acme):
    cy = acme.users.get(username="cy")
    with pytest.raises(PermissionMissing):
        bulk_jobs.prepare(acme, of("bo@example.com"), actor=cy)
    assert not BulkInvitation.objects.exists()
